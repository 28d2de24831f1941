"""How shared code would say a number that differs between its uses: as the other layers made there say it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.arguments import spelling_of
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.checker import Args, arguments_of, check, dim_reader
from repairnn.semantics.edits import tied_nodes
from repairnn.semantics.ir import Node, is_symbolic
from repairnn.semantics.spelling import bind


def said_nearby(shop: Workshop, consumer: Node, node: Node, place: ast.AST) -> dict[str, str]:
    """Texts for the arguments of a new layer that depend on tensors, valid in ``place``: a class, or a function.

    ``node`` stands before ``consumer``; its twins stand before the nodes tied to ``consumer``. An argument that is the
    same for all is a number; one that differs takes the expression by which another layer made there gets the same
    values. Raises :class:`CannotEmit` when there is none.
    """
    twins = [_twin(shop, node, consumer, reader) for reader in tied_nodes(shop.before, shop.before[consumer.id])]
    read = dim_reader(check(shop.after).shapes)
    bound = [arguments_of(twin, shop.before.framework, read) for twin in _in_order(shop, twins)]
    said: dict[str, str] = {}
    for name, value in node.args.items():
        if not is_symbolic(value):
            continue
        values = [getattr(args, name, None) for args in bound]
        if None in values:
            raise CannotEmit(f"{name} of the new layer is not known")
        said[name] = _sibling_text(shop, place, values, name)
    return said


def _twin(shop: Workshop, node: Node, consumer: Node, reader: Node) -> Node:
    index = [ref.node for ref in shop.after[consumer.id].inputs].index(node.id)
    return shop.after[shop.after[reader.id].inputs[index].node]


def _in_order(shop: Workshop, nodes: list[Node]) -> list[Node]:
    """Nodes in the order in which the network has them."""
    position = {node_id: number for number, node_id in enumerate(shop.after.nodes)}
    return sorted(nodes, key=lambda node: position[node.id])


def _sibling_text(shop: Workshop, place: ast.AST, values: list[Any], name: str) -> str:
    found = [(said == name, text) for said, text, others in _expressions(shop, place, len(values)) if others == values]
    same = len(set(values)) == 1
    for alike, text in sorted(found, key=lambda item: not item[0]):
        if alike or not same:
            return text
    if same:
        return str(values[0])
    raise CannotEmit(f"nothing in the code around says {name} of the new layer, which is {values[0]} at one place")


def _expressions(shop: Workshop, place: ast.AST, count: int) -> Iterator[tuple[str, str, list[Any]]]:
    """Arguments of the layers made in a class or function: name, expression, and its values each time."""
    made: dict[ast.Call, list[Node]] = {}
    for node in shop.before:
        call = shop.outline.call(node.written.call)
        if call is not None and place in (shop.outline.owner(call), shop.outline.scope(call)):
            made.setdefault(call, []).append(node)
    for call, nodes in made.items():
        spelling = spelling_of(nodes[0], shop.before.framework)
        if len(nodes) != count or spelling is None:
            continue
        bound = bind(spelling, call.args, {k.arg: k.value for k in call.keywords if k.arg})
        arguments: list[Args | None] = [arguments_of(node, shop.before.framework) for node in nodes]
        for name, expression in bound.args.items():
            if not isinstance(expression, ast.Constant):
                yield name, shop.outline.text(expression), [getattr(args, name, None) for args in arguments]
