"""Removing, replacing, swapping and rewiring layers in the text."""

from __future__ import annotations

import ast

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.arguments import append_to_call, change_argument, remove_keyword, spelling_of
from repairnn.frontends.source.emission.insertion import SHAPE_KEYWORDS
from repairnn.frontends.source.emission.names import layer_name
from repairnn.frontends.source.emission.places import Place, input_expression, place_of
from repairnn.frontends.source.emission.rendering import spelling_for
from repairnn.frontends.source.emission.tuples import take_first
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.edits import ChangeArgument, RemoveLayer, ReplaceLayer, Rewire, Swap
from repairnn.semantics.ir import Node, Ref


def remove_layer(shop: Workshop, edit: RemoveLayer) -> None:
    """Take a layer out of its list, delete its ``add``, or let its call give what it was given."""
    node = shop.before[edit.node]
    if node.kind == "tuple":
        take_first(shop, node)
        return
    place = place_of(shop.outline, node)
    if isinstance(place.element, ast.AugAssign):
        raise CannotEmit("a statement that changes a tensor is not taken out")
    _hand_shape_on(shop, node, place)
    if place.form == "listed":
        _remove_element(shop, place.element)
    elif place.form == "added":
        _remove_statement(shop, place.element)
    else:
        _unwrap(shop, node, place)


def _hand_shape_on(shop: Workshop, node: Node, place: Place) -> None:
    """A first layer that declares the model's input shape leaves the declaration to the layer behind it."""
    call = place.constructor
    declared = [k for k in call.keywords if k.arg in SHAPE_KEYWORDS] if isinstance(call, ast.Call) else []
    if not declared:
        return
    readers = [reader for reader, _ in shop.before.consumers()[node.id]]
    following = place_of(shop.outline, shop.before[readers[0]]).constructor if len(readers) == 1 else None
    if not isinstance(following, ast.Call):
        raise CannotEmit("the layer declares the model's input shape")
    for keyword in declared:
        append_to_call(shop, following, f"{keyword.arg}={shop.outline.text(keyword.value)}")


def _refuse_first(place: Place) -> None:
    call = place.constructor
    if isinstance(call, ast.Call) and any(keyword.arg in SHAPE_KEYWORDS for keyword in call.keywords):
        raise CannotEmit("the layer declares the model's input shape")


def _remove_element(shop: Workshop, element: ast.expr) -> None:
    text = shop.document.text
    start, end = shop.outline.bounds(element)
    rest = text[end:]
    stripped = rest.lstrip(" \t")
    if stripped.startswith(","):
        end += len(rest) - len(stripped) + 1
    else:
        before = text[:start].rstrip()
        if before.endswith(","):
            start = len(before) - 1
            shop.document.replace(start, end, "")
            return
    if shop.document.begins_line(start):
        line_end = _line_end_if_blank(text, end)
        if line_end is not None:
            shop.document.replace(shop.document.line_start(element.lineno), line_end, "")
            return
    while end < len(text) and text[end] in " \t":
        end += 1
    shop.document.replace(start, end, "")


def _line_end_if_blank(text: str, position: int) -> int | None:
    """The offset behind the line end when nothing but white space (or a comment) is left on the line."""
    while position < len(text) and text[position] in " \t":
        position += 1
    if position < len(text) and text[position] == "#":
        while position < len(text) and text[position] not in "\r\n":
            position += 1
    if text.startswith("\r\n", position):
        return position + 2
    return position + 1 if position >= len(text) or text[position] in "\r\n" else None


def _remove_statement(shop: Workshop, element: ast.expr) -> None:
    statement = shop.outline.statement(element)
    if not isinstance(statement, ast.Expr):
        raise CannotEmit("the layer is not added by a statement of its own")
    delete_statement(shop, statement)


def delete_statement(shop: Workshop, statement: ast.stmt) -> None:
    """Delete a statement with its line; an only statement of a block becomes ``pass``."""
    start, end = shop.outline.bounds(statement)
    if len(shop.outline.block(statement)) == 1 and not isinstance(shop.outline.parent(statement), ast.Module):
        shop.document.replace(start, end, "pass")
        return
    line_end = _line_end_if_blank(shop.document.text, end)
    if shop.document.begins_line(start) and line_end is not None:
        shop.document.replace(shop.document.line_start(statement.lineno), line_end, "")
        return
    rest = shop.document.text[end:]
    stripped = rest.lstrip(" \t")
    if stripped.startswith(";"):
        after = stripped[1:]
        end += len(rest) - len(stripped) + 1 + (len(after) - len(after.lstrip(" \t")))
        shop.document.replace(start, end, "")
        return
    shop.document.replace(start, end, "pass")


