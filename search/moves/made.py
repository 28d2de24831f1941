"""Moves for tensors that the program makes itself: initial states, masks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from repairnn.search.costs import PENALTY
from repairnn.search.moves.case import Case, Move
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.faults import Fault, Need, NeedDim, NeedShape
from repairnn.semantics.ir import DimOf, Node, Shape

#: Bits by which a size is less likely changed that the program computes, a tensor that others read too, and one that
#: stands for the labels.
COMPUTED = 3.0
#: Bits by which the size of a first axis is less likely read by mistake: the batch is expected there.
BATCH = 2.5
SHARED = 3.0
LABELS = 4.0
#: Bits by which what the model is called with is less likely changed: it stands for the user's data.
GIVEN = 1.5

#: Bits by which two sizes in each other's place are more likely than one that is wrong.
EXCHANGED = 0.5


def made(case: Case) -> Iterator[Move]:
    """Tensors that the program makes for the faulty node (an initial state, say) made in the shape that is needed;
    those of one kind together, as the hidden and the cell state of an LSTM."""
    alone = list(_remade(case, case.fault))
    yield from alone
    alike = [fault for fault in case.frame.faults_of(case.fault.node) if fault.rule is case.fault.rule]
    if not alone or len(alike) < 2 or case.profile.unit:
        return
    together = {move.key: move for fault in alike for move in _remade(case, fault)}
    if len({move.edits[0] for move in together.values()}) == len(alike):
        moves = tuple(together.values())
        human = max(move.human for move in moves) + PENALTY["further edit"] * (len(moves) - 1)
        edits = tuple(edit for move in moves for edit in move.edits)
        yield Move(edits, "made.shape", human, tuple(key for move in moves for key in move.key))


def _remade(case: Case, fault: Fault) -> Iterator[Move]:
    for need in fault.needs:
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
        turned = (*given[:-2], given[-1], given[-2]) if len(given) > 1 else given
        if isinstance(need, NeedDim) and turned != given and turned[need.axis] == need.value:
            edit = ChangeArgument(source.id, "shape", given, turned)
            yield case.move(edit, "made.shape", _unmeant(case, source, turned) - EXCHANGED)
        keeps = _repeats(case.node, need)
        pairs = zip(given, have, wanted, strict=True)
        after = tuple(
            old if want is None or want == dim or (keeps and old == 1) else _read_elsewhere(case, old, want)
            for old, dim, want in pairs
        )
        if after != given:
            yield case.move(
                ChangeArgument(source.id, "shape", given, after), "made.shape", _unmeant(case, source, after)
            )


def _read_elsewhere(case: Case, old: Any, want: int) -> Any:
    """``x.size(0)`` in place of ``x.size(1)``, where that axis alone of the same tensor has the size that is needed."""
    if not isinstance(old, DimOf):
        return want
    shape = case.frame.shape(old.ref) or ()
    axes = [axis for axis, dim in enumerate(shape) if dim == want]
    return DimOf(old.ref, axes[0]) if len(axes) == 1 else want


def _repeats(node: Node, need: Need) -> bool:
    """Whether the reader repeats an axis of size 1 as often as it needs."""
    return node.kind == "merge" and isinstance(need, NeedShape)


def _unmeant(case: Case, source: Node, after: tuple[Any, ...]) -> float:
    """Bits by which a change is less likely meant: of what stands for data, or of a size the program computes."""
    given = source.args["shape"]
    changed = [(old, new) for old, new in zip(given, after, strict=True) if old != new and not isinstance(old, int)]
    computed = sum(1 for _, new in changed if not isinstance(new, DimOf))
    shared = len(case.frame.readers.get(source.id, ())) > 1
    label = "loss" in case.node.kind
    state = case.node.kind == "recurrent"  # states are made for the layer, wherever they are
    entered = not state and any(ref.node == source.id for ref in case.network.entrances)
    first = any(isinstance(old, DimOf) and old.axis == 0 for old, _ in changed)
    return BATCH * first + COMPUTED * computed + SHARED * shared + LABELS * label + GIVEN * entered


def _with_dim(shape: Shape, axis: int, value: int) -> Shape:
    at = axis % len(shape)
    return (*shape[:at], value, *shape[at + 1 :])
