"""Sizes that a loop hands on: ``in_channels = v`` at its end, or ``width if i == 0 else hidden`` in a comprehension."""

from __future__ import annotations

import ast

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.arguments import spelling_of
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.edits import CarrySize
from repairnn.semantics.spelling import bind

Loop = ast.For | ast.comprehension


def carry_size(shop: Workshop, edit: CarrySize) -> None:
    """Write a :class:`CarrySize`. Raises :class:`CannotEmit` where no loop makes the layers."""
    node = shop.before[edit.node]
    call = shop.outline.call(node.written.call)
    spelling = spelling_of(node, shop.before.framework)
    if call is None or spelling is None:
        raise CannotEmit(f"{node.name or node.id} is not made by a call in the text")
    bound = bind(spelling, call.args, {k.arg: k.value for k in call.keywords if k.arg})
    size, width = bound.args.get(edit.argument), bound.args.get(edit.source)
    loop = _loop(shop, call)
    if not isinstance(size, ast.expr) or not isinstance(width, ast.expr) or loop is None:
        raise CannotEmit(f"{edit.argument} of {node.name or node.id} is not written in a loop")
    if isinstance(loop, ast.For) and isinstance(size, ast.Name):
        _hand_on(shop, loop, call, size, width)
    else:
        _choose(shop, loop, size, width)


def _loop(shop: Workshop, call: ast.Call) -> Loop | None:
    """The innermost loop or comprehension that makes the layers again and again."""
    current: ast.AST | None = call
    while current is not None and not isinstance(current, (ast.FunctionDef, ast.ClassDef)):
        if isinstance(current, ast.For):
            return current
        if isinstance(current, (ast.ListComp, ast.GeneratorExp)) and len(current.generators) == 1:
            return current.generators[0]
        current = shop.outline.parent(current)
    return None


def _hand_on(shop: Workshop, loop: ast.For, call: ast.Call, size: ast.Name, width: ast.expr) -> None:
    """The variable gets its next value where the block ends that makes the layer."""
    statement = shop.outline.statement(call)
    if statement is None or statement is loop:
        raise CannotEmit("the layers are not made by a statement of the loop")
    last = shop.outline.block(statement)[-1]
    start = shop.outline.bounds(last)[0]
    if isinstance(last, (ast.Return, ast.Break, ast.Continue)) or not shop.document.begins_line(start):
        raise CannotEmit("the loop goes on before the size could be handed on")
    end = shop.outline.bounds(last)[1]
    line = shop.document.newline + shop.document.indent(last.lineno)
    shop.document.replace(end, end, f"{line}{size.id} = {shop.outline.text(width)}")


def _choose(shop: Workshop, loop: Loop, size: ast.expr, width: ast.expr) -> None:
    """The first layer of the loop declares another size than the others, which are all as wide as each other."""
    target, source = loop.target, loop.iter
    counts = isinstance(source, ast.Call) and getattr(source.func, "id", "") == "range" and len(source.args) == 1
    if not isinstance(target, ast.Name) or not counts:
        raise CannotEmit("the loop does not count")
    if any(isinstance(node, ast.Name) and node.id == target.id for node in ast.walk(width)):
        raise CannotEmit("the width is another one each time")
    name = target.id
    if name == "_":
        name = "i"
        shop.document.replace(*shop.outline.bounds(target), name)
    text = f"{shop.outline.text(size)} if {name} == 0 else {shop.outline.text(width)}"
    shop.document.replace(*shop.outline.bounds(size), text)
