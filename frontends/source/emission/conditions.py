"""Layers that only some of the objects of a class get: the condition where they are made lets more of them in."""

from __future__ import annotations

import ast

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.arguments import spelling_of
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.edits import InsertLayer
from repairnn.semantics.ir import Node
from repairnn.semantics.spelling import bind

#: The sizes that a layer declares and makes, by kind.
SIZES = {"conv": ("in_channels", "filters"), "dense": ("in_features", "units")}


def widen_condition(shop: Workshop, edit: InsertLayer) -> None:
    """``if stride != 1:`` becomes ``if stride != 1 or self.inplanes != planes * 4:``, which makes the layer where the
    sizes differ. Raises :class:`CannotEmit` where no such condition decides."""
    if edit.layer_kind not in SIZES:
        return  # comes with the layer before it
    for node in shop.before:
        condition = _condition(shop, node) if node.kind == edit.layer_kind else None
        if condition is not None and _serves(shop, node, edit):
            sizes = _sizes(shop, node)
            if sizes is not None:
                test = condition.test
                text = shop.outline.text(test)
                text = f"({text})" if isinstance(test, (ast.IfExp, ast.Lambda)) else text
                shop.document.replace(*shop.outline.bounds(test), f"{text} or {sizes[0]} != {sizes[1]}")
                return
    raise CannotEmit("no condition of the text decides which blocks get the layer")


def _serves(shop: Workshop, node: Node, edit: InsertLayer) -> bool:
    """Whether a layer leads, through at most one other, into the same written place as the new one."""
    tie = shop.before[edit.consumer].written.tie
    readers = shop.before.consumers()
    near = [reader for reader, _ in readers[node.id]]
    near += [further for reader in near for further, _ in readers[reader]]
    return any(shop.before[reader].written.tie == tie for reader in near)


def _condition(shop: Workshop, node: Node) -> ast.If | None:
    """The condition under which a layer is made, in the function that makes it."""
    current: ast.AST | None = shop.outline.call(node.written.call)
    while current is not None and not isinstance(current, (ast.FunctionDef, ast.ClassDef)):
        above = shop.outline.parent(current)
        if isinstance(above, ast.If) and current in above.body:
            return above
        current = above
    return None


def _sizes(shop: Workshop, node: Node) -> tuple[str, str] | None:
    call, spelling = shop.outline.call(node.written.call), spelling_of(node, shop.before.framework)
    if call is None or spelling is None:
        return None
    bound = bind(spelling, call.args, {k.arg: k.value for k in call.keywords if k.arg})
    found = [bound.args.get(name) for name in SIZES[node.kind]]
    if any(not isinstance(expression, ast.expr) or isinstance(expression, ast.Constant) for expression in found):
        return None
    first, second = (shop.outline.text(expression) for expression in found if isinstance(expression, ast.expr))
    return first, second
