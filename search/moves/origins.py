"""Moves at the origin of faults: one edit upstream after which several layers get what they need.

A size that was lost at the entry, or in one layer, shows in every layer behind it that declares it. The number that
closes the first gap is computed (:mod:`repairnn.search.moves.gaps`), put in where it could have come from, and judged
by all the faults that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, cast

from repairnn.search.adapters import Adapter, spelling_of, toward
from repairnn.search.costs import PENALTY
from repairnn.search.moves.arguments import way_of
from repairnn.search.moves.case import Case, Move, argument_of, declared, named_faults, sayable
from repairnn.search.moves.gaps import Place, closing, gaps
from repairnn.search.moves.weights import shape_of_weight
from repairnn.search.state import Frame, advance, part, probe, probe_shape
from repairnn.semantics.declaration import Argument
from repairnn.semantics.edits import ChangeArgument, InsertLayer
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Node, Ref, Shape, is_symbolic

#: How many moves are given for a fault, those first that leave the fewest faults.
MOST = 12
#: How many tensors upstream a layer is put behind, and how many shapes are tried for each.
TENSORS, SHAPES = 3, 4
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
#: Families of faults that a tensor with an axis too few leads to, where layers take unbatched tensors (PyTorch).
AXES_LOST = frozenset({"rank-low", "declared"})


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


def origins(case: Case) -> Iterator[Move]:
    """Entries, arguments and layers put in upstream, each for all the faults that they decide."""
    if not case.profile.unit:
        return
    found: list[tuple[int, float, Move]] = []
    seen: set[Any] = set()
    for move, left in (*_defaults(case), *_of_weights(case), *_entries(case), *_arguments(case), *_insertions(case)):
        if move is not None and move.key not in seen:
            seen.add(move.key)
            found.append((left, move.human, move))
    yield from (move for _, _, move in sorted(found, key=lambda one: one[:2])[:MOST])


def revisions(case: Case) -> Iterator[Move]:
    """Another value for an argument that the search has changed already: what it needs only shows now.

    The edit takes the place of the earlier one, so that it adds nothing to the cost.
    """
    if not case.profile.unit or not gaps(case.node, [case.fault]):
        return
    for node in case.network:
        was = case.root.nodes.get(node.id)
        if was is None or was.args == node.args:
            continue
        declaration, args = declared(node), case.args(node)
        for name, value in node.args.items():
            before = was.args.get(name)
            numbers = tuple(path for path in _numbers(value) if path != (0,) or name != "shape")
            argument = argument_of(declaration, name) if declaration is not None else None
            if before == value or not numbers or argument is None or args is None:
                continue
            lowest = _lowest(argument, value, numbers[-1], vars(args))
            for changed, _ in _values(case, Knob(node, name, value, numbers, lowest)):
                if changed != before:
                    move = case.change(node, name, changed, "argument.other")
                    if move is not None:
                        yield replace(move, edits=(ChangeArgument(node.id, name, before, changed),), revises=True)


def _left(case: Case, frame: Frame | None) -> int | None:
    """How many faults are left; ``None`` where there are new ones, or no fewer and the one in question among them.

    Faults are not new where the sizes that came in were not known before.
    """
    if frame is None:
        return None
    before, after = named_faults(case.frame), named_faults(frame)
    if _stays(case, frame) and not after < before:
        return None
    return len(after) if all(_unread(case, node) for node, _ in after - before) else None


def _stays(case: Case, frame: Frame) -> bool:
    """Whether the fault in question is still there."""
    return (case.fault.node, case.fault.rule.id) in named_faults(frame)


def _unread(case: Case, node_id: str) -> bool:
    """Whether a layer could not be judged fully so far, for want of sizes."""
    node = case.network.nodes.get(node_id)
    shapes = () if node is None else case.frame.inputs(node)
    return any(shape is None or None in shape[1:] for shape in shapes)


def _entries(case: Case) -> Iterator[tuple[Move | None, int]]:
    """Another size of an entry, or an axis of any size more."""
    for node, distance in case.ancestors(0):
        shape = getattr(case.args(node), "shape", None) if node.kind == "input" else None
        if shape is None or not case.own(node) or "shape" in node.written.fixed:
            continue
        axes = tuple((axis,) for axis, size in enumerate(shape) if axis and size is not None)
        extra = PENALTY["distance"] * distance
        for value, left in _values(case, Knob(node, "shape", shape, axes)):
            yield case.change(node, "shape", value, "input.size", extra), left
        for axis in range(1, len(shape) + 1) if len(shape) < 5 else ():
            grown = (*shape[:axis], 2, *shape[axis:])
            knob = Knob(node, "shape", shape, ((axis,),))
            for value, left in _grown(case, knob, grown):
                yield case.change(node, "shape", value, "input.add-axis", extra), left
        for value in _of_its_twin(case, node, shape):
            remaining = _left(case, advance(case.frame, [ChangeArgument(node.id, "shape", shape, value)]))
            if remaining is not None:
                yield case.change(node, "shape", value, "input.size", extra), remaining


def _of_its_twin(case: Case, entry: Node, shape: Shape) -> Iterator[Shape]:
    """The shapes of other entries, where a layer that is called twice gets different ones."""
    if case.fault.rule.id == "shared-layer-inputs-differ":
        others = (case.frame.shape(Ref(node.id)) for node in case.network if node.kind == "input" and node is not entry)
        yield from dict.fromkeys(other for other in others if other is not None and other != shape)


def _grown(case: Case, knob: Knob, grown: Shape) -> Iterator[tuple[Shape, int]]:
    """A shape with an axis more, of the size that the first gaps behind it ask for."""
    after = advance(case.frame, [knob.edit(grown)])
    if after is None:
        return
    faults = [fault for fault in after.all_faults() if gaps(after.network[fault.node], [fault])]
    if not named_faults(after):
        yield grown, 0
    if _stays(case, after) and case.node.id not in {fault.node for fault in faults}:
        return
    for fault in faults[:FURTHER]:
        for value in _settled(case, knob, grown, fault):
            left = _left(case, advance(case.frame, [knob.edit(value)]))
            if left is not None:
                yield value, left


def _defaults(case: Case) -> Iterator[tuple[Move | None, int]]:
    """An argument of the layer, or of one upstream, set back to what it is where nobody gives it, or to the least."""
    for node, distance in ((case.node, 0), *case.ancestors(len(case.network))):
        declaration = declared(node)
        if declaration is None or node.kind in ("input", "data") or not case.own(node):
            continue
        for argument in declaration.arguments:
            before = node.args.get(argument.name)
            if argument.name not in node.args or is_symbolic(before) or argument.role == "derived":
                continue
            for value in _plain(argument, before):
                left = _left(case, advance(case.frame, [ChangeArgument(node.id, argument.name, before, value)]))
                if left is not None:
                    extra = PENALTY["distance"] * distance
                    yield case.change(node, argument.name, value, way_of(node, argument), extra), left


def _of_weights(case: Case) -> Iterator[tuple[Move | None, int]]:
    """Sizes that the layer declares as its weights have them, though what comes in may still be another."""
    declaration = declared(case.node)
    if declaration is None or not case.own(case.node) or not case.node.weights:
        return
    shapes = [shape_of_weight(case.node, name) for name in case.node.weights]
    sizes = list(dict.fromkeys(size for shape in shapes for size in shape if size is not None))
    for argument in declaration.arguments:
        before = case.node.args.get(argument.name)
        if argument.role != "derived" or not isinstance(before, int):
            continue
        for size in sizes:
            left = _left(case, advance(case.frame, [ChangeArgument(case.node.id, argument.name, before, size)]))
            if size != before and left is not None:
                yield case.change(case.node, argument.name, size, "weight.resize-layer"), left


def _plain(argument: Argument, value: Any) -> Iterator[Any]:
    """The default of an argument, and no padding, no stride, no dilation and the like: the least number."""
    if not argument.required and value != argument.default:
        yield argument.default
    numbers = [_at(value, path) for path in _numbers(value)]
    least = 0 if argument.name in NONE_AT_ALL else 1
    if numbers and argument.role == "free" and any(number != least for number in numbers):
        yield (least,) * len(value) if isinstance(value, (tuple, list)) and len(numbers) == len(value) else least


def _arguments(case: Case) -> Iterator[tuple[Move | None, int]]:
    """Other numbers for an argument of a layer upstream."""
    for node, distance in case.ancestors(len(case.network)):
        declaration = declared(node)
        if node.kind in ("input", "data") or not case.own(node) or node.hidden or declaration is None:
            continue
        args = case.args(node)
        for argument in declaration.arguments:
            value = getattr(args, argument.name, None)
            numbers = tuple(_numbers(value))
            if argument.role not in ("free", "capacity") or not numbers or is_symbolic(node.args.get(argument.name)):
                continue
            if argument.name in node.written.fixed or not sayable(node, argument.name, case.network.framework):
                continue
            lowest = _lowest(argument, value, numbers[0], vars(args))
            for changed, left in _values(case, Knob(node, argument.name, value, numbers, lowest)):
                if argument.domain.accepts(changed, vars(args)):
                    extra = PENALTY["distance"] * distance
                    yield case.change(node, argument.name, changed, way_of(node, argument), extra), left


def _lowest(argument: Argument, value: Any, path: tuple[int, ...], args: Mapping[str, Any]) -> int:
    """The least number that an argument takes in one place."""
    if argument.name not in NONE_AT_ALL:
        return 1
    return next((n for n in (BELOW, 0) if argument.domain.accepts(_with(value, path, n), args)), 1)


def _numbers(value: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """The places of all whole numbers of a value."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield path
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from _numbers(item, (*path, index))


