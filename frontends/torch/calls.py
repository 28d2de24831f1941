"""Calls of functions and methods: which of their values are tensors, which are arguments, and where each stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.frontends.torch.constructors import plain
from repairnn.semantics.declaration import Declaration
from repairnn.semantics.ir import Arith, DimOf, Ref, Shape
from repairnn.semantics.spelling import Spelling, bind

ShapeOf = Callable[[Ref], Shape | None]


@dataclass(frozen=True)
class BoundCall:
    """A call read: its tensors in order, canonical arguments, and the position or keyword that gave each of those.

    ``args`` is ``None`` where the arguments cannot be told.
    """

    tensors: list[Ref]
    args: dict[str, Any] | None
    places: dict[str, int | str]


def bound_call(
    spelling: Spelling,
    declaration: type[Declaration],
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    shape_of: ShapeOf = lambda ref: None,
) -> BoundCall:
    """A call of a declared function or method; ``shape_of`` answers for tensors that are used as an index."""
    if spelling.name in ("getitem", "__getitem__"):
        index = _index(args[1], shape_of) if len(args) > 1 else None
        return BoundCall(refs_of(args[:1]), None if index is None else {"index": index}, {})
    tensors, rest, named = split(spelling, args, keywords)
    bound = _bound(spelling, rest, named)
    places = {name: rest[place][0] if isinstance(place, int) else place for name, place in bound.places.items()}
    declared = {argument.name for argument in declaration.arguments}
    settings = {**spelling.fixed}
    for name, value in bound.args.items():
        if name in declared and not refs_of([value]):
            settings[name] = plain(value)
    missing = any(argument.required and settings.get(argument.name) is None for argument in declaration.arguments)
    return BoundCall(tensors, None if missing else settings, places)


def split(
    spelling: Spelling, args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[list[Ref], list[tuple[int, Any]], dict[str, Any]]:
    """The tensors that the spelling names, what else stands at positions (with those), and what else has a keyword."""
    rest, named = list(enumerate(args)), dict(keywords)
    tensors: list[Ref] = []
    for name in spelling.tensors:
        if name.removeprefix("*") in named:
            tensors += refs_of([named.pop(name.removeprefix("*"))])
            continue
        if name.startswith("*"):
            many = [item for item in rest if refs_of([item[1]])]
            tensors += [ref for _, value in many for ref in refs_of([value])]
            rest = [item for item in rest if item not in many]
            continue
        at = 0 if rest and not tensors and name not in spelling.parameters else _first_tensor(rest)
        if at is not None:
            tensors += refs_of([rest.pop(at)[1]])
        elif rest and rest[0][1] is None and name not in spelling.parameters:
            rest.pop(0)  # an optional tensor that is not given
    return tensors, rest, named


def refs_of(values: Any) -> list[Ref]:
    """The tensors in a value, in order."""
    return list(_refs(values))


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _refs(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _refs(part)


def _first_tensor(rest: Sequence[tuple[int, Any]]) -> int | None:
    return next((at for at, (_, value) in enumerate(rest) if isinstance(value, Ref)), None)


def _bound(spelling: Spelling, rest: Sequence[tuple[int, Any]], named: Mapping[str, Any]) -> Any:
    """The arguments by canonical name; one tuple of sizes is as good as the sizes one by one."""
    values = [value for _, value in rest]
    starred = next((name for name in spelling.parameters if name.startswith("*")), None)
    bound = bind(spelling, values, named)
    if starred is not None:
        name = spelling.canonical(starred)
        value = bound.args.get(name)
        if name in bound.args and not isinstance(value, (tuple, list)):
            bound.args[name] = (value,)
    return bound


def _index(key: Any, shape_of: ShapeOf) -> tuple[Any, ...] | None:
    """An index in the form that the declaration of ``slice`` reads; ``None`` where its effect is not known."""
    parts: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, slice):
            ends = (part.start, part.stop, part.step)
            if any(isinstance(end, Ref) for end in ends):
                return None
            parts.append(("slice", *ends))
        elif part is Ellipsis:
            parts.append("ellipsis")
        elif part is None:
            parts.append("newaxis")
        elif isinstance(part, (int, DimOf, Arith)) and not isinstance(part, bool):
            parts.append(part)
        elif isinstance(part, Ref):
            parts.append(("tensor", shape_of(part)))
        elif isinstance(part, (tuple, list)) and all(isinstance(item, int) for item in part):
            parts.append(("tensor", (len(part),)))
        else:
            return None
    return _picked_together(parts)


def _picked_together(parts: list[Any]) -> tuple[Any, ...] | None:
    """Several adjacent index tensors pick together: the first carries the shape, the others use up an axis each."""
    places = [at for at, part in enumerate(parts) if isinstance(part, tuple) and part[0] == "tensor"]
    shapes = [parts[at][1] for at in places]
    if any(shape is None for shape in shapes):
        return None
    if len(places) < 2:
        return tuple(parts)
    if places[-1] - places[0] != len(places) - 1 or any(len(shape) != len(shapes[0]) for shape in shapes):
        return None
    joined = tuple(next((d for d in dims if d not in (1, None)), dims[0]) for dims in zip(*shapes, strict=True))
    return tuple(("tensor", joined) if at == places[0] else 0 if at in places else p for at, p in enumerate(parts))
