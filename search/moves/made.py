"""Moves for tensors that the program makes itself: initial states, masks."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.moves.case import Case, Move
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.faults import NeedDim, NeedShape
from repairnn.semantics.ir import Shape


def made(case: Case) -> Iterator[Move]:
    """Tensors that the program makes for the faulty node (an initial state, say) made in the shape that is needed."""
    for need in case.fault.needs:
        if not isinstance(need, (NeedShape, NeedDim)) or need.input >= len(case.node.inputs):
            continue
        source = case.network[case.node.inputs[need.input].node]
        given, have = source.args.get("shape"), case.inputs[need.input]
        if source.kind != "data" or "shape" not in source.written.arguments or "shape" in source.written.fixed:
            continue
        if not isinstance(given, tuple) or have is None or len(given) != len(have):
            continue
        wanted = need.shape if isinstance(need, NeedShape) else _with_dim(have, need.axis, need.value)
        if len(wanted) != len(have):
            continue
        pairs = zip(given, have, wanted, strict=True)
        after = tuple(old if want is None or want == dim else want for old, dim, want in pairs)
        if after != given:
            yield case.move(ChangeArgument(source.id, "shape", given, after), "made.shape")


def _with_dim(shape: Shape, axis: int, value: int) -> Shape:
    at = axis % len(shape)
    return (*shape[:at], value, *shape[at + 1 :])
