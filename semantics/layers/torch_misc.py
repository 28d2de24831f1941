"""PyTorch operations that take another tensor's shape, join without an axis, or work on diagonals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Choice, Int
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedRank, NeedShape, NeedSize, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import BROADCAST, both, spell

LIKE_SHAPE = Rule(
    "like-other-shape",
    "A tensor cannot take the shape of another",
    "{input}, to become {target}",
    "{wanted}",
    "expand_as repeats axes of size 1 and adds axes in front; view_as and reshape_as keep the number of elements.",
)


@layer
class AsOther(Declaration):
    """The first tensor in the shape (or the type) of the second.

    Source: PyTorch ``torch.Tensor.expand_as``, ``view_as``, ``reshape_as``, ``type_as``.
    """

    kind = "as_other"
    inputs = (2, 2)
    arguments = (Argument("function", Choice(("expand", "reshape", "type")), REQUIRED, "meaning"),)
    rules = (LIKE_SHAPE,)
    spellings = (
        spell("method", "expand_as", tensors="input other", fixed={"function": "expand"}),
        spell("method", "view_as", tensors="input other", fixed={"function": "reshape"}, aliases=("reshape_as",)),
        spell("method", "type_as", tensors="input other", fixed={"function": "type"}),
    )
    examples = (
        Example(((1, 3), (2, 3)), {"function": "expand"}, (2, 3), framework="torch"),
        Example(((2, 3), (3,)), {"function": "expand"}, breaks="like-other-shape", framework="torch"),
        Example(((2, 3), (3, 2)), {"function": "reshape"}, (3, 2), framework="torch"),
        Example(((2, 3), (3, 3)), {"function": "reshape"}, breaks="like-other-shape", framework="torch"),
        Example(((2, 3), (5,)), {"function": "type"}, (2, 3), framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, target = x
        assert shape is not None
        assert target is not None
        if a.function == "type":
            return shape
        if a.function == "reshape":
            total = ar.product(target)
            if not c.holds(ar.eq(ar.product(shape), total)):
                needs: list[Need] = [NeedShape(1, shape), *([NeedSize(0, total)] if ar.is_concrete(total) else [])]
                c.fault(LIKE_SHAPE, needs, target=target, wanted=f"{total} elements")
            return target
        tail = target[len(target) - len(shape) :] if len(shape) <= len(target) else None
        if tail is None or not all(
            c.holds(ar.any_of(ar.eq(p, q), ar.eq(p, 1))) for p, q in zip(shape, tail, strict=True)
        ):
            wanted = "sizes that are equal to the last ones of the other tensor, or 1"
            c.fault(LIKE_SHAPE, [NeedAgree((0, 1), None, True), NeedShape(0, target)], target=target, wanted=wanted)
        return target

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if a.function == "type":
            return x[0]
        return x[0].reshape(x[1].shape) if a.function == "reshape" else np.broadcast_to(x[0], x[1].shape)


PILE_SHAPES = Rule(
    "pile-shapes",
    "Tensors that are put side by side differ on another axis",
    "{inputs}, joined along axis {axis}",
    "equal sizes on every other axis",
    "hstack joins columns, vstack rows, dstack a third axis; on all other axes the tensors must be alike.",
)
PILES = {"hstack": 1, "vstack": 0, "dstack": 2, "column_stack": 1}


@layer
class Pile(Declaration):
    """Tensors side by side; vectors become rows (vstack) or columns first.

    Source: PyTorch ``torch.hstack``, ``vstack``, ``dstack``, ``column_stack``.
    """

    kind = "pile"
    inputs = (1, None)
    arguments = (Argument("function", Choice(tuple(PILES)), REQUIRED, "meaning"),)
    rules = (PILE_SHAPES,)
    spellings = tuple(
        spell("function", name, tensors="*tensors", fixed={"function": name},
              aliases=("row_stack",) if name == "vstack" else ())
        for name in PILES
    )  # fmt: skip
    examples = (
        Example(((2, 3), (2, 4)), {"function": "hstack"}, (2, 7), framework="torch"),
        Example(((2,), (4,)), {"function": "hstack"}, (6,), framework="torch"),
        Example(((3,), (2, 3)), {"function": "vstack"}, (3, 3), framework="torch"),
        Example(((2, 3), (2, 3)), {"function": "dstack"}, (2, 3, 2), framework="torch"),
        Example(((2,), (2, 3)), {"function": "column_stack"}, (2, 4), framework="torch"),
        Example(((2, 3), (3, 4)), {"function": "hstack"}, breaks="pile-shapes", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shapes = [_at_least(shape or (), a.function) for shape in x]
        first = shapes[0]
        axis = 0 if len(first) == 1 else PILES[a.function]
        alike = all(len(shape) == len(first) for shape in shapes) and all(
            c.holds(ar.eq(p, q))
            for shape in shapes[1:]
            for i, (p, q) in enumerate(zip(first, shape, strict=True))
            if i != axis
        )
        if not alike:
            others = tuple(i for i in range(len(first)) if i != axis)
            c.fault(PILE_SHAPES, [NeedAgree(tuple(range(len(x))), others)], axis=axis)
            return None
        return (*first[:axis], ar.add(*(shape[axis] for shape in shapes)), *first[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return getattr(np, a.function)(x)


def _at_least(shape: Shape, function: str) -> Shape:
    """The shape with the axes that the operation adds: NumPy's ``atleast_1d`` .. ``atleast_3d``."""
    if function == "hstack":
        return shape or (1,)
    if function == "column_stack":
        return shape if len(shape) > 1 else ((*shape, 1) if shape else (1, 1))
    shape = shape if len(shape) > 1 else ((1, *shape) if shape else (1, 1))
    return (*shape, 1) if function == "dstack" and len(shape) == 2 else shape


