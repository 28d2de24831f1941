"""Moves for tuples that stand where a tensor is needed: their first is taken."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.moves.case import Case, Move
from repairnn.semantics.edits import RemoveLayer


def first_of_tuple(case: Case) -> Iterator[Move]:
    """Only the first tensor of the tuple is given on."""
    if case.node.kind == "tuple" and case.own(case.node):
        yield case.move(RemoveLayer(case.node.id), "tuple.first")