def _at(value: Any, path: tuple[int, ...]) -> int:
    for index in path:
        value = value[index]
    return int(value)


def _with(value: Any, path: tuple[int, ...], number: int) -> Any:
    """The value with another number at one place."""
    if not path:
        return number
    first, rest = path[0], path[1:]
    return (*value[:first], _with(value[first], rest, number), *value[first + 1 :])


def _values(case: Case, knob: Knob) -> Iterator[tuple[Any, int]]:
    """Values of a knob after which fewer faults are left and none is new, with how many are."""
    yield from _adapted(case, knob, knob.value, case.fault, FURTHER)


def _adapted(case: Case, knob: Knob, value: Any, fault: Fault, further: int) -> Iterator[tuple[Any, int]]:
    for changed in _settled(case, knob, value, fault):
        after = advance(case.frame, [knob.edit(changed)])
        left = _left(case, after)
        if left is not None:
            yield changed, left
        if after is None or left == 0 or not further:
            continue
        rest = next((other for other in after.all_faults() if gaps(after.network[other.node], [other])), None)
        if rest is not None:
            yield from _adapted(case, knob, changed, rest, further - 1)


def _settled(case: Case, knob: Knob, value: Any, fault: Fault) -> list[Any]:
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
            gap = _gap(case, knob, target, place, lambda number, at=path: _with(value, at, number))  # type: ignore[misc]
            for number in closing(gap, _at(value, path), knob.lowest)[:NUMBERS]:
                yield _with(value, path, number)
        if knob.argument != "shape" and _alike(value):
            gap = _gap(case, knob, target, place, lambda number: (number,) * len(value))
            for number in closing(gap, value[0], knob.lowest)[:NUMBERS]:
                yield (number,) * len(value)


