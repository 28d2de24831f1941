"""Moves for what is generated: maps that start as a row of features are made larger or smaller where they start."""

from __future__ import annotations

import math
from collections.abc import Iterator

from repairnn.search.costs import PENALTY
from repairnn.search.moves.case import Case, Move, argument_of, declared
from repairnn.search.progress import helps
from repairnn.search.state import advance
from repairnn.semantics.ir import Node

#: How many layers may stand between the first maps and the fault.
REACH = 24
#: How far the side of the first maps is varied where the sizes asked for are no multiple of those there.
NEAR = 4
#: Families of faults in which sizes of maps disagree with other maps or with labels.
FAMILIES = frozenset({"agree", "label-units", "label-format", "label-rank"})


def first_maps(case: Case) -> Iterator[Move]:
    """Other sides for the maps that a dense layer and a reshape begin with, in both: ``128 * 4 * 4`` features seen as
    4x4 maps of 128 channels become ``128 * 8 * 8`` where pictures twice as large must come out."""
    if case.family not in FAMILIES:
        return
    for node, distance in case.ancestors(REACH):
        made = _made_of_features(case, node)
        if made is not None:
            yield from _resized(case, node, made, distance)


def _made_of_features(case: Case, node: Node) -> Node | None:
    """The dense layer whose features a reshape turns into maps; ``None`` for other nodes."""
    target = node.args.get("target_shape")
    if node.kind != "reshape" or not case.own(node) or not isinstance(target, (tuple, list)):
        return None
    source = case.network[node.inputs[0].node]
    while source.kind in ("activation", "dropout", "batch_norm") and source.inputs:
        source = case.network[source.inputs[0].node]
    if source.kind != "dense" or not case.own(source) or not all(isinstance(size, int) for size in target):
        return None
    skip = _batch(case, node)
    return source if len(target) - skip in (2, 3, 4) and math.prod(target[skip:]) == source.args.get("units") else None


def _batch(case: Case, node: Node) -> int:
    """How many axes of a reshape's target are the batch: one where it is written, as in PyTorch."""
    return int(getattr(case.args(node), "batch_included", False))


def _resized(case: Case, node: Node, dense: Node, distance: int) -> Iterator[Move]:
    target = tuple(node.args["target_shape"])
    first = _batch(case, node)
    places = range(first + 1, len(target)) if case.network.framework == "torch" else range(first, len(target) - 1)
    extra = PENALTY["distance"] * min(distance, 8) * 0.5
    for sides in _sides(case, tuple(target[place] for place in places)):
        resized = list(target)
        for place, side in zip(places, sides, strict=True):
            resized[place] = side
        units = math.prod(resized[first:])
        reshape = case.change(node, "target_shape", tuple(resized), "argument.first-maps", extra)
        argument = argument_of(kind, "units") if (kind := declared(dense)) is not None else None
        width = case.change(dense, "units", units, "argument.units") if argument is not None else None
        if reshape is None or width is None:
            continue
        after = advance(case.frame, (*reshape.edits, *width.edits))
        if after is not None and helps(case.fault, after.faults_of(case.fault.node)):
            human = reshape.human + PENALTY["further edit"]
            yield Move((*reshape.edits, *width.edits), "argument.first-maps", human, (*reshape.key, *width.key))
            return


def _sides(case: Case, current: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Sides to try: scaled as the sizes that disagree, then near ones, all axes alike."""
    known = [shape for shape in case.inputs if shape is not None]
    for have in known:
        for want in known:
            pairs = [(a, b) for a, b in zip(have[-len(current) :], want[-len(current) :], strict=False) if a and b]
            ratios = {b / a for a, b in pairs if a != b}
            if len(have) == len(want) and len(ratios) == 1:
                scaled = tuple(side * ratio for side in current for ratio in ratios)
                if all(side == int(side) > 0 for side in scaled):
                    yield tuple(int(side) for side in scaled)
    for step in range(1, NEAR + 1):
        for side in (*(tuple(one + step for one in current),), *(tuple(one - step for one in current),)):
            if min(side) > 0:
                yield side