def _unwrap(shop: Workshop, node: Node, place: Place) -> None:
    operand = input_expression(shop.outline, node, place, 0)
    statement = shop.outline.statement(place.element)
    if isinstance(statement, ast.Assign) and statement.value is place.element and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and isinstance(operand, ast.Name) and target.id == operand.id:
            delete_statement(shop, statement)
            return
    shop.document.replace(*shop.outline.bounds(place.element), shop.outline.text(operand))


def replace_layer(shop: Workshop, edit: ReplaceLayer) -> None:
    """Write the sibling's name; arguments are changed, added and dropped one by one, the rest of the call stays."""
    node = shop.before[edit.node]
    call = shop.outline.expression(node.written.call)
    if not isinstance(call, ast.Call) or not isinstance(call.func, (ast.Name, ast.Attribute)):
        raise CannotEmit(f"{node.name or node.id} is not written as a call of a class")
    if node.kind == "class_loss" and isinstance(call.func, ast.Attribute):
        start = shop.outline.bounds(call.func.value)[1]
        shop.document.replace(start, shop.outline.bounds(call.func)[1], f".{edit.spelling}")
        return
    new = node.with_(kind=edit.layer_kind, args=dict(edit.args), spelling=edit.spelling)
    spelling = spelling_for(shop, new, ("layer",))
    old = spelling_of(node, shop.before.framework)
    implied = {*spelling.fixed, *(old.fixed if old else ())}
    shop.document.replace(*shop.outline.bounds(call.func), layer_name(shop, spelling.name, call))
    for argument in (a for a in node.args if a not in edit.args and a not in implied):
        _drop_argument(shop, node, call, argument)
    for argument, value in edit.args.items():
        if argument in implied or (argument in node.args and node.args[argument] == value):
            continue
        change_argument(shop, ChangeArgument(edit.node, argument, node.args.get(argument), value), spelling)


def _drop_argument(shop: Workshop, node: Node, call: ast.Call, argument: str) -> None:
    expression = shop.outline.expression(node.written.arguments.get(argument))
    for keyword in call.keywords:
        if keyword.value is expression:
            remove_keyword(shop, call, keyword)
            return
    raise CannotEmit(f"{argument} of {node.name or node.id} is not given by keyword")


def swap_layers(shop: Workshop, edit: Swap) -> None:
    """Exchange the texts that make the two layers."""
    first, second = shop.before[edit.first], shop.before[edit.second]
    places = [place_of(shop.outline, node) for node in (first, second)]
    for place in places:
        _refuse_first(place)
    if {place.form for place in places} <= {"listed", "added"}:
        expressions = [place.element for place in places]
    elif all(place.form == "applied" and isinstance(place.element, ast.Call) for place in places):
        expressions = [place.element.func for place in places if isinstance(place.element, ast.Call)]
    else:
        raise CannotEmit("the two layers are written in different ways")
    texts = [shop.outline.text(expression) for expression in expressions]
    for expression, text in zip(expressions, reversed(texts), strict=True):
        shop.document.replace(*shop.outline.bounds(expression), text)


def rewire_input(shop: Workshop, edit: Rewire) -> None:
    """Let a call read another variable: one that holds the tensor and is assigned once."""
    node = shop.before[edit.node]
    place = place_of(shop.outline, node)
    if place.form != "applied":
        raise CannotEmit("layers in a list read the one before them")
    expression = input_expression(shop.outline, node, place, edit.index)
    shop.document.replace(*shop.outline.bounds(expression), _variable(shop, edit.after, expression))


def _variable(shop: Workshop, ref: Ref, near: ast.expr) -> str:
    producer = shop.before[ref.node]
    made = shop.outline.expression(producer.written.apply or producer.written.call)
    statement = shop.outline.statement(made) if made is not None else None
    if not isinstance(statement, ast.Assign) or statement.value is not made or ref.output:
        raise CannotEmit(f"no variable holds the output of {producer.name or producer.id}")
    target = statement.targets[0]
    scope = shop.outline.scope(near)
    stores = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    if not isinstance(target, ast.Name) or shop.outline.scope(statement) is not scope:
        raise CannotEmit(f"no variable holds the output of {producer.name or producer.id}")
    later = [n for n in stores if n.id == target.id and statement.lineno < n.lineno < near.lineno]
    if later:
        raise CannotEmit(f"{target.id} has another value by then")
    return target.id
