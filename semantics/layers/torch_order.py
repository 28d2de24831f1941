"""PyTorch's values in order along an axis, with their places; one-hot encoding, and an axis split into several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Int, Ints
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedDim, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import EMPTY_AXIS, axis_in, both, spell

DIM = {"dim": "axis"}

KTH_RANGE = Rule(
    "kth-value-out-of-range",
    "A rank is asked for that an axis does not have",
    "k={k} of {size} values along axis {axis} of {input}",
    "k from 1 to {size}",
    "The k-th smallest value exists only where there are k values.",
)


@layer
class Ordered(Declaration):
    """Values along an axis, and where they were: sorted, running extremes, the most frequent, the k-th smallest.

    Source: PyTorch ``torch.sort``, ``cummax``, ``cummin``, ``mode``, ``kthvalue``.
    """

    kind = "ordered"
    arguments = (
        Argument("function", Choice(("sort", "cummax", "cummin", "mode", "kthvalue")), "sort", "meaning"),
        Argument("axis", Int(None, likely=2), -1, "order"),
        Argument("k", Int(1), 1, "free"),
        Argument("keepdims", Bool(), False, "free"),
        Argument("descending", Bool(), False, "meaning"),
    )
    rules = (AXIS_RANGE, KTH_RANGE, EMPTY_AXIS)
    spellings = (
        *both("sort", "dim descending stable", renames=DIM, fixed={"function": "sort"}, ignored="stable"),
        *both("cummax", "dim", renames=DIM, fixed={"function": "cummax"}),
        *both("cummin", "dim", renames=DIM, fixed={"function": "cummin"}),
        *both("mode", "dim keepdim", renames={**DIM, "keepdim": "keepdims"}, fixed={"function": "mode"}),
        *both(
            "kthvalue",
            "k dim keepdim",
            renames={**DIM, "keepdim": "keepdims"},
            fixed={"function": "kthvalue"},
            required="k",
        ),
    )
    examples = (
        Example(((2, 3),), {"axis": 1}, [(2, 3), (2, 3)], framework="torch"),
        Example(((2, 3),), {"axis": 1, "k": 3, "function": "kthvalue"}, [(2,), (2,)], framework="torch"),
        Example(((2, 0),), {"axis": 1, "function": "mode"}, breaks="axis-without-cells", framework="torch"),
        Example(((2, 3),), {"axis": 1, "k": 4, "function": "kthvalue"}, breaks="kth-value-out-of-range",
                framework="torch"),
        Example(((2, 3),), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        if a.function in ("cummax", "cummin") and 0 in shape:
            return [shape, shape]  # PyTorch does not look at the axis then
        axis = axis_in(c, shape, a.axis)
        if a.function == "kthvalue" and not shape and not c.holds(ar.at_least(1, a.k)):
            c.fault(KTH_RANGE, [NeedArgument("k", (1,))], ("k",), k=a.k, size=1, axis=a.axis)
        if a.function not in ("mode", "kthvalue") or axis is None or not shape:
            return [shape, shape]
        if a.function == "kthvalue" and not c.holds(ar.at_least(shape[axis], a.k)):
            needs: list[Need] = [NeedAtLeast(0, axis, a.k), NeedArgument("k")]
            c.fault(KTH_RANGE, needs, ("k",), k=a.k, size=shape[axis], axis=axis)
        if a.function == "mode" and not c.holds(ar.at_least(shape[axis], 1)):
            c.fault(EMPTY_AXIS, [NeedAtLeast(0, axis, 1)], axis=axis)
        kept = (*shape[:axis], *((1,) if a.keepdims else ()), *shape[axis + 1 :])
        return [kept, kept]

    @staticmethod
    def output_count(a: Args) -> int:
        return 2

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        values = x[0]
        if a.function == "mode":
            raise NotImplementedError("which of several places of the most frequent value is given is not defined")
        if not values.ndim or not values.size:
            return [values, np.zeros(values.shape, int)]
        if a.function in ("cummax", "cummin"):
            best = (np.maximum if a.function == "cummax" else np.minimum).accumulate(values, axis=a.axis)
            number = np.arange(values.shape[a.axis]).reshape((-1, *(1,) * (values.ndim - 1 - a.axis % values.ndim)))
            return [best, np.maximum.accumulate(np.where(values == best, number, 0), axis=a.axis)]
        order = np.argsort(-values if a.descending and a.function == "sort" else values, axis=a.axis, kind="stable")
        if a.function == "kthvalue":
            order = np.take(order, [a.k - 1], axis=a.axis)
        found = np.take_along_axis(values, order, a.axis)
        if a.function == "sort" or a.keepdims:
            return [found, order]
        return [found.squeeze(a.axis), order.squeeze(a.axis)]


ONE_HOT_NONE = Rule(
    "one-hot-without-classes",
    "A one-hot encoding has no classes",
    "num_classes=0 for {input}",
    "num_classes of at least 1",
    "Every class number needs a place of its own.",
)
ONE_HOT_CLASSES = Argument("num_classes", Int(-1), -1, "capacity", "classes, or -1 for the largest number and one")


@layer
class OneHot(Declaration):
    """Class numbers as rows with a single 1, on a new last axis. Source: PyTorch ``torch.nn.functional.one_hot``."""

    kind = "torch_one_hot"
    arguments = (ONE_HOT_CLASSES,)
    rules = (ONE_HOT_NONE,)
    spellings = (spell("function", "one_hot", "num_classes", tensors="tensor"),)
    examples = (
        Example(((2, 3),), {"num_classes": 5}, (2, 3, 5), framework="torch"),
        Example(((),), {"num_classes": 1}, (1,), framework="torch"),
        Example(((2, 3),), {"num_classes": 0}, breaks="one-hot-without-classes", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.num_classes == 0:
            c.fault(ONE_HOT_NONE, [NeedArgument("num_classes", (-1,))], ("num_classes",))
        return (*shape, None if a.num_classes == -1 else a.num_classes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        classes = int(x[0].max()) + 1 if a.num_classes == -1 else a.num_classes
        return np.eye(classes, dtype=np.int64)[x[0]]


UNFLATTEN_SIZE = Rule(
    "unflatten-size",
    "An axis is split into sizes that do not multiply up to it",
    "{size} along axis {axis} of {input}, to become {sizes}",
    "{total} along that axis",
    "The cells of the axis are laid out anew; their number stays.",
)


@layer
class Unflatten(Declaration):
    """One axis split into several. Source: PyTorch ``torch.nn.Unflatten``; one size may be -1."""

    kind = "unflatten"
    arguments = (
        Argument("axis", Int(None, likely=2), REQUIRED, "order"),
        Argument("sizes", Ints(None, -1, scalar=False), REQUIRED, "free"),
    )
    rules = (AXIS_RANGE, UNFLATTEN_SIZE)
    spellings = (
        spell("layer", "Unflatten", "dim unflattened_size", renames={**DIM, "unflattened_size": "sizes"}),
        *both("unflatten", "dim sizes", renames=DIM),
    )
    examples = (
        Example(((4, 6),), {"axis": 1, "sizes": (2, 3)}, (4, 2, 3), framework="torch"),
        Example(((4, 6),), {"axis": -1, "sizes": (-1, 2)}, (4, 3, 2), framework="torch"),
        Example(((4, 6),), {"axis": 1, "sizes": (2, 4)}, breaks="unflatten-size", expected="6 along axis 1",
                framework="torch"),
        Example(((4, 6),), {"axis": 2, "sizes": (2, 3)}, breaks="axis-out-of-range", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, sizes = x[0], tuple(a.sizes)
        assert shape is not None
        axis = axis_in(c, shape, a.axis)
        if axis is None:
            return None
        size = shape[axis] if shape else 1
        free = [place for place, part in enumerate(sizes) if isinstance(part, int) and part == -1]
        known = ar.product(part for part in sizes if not (isinstance(part, int) and part == -1))
        fits = ar.eq(ar.mod(size, known), 0) if free else ar.eq(size, known)
        none_left = bool(free) and isinstance(known, int) and known == 0
        if len(free) > 1 or not sizes or none_left or not c.holds(fits):
            needs: list[Need] = [NeedArgument("sizes")]
            if known is not None and not free:
                needs.insert(0, NeedDim(0, axis, known))
            suited = tuple(place for place, part in enumerate(shape) if isinstance(part, int) and part == known)
            if suited and isinstance(known, int):
                needs.insert(0, NeedArgument("axis", suited))
            total = f"a multiple of {known}" if free else known
            c.fault(UNFLATTEN_SIZE, needs, ("sizes",), size=size, axis=axis, sizes=sizes, total=total)
        filled = tuple(ar.floordiv(size, known) if place in free else part for place, part in enumerate(sizes))
        return (*shape[:axis], *filled, *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        axis = a.axis % max(x[0].ndim, 1)
        return x[0].reshape(*x[0].shape[:axis], *a.sizes, *x[0].shape[axis + 1 :])
