"""Moves on what a PyTorch program feeds: pictures or sequences of the size that the network was made for."""

from __future__ import annotations

import math
from collections.abc import Iterator

from repairnn.search.moves.case import Case, Move
from repairnn.search.state import advance
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.ir import Node, Shape

#: Sides of pictures that networks are made for.
USUAL = (28, 32, 64, 96, 105, 112, 128, 160, 224, 227, 256, 299, 384, 512)
#: What sides of pictures are rounded to where halves meet doubles.
STEPS = (4, 8, 16, 32)
#: Families of faults that the size of what comes in can lead to.
SIZED = frozenset({"window", "declared", "size", "agree"})
#: Bits for each doubling or halving of a side.
FAR = 0.5


def other_sizes(case: Case) -> Iterator[Move]:
    """Another size for the tensor that the program makes as an example, if nothing is wrong with the network then.

    Tried once, on the network as it came in: each size is a look at the whole network.
    """
    if case.network.framework != "torch" or case.profile.unit or case.family not in SIZED:
        return
    if case.network is not case.root:
        return
    for node, _ in case.ancestors(0):
        shape = _picture(case, node)
        if shape is None:
            continue
        for size, extra in _sides(case, shape):
            edit = ChangeArgument(node.id, "shape", node.args["shape"], size)
            after = advance(case.frame, [edit])
            if after is not None and not after.all_faults():
                move = case.change(node, "shape", size, "input.size", extra)
                if move is not None:
                    yield move


def _picture(case: Case, node: Node) -> Shape | None:
    """The shape of an array of numbers with channels and sides; ``None`` for another node."""
    shape = node.args.get("shape")
    written = node.kind == "data" and "shape" in node.written.arguments and "shape" not in node.written.fixed
    if not written or not isinstance(shape, tuple) or len(shape) not in (3, 4, 5):
        return None
    return shape if all(isinstance(side, int) and side > 4 for side in shape[2:]) else None


def _sides(case: Case, shape: Shape) -> Iterator[tuple[Shape, float]]:
    """Shapes with other sides, nearest first, each with what it costs."""
    sides = [side for side in shape[2:] if side is not None]
    found: dict[Shape, float] = {}
    for step in STEPS if case.family == "agree" else ():
        for up in (0, 1):
            rounded = tuple(max(step, (side // step + up * (side % step > 0)) * step) for side in sides)
            found.setdefault((*shape[:2], *rounded), _far(sides[0], rounded[0]))
    if len(set(sides)) == 1 and len(sides) > 1:
        for side in USUAL:
            found.setdefault((*shape[:2], *([side] * len(sides))), _far(sides[0], side))
    found.pop(shape, None)
    yield from sorted(found.items(), key=lambda one: one[1])


def _far(before: int, after: int) -> float:
    return FAR * abs(math.log2(after / before))