def _paired(case: Case, knob: Knob, shape: Shape, fault: Fault) -> Iterator[Shape]:
    """A shape with two sizes changed so that their product, which is what the fault is about, is the one needed."""
    target = case.frame.network[fault.node]
    place = next(iter(gaps(target, [fault])), None)
    if place is None:
        return
    decisive = []
    for path in knob.numbers:
        gap = _gap(case, knob, target, place, lambda number, at=path: _with(shape, at, number))  # type: ignore[misc]
        if gap(_at(shape, path) + 1) not in (None, gap(_at(shape, path))):
            decisive.append(path)
    for one, other in permutations(decisive, 2):
        size = _at(shape, one)
        for number in range(max(1, size - NEAR), size + NEAR + 1):
            changed = _with(shape, one, number)
            gap = _gap(case, knob, target, place, lambda size, at=other, base=changed: _with(base, at, size))  # type: ignore[misc]
            yield from (_with(changed, other, found) for found in closing(gap, _at(shape, other), 1)[:1])


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


def _insertions(case: Case) -> Iterator[tuple[Move | None, int]]:
    """A layer behind a tensor upstream, so that all that read it get what they need."""
    tried = 0
    above = _above_faults(case)
    for node, distance in case.ancestors(len(case.network)):
        shape = case.frame.shape(Ref(node.id))
        edges = _edges(case, node)
        if not shape or not edges or tried == TENSORS or _passed_on(case, edges, shape):
            continue
        wanted: list[Shape] = []
        if len(edges) > 1 or above.get(node.id, 0) > 1:
            wanted.extend(_shapes(case, node, shape))
        if distance > 1 and case.network.framework == "torch" and case.family in AXES_LOST:
            wanted.extend(_with_axis(case, node, shape))
        tried += bool(wanted)
        for goal in wanted:
            for adapter in toward(shape, goal, case.network.framework):
                move = _behind(case, edges[0], adapter, distance)
                left = _left(case, advance(case.frame, move.edits)) if move is not None else None
                if left is not None:
                    yield move, left


