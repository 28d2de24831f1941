"""Changing an argument where it was written, or adding it to the call where it was not."""

from __future__ import annotations

import ast
from typing import Any

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.origins import origin_of
from repairnn.frontends.source.emission.sizes import other_axis
from repairnn.frontends.source.emission.upstream import said_upstream
from repairnn.frontends.source.emission.values import in_style_of, literal
from repairnn.frontends.source.emission.vocabulary import named_number, named_product, named_sum
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.edits import ChangeArgument, ReadName
from repairnn.semantics.ir import DimOf, Node, Span
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import Spelling

WITH_BATCH = ("batch_input_shape", "batch_shape")


def change_argument(shop: Workshop, edit: ChangeArgument, spelling: Spelling | None = None) -> None:
    """Write a :class:`ChangeArgument` of a node that the text made; ``spelling`` when it gets another than its own.

    Raises :class:`CannotEmit`.
    """
    node = shop.before[edit.node]
    if edit.argument in node.written.fixed and not isinstance(edit, ReadName):
        raise CannotEmit(f"{edit.argument} of {node.name or node.id} is not decided by the text")
    if node.kind == "input":
        _change_input(shop, node, edit)
        return
    if isinstance(edit, ReadName):
        shop.document.replace(*shop.document.bounds(node.written.sites[edit.argument]), edit.name)
        return
    if node.kind == "class_loss" and edit.argument == "target":
        _cast_target(shop, node, edit)
        return
    span = node.written.arguments.get(edit.argument)
    if span is not None and _say_as_upstream(shop, node, edit, span):
        return
    if span is not None:
        if not _rewrite_each(shop, node, span, edit.before, edit.after):
            _rewrite(shop, span, edit.before, edit.after)
        return
    _add_keyword(shop, node, edit, spelling or spelling_of(node, shop.before.framework))


def _say_as_upstream(shop: Workshop, node: Node, edit: ChangeArgument, span: Span) -> bool:
    """Write a size by the name that the layer it comes from got it by; false where there is none, or where the
    expression of the size computes it already."""
    old = shop.outline.expression(span)
    if isinstance(old, (ast.Name, ast.Attribute)) and isinstance(edit.before, int) and isinstance(edit.after, int):
        computed = edit.before > 1 and edit.after % edit.before == 0
    else:
        computed = not isinstance(old, (ast.Constant, ast.Name, ast.Attribute))
    text = None if computed or node.written.ties.get(edit.argument) else said_upstream(
        shop, node, edit.argument, edit.after, old
    )  # fmt: skip
    if text is not None:
        shop.document.replace(*shop.document.bounds(span), text)
    return text is not None


def _cast_target(shop: Workshop, node: Node, edit: ChangeArgument) -> None:
    """Give the target of a loss over classes as whole numbers, or as real ones."""
    call = shop.outline.call(node.written.apply or node.written.call)
    found = [k.value for k in call.keywords if k.arg == "target"] if call is not None else []
    if not found and call is not None and len(call.args) > 1:
        found = [call.args[1]]
    if not found or isinstance(found[0], ast.Starred):
        raise CannotEmit("the target is not written as an argument of the loss")
    text = shop.outline.text(found[0])
    simple = isinstance(found[0], (ast.Name, ast.Attribute, ast.Call, ast.Subscript))
    method = "long" if edit.after == "indices" else "float"
    shop.document.replace(*shop.outline.bounds(found[0]), f"{text if simple else f'({text})'}.{method}()")


def _rewrite(shop: Workshop, span: Span, before: Any, after: Any) -> None:
    old = shop.outline.expression(span)
    start, end = shop.document.bounds(span)
    _replace(shop, old, (start, end), before, after)


