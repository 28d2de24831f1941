"""Pooling to a fixed size before maps are flattened, as classifiers do that take pictures of any size (PyTorch)."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.adapters import Adapter
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.edges import put_in
from repairnn.search.values import known_product
from repairnn.semantics.faults import NeedDim, NeedSize
from repairnn.semantics.ir import Node, Shape

#: How many layers before the faulty one the maps are flattened.
REACH = 4
#: Sizes of windows that people pool by, and bits by which such a pooling was more likely forgotten.
WINDOW = (2, 4)
FORGOTTEN = 0.3
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
                yield from _pooled(case, node, shape, size)
                break


def _pooled(case: Case, node: Node, shape: Shape, side: int) -> Iterator[Move]:
    """The pooling before a layer: by windows where a whole number of cells makes one, else adaptive."""
    rank = len(shape) - 2
    steps = {(size or 0) // side for size in shape[2:]}
    if len(steps) == 1 and all((size or 0) % side == 0 for size in shape[2:]) and WINDOW[0] <= max(steps) <= WINDOW[1]:
        windows = {"rank": rank, "function": "max", "pool_size": max(steps)}
        move = put_in(case, node, 0, Adapter("pool", windows, "insert.fixed-pool", -FORGOTTEN))
        if move is not None:
            yield move
    args = {"rank": rank, "function": "average", "output_size": side}
    move = put_in(case, node, 0, Adapter("adaptive_pool", args, "insert.fixed-pool"))
    if move is not None:
        yield move


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
