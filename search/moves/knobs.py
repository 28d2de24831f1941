"""Numbers that one edit can change, and the values of them that close the gaps of faults further down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any, cast

from repairnn.search.moves.case import Case, named_faults
from repairnn.search.moves.gaps import Place, closing, gaps
from repairnn.search.state import Frame, advance, part, probe, probe_shape
from repairnn.semantics.declaration import Argument
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Node, Shape

#: How many further faults one edit is adapted to, after the first.
FURTHER = 2
#: How many gaps of a fault, and how many numbers for each, are looked at.
GAPS, NUMBERS = 2, 3
#: How far from what it is one of two sizes is tried that are changed together.
NEAR = 3
#: Fewest elements of a tuple of numbers that are changed alike.
ALIKE = 2
#: The least number tried for a padding that may take cells away.
BELOW = -64
#: Numbers that are zero where there is none of it; others are one.
NONE_AT_ALL = frozenset({"padding", "output_padding", "cropping", "proj_size"})


@dataclass(frozen=True, slots=True)
class Knob:
    """Numbers that one edit changes: those of a node's argument, or of the shape of its first output.

    ``numbers`` are the places of the numbers in the value: indices into nested tuples, none for a plain number.
    """

    node: Node
    argument: str | None
    value: Any
    numbers: tuple[tuple[int, ...], ...]
    lowest: int = 1

    def edit(self, value: Any) -> ChangeArgument:
        """The change of the argument."""
        return ChangeArgument(self.node.id, self.argument or "", self.value, value)

    def faults(self, frame: Frame, value: Any, target: str) -> tuple[Fault, ...] | None:
        """The faults that a node further down has with another value; ``None`` where that does not reach it."""
        if self.argument is None:
            return probe_shape(frame, self.node, value, target)
        return probe(frame, self.edit(value), target)


def left_after(case: Case, frame: Frame | None) -> int | None:
    """How many faults are left; ``None`` where there are new ones, or no fewer and the one in question among them.

    Faults are not new where the sizes that came in were not known before.
    """
    if frame is None:
        return None
    before, after = named_faults(case.frame), named_faults(frame)
    if stays(case, frame) and not after < before:
        return None
    return len(after) if all(_unread(case, node) for node, _ in after - before) else None


def stays(case: Case, frame: Frame) -> bool:
    """Whether the fault in question is still there."""
    return (case.fault.node, case.fault.rule.id) in named_faults(frame)


def _unread(case: Case, node_id: str) -> bool:
    """Whether a layer could not be judged fully so far, for want of sizes."""
    node = case.network.nodes.get(node_id)
    shapes = () if node is None else case.frame.inputs(node)
    return any(shape is None or None in shape[1:] for shape in shapes)


def lowest_of(argument: Argument, value: Any, path: tuple[int, ...], args: Mapping[str, Any]) -> int:
    """The least number that an argument takes in one place."""
    if argument.name not in NONE_AT_ALL:
        return 1
    return next((n for n in (BELOW, 0) if argument.domain.accepts(with_number(value, path, n), args)), 1)


def numbers_of(value: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """The places of all whole numbers of a value."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield path
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from numbers_of(item, (*path, index))


def number_at(value: Any, path: tuple[int, ...]) -> int:
    for index in path:
        value = value[index]
    return int(value)


def with_number(value: Any, path: tuple[int, ...], number: int) -> Any:
    """The value with another number at one place."""
    if not path:
        return number
    first, rest = path[0], path[1:]
    return (*value[:first], with_number(value[first], rest, number), *value[first + 1 :])


def fitting(case: Case, knob: Knob) -> Iterator[tuple[Any, int]]:
    """Values of a knob after which fewer faults are left and none is new, with how many are."""
    yield from _adapted(case, knob, knob.value, case.fault, FURTHER)


def _adapted(case: Case, knob: Knob, value: Any, fault: Fault, further: int) -> Iterator[tuple[Any, int]]:
    for changed in settled(case, knob, value, fault):
        after = advance(case.frame, [knob.edit(changed)])
        left = left_after(case, after)
        if left is not None:
            yield changed, left
        if after is None or left == 0 or not further:
            continue
        rest = next((other for other in after.all_faults() if gaps(after.network[other.node], [other])), None)
        if rest is not None:
            yield from _adapted(case, knob, changed, rest, further - 1)


def settled(case: Case, knob: Knob, value: Any, fault: Fault) -> list[Any]:
    """The value with one number (or all, where they are equal) changed so that a gap of the fault is closed.

    Worked out once for all states in which nothing differs from the knob to the faulty layer.
    """
    between = part(case.frame, knob.node, knob.argument, fault.node)
    if between is None:
        return list(_settling(case, knob, value, fault))
    key = ("settled", knob.argument, repr((knob.numbers, knob.lowest, value)), id(fault), between)
    memory = case.frame.memory
    if key not in memory:
        memory[key] = (fault, list(_settling(case, knob, value, fault)))
    return cast("list[Any]", memory[key][1])


def _settling(case: Case, knob: Knob, value: Any, fault: Fault) -> Iterator[Any]:
    target = case.frame.network[fault.node]
    for place in list(gaps(target, [fault]))[:GAPS]:
        for path in knob.numbers:
            gap = _gap(case, knob, target, place, lambda number, at=path: with_number(value, at, number))  # type: ignore[misc]
            for number in closing(gap, number_at(value, path), knob.lowest)[:NUMBERS]:
                yield with_number(value, path, number)
        if knob.argument != "shape" and _alike(value):
            gap = _gap(case, knob, target, place, lambda number: (number,) * len(value))
            for number in closing(gap, value[0], knob.lowest)[:NUMBERS]:
                yield (number,) * len(value)


def paired(case: Case, knob: Knob, shape: Shape, fault: Fault) -> Iterator[Shape]:
    """A shape with two sizes changed so that their product, which is what the fault is about, is the one needed."""
    target = case.frame.network[fault.node]
    place = next(iter(gaps(target, [fault])), None)
    if place is None:
        return
    decisive = []
    for path in knob.numbers:
        gap = _gap(case, knob, target, place, lambda number, at=path: with_number(shape, at, number))  # type: ignore[misc]
        if gap(number_at(shape, path) + 1) not in (None, gap(number_at(shape, path))):
            decisive.append(path)
    for one, other in permutations(decisive, 2):
        size = number_at(shape, one)
        for number in range(max(1, size - NEAR), size + NEAR + 1):
            changed = with_number(shape, one, number)
            gap = _gap(case, knob, target, place, lambda size, at=other, base=changed: with_number(base, at, size))  # type: ignore[misc]
            yield from (with_number(changed, other, found) for found in closing(gap, number_at(shape, other), 1)[:1])


def _alike(value: Any) -> bool:
    """Whether a value is a tuple of equal numbers."""
    return isinstance(value, (tuple, list)) and len(value) >= ALIKE and isinstance(value[0], int) and len({*value}) == 1


def _gap(
    case: Case, knob: Knob, target: Node, place: Place, value_of: Callable[[int], Any]
) -> Callable[[int], int | None]:
    """How far the size at one place is off, as a function of a number of the knob."""

    def gap(number: int) -> int | None:
        faults = knob.faults(case.frame, value_of(number), target.id)
        if faults is None:
            faults = case.frame.faults_of(target.id)
        same = [fault for fault in faults if fault.rule.id == place[0]]
        return gaps(target, same).get(place, 0 if not same else None)

    return gap
