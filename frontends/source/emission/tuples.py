"""Taking the first of a tuple that a module returns: unpacked where it is named, indexed where it is used, or by a
small module behind it in a container."""

from __future__ import annotations

import ast

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.names import layer_name
from repairnn.frontends.source.emission.places import Place, place_of
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.ir import Node

CLASS = "FirstOutput"


def take_first(shop: Workshop, node: Node) -> None:
    """Write that only the first of the tuple is meant. Raises :class:`CannotEmit` where the tuple is needed too."""
    used = shop.outline.expression(node.written.apply)
    if used is not None:
        _index(shop, used)
        return
    place = place_of(shop.outline, shop.before[node.inputs[0].node])
    if isinstance(place.element, ast.AugAssign):
        raise CannotEmit("what is changed in place is no tuple")
    if place.form != "applied":
        _put_behind(shop, place)
        return
    statement = shop.outline.statement(place.element)
    target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    if not isinstance(statement, ast.Assign) or statement.value is not place.element:
        _index(shop, place.element)
        return
    if not isinstance(target, ast.Name) or _picked(shop, statement, target.id):
        raise CannotEmit("the tuple is used as a tuple too")
    end = shop.outline.bounds(target)[1]
    shop.document.replace(end, end, ", _")


def _index(shop: Workshop, expression: ast.expr) -> None:
    start, end = shop.outline.bounds(expression)
    if not isinstance(expression, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
        shop.document.replace(start, start, "(")
        shop.document.replace(end, end, ")")
    shop.document.replace(end, end, "[0]")


def _picked(shop: Workshop, statement: ast.stmt, name: str) -> bool:
    """Whether the scope also takes single items of the tuple, or unpacks it."""

    def named(node: ast.AST | None) -> bool:
        return isinstance(node, ast.Name) and node.id == name

    for node in ast.walk(shop.outline.scope(statement)):
        item = isinstance(node, ast.Subscript) and named(node.value) and isinstance(node.slice, ast.Constant)
        if item and getattr(node, "lineno", 0) >= statement.lineno:
            return True
        if isinstance(node, ast.Assign) and named(node.value) and isinstance(node.targets[0], ast.Tuple):
            return True
    return False


def _put_behind(shop: Workshop, place: Place) -> None:
    """A module that takes the first of the tuple, behind the one that returns it in a container."""
    outline, document = shop.outline, shop.document
    if all(getattr(node, "name", "") != CLASS for node in ast.walk(outline.source.tree)):
        _define(shop, place)
    start, end = outline.bounds(place.element)
    named = f"{shop.quote}{place.label}_output{shop.quote}, {CLASS}()"
    new = f"{CLASS}()" if place.label is None else f"({named})" if place.form == "listed" else named
    if place.form == "listed":
        lines = document.begins_line(start)
        separator = "," + document.newline + document.indent(place.element.lineno) if lines else ", "
        document.replace(end, end, f"{separator}{new}")
        return
    statement, call = outline.statement(place.element), outline.parent(place.element)
    if not isinstance(statement, ast.Expr) or not isinstance(call, ast.Call) or len(call.args) > 2:
        raise CannotEmit("the module is not added by a statement of its own")
    end = outline.bounds(statement)[1]
    line = document.newline + document.indent(statement.lineno)
    document.replace(end, end, f"{line}{outline.text(call.func)}({new})")


def _define(shop: Workshop, place: Place) -> None:
    """The class of that module, before the statement of the module that makes the container."""
    top: ast.AST = place.element
    while not isinstance(shop.outline.parent(top), ast.Module):
        above = shop.outline.parent(top)
        if above is None:
            raise CannotEmit("there is no place for the class of a module")
        top = above
    decorators = getattr(top, "decorator_list", [])
    line = decorators[0].lineno if decorators else getattr(top, "lineno", 1)
    start = shop.document.line_start(line)
    step = _step(shop)
    text = [
        f"class {CLASS}({layer_name(shop, 'Module', place.constructor)}):",
        f"{step}def forward(self, results):",
        f"{step}{step}return results[0]",
        "",
        "",
        "",
    ]
    shop.document.replace(start, start, shop.document.newline.join(text))


def _step(shop: Workshop) -> str:
    """By how much the program indents."""
    for statement in shop.outline.source.tree.body:
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef)) and statement.body[0].col_offset:
            return shop.document.indent(statement.body[0].lineno)
    return " " * 4
