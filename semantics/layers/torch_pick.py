"""PyTorch's ways to pick, place and order cells of a tensor along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Int, Maybe
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedAtLeast, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import EMPTY_AXIS, axis_in, both

GATHER_SHAPE = Rule(
    "gather-index-shape",
    "The index of a gather or scatter does not lie inside the tensors it points into",
    "an index {index} for {inputs} along axis {axis}",
    "as many axes, and no more cells than the tensors on every other axis",
    "Every cell of the index names a cell along one axis; on the other axes it stands at the place it points to.",
)
INDEX_RANK = Rule(
    "index-not-a-vector",
    "An index that must be a vector has another number of axes",
    "{received} axes in the index {index}",
    "one axis",
    "The index lists which cells of the axis are taken.",
)
NARROW_RANGE = Rule(
    "narrow-out-of-range",
    "A part is taken from behind the end of an axis",
    "cells {start} to {stop} along axis {axis} of {input}, which has {size}",
    "at least {stop} cells, or an earlier part",
    "The part must lie inside the axis.",
)
DIM = {"dim": "axis"}
AXIS = Argument("axis", Int(None, likely=2), REQUIRED, "order")


def require_cell(c: Context, shape: Shape, index: Shape, axis: int | None) -> None:
    """Where the index holds numbers, there is a cell along the axis that they could mean."""
    known = axis is not None and axis < len(shape)
    if known and not c.holds(ar.any_of(ar.at_least(shape[axis or 0], 1), ar.eq(ar.product(index), 0))):
        c.fault(EMPTY_AXIS, [NeedAtLeast(0, axis or 0, 1)], axis=axis)


def inside(c: Context, inner: Shape, outer: Shape, but: int | None) -> bool:
    """Whether ``inner`` has the axes of ``outer`` and is nowhere larger, one axis left out."""
    if max(len(inner), 1) != max(len(outer), 1):
        return False
    pairs = enumerate(zip(inner, outer, strict=False))
    return all(axis == but or c.holds(ar.at_least(o, i)) for axis, (i, o) in pairs)


@layer
class Gather(Declaration):
    """Cells picked one by one along an axis; the result has the shape of the index.

    Source: PyTorch ``torch.gather``.
    """

    kind = "gather"
    inputs = (2, 2)
    arguments = (AXIS,)
    rules = (AXIS_RANGE, GATHER_SHAPE, EMPTY_AXIS)
    spellings = both("gather", "dim", tensors="input index", renames=DIM, keywords="sparse_grad", ignored="sparse_grad")
    examples = (
        Example(((2, 3), (2, 5)), {"axis": 1}, (2, 5), framework="torch"),
        Example(((2, 3), (1, 5)), {"axis": -1}, (1, 5), framework="torch"),
        Example(((2, 3), (3, 5)), {"axis": 1}, breaks="gather-index-shape", framework="torch"),
        Example(((2, 3), (2, 5)), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
        Example(((2, 0), (2, 5)), {"axis": 1}, breaks="axis-without-cells", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, index = x
        assert shape is not None
        assert index is not None
        axis = axis_in(c, shape, a.axis)
        if axis is not None and not inside(c, index, shape, axis):
            needs: list[Need] = [NeedAgree((0, 1), tuple(i for i in range(len(shape)) if i != axis))]
            needs += [NeedRank(1, len(shape), len(shape)), NeedArgument("axis")]
            c.fault(GATHER_SHAPE, needs, ("axis",), index=index, axis=axis)
        else:
            require_cell(c, shape, index, axis)
        return index

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        values, index = x
        places = list(np.indices(index.shape, sparse=True))
        if not places:
            return values.reshape(-1)[index]
        places[a.axis] = index
        return values[tuple(places)]


@layer
class TakeAlong(Declaration):
    """Cells picked one by one along an axis; the other axes broadcast. Without an axis both are flat.

    Source: PyTorch ``torch.take_along_dim``.
    """

    kind = "take_along"
    inputs = (2, 2)
    arguments = (Argument("axis", Maybe(Int(None, likely=2)), None, "order"),)
    rules = (AXIS_RANGE, GATHER_SHAPE, EMPTY_AXIS)
    spellings = both("take_along_dim", "dim", tensors="input indices", renames=DIM)
    examples = (
        Example(((2, 3), (1, 5)), {"axis": 1}, (2, 5), framework="torch"),
        Example(((2, 3), (4,)), {}, (4,), framework="torch"),
        Example(((2, 3), (3, 5)), {"axis": 1}, breaks="gather-index-shape", framework="torch"),
        Example(((0,), (5,)), {}, breaks="axis-without-cells", framework="torch"),
        Example(((2, 3), (2, 5)), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, index = x
        assert shape is not None
        assert index is not None
        if a.axis is None:
            if not c.holds(ar.any_of(ar.at_least(ar.product(shape), 1), ar.eq(ar.product(index), 0))):
                c.fault(EMPTY_AXIS, [NeedRank(0, 0, None)], axis=0)
            return (ar.product(index),)
        if len(shape) != len(index):
            c.fault(GATHER_SHAPE, [NeedRank(1, len(shape), len(shape))], ("axis",), index=index, axis=a.axis)
            return index
        axis = axis_in(c, shape, a.axis)
        if axis is None:
            return index
        pairs = list(enumerate(zip(shape, index, strict=True)))
        if not all(place == axis or c.holds(ar.broadcasts(n, i)) for place, (n, i) in pairs):
            needs = [NeedAgree((0, 1), tuple(place for place, _ in pairs if place != axis), True)]
            c.fault(GATHER_SHAPE, needs, ("axis",), index=index, axis=axis)
            return index
        require_cell(c, shape, index, axis)
        return tuple(i if place == axis else ar.broadcast(n, i) for place, (n, i) in pairs)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        values, index = x
        if a.axis is None:
            return values.reshape(-1)[index.reshape(-1)]
        if not values.ndim:
            return values
        axis = a.axis % values.ndim
        lead = [
            1 if place == axis else n
            for place, n in enumerate(
                np.broadcast_shapes(
                    tuple(1 if place == axis else n for place, n in enumerate(values.shape)),
                    tuple(1 if place == axis else n for place, n in enumerate(index.shape)),
                )
            )
        ]
        values, index = (
            np.broadcast_to(array, tuple(array.shape[axis] if place == axis else n for place, n in enumerate(lead)))
            for array in (values, index)
        )
        return np.take_along_axis(values, index, axis)


@layer
class Scatter(Declaration):
    """Cells of a source (input 2, or a number) written to the places that the index names along an axis.

    Source: PyTorch ``torch.Tensor.scatter``, ``scatter_add``.
    """

    kind = "scatter"
    inputs = (2, 3)
    arguments = (AXIS, Argument("value", Anything((None, 1.0)), None, "meaning"))
    rules = (AXIS_RANGE, GATHER_SHAPE, EMPTY_AXIS)
    spellings = tuple(
        spelling
        for name in ("scatter", "scatter_add", "scatter_reduce")
        for spelling in both(name, "dim", tensors="input index src", renames=DIM, aliases=(f"{name}_",),
                             keywords="value reduce include_self", ignored="reduce include_self")
    )  # fmt: skip
    examples = (
        Example(((2, 3), (2, 2), (2, 4)), {"axis": 1}, (2, 3), framework="torch"),
        Example(((2, 3), (3, 2), (3, 2)), {"axis": 1}, breaks="gather-index-shape", framework="torch"),
        Example(((2, 3), (2, 2), (2, 1)), {"axis": 1}, breaks="gather-index-shape", framework="torch"),
        Example(((2, 3), (2, 2), (2, 2)), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
        Example(((2, 0), (2, 1), (2, 1)), {"axis": 1}, breaks="axis-without-cells", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, index = x[0], x[1]
        assert shape is not None
        assert index is not None
        axis = axis_in(c, shape, a.axis)
        if axis is None:
            return shape
        fits = inside(c, index, shape, axis) and (len(x) < 3 or inside(c, index, x[2] or (), None))
        if not fits:
            needs: list[Need] = [NeedAgree((0, 1), tuple(i for i in range(len(shape)) if i != axis)), NeedAgree((1, 2))]
            c.fault(GATHER_SHAPE, needs, ("axis",), index=index, axis=axis)
        else:
            require_cell(c, shape, index, axis)
        return shape


@layer
class IndexSelect(Declaration):
    """The cells of an axis that a vector of numbers lists. Source: PyTorch ``torch.index_select``."""

    kind = "index_select"
    inputs = (2, 2)
    arguments = (AXIS,)
    rules = (AXIS_RANGE, INDEX_RANK, EMPTY_AXIS)
    spellings = both("index_select", "dim", tensors="input index", renames=DIM)
    examples = (
        Example(((2, 3), (5,)), {"axis": 1}, (2, 5), framework="torch"),
        Example(((2, 3), ()), {"axis": 1}, (2, 1), framework="torch"),
        Example(((2, 0), (5,)), {"axis": 1}, breaks="axis-without-cells", framework="torch"),
        Example(((2, 3), (5, 1)), {"axis": 1}, breaks="index-not-a-vector", framework="torch"),
        Example(((2, 3), (5,)), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, index = x
        assert shape is not None
        assert index is not None
        axis = axis_in(c, shape, a.axis)
        if len(index) > 1:
            c.fault(INDEX_RANK, [NeedRank(1, 0, 1)], received=len(index), index=index)
            return None
        if axis is None or not shape:
            return None if axis is None else ()
        if not c.holds(ar.any_of(ar.at_least(shape[axis], 1), ar.eq(ar.product(index), 0))):
            c.fault(EMPTY_AXIS, [NeedAtLeast(0, axis, 1)], axis=axis)
        return (*shape[:axis], index[0] if index else 1, *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.take(x[0], x[1].reshape(-1), a.axis) if x[0].ndim else x[0]


@layer
class Narrow(Declaration):
    """``length`` cells of an axis from ``start`` on. Source: PyTorch ``torch.narrow``."""

    kind = "narrow"
    arguments = (
        AXIS,
        Argument("start", Int(None, likely=2), REQUIRED, "free"),
        Argument("length", Int(0), REQUIRED, "free"),
    )
    rules = (AXIS_RANGE, NARROW_RANGE)
    spellings = both("narrow", "dim start length", renames=DIM)
    examples = (
        Example(((2, 3),), {"axis": 1, "start": 1, "length": 2}, (2, 2), framework="torch"),
        Example(((2, 3),), {"axis": 1, "start": -1, "length": 1}, (2, 1), framework="torch"),
        Example(((2, 3),), {"axis": 1, "start": 2, "length": 2}, breaks="narrow-out-of-range", framework="torch"),
        Example(((2, 3),), {"axis": 2, "start": 0, "length": 1}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        axis = axis_in(c, shape, a.axis)
        if axis is None or not shape:
            return (None,) * len(shape)
        size = shape[axis]
        front = a.start if a.start >= 0 else ar.add(size, a.start)
        last = ar.add(front, a.length)
        if not c.holds(ar.at_least(size, last)) or not c.holds(ar.at_least(front, 0)):
            least = a.start + a.length if a.start >= 0 else -a.start
            needs: list[Need] = [NeedAtLeast(0, axis, least), NeedArgument("length"), NeedArgument("start")]
            c.fault(NARROW_RANGE, needs, ("start", "length"), start=a.start, stop=last, axis=axis, size=size)
        return (*shape[:axis], a.length, *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        start = a.start if a.start >= 0 else x[0].shape[a.axis] + a.start
        return np.take(x[0], range(start, start + a.length), a.axis)


SELECT_RANGE = Rule(
    "select-out-of-range",
    "A cell is picked from behind the end of an axis",
    "cell {cell} of {size} along axis {axis} of {input}",
    "more than {least} cells along that axis, or a smaller number",
    "Cells are counted from 0, or from -1 backwards.",
)


@layer
class Select(Declaration):
    """One cell of an axis; the axis is gone. Source: PyTorch ``torch.select``."""

    kind = "select"
    arguments = (AXIS, Argument("cell", Int(None, likely=2), REQUIRED, "free"))
    rules = (AXIS_RANGE, SELECT_RANGE)
    spellings = both("select", "dim index", renames={**DIM, "index": "cell"})
    examples = (
        Example(((2, 3),), {"axis": 1, "cell": 2}, (2,), framework="torch"),
        Example(((2, 3),), {"axis": 1, "cell": 3}, breaks="select-out-of-range", framework="torch"),
        Example(((2, 3),), {"axis": 2, "cell": 0}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not shape:
            c.fault(AXIS_RANGE, [NeedRank(0, 1, None)], ("axis",), axis=a.axis, rank=0, low=0, high=-1)
            return None
        axis = axis_in(c, shape, a.axis)
        if axis is None:
            return (None,) * (len(shape) - 1)
        least = a.cell if a.cell >= 0 else -a.cell - 1
        if not c.holds(ar.at_least(shape[axis], least + 1)):
            needs: list[Need] = [NeedAtLeast(0, axis, least + 1), NeedArgument("cell")]
            c.fault(SELECT_RANGE, needs, ("cell",), cell=a.cell, size=shape[axis], axis=axis, least=least)
        return (*shape[:axis], *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.take(x[0], a.cell, a.axis)