FEW_AXES = Rule(
    "matrix-axes",
    "An operation on matrices gets another number of axes",
    "{received} axes {input}",
    "{wanted}",
    "Rows and columns are exchanged, or a diagonal is read: that needs a matrix.",
)


@layer
class MatrixTranspose(Declaration):
    """Rows and columns of a matrix exchanged; ``t`` leaves vectors and scalars as they are.

    Source: PyTorch ``torch.t``, ``torch.Tensor.H``.
    """

    kind = "matrix_transpose"
    arguments = (Argument("least", Choice((0, 2)), 0, "meaning", "least axes"),)
    rules = (FEW_AXES,)
    spellings = (*both("t", aliases=("t_",)), spell("method", "H", tensors="input", fixed={"least": 2}))
    examples = (
        Example(((2, 3),), {}, (3, 2), framework="torch"),
        Example(((3,),), {}, (3,), framework="torch"),
        Example(((2, 3, 4),), {}, breaks="matrix-axes", expected="at most 2 axes", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(shape) > 2 or (a.least and len(shape) == 1):
            wanted = "2 axes" if a.least else "at most 2 axes"
            c.fault(FEW_AXES, [NeedRank(0, a.least, 2)], received=len(shape), wanted=wanted)
            return (*shape[:-2], *reversed(shape[-2:]))
        return tuple(reversed(shape))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0].T


@layer
class Diagonal(Declaration):
    """Diagonals of matrices, matrices with given diagonals, and traces.

    Source: PyTorch ``torch.diag``, ``diagonal``, ``diag_embed``, ``trace``.
    """

    kind = "diagonal"
    arguments = (
        Argument("function", Choice(("diag", "diagonal", "diag_embed", "trace")), REQUIRED, "meaning"),
        Argument("offset", Int(None, likely=2), 0, "free"),
        Argument("axis1", Int(None, likely=2), 0, "order"),
        Argument("axis2", Int(None, likely=2), 1, "order"),
    )
    rules = (FEW_AXES, AXIS_RANGE)
    spellings = (
        *both("diag", "diagonal", renames={"diagonal": "offset"}, fixed={"function": "diag"}),
        *both(
            "diagonal", "offset dim1 dim2", renames={"dim1": "axis1", "dim2": "axis2"}, fixed={"function": "diagonal"}
        ),
        *both("diag_embed", "offset", fixed={"function": "diag_embed"}),
        *both("trace", fixed={"function": "trace"}),
    )
    examples = (
        Example(((2, 3),), {"function": "diag"}, (2,), framework="torch"),
        Example(((3,),), {"function": "diag", "offset": 1}, (4, 4), framework="torch"),
        Example(((2, 3, 4),), {"function": "diagonal", "axis1": 1, "axis2": 2}, (2, 3), framework="torch"),
        Example(((2, 3),), {"function": "diag_embed"}, (2, 3, 3), framework="torch"),
        Example(((2, 3),), {"function": "trace"}, (), framework="torch"),
        Example(((2, 3, 4),), {"function": "trace"}, breaks="matrix-axes", framework="torch"),
        Example(((2, 3),), {"function": "diagonal", "axis1": 2}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        low, high = {"diag": (1, 2), "trace": (2, 2), "diag_embed": (1, None), "diagonal": (2, None)}[a.function]
        if len(shape) < low or (high is not None and len(shape) > high):
            wanted = f"{low} axes" if low == high else f"{low} to {high} axes" if high else f"at least {low} axes"
            c.fault(FEW_AXES, [NeedRank(0, low, high)], received=len(shape), wanted=wanted)
            return None
        if a.function == "trace":
            return ()
        if a.function == "diag_embed" or len(shape) == 1:
            size = ar.add(shape[-1], abs(a.offset))
            return (*shape[:-1], size, size)
        axes = (0, 1) if a.function == "diag" else (a.axis1, a.axis2)
        first = require_axis(c, shape, axes[0], "axis1")
        second = require_axis(c, shape, axes[1], "axis2")
        if first is None or second is None:
            return None
        if first == second:
            values = {"axis": second, "rank": len(shape), "low": "any other", "high": "the first"}
            c.fault(AXIS_RANGE, [NeedArgument("axis2")], ("axis1", "axis2"), **values)
            return None
        rows = ar.sub(shape[first], max(-a.offset, 0))
        length = ar.maximum(ar.minimum(rows, ar.sub(shape[second], max(a.offset, 0))), 0)
        return (*(size for axis, size in enumerate(shape) if axis not in (first, second)), length)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if a.function == "diag":
            return np.diag(x[0], a.offset)
        if a.function == "trace":
            return np.trace(x[0])
        if a.function == "diagonal":
            return np.diagonal(x[0], a.offset, a.axis1, a.axis2)
        return np.apply_along_axis(lambda row: np.diag(row, a.offset), -1, x[0]) if x[0].size else x[0]


def _require_mask(c: Context, shape: Shape, mask: Shape) -> None:
    """A mask is repeated along axes of size 1, and so is what it is laid upon."""
    for axis in range(-1, -1 - min(len(shape), len(mask)), -1):
        if not c.holds(ar.broadcasts(shape[axis], mask[axis])):
            needs = [NeedAgree((0, 1), (axis,), True)]
            c.fault(BROADCAST, needs, left=shape[axis], right=mask[axis], axis=axis)
            break


@layer
class OpenSize(Declaration):
    """Results whose size depends on values: which cells are not zero, the cells under a mask, the different values.

    Source: PyTorch ``torch.nonzero``, ``argwhere``, ``masked_select``, ``unique``.
    """

    kind = "open_size"
    inputs = (1, 2)
    arguments = (Argument("function", Choice(("places", "values")), REQUIRED, "meaning"),)
    rules = (BROADCAST,)
    spellings = (
        *both("nonzero", keywords="as_tuple", ignored="as_tuple", fixed={"function": "places"}),
        *both("argwhere", fixed={"function": "places"}),
        *both("masked_select", tensors="input mask", fixed={"function": "values"}),
        *both("unique", "sorted", fixed={"function": "values"}, ignored="sorted"),
    )
    examples = (
        Example(((2, 3),), {"function": "places"}, (None, 2), framework="torch"),
        Example(((2, 3),), {"function": "values"}, (None,), framework="torch"),
        Example(((2, 3), (2, 3)), {"function": "values"}, (None,), framework="torch"),
        Example(((2, 3), (2, 2)), {"function": "values"}, breaks="broadcast-mismatch", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(x) == 2:
            _require_mask(c, shape, x[1] or ())
        cells = ar.product(shape if len(x) == 1 else (*shape, *(x[1] or ())))
        settled = 1 if a.function == "values" and len(x) == 1 else 0  # so few cells leave no choice
        count = cells if ar.is_concrete(cells) and cells <= settled else None
        return (count, len(shape)) if a.function == "places" else (count,)


@layer
class Difference(Declaration):
    """Differences of neighbouring cells along an axis, ``n`` times over. Source: PyTorch ``torch.diff``."""

    kind = "difference"
    arguments = (Argument("n", Int(0, likely=2), 1, "meaning"), Argument("axis", Int(None, likely=2), -1, "order"))
    rules = (AXIS_RANGE,)
    spellings = both("diff", "n dim", renames={"dim": "axis"})
    examples = (
        Example(((2, 3),), {}, (2, 2), framework="torch"),
        Example(((2, 3),), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
        Example(((),), {}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        axis = require_axis(c, shape, a.axis) if a.n or not shape else 0
        if axis is None:
            return (None,) * len(shape)
        return (*shape[:axis], ar.maximum(ar.sub(shape[axis], a.n), 0), *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if not a.n:
            return x[0]
        return np.diff(x[0], min(a.n, x[0].shape[a.axis]), a.axis)
