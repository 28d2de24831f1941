"""Canonical arguments of live modules and of traced calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics.declaration import Declaration, bind_arguments
from repairnn.semantics.ir import Arith, DimOf, Ref
from repairnn.semantics.spelling import Spelling, bind


def module_arguments(module: Any, spelling: Spelling, declaration: type[Declaration]) -> dict[str, Any]:
    """The constructor's arguments, read from the attributes that modules keep them in; defaults left out."""
    declared = {argument.name for argument in declaration.arguments}
    defaults = vars(bind_arguments(declaration, {}, {**spelling.defaults, **spelling.fixed}))
    found: dict[str, Any] = {}
    for parameter in (*spelling.parameters, *spelling.keywords):
        name = spelling.canonical(parameter)
        if name not in declared or name in spelling.fixed or not hasattr(module, parameter):
            continue
        value = plain(getattr(module, parameter))
        if parameter == "bias" and not isinstance(value, bool):
            value = getattr(module, parameter) is not None
        if value != defaults.get(name):
            found[name] = value
    return {**spelling.fixed, **found}


def bound_call(
    spelling: Spelling, declaration: type[Declaration], args: Sequence[Any], keywords: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Canonical arguments of a traced function or method call; ``None`` where they cannot be told."""
    rest = [arg for arg in args if not _is_tensors(arg)]
    named = {key: value for key, value in keywords.items() if not _is_tensors(value)}
    starred = next((parameter for parameter in spelling.parameters if parameter.startswith("*")), None)
    if starred is not None:
        value = tuple(rest[0]) if len(rest) == 1 and isinstance(rest[0], tuple) else tuple(rest)
        bound = {spelling.canonical(starred.lstrip("*")): value or tuple(named.values())}
    elif spelling.name in ("getitem", "__getitem__"):
        bound = {"index": _index(rest[0])} if rest else {}
    else:
        bound = bind(spelling, [plain(value) for value in rest], {k: plain(v) for k, v in named.items()}).args
    declared = {argument.name for argument in declaration.arguments}
    settings = {**spelling.fixed, **{name: value for name, value in bound.items() if name in declared}}
    missing = any(argument.required and settings.get(argument.name) is None for argument in declaration.arguments)
    return None if missing else settings


def plain(value: Any) -> Any:
    """An attribute's value as data; sizes become tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(part) for part in value)
    if value is None or isinstance(value, (bool, int, float, str, DimOf, Arith)):
        return value
    return repr(value)


def _index(key: Any) -> tuple[Any, ...]:
    parts: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, slice):
            parts.append(("slice", part.start, part.stop, part.step))
        elif part is Ellipsis:
            parts.append("ellipsis")
        elif part is None:
            parts.append("newaxis")
        else:
            parts.append(part if isinstance(part, int) else None)
    return tuple(parts)


def _is_tensors(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_is_tensors(part) for part in value)
    return isinstance(value, Ref)
