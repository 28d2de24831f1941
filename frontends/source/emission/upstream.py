"""A size as its author would say it: by the name that the layer it comes from was given it by."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.ir import Node
from repairnn.semantics.registry import declaration_of

#: How many layers upstream are asked, and how often their width may lie side by side in what is read.
REACH, MOST = 8, 4
#: Arguments that say how wide the output of a layer is.
WIDTHS = ("units", "filters", "output_dim", "embed_dim")
#: Kinds that decide the width of their output; others pass on that of their input.
DECIDING = frozenset({"dense", "conv", "conv_transpose", "embedding", "recurrent", "embedded_attention"})
#: Kinds after which a size is no longer that of one layer.
MERGING_AXES = frozenset({"flatten", "reshape"})


def said_upstream(shop: Workshop, node: Node, argument: str, value: object, old: ast.expr | None) -> str | None:
    """``hidden`` or ``hidden * 2`` for a size that comes from layers upstream, or ``None``.

    The name must mean the same where the size is written: a parameter or variable of the same function that is
    assigned once, or an attribute of the same object.
    """
    declaration = declaration_of(node.kind)
    role = next((a.role for a in declaration.arguments if a.name == argument), "") if declaration is not None else ""
    if role != "derived" or not isinstance(value, int) or isinstance(value, bool) or old is None:
        return None
    for width, expression in _widths(shop, node):
        times, rest = divmod(value, width)
        if rest or not 1 <= times <= MOST or not _means_the_same(shop, expression, old):
            continue
        text = shop.outline.text(expression)
        return text if times == 1 else f"{text} * {times}"
    return None


def _widths(shop: Workshop, node: Node) -> Iterator[tuple[int, ast.expr]]:
    """Widths of layers that decide what a node reads, each with its expression, the nearest first."""
    pending = [(ref.node, 0) for ref in shop.after[node.id].inputs[:1]]
    while pending:
        identifier, distance = pending.pop(0)
        source = shop.after.nodes.get(identifier)
        if source is None or distance > REACH or source.kind in MERGING_AXES:
            continue
        if source.kind not in DECIDING:
            joins = source.kind == "concatenate"
            pending += [(ref.node, distance + 1) for ref in source.inputs[: None if joins else 1]]
            continue
        for name in WIDTHS:
            width, expression = source.args.get(name), shop.outline.expression(source.written.arguments.get(name))
            if isinstance(width, int) and width > 1 and isinstance(expression, (ast.Name, ast.Attribute)):
                yield width, expression


def _means_the_same(shop: Workshop, expression: ast.expr, place: ast.expr) -> bool:
    scope = shop.outline.scope(expression)
    if isinstance(expression, ast.Name):
        if shop.outline.scope(place) is not scope:
            return False
        stores = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        assigned = sum(n.id == expression.id for n in stores)
        parameters = [a.arg for a in ast.walk(scope) if isinstance(a, ast.arg)] if scope is not None else []
        return assigned + parameters.count(expression.id) == 1
    owner = shop.outline.owner(expression)
    same = owner is not None and owner is shop.outline.owner(place)
    return same and shop.outline.text(expression).startswith("self.") and scope is shop.outline.scope(place)
