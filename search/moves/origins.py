"""Moves at the origin of faults: one edit upstream after which several layers get what they need.

A size that was lost at the entry, or in one layer, shows in every layer behind it that declares it. The number that
closes the first gap is computed (:mod:`repairnn.search.moves.gaps`), put in where it could have come from, and judged
by all the faults that are left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from repairnn.search.costs import PENALTY
from repairnn.search.moves.arguments import way_of
from repairnn.search.moves.behind import insertions
from repairnn.search.moves.case import FAR, Case, Move, argument_of, declared, named_faults, sayable
from repairnn.search.moves.gaps import gaps
from repairnn.search.moves.knobs import (
    FURTHER,
    NONE_AT_ALL,
    Knob,
    fitting,
    left_after,
    lowest_of,
    number_at,
    numbers_of,
    settled,
    stays,
)
from repairnn.search.moves.weights import shape_of_weight
from repairnn.search.state import advance
from repairnn.semantics.declaration import Argument
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.ir import Node, Ref, Shape, is_symbolic

#: How many moves are given for a fault, those first that leave the fewest faults.
MOST = 12


def origins(case: Case) -> Iterator[Move]:
    """Entries, arguments and layers put in upstream, each for all the faults that they decide."""
    if not case.profile.unit:
        return
    found: list[tuple[int, float, Move]] = []
    seen: set[Any] = set()
    for move, left in (*_defaults(case), *_of_weights(case), *_entries(case), *_arguments(case), *insertions(case)):
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
            numbers = tuple(path for path in numbers_of(value) if path != (0,) or name != "shape")
            argument = argument_of(declaration, name) if declaration is not None else None
            if before == value or not numbers or argument is None or args is None:
                continue
            lowest = lowest_of(argument, value, numbers[-1], vars(args))
            for changed, _ in fitting(case, Knob(node, name, value, numbers, lowest)):
                if changed != before:
                    move = case.change(node, name, changed, "argument.other")
                    if move is not None:
                        yield replace(move, edits=(ChangeArgument(node.id, name, before, changed),), revises=True)


def _entries(case: Case) -> Iterator[tuple[Move | None, int]]:
    """Another size of an entry, or an axis of any size more."""
    for node, distance in case.ancestors(0):
        shape = getattr(case.args(node), "shape", None) if node.kind == "input" else None
        if shape is None or not case.own(node) or "shape" in node.written.fixed:
            continue
        axes = tuple((axis,) for axis, size in enumerate(shape) if axis and size is not None)
        extra = PENALTY["distance"] * distance
        for value, left in fitting(case, Knob(node, "shape", shape, axes)):
            yield case.change(node, "shape", value, "input.size", extra), left
        for axis in range(1, len(shape) + 1) if len(shape) < 5 else ():
            grown = (*shape[:axis], 2, *shape[axis:])
            knob = Knob(node, "shape", shape, ((axis,),))
            for value, left in _grown(case, knob, grown):
                yield case.change(node, "shape", value, "input.add-axis", extra), left
        for value in _of_its_twin(case, node, shape):
            remaining = left_after(case, advance(case.frame, [ChangeArgument(node.id, "shape", shape, value)]))
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
    if stays(case, after) and case.node.id not in {fault.node for fault in faults}:
        return
    for fault in faults[:FURTHER]:
        for value in settled(case, knob, grown, fault):
            left = left_after(case, advance(case.frame, [knob.edit(value)]))
            if left is not None:
                yield value, left


def _defaults(case: Case) -> Iterator[tuple[Move | None, int]]:
    """An argument of the layer, or of one upstream, set back to what it is where nobody gives it, or to the least."""
    for node, distance in ((case.node, 0), *case.ancestors(FAR)):
        declaration = declared(node)
        if declaration is None or node.kind in ("input", "data") or not case.own(node):
            continue
        for argument in declaration.arguments:
            before = node.args.get(argument.name)
            if argument.name not in node.args or is_symbolic(before) or argument.role == "derived":
                continue
            for value in _plain(argument, before):
                left = left_after(case, advance(case.frame, [ChangeArgument(node.id, argument.name, before, value)]))
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
            left = left_after(case, advance(case.frame, [ChangeArgument(case.node.id, argument.name, before, size)]))
            if size != before and left is not None:
                yield case.change(case.node, argument.name, size, "weight.resize-layer"), left


def _plain(argument: Argument, value: Any) -> Iterator[Any]:
    """The default of an argument, and no padding, no stride, no dilation and the like: the least number."""
    if not argument.required and value != argument.default:
        yield argument.default
    numbers = [number_at(value, path) for path in numbers_of(value)]
    least = 0 if argument.name in NONE_AT_ALL else 1
    if numbers and argument.role == "free" and any(number != least for number in numbers):
        yield (least,) * len(value) if isinstance(value, (tuple, list)) and len(numbers) == len(value) else least


def _arguments(case: Case) -> Iterator[tuple[Move | None, int]]:
    """Other numbers for an argument of a layer upstream."""
    for node, distance in case.ancestors(FAR):
        declaration = declared(node)
        if node.kind in ("input", "data") or not case.own(node) or node.hidden or declaration is None:
            continue
        args = case.args(node)
        for argument in declaration.arguments:
            value = getattr(args, argument.name, None)
            numbers = tuple(numbers_of(value))
            if argument.role not in ("free", "capacity") or not numbers or is_symbolic(node.args.get(argument.name)):
                continue
            if argument.name in node.written.fixed or not sayable(node, argument.name, case.network.framework):
                continue
            lowest = lowest_of(argument, value, numbers[0], vars(args))
            for changed, left in fitting(case, Knob(node, argument.name, value, numbers, lowest)):
                if argument.domain.accepts(changed, vars(args)):
                    extra = PENALTY["distance"] * distance
                    yield case.change(node, argument.name, changed, way_of(node, argument), extra), left


__all__ = ["origins", "revisions"]
