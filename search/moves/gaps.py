"""How far the sizes that reach a layer are from what it needs, as numbers, and the number that closes such a gap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from repairnn.search.values import known_product
from repairnn.semantics.faults import (
    Fault,
    Need,
    NeedAgree,
    NeedAtLeast,
    NeedDim,
    NeedMultiple,
    NeedShape,
    NeedSize,
    NeedWeight,
)
from repairnn.semantics.ir import Node, Shape

#: What is too large or too small: the rule, the sort of need, and which input, axis or weight it is about.
Place: TypeAlias = tuple[Any, ...]
Gaps: TypeAlias = dict[Place, int]

#: How often a number is tried, and how many of those next to one that fits are taken as well.
TRIES = 10
NEIGHBOURS = 3


def gaps(node: Node, faults: Iterable[Fault]) -> Gaps:
    """For every size that a fault is about: what there is less what is needed. Empty where no need is a number."""
    found: Gaps = {}
    for fault in faults:
        for need in fault.needs:
            more = {(fault.rule.id, *place): gap for place, gap in _gaps(node, fault, need) if gap}
            if more:
                found.update(more)
                break
    return found


def _gaps(node: Node, fault: Fault, need: Need) -> Iterator[tuple[Place, int]]:
    match need:
        case NeedDim(index, axis, value) | NeedAtLeast(index, axis, value):
            size = _size(fault, index, axis)
            if size is not None:
                yield ("dim", index, axis), size - value
        case NeedMultiple(index, axis, divisor):
            size = _size(fault, index, axis)
            if size is not None and divisor:
                yield ("multiple", index, axis), -(-size % divisor)
        case NeedSize(index, total, skip):
            shape = fault.inputs[index] if index < len(fault.inputs) else None
            held = None if shape is None else known_product(shape[skip:])
            if held is not None:
                yield ("size", index), held - total
        case NeedShape(index, wanted):
            yield from _between(("shape", index), fault.inputs[index] if index < len(fault.inputs) else None, wanted)
        case NeedAgree(among):
            shapes = [fault.inputs[index] for index in among if index < len(fault.inputs)]
            axes = need.axes
            for other in shapes[1:]:
                rank = len(other or ())
                among_axes = None if axes is None else {axis % rank for axis in axes if -rank <= axis < rank}
                yield from (
                    (place, gap)
                    for place, gap in _between(("agree",), shapes[0], other)
                    if among_axes is None or place[-1] in among_axes
                )
        case NeedWeight(name, wanted):
            given = node.weights.get(name)
            if given is not None:
                shape = tuple(given) if isinstance(given, (tuple, list)) else tuple(given.shape)
                yield from _between(("weight", name), wanted, shape)


def _size(fault: Fault, index: int, axis: int) -> int | None:
    shape = fault.inputs[index] if index < len(fault.inputs) else None
    return shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None


def _between(place: Place, one: Shape | None, other: Shape | None) -> Iterator[tuple[Place, int]]:
    if one is None or other is None or len(one) != len(other):
        return
    for axis, (have, want) in enumerate(zip(one, other, strict=True)):
        if have is not None and want is not None and have != want:
            yield (*place, axis), have - want


def closing(gap: Callable[[int], int | None], start: int, lowest: int) -> list[int]:
    """Numbers from ``lowest`` on at which ``gap`` is zero, nearest to ``start`` first; a few of an interval of them.

    Sizes rise or fall evenly with the numbers they follow from, so that the secant through two of them leads there in
    few steps. ``gap`` is asked at most :data:`TRIES` times; ``None`` is no answer.
    """
    known: dict[int, int | None] = {start: gap(start)}
    first = known[start]
    if first is None or first == 0:
        return []
    found = _secant(gap, known, start, lowest)
    if found is None:
        return []
    numbers = [found]
    for step in (1, -1):
        number = found + step
        while abs(number - found) <= NEIGHBOURS and number >= lowest and number != start:
            if number not in known:
                known[number] = gap(number)
            if known[number] != 0:
                break
            numbers.append(number)
            number += step
    return sorted(numbers, key=lambda number: (abs(number - start), number))


def _secant(gap: Callable[[int], int | None], known: dict[int, int | None], start: int, lowest: int) -> int | None:
    """One number at which the gap is zero."""
    here, there = start, None
    for step in (1, -1, 8, -8):
        number = max(start + step, lowest)
        if number in known:
            continue
        known[number] = gap(number)
        if known[number] == 0:
            return number
        if known[number] is not None and known[number] != known[start]:
            there = number
            break
    while there is not None and len(known) < TRIES:
        low, high = known[here], known[there]
        if low is None or high is None or low == high:
            return None
        number = max(lowest, round(here - low * (there - here) / (high - low)))
        if number in known:
            number += 1 if math.copysign(1, high - low) * (known[number] or 0) * (there - here) < 0 else -1
        if number in known or number < lowest:
            return None
        known[number] = gap(number)
        if known[number] == 0:
            return number
        here, there = there, number
    return None


__all__ = ["Gaps", "Place", "closing", "gaps"]
