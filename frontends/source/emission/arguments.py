"""Changing an argument where it was written, or adding it to the call where it was not."""

from __future__ import annotations

import ast
from typing import Any

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.values import in_style_of, literal
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.ir import Node, Span
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import Spelling

WITHOUT_BATCH = ("input_shape", "shape", "target_shape")
WITH_BATCH = ("batch_input_shape", "batch_shape")


def change_argument(shop: Workshop, edit: ChangeArgument, spelling: Spelling | None = None) -> None:
    """Write a :class:`ChangeArgument` of a node that the text made; ``spelling`` when it gets another than its own.

    Raises :class:`CannotEmit`.
    """
    node = shop.before[edit.node]
    if edit.argument in node.written.fixed:
        raise CannotEmit(f"{edit.argument} of {node.name or node.id} is not decided by the text")
    if node.kind == "input":
        _change_input(shop, node, edit)
        return
    span = node.written.arguments.get(edit.argument)
    if span is not None:
        _rewrite(shop, span, edit.before, edit.after)
        return
    _add_keyword(shop, node, edit, spelling or spelling_of(node, shop.before.framework))


def _rewrite(shop: Workshop, span: Span, before: Any, after: Any) -> None:
    old = shop.outline.expression(span)
    start, end = shop.document.bounds(span)
    shop.document.replace(start, end, in_style_of(after, before, old, shop.outline.text, shop.quote))


def _add_keyword(shop: Workshop, node: Node, edit: ChangeArgument, spelling: Spelling | None) -> None:
    call = shop.outline.call(node.written.call)
    if call is None or spelling is None:
        raise CannotEmit(f"{edit.argument} of {node.name or node.id} has no place in the text")
    parameter = spelling.parameter(edit.argument)
    if parameter not in {p.removeprefix("*") for p in (*spelling.parameters, *spelling.keywords)}:
        raise CannotEmit(f"{node.spelling} has no parameter for {edit.argument}")
    append_to_call(shop, call, f"{parameter}={literal(edit.after, shop.quote)}")


def append_to_call(shop: Workshop, call: ast.Call, argument: str) -> None:
    """Add an argument text behind the last argument of a call."""
    existing = [*call.args, *(keyword.value for keyword in call.keywords)]
    if existing:
        last = max(existing, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
        end = _past_parentheses(shop, shop.outline.bounds(last)[1], shop.outline.bounds(call)[1] - 1)
        shop.document.replace(end, end, f", {argument}")
    else:
        end = shop.outline.bounds(call)[1] - 1
        shop.document.replace(end, end, argument)


def _past_parentheses(shop: Workshop, end: int, close: int) -> int:
    """Step over closing parentheses that belong to the last argument: ``f((x))``."""
    text = shop.document.text
    position = end
    while position < close:
        if text[position] == ")":
            end = position + 1
        elif not text[position].isspace():
            break
        position += 1
    return end


def spelling_of(node: Node, framework: str) -> Spelling | None:
    """The spelling that a node was written in."""
    for form in ("layer", "function", "method"):
        found = spelled(framework, node.spelling, form)
        if found is not None and found[0].kind == node.kind:
            return found[1]
    return None


def _change_input(shop: Workshop, node: Node, edit: ChangeArgument) -> None:
    """The declared input shape: written with or without the batch, as a shape or as ``input_dim``."""
    span = node.written.arguments.get("shape")
    if span is None or edit.argument != "shape":
        raise CannotEmit("the input shape is not written in the text")
    old = shop.outline.expression(span)
    parent = shop.outline.parent(old) if old is not None else None
    parameter = parent.arg if isinstance(parent, ast.keyword) else "shape"
    before, after = tuple(edit.before), tuple(edit.after)
    if parameter == "input_dim":
        assert isinstance(parent, ast.keyword)
        _change_input_dim(shop, parent, before, after)
        return
    batch = parameter in WITH_BATCH or shop.before.framework == "torch"
    _rewrite(shop, span, before if batch else before[1:], after if batch else after[1:])


def _change_input_dim(shop: Workshop, keyword: ast.keyword, before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
    start, end = shop.outline.bounds(keyword.value)
    call = shop.outline.parent(keyword)
    length = [k for k in getattr(call, "keywords", []) if k.arg == "input_length"]
    if len(after) == 2 and not length:
        shop.document.replace(start, end, literal(after[1], shop.quote))
        return
    if length:
        raise CannotEmit("the input shape is written as input_dim and input_length")
    key_start = shop.document.text.rindex("input_dim", 0, start)
    shop.document.replace(key_start, end, f"input_shape={literal(after[1:], shop.quote)}")
