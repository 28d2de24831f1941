"""Pooling to a fixed size before maps are flattened, as classifiers do that take pictures of any size (PyTorch)."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.adapters import Adapter
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.edges import put_in
from repairnn.search.values import known_product
from repairnn.semantics.faults import NeedDim, NeedSize
from repairnn.semantics.ir import Node

#: How many layers before the faulty one the maps are flattened.
REACH = 4
#: Layers that make rows of features of maps.
FLATTENS = frozenset({"flatten", "reshape"})


def pooled_to_size(case: Case) -> Iterator[Move]:
    """An adaptive average pooling before the layer that flattens, where the features asked for are those of square
    maps of another size: 25,088 features of 512 channels are maps of 7x7."""
    if case.network.framework != "torch":
        return
    for total in _features(case):
        for node in (case.node, *(node for node, _ in case.ancestors(REACH))):
            size = _side(case, node, total)
            if size is not None:
                shape = case.frame.shape(node.inputs[0]) or ()
                args = {"rank": len(shape) - 2, "function": "average", "output_size": size}
                move = put_in(case, node, 0, Adapter("adaptive_pool", args, "insert.fixed-pool"))
                if move is not None:
                    yield move
                break


def _features(case: Case) -> Iterator[int]:
    """How many features a row must have, as the broken rule needs it."""
    for need in case.fault.needs:
        if isinstance(need, NeedDim) and need.argument is not None and need.axis == -1:
            yield need.value
        elif isinstance(need, NeedSize) and need.skip:
            yield need.total


def _side(case: Case, node: Node, total: int) -> int | None:
    """The side of the square maps that give so many features; ``None`` where no such maps differ from those there."""
    if node.kind not in FLATTENS or not node.inputs or not case.own(node):
        return None
    shape = case.frame.shape(node.inputs[0])
    if shape is None or not 3 <= len(shape) <= 5 or known_product(shape[1:]) is None:
        return None
    channels, maps = shape[1] or 1, shape[2:]
    side = round((total / channels) ** (1 / len(maps)))
    if side < 1 or channels * side ** len(maps) != total or set(maps) == {side}:
        return None
    return side
