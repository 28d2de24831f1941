"""Numbers that the code around has names for: ``state_dim + action_dim`` says more than 28."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repairnn.frontends.source.emission.origins import (
    Function,
    assigned_value,
    given_value,
    kept_value,
    parameters,
)
from repairnn.frontends.source.emission.outline import Outline

#: How deep names are followed to their numbers.
DEPTH = 8
#: Smaller numbers are the same as others by chance too often to be called by their names.
TELLING = 8
#: Smaller factors are written as numbers: twice is both directions, not the two layers.
FACTOR = 3
#: Multiples up to this one are told from what stands there.
FEW = 4


def named_sum(outline: Outline, old: ast.expr | None, before: int, after: int) -> str | None:
    """``state_dim + action_dim`` where ``state_dim`` stands and the rest is another parameter's number."""
    if not isinstance(old, (ast.Name, ast.Attribute)) or after <= before:
        return None
    names = [name for name, value in _spoken(outline, old) if value == after - before]
    return f"{outline.text(old)} + {names[0]}" if len(names) == 1 and after % before else None


def named_product(outline: Outline, old: ast.expr | None, before: int, after: int) -> str | None:
    """``hidden * seq_len``, or ``filters * len(sizes)``, where a name stands and another parameter is the factor."""
    if not isinstance(old, (ast.Name, ast.Attribute)) or before < 1 or after % before or after // before < FACTOR:
        return None
    factor = after // before
    names = [name for name, value in _spoken(outline, old) if value == factor]
    names += [f"len({name})" for name, count in _counted(outline, old) if count == factor]
    return f"{outline.text(old)} * {names[0]}" if len(names) == 1 else None


def named_number(outline: Outline, old: ast.expr | None, before: int, after: int) -> str | None:
    """The one parameter that has this number, in place of another name; not where a small multiple of that says it."""
    if (
        not isinstance(old, (ast.Name, ast.Attribute))
        or after < TELLING
        or after in range(before, before * FEW + 1, before or 1)
    ):
        return None
    names = [name for name, value in _spoken(outline, old) if value == after]
    return names[0] if len(names) == 1 else None


def _spoken(outline: Outline, place: ast.expr) -> Iterator[tuple[str, int]]:
    """The parameters of the function around with their numbers, as far as the text has one number for each."""
    scope = outline.scope(place)
    if not isinstance(scope, Function):
        return
    stored = {one.id for one in ast.walk(scope) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for name in parameters(scope):
        given = given_value(outline, scope, name) if name not in stored else None
        value = _number(outline, given, DEPTH) if given is not None else None
        if value is not None and value > 0:
            yield name, value


def _counted(outline: Outline, place: ast.expr) -> Iterator[tuple[str, int]]:
    """The parameters of the function around that are lists or tuples, with how many elements they have."""
    scope = outline.scope(place)
    if not isinstance(scope, Function):
        return
    for name in parameters(scope):
        match given_value(outline, scope, name):
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                yield name, len(elements)


def _number(outline: Outline, expression: ast.expr, depth: int) -> int | None:
    """The integer that an expression has wherever it is read; ``None`` when the text does not tell."""
    if depth == 0:
        return None
    match expression:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value
        case ast.Name():
            scope = outline.scope(expression)
            inner = isinstance(scope, Function)
            given = (
                given_value(outline, scope, expression.id)
                if isinstance(scope, Function) and expression.id in parameters(scope)
                else assigned_value(outline, scope, expression.id)
                or (assigned_value(outline, outline.source.tree, expression.id) if inner else None)
            )
            return None if given is None else _number(outline, given, depth - 1)
        case ast.Attribute(value=ast.Name(id="self")):
            kept = kept_value(outline, expression)
            return None if kept is None else _number(outline, kept, depth - 1)
        case ast.Attribute(value=ast.Name(), attr=name):
            return _option(outline, name)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv() as op, right=right):
            first, second = _number(outline, left, depth - 1), _number(outline, right, depth - 1)
            return None if first is None or second is None else _computed(op, first, second)
    return None


def _option(outline: Outline, name: str) -> int | None:
    """The default of a command line option: ``parser.add_argument("--hidden", type=int, default=256)``."""
    found: list[ast.expr] = []
    for node in ast.walk(outline.source.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="add_argument"), args=[*flags], keywords=keywords):
                said = [flag.value for flag in flags if isinstance(flag, ast.Constant) and isinstance(flag.value, str)]
                if any(one.lstrip("-").replace("-", "_") == name for one in said):
                    found.extend(keyword.value for keyword in keywords if keyword.arg == "default")
    values = [one.value for one in found if isinstance(one, ast.Constant) and type(one.value) is int]
    return values[0] if len(values) == len(found) == 1 else None


def _computed(op: ast.operator, first: int, second: int) -> int | None:
    match op:
        case ast.Add():
            return first + second
        case ast.Sub():
            return first - second
        case ast.Mult():
            return first * second
    return first // second if second else None
