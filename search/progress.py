"""Whether a change gets nearer to a network without a certain fault."""

from __future__ import annotations

from collections.abc import Sequence

from repairnn.semantics.faults import Fault, NeedAgree, NeedDim, NeedRank, NeedShape
from repairnn.semantics.ir import Dim, Shape


def helps(fault: Fault, now: Sequence[Fault]) -> bool:
    """Whether the faults that a node has now are progress over one that it had.

    Either the rule is no longer broken there, or only about another input, or it is broken in fewer places (a merge of
    three inputs where one fits now, a shape with one wrong axis fewer).
    """
    same = [other for other in now if other.rule is fault.rule and not _elsewhere(fault, other)]
    if not same:
        return True
    return min(misfit(other) for other in same) < misfit(fault)


def _elsewhere(fault: Fault, other: Fault) -> bool:
    """Whether two faults of one rule are about the sizes of different inputs."""
    places, others = (
        {(need.input, need.axis) for need in one.needs if isinstance(need, NeedDim)} for one in (fault, other)
    )
    return bool(places) and bool(others) and not places & others


def misfit(fault: Fault) -> int:
    """How far a fault is from being none, in axes; 1 where its needs do not say."""
    best: int | None = None
    for need in fault.needs:
        found: int | None = None
        if isinstance(need, NeedAgree):
            found = _disagreement([fault.inputs[i] for i in need.inputs if i < len(fault.inputs)], need)
        elif isinstance(need, NeedShape) and need.input < len(fault.inputs):
            shape = fault.inputs[need.input]
            found = None if shape is None else _distance(shape, need.shape)
        elif isinstance(need, NeedRank) and need.input < len(fault.inputs):
            found = 20
        if found is not None and (best is None or found < best):
            best = found
    return 1 if best is None else best


def _disagreement(shapes: Sequence[Shape | None], need: NeedAgree) -> int:
    known = [shape for shape in shapes if shape is not None]
    if len(known) < 2:
        return 1
    return min(sum(_distance(shape, pivot, need.axes, need.broadcast) for shape in known) for pivot in known)


def _distance(shape: Shape, wanted: Shape, axes: Sequence[int] | None = None, broadcast: bool = False) -> int:
    if len(shape) != len(wanted):
        return 20
    pairs: list[tuple[Dim, Dim]] = list(zip(shape, wanted, strict=True))
    if axes is not None:
        pairs = [pairs[axis] for axis in axes if -len(pairs) <= axis < len(pairs)]
    return sum(
        1
        for have, want in pairs
        if have is not None and want is not None and have != want and not (broadcast and 1 in (have, want))
    )