def _replace(shop: Workshop, old: ast.expr | None, bounds: tuple[int, int], before: Any, after: Any) -> None:
    """A new value in place of an expression, or of the literal it stands for where nothing else depends on that."""
    if isinstance(before, DimOf) and isinstance(after, DimOf) and before.ref == after.ref:
        text = other_axis(shop.outline, old, after.axis)
        if text is None:
            raise CannotEmit("the text does not show how the size is read")
        shop.document.replace(*bounds, text)
        return
    if type(before) is int and type(after) is int:
        origin = origin_of(shop.outline, old)
        said = named_sum(shop.outline, old, before, after)
        if said is None and origin is not None and origin.value == before:
            shop.document.replace(*shop.outline.bounds(origin), literal(after))
            return
        said = said or named_number(shop.outline, old, before, after) or named_product(shop.outline, old, before, after)
        if said is not None:
            shop.document.replace(*bounds, said)
            return
    text = shop.document.text[slice(*bounds)]
    shop.document.replace(*bounds, in_style_of(after, before, old, shop.outline.text, shop.quote, text))


def _rewrite_each(shop: Workshop, node: Node, span: Span, before: Any, after: Any) -> bool:
    """``x.view(2, -1)``: a tuple written as several arguments, of which only those are touched that change.

    False when the span is one expression.
    """
    call = shop.outline.call(node.written.call)
    if call is None or shop.outline.expression(span) is not None or not isinstance(after, (tuple, list)):
        return False
    start, end = shop.document.bounds(span)
    parts = [part for part in call.args if start <= shop.outline.bounds(part)[0] < end]
    if not parts or any(isinstance(part, ast.Starred) for part in parts):
        return False
    if len(parts) != len(after) or not isinstance(before, (tuple, list)) or len(before) != len(after):
        shop.document.replace(start, end, ", ".join(literal(item, shop.quote) for item in after))
        return True
    for part, old, new in zip(parts, before, after, strict=True):
        if old != new:
            _replace(shop, part, shop.outline.bounds(part), old, new)
    return True


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
    if edit.argument != "shape":
        raise CannotEmit("the input shape is not written in the text")
    before, after = tuple(edit.before), tuple(edit.after)
    call = shop.outline.call(node.written.call)
    keywords = {keyword.arg: keyword for keyword in call.keywords} if call is not None else {}
    if call is not None and "input_dim" in keywords:
        _change_input_dim(shop, call, keywords["input_dim"], keywords.get("input_length"), after)
        return
    span = node.written.arguments.get("shape")
    if span is None:
        raise CannotEmit("the input shape is not written in the text")
    old = shop.outline.expression(span)
    parent = shop.outline.parent(old) if old is not None else None
    parameter = parent.arg if isinstance(parent, ast.keyword) else None
    batch = any(name in keywords for name in WITH_BATCH) or parameter in WITH_BATCH or shop.before.framework == "torch"
    if not batch:
        before, after = before[1:], after[1:]
    whole = isinstance(old, ast.Attribute) and old.attr == "shape"
    if whole and old is not None and after == before[1:]:
        end = shop.document.bounds(span)[1]
        shop.document.replace(end, end, "[1:]")  # x.shape becomes x.shape[1:]
        return
    if not _rewrite_each(shop, node, span, before, after):
        _rewrite(shop, span, before, after)


def _change_input_dim(
    shop: Workshop, call: ast.Call, dim: ast.keyword, length: ast.keyword | None, after: tuple[Any, ...]
) -> None:
    """``input_dim=n`` stays where one number says it; ``input_shape=(...)`` takes its place where it does not."""
    start, end = shop.outline.bounds(dim.value)
    if len(after) == 2 and length is None:
        shop.document.replace(start, end, literal(after[1], shop.quote))
        return
    if length is not None:
        remove_keyword(shop, call, length)
    key_start = shop.document.bounds(shop.outline.source.span(dim))[0]
    shop.document.replace(key_start, end, f"input_shape={literal(after[1:], shop.quote)}")


def remove_keyword(shop: Workshop, call: ast.Call, keyword: ast.keyword) -> None:
    """Take a keyword argument and the comma before (or after) it out of a call."""
    text = shop.document.text
    start, end = shop.document.bounds(shop.outline.source.span(keyword))
    before = text[:start].rstrip()
    if before.endswith(","):
        start = len(before) - 1
    else:
        rest = text[end:]
        stripped = rest.lstrip()
        if stripped.startswith(","):
            after = stripped[1:]
            end += len(rest) - len(stripped) + 1 + (len(after) - len(after.lstrip()))
    shop.document.replace(start, end, "")
