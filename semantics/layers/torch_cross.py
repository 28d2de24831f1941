"""Cross products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Int, Maybe
from repairnn.semantics.faults import NeedAgree, NeedArgument, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.torch_loss import joined_shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import axis_in, spell

CROSS_SIZE = Rule(
    "cross-size",
    "A cross product runs along an axis that is not of size 3",
    "{size} along axis {axis} of {inputs}",
    "3 along that axis of both",
    "The cross product is defined for vectors of three numbers.",
)
CROSS_SHAPES = Rule(
    "cross-shapes",
    "The tensors of a cross product do not fit",
    "{inputs}",
    "equally many axes, with sizes that are equal or 1",
    "Vectors are paired place by place.",
)


@layer
class Cross(Declaration):
    """Cross products of vectors along an axis. Source: PyTorch ``torch.linalg.cross``, ``torch.cross`` with ``dim``."""

    kind = "cross"
    inputs = (2, 2)
    arguments = (Argument("axis", Maybe(Int(None, likely=2), 1.0), None, "order", "None: the first axis of size 3"),)
    rules = (CROSS_SIZE, CROSS_SHAPES, AXIS_RANGE)
    spellings = (
        spell("function", "cross", "dim", tensors="input other", renames={"dim": "axis"}),
        spell("method", "cross", "dim", tensors="input other", renames={"dim": "axis"}),
    )
    examples = (
        Example(((2, 3), (1, 3)), {"axis": 1}, (2, 3), framework="torch"),
        Example(((2, 4), (2, 4)), {"axis": 1}, breaks="cross-size", framework="torch"),
        Example(((2, 3), (4, 3)), {"axis": 1}, breaks="cross-shapes", framework="torch"),
        Example(((2, 3), (2, 3)), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        left, right = x[0] or (), x[1] or ()
        joined = joined_shape(c, left, right) if len(left) == len(right) else None
        if joined is None:
            c.fault(CROSS_SHAPES, [NeedAgree((0, 1), None, True), NeedRank(1, len(left), len(left))])
            return left
        axis = _axis(left) if a.axis is None else axis_in(c, joined, a.axis)
        if axis is not None and left and not c.holds(ar.all_of(ar.eq(left[axis], 3), ar.eq(right[axis], 3))):
            c.fault(CROSS_SIZE, [NeedArgument("axis")], ("axis",), size=joined[axis], axis=axis)
        return joined

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        axis = _axis(x[0].shape) if a.axis is None else a.axis
        left, right = np.broadcast_arrays(*x)
        return np.cross(left, right, axis=axis)


def _axis(shape: Shape) -> int | None:
    """The first axis of size 3; one that cannot be right where every size is known and none is 3."""
    found = next((axis for axis, size in enumerate(shape) if ar.is_concrete(size) and size == 3), None)
    return 0 if found is None and all(map(ar.is_concrete, shape)) else found
