"""Moves for decoders that come out too small: every transposed convolution gives back the cell that rounding took."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.costs import PENALTY
from repairnn.search.moves.case import Case, Move
from repairnn.search.progress import helps
from repairnn.search.state import advance
from repairnn.semantics.ir import Node

#: How many layers upstream are looked at.
REACH = 24


def doubled(case: Case) -> Iterator[Move]:
    """``output_padding=1`` on all transposed convolutions with a stride: a strided convolution rounds the size of its
    output up, so that one cell is missing on the way back."""
    if case.profile.unit or case.network.framework != "torch":
        return
    group = [node for node, _ in case.ancestors(REACH) if node.kind == "conv_transpose" and _strided(case, node)]
    while len(group) > 1:
        move = _together(case, group)
        after = advance(case.frame, move.edits) if move is not None else None
        if move is not None and after is not None and helps(case.fault, after.faults_of(case.fault.node)):
            yield move
            return
        group.pop()  # the first of them may double an even size


def _strided(case: Case, node: Node) -> bool:
    args = case.args(node)
    strides = getattr(args, "strides", 1)
    most = max(strides) if isinstance(strides, (tuple, list)) else strides
    return most > 1 and getattr(args, "output_padding", None) in (None, 0, (0, 0), (0,)) and case.own(node)


def _together(case: Case, group: list[Node]) -> Move | None:
    moves = [case.change(node, "output_padding", 1, "argument.padding") for node in group]
    made = [move for move in moves if move is not None]
    if len(made) < len(group):
        return None
    human = case.price("argument.padding") + PENALTY["further edit"] * (len(made) - 1)
    edits = tuple(edit for move in made for edit in move.edits)
    return Move(edits, "argument.padding", human, tuple(key for move in made for key in move.key))
