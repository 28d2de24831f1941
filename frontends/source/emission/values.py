"""Argument values as text, in the style of what stood there before."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from repairnn.frontends.errors import CannotEmit
from repairnn.semantics.ir import is_symbolic

#: So near to a larger number that was computed, another number is told from it: a class token makes ``patches + 1``.
FEW = 2


def literal(value: Any, quote: str = "'") -> str:
    """A value as a Python literal. Raises :class:`CannotEmit` for one that has no literal."""
    if isinstance(value, str):
        return repr(value) if quote == "'" else '"' + value.replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "(" + ", ".join(literal(v, quote) for v in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(literal(v, quote) for v in value) + "]"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if is_symbolic(value):
        raise CannotEmit("the new value depends on a tensor")
    raise CannotEmit(f"{value!r} cannot be written as a literal")


def _arguments_in(text: str) -> list[str]:
    """The texts of the arguments in ``n, -1, h * 2``; none when they cannot be told apart."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except SyntaxError:
        return []
    arguments = call.args if isinstance(call, ast.Call) else []
    return [ast.get_source_segment(f"f({text})", argument) or "" for argument in arguments]


def in_style_of(
    value: Any, before: Any, old: ast.expr | None, text_of: Callable[[ast.expr], str], quote: str, text: str = ""
) -> str:
    """A new value written like the old expression: scalar where that was scalar, list where that was a list,
    and with the texts of the elements that stay. Without an expression, ``text`` holds several arguments of a call."""
    if (
        isinstance(value, (tuple, list))
        and isinstance(old, (ast.Tuple, ast.List))
        and isinstance(before, (tuple, list))
    ):
        elements = _reused(tuple(value), tuple(before), [text_of(e) for e in old.elts], quote)
        inner = ", ".join(elements)
        if isinstance(old, ast.List):
            return f"[{inner}]"
        return f"({inner},)" if len(elements) == 1 else f"({inner})"
    if isinstance(value, int) and isinstance(before, int) and not isinstance(value, bool):
        computed = _recomputed(value, before, old, text_of)
        if computed is not None:
            return computed
    scalar = isinstance(old, (ast.Constant, ast.Name, ast.BinOp, ast.Attribute)) and isinstance(before, int)
    if scalar and isinstance(value, (tuple, list)) and len(set(value)) == 1 and len(value) > 1:
        return literal(value[0], quote)
    return literal(value, quote)


def _recomputed(value: int, before: int, old: ast.expr | None, text_of: Callable[[ast.expr], str]) -> str | None:
    """A number as its author would compute it: ``hidden`` that doubles is ``hidden * 2``, ``16 * 5 * 5`` with other
    sides ``16 * 13 * 13``, one place more ``patches + 1``. ``None`` where a plain number says it as well."""
    if isinstance(old, (ast.Name, ast.Attribute)):
        if before > 1 and value % before == 0 and (before >= FEW**3 or value <= before * FEW**2):
            return f"{text_of(old)} * {value // before}"
        few = abs(value - before) <= FEW and before >= FEW**3
        return f"{text_of(old)} {'+' if value > before else '-'} {abs(value - before)}" if few else None
    factors = _factors(old) if isinstance(old, ast.BinOp) else []
    numbers = {i: f.value for i, f in enumerate(factors) if isinstance(f, ast.Constant) and isinstance(f.value, int)}
    for group in _groups(numbers):
        rest = before // max(1, numbers[group[0]] ** len(group))
        if not rest or value % rest:
            continue
        side = round((value // rest) ** (1 / len(group)))
        if side ** len(group) * rest == value and before == rest * numbers[group[0]] ** len(group):
            said = [str(side) if i in group else text_of(factor) for i, factor in enumerate(factors)]
            times = " * " if isinstance(old, ast.BinOp) and " *" in text_of(old) else "*"
            return times.join(part for part in said if part != "1") or "1"
    return None


def _groups(numbers: dict[int, int]) -> list[list[int]]:
    """Which factors change together: equal ones (the sides of a map) first, then single ones from the right."""
    equal = [[i for i in numbers if numbers[i] == number] for number in dict.fromkeys(numbers.values())]
    return [g for g in equal if len(g) > 1] + [[i] for i in sorted(numbers, reverse=True)]


def _factors(expression: ast.expr) -> list[ast.expr]:
    """The factors of a product, left to right."""
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Mult):
        return [*_factors(expression.left), expression.right]
    return [expression]


def _reused(after: Sequence[Any], before: Sequence[Any], texts: list[str], quote: str) -> list[str]:
    """Elements of ``after``: an element that is there before keeps its text (a name, say), each text used once."""
    if len(before) != len(texts):
        return [literal(value, quote) for value in after]
    free = list(range(len(before)))
    chosen: list[str] = []
    for position, value in enumerate(after):
        candidates = [i for i in free if before[i] == value and type(before[i]) is type(value)]
        here = position if position in candidates else (candidates[0] if candidates else None)
        if here is None:
            chosen.append(literal(value, quote))
        else:
            free.remove(here)
            chosen.append(texts[here])
    return chosen


def preferred_quote(text: str) -> str:
    """The quote character that a program uses most."""
    return '"' if text.count('"') > text.count("'") else "'"