def _passed_on(case: Case, edges: list[tuple[str, int]], shape: Shape) -> bool:
    """Whether one layer alone reads a tensor and returns one of the same shape: a layer behind that one will do."""
    reader = case.network[edges[0][0]]
    return len(edges) == 1 and reader.id != case.node.id and case.frame.shape(Ref(reader.id)) == shape


def _edges(case: Case, node: Node) -> list[tuple[str, int]]:
    """The edges that read a node's first output; none where that is what the program feeds."""
    readers = [case.network[reader] for reader in case.frame.readers.get(node.id, ())]
    if any(reader.kind == "feed" for reader in readers):
        return []
    return [(reader.id, at) for reader in readers for at, ref in enumerate(reader.inputs) if ref == Ref(node.id)]


def _above_faults(case: Case) -> dict[str, int]:
    """How many faulty nodes are downstream of each node."""
    found: dict[str, int] = {}
    for faulty in dict.fromkeys(fault.node for fault in case.frame.all_faults()):
        stack, seen = [faulty], {faulty}
        while stack:
            for ref in case.network[stack.pop()].inputs:
                if ref.node not in seen:
                    seen.add(ref.node)
                    stack.append(ref.node)
        for node_id in seen - {faulty}:
            found[node_id] = found.get(node_id, 0) + 1
    return found


def _behind(case: Case, edge: tuple[str, int], adapter: Adapter, distance: int) -> Move | None:
    """An adapter right behind the tensor that an edge reads, for all its readers."""
    spelled = spelling_of(case.network.framework, adapter.kind, adapter.args)
    if spelled is None or adapter.way == "insert.match":
        return None
    new = case.fresh(adapter.kind, *edge)
    edit = InsertLayer(*edge, adapter.kind, spelled[1], spelled[0], fan_out=True, new=new)
    return case.move(edit, adapter.way, adapter.extra + PENALTY["distance"] * distance)


def _with_axis(case: Case, node: Node, shape: Shape) -> Iterator[Shape]:
    """A tensor's shape with an axis of one more, where that helps the fault."""
    for axis in range(1, len(shape) + 1) if len(shape) < 5 and None not in shape[1:] else ():
        grown = (*shape[:axis], 1, *shape[axis:])
        now = probe_shape(case.frame, node, grown, case.fault.node)
        if now is not None and all(fault.rule is not case.fault.rule for fault in now):
            yield grown


def _shapes(case: Case, node: Node, shape: Shape) -> list[Shape]:
    """Shapes of a tensor with which the fault is gone, and with which the next one is as well."""
    axes = tuple((axis,) for axis, size in enumerate(shape) if axis and size is not None)
    knob = Knob(node, None, shape, axes)
    found = list(dict.fromkeys(_settled(case, knob, shape, case.fault)))[:SHAPES]
    if not found:
        found = list(dict.fromkeys(_paired(case, knob, shape, case.fault)))[:SHAPES]
    others = [fault for fault in case.frame.all_faults() if fault.node != case.fault.node][:FURTHER]
    for first in tuple(found):
        for other in others:
            faults = knob.faults(case.frame, first, other.node)
            rest = next((one for one in faults or () if one.rule is other.rule), None)
            if rest is not None:
                more = list(_settled(case, knob, first, rest))
                found.extend(more or _paired(case, knob, first, rest))
    return list(dict.fromkeys(found))[: 2 * SHAPES]


__all__ = ["origins"]
