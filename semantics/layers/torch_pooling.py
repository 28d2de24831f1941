"""Poolings that only PyTorch has: at random places, and back from where the maxima were."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Ints, Maybe
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Dim, Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_domains import Shares, Sizes
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some, spell, spread

FRACTIONAL_RANK = Rule(
    "fractional-pool-rank",
    "A pooling gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes with the batch, or one less without",
    "The layer is made for a fixed number of spatial axes besides the channels and the batch.",
)
FRACTIONAL_SIZE = Rule(
    "fractional-pool-size",
    "A fractional pooling is not told how large its output is, or twice",
    "output_size={size} and output_ratio={ratio}",
    "one of the two, a ratio lying between 0 and 1",
    "The output size is given, or as a share of the input size.",
)
FRACTIONAL_WINDOW = Rule(
    "fractional-pool-window",
    "The windows of a fractional pooling do not fit into the input",
    "{size} along axis {axis} of {input}, for {count} windows of {window}",
    "at least {least} along that axis",
    "The windows start at different places, so the input needs a cell for each start and the rest of one window.",
)
FIXED = {"data_format": "channels_first"}
PARAMETERS = "kernel_size output_size output_ratio return_indices _random_samples"


@layer
class FractionalPool(Declaration):
    """Maxima of windows at random places, so that a given size comes out.

    Source: PyTorch ``torch.nn.FractionalMaxPool2d``, ``FractionalMaxPool3d``.
    """

    kind = "fractional_pool"
    arguments = (
        Argument("rank", Choice((2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("kernel_size", Sizes("rank", None, single=False), REQUIRED, "free"),
        Argument("output_size", Maybe(Sizes("rank", 0, single=False)), None, "free"),
        Argument("output_ratio", Anything((None, 0.5, (0.5, 0.6, 0.7))), None, "free"),
        Argument("return_indices", Choice((False, True)), False, "meaning"),
        Argument("one_of_both", Bool(), True, "meaning", "a size and a ratio are too much (the modules)"),
    )
    rules = (FRACTIONAL_RANK, FRACTIONAL_SIZE, FRACTIONAL_WINDOW, EMPTY_AXIS)
    spellings = (
        *(
            spell("layer", f"FractionalMaxPool{rank}d", PARAMETERS, fixed={"rank": rank}, ignored="_random_samples",
                  domains={"output_ratio": Maybe(Shares(rank)), "kernel_size": kernel})
            for rank, kernel in ((2, Sizes(2, None, single=False)), (3, Sizes(3, single=False)))
        ),
        *(
            spell("function", f"fractional_max_pool{rank}d", PARAMETERS, tensors="input",
                  fixed={"rank": rank, "one_of_both": False}, ignored="_random_samples",
                  domains={"output_ratio": Maybe(Shares(rank, rank == 3, "output_size"))})
            for rank in (2, 3)
        ),
        *(
            spell("function", f"fractional_max_pool{rank}d_with_indices", "kernel_size output_size output_ratio",
                  tensors="input", keywords="return_indices", ignored="return_indices",
                  fixed={"rank": rank, "return_indices": True, "one_of_both": False},
                  domains={"output_ratio": Maybe(Shares(rank, rank == 3, "output_size"))})
            for rank in (2, 3)
        ),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 4, 4),), {"rank": 2, "kernel_size": 2, "output_size": 3}, (2, 3, 3, 3), framework="torch"),
        Example(((3, 5, 4),), {"rank": 2, "kernel_size": 2, "output_ratio": 0.5}, (3, 2, 2), framework="torch"),
        Example(((2, 3, 4, 5, 5),), {"rank": 3, "kernel_size": 2, "output_size": (2, 3, 3)}, (2, 3, 2, 3, 3),
                framework="torch"),
        Example(((2, 0, 4, 4),), {"rank": 2, "kernel_size": 2, "output_size": 3}, breaks="axis-without-cells",
                framework="torch"),
        Example(((2, 3, 4, 4),), {"rank": 2, "kernel_size": 2, "output_size": 4}, breaks="fractional-pool-window",
                framework="torch"),
        Example(((2, 3, 4, 4),), {"rank": 2, "kernel_size": 2}, breaks="fractional-pool-size", framework="torch"),
        Example(((4, 4),), {"rank": 2, "kernel_size": 2, "output_size": 2}, breaks="fractional-pool-rank",
                framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        result = _fractional(c, shape, a)
        return [result, result] if a.return_indices else result

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.return_indices else 1


def _fractional(c: Context, shape: Shape, a: Args) -> Shape | None:
    ratios = spread(a.output_ratio, a.rank) if a.output_ratio is not None else ()
    between = all(isinstance(ratio, (int, float)) and 0 < ratio < 1 for ratio in ratios) and len(ratios) in (0, a.rank)
    given = sum(value is not None for value in (a.output_size, a.output_ratio))
    if given == 0 or (given == 2 and a.one_of_both) or (a.output_size is None and not between):
        needs_size: list[Need] = [NeedArgument("output_size"), NeedArgument("output_ratio", (0.5,))]
        values = {"size": a.output_size, "ratio": a.output_ratio}
        c.fault(FRACTIONAL_SIZE, needs_size, ("output_size", "output_ratio"), **values)
        return None
    if len(shape) not in (a.rank + 1, a.rank + 2):
        needs: list[Need] = [NeedRank(0, a.rank + 1, a.rank + 2)]
        c.fault(FRACTIONAL_RANK, needs, ("rank",), received=len(shape), wanted=a.rank + 2)
        return None
    require_some(c, shape, 1)
    start = len(shape) - a.rank
    spatial = shape[start:]
    sizes: list[Dim] = list(spread(a.output_size, a.rank)) if a.output_size is not None else []
    for size, ratio in zip(spatial, () if sizes else ratios, strict=False):
        top, bottom = float(ratio).as_integer_ratio()
        sizes.append(int(size * ratio) if isinstance(size, int) else ar.floordiv(ar.mul(size, top), bottom))
    for place, (size, count, window) in enumerate(zip(spatial, sizes, spread(a.kernel_size, a.rank), strict=True)):
        least = ar.add(count, window, -1 if a.rank == 2 else 0)  # PyTorch is stricter on volumes
        if not c.holds(ar.at_least(size, least)):
            axis = start + place
            needs_least: list[Need] = [NeedArgument("output_size"), NeedArgument("kernel_size")]
            if a.output_size is not None and ar.is_concrete(least):
                needs_least.insert(0, NeedAtLeast(0, axis, least))
            values = {"size": size, "axis": axis, "count": count, "window": window, "least": least}
            c.fault(FRACTIONAL_WINDOW, needs_least, ("kernel_size", "output_size", "output_ratio"), **values)
    return (*shape[:start], *sizes)


def _named_size(c: Context, lead: Shape, usual: Sequence[Any], strides: Sequence[Any], a: Args) -> Shape:
    """The output size as given, which may hold the batch and channels too."""
    given = tuple(a.output_size)
    sizes = given[-a.rank :]
    close = len(given) in (a.rank, a.rank + 2) and all(
        c.holds(ar.all_of(ar.at_least(size, ar.add(own, 1 - stride)), ar.at_least(ar.add(own, stride - 1), size)))
        for size, own, stride in zip(sizes, usual, strides, strict=True)
    )
    if not close:
        values = {"size": a.output_size, "usual": tuple(usual), "count": a.rank}
        c.fault(UNPOOL_OUTPUT, [NeedArgument("output_size", (None, tuple(usual)))], ("output_size",), **values)
        return (*lead, *usual)
    return (*lead, *sizes)


UNPOOL_RANK = Rule(
    "unpool-rank",
    "An unpooling gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes with the batch, or one less without",
    "The layer is made for a fixed number of spatial axes besides the channels and the batch.",
)
UNPOOL_INDICES = Rule(
    "unpool-indices",
    "The positions given to an unpooling do not have the shape of its input",
    "an input {input} and positions {indices}",
    "equal shapes",
    "There is one position for each maximum: the second output of the pooling that made them.",
)


UNPOOL_SIZE = Rule(
    "unpool-negative-size",
    "The padding of an unpooling cuts more cells than there are",
    "{size} along axis {axis} of {input}, which becomes {result}",
    "no negative size",
    "Padding is cut off at both ends of the result.",
)


UNPOOL_OUTPUT = Rule(
    "unpool-output-size",
    "An unpooling is asked for an output size that its pooling cannot have come from",
    "output_size={size}, where the settings give {usual}",
    "{count} sizes, each less than a stride away from these",
    "The output size chooses between the sizes that a strided pooling maps onto the same number of maxima.",
)
UNPOOL_STRIDES = Rule(
    "unpool-strides",
    "An unpooling of volumes has a stride below 1",
    "strides {strides}",
    "strides of at least 1; without any, a kernel size of at least 1",
    "The strides are those of the pooling that the maxima come from.",
)
VOLUME = {
    "strides": Maybe(Sizes("rank", single=False)),
    "padding": Sizes("rank", None, likely=1, single=False),
}


@layer
class MaxUnpool(Declaration):
    """Maxima put back to where they were, zeros elsewhere; inputs are the maxima and their positions.

    Source: PyTorch ``torch.nn.MaxUnpool1d`` .. ``MaxUnpool3d``.
    """

    kind = "max_unpool"
    inputs = (2, 2)
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("kernel_size", Sizes("rank", None, single=False), REQUIRED, "free"),
        Argument("strides", Maybe(Sizes("rank", None, single=False, longer=True)), None, "free",
                 "the kernel size where not given"),
        Argument("padding", Sizes("rank", None, likely=1, single=False, longer=True), 0, "free"),
        Argument("output_size", Maybe(Ints(None, 0, scalar=False, likely=9)), None, "free",
                 "sizes of the spatial axes, or of all"),
    )  # fmt: skip
    rules = (UNPOOL_RANK, UNPOOL_INDICES, UNPOOL_SIZE, UNPOOL_OUTPUT, UNPOOL_STRIDES, EMPTY_AXIS)
    spellings = (
        *(
            spell("layer", f"MaxUnpool{rank}d", "kernel_size stride padding", renames={"stride": "strides"},
                  fixed={"rank": rank}, domains=VOLUME if rank == 3 else {})
            for rank in (1, 2, 3)
        ),
        *(
            spell("function", f"max_unpool{rank}d", "kernel_size stride padding output_size", tensors="input indices",
                  renames={"stride": "strides"}, fixed={"rank": rank}, domains=VOLUME if rank == 3 else {})
            for rank in (1, 2, 3)
        ),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 4, 4), (2, 3, 4, 4)), {"rank": 2, "kernel_size": 2}, (2, 3, 8, 8), framework="torch"),
        Example(((3, 4), (3, 4)), {"rank": 1, "kernel_size": 2, "strides": 3, "padding": 1}, (3, 9), framework="torch"),
        Example(
            ((2, 3, 4, 4), (2, 3, 4, 3)), {"rank": 2, "kernel_size": 2}, breaks="unpool-indices", framework="torch"
        ),
        Example(((4, 4), (4, 4)), {"rank": 2, "kernel_size": 2}, breaks="unpool-rank", framework="torch"),
        Example(
            ((3, 1), (3, 1)),
            {"rank": 1, "kernel_size": 2, "padding": 2},
            breaks="unpool-negative-size",
            framework="torch",
        ),
        Example(((3, 4), (3, 4)), {"rank": 1, "kernel_size": 2, "output_size": (9,)}, (3, 9), framework="torch"),
        Example(((3, 0), (3, 0)), {"rank": 1, "kernel_size": 2}, breaks="axis-without-cells", framework="torch"),
        Example(((3, 1, 1, 1), (3, 1, 1, 1)), {"rank": 3, "kernel_size": (0, 1, 1)}, breaks="unpool-strides",
                framework="torch"),
        Example(((3, 4), (3, 4)), {"rank": 1, "kernel_size": 2, "output_size": (10,)}, breaks="unpool-output-size",
                expected="where the settings give (8,)", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, indices = x
        assert shape is not None
        assert indices is not None
        if len(shape) not in (a.rank + 1, a.rank + 2):
            needs: list[Need] = [NeedRank(0, a.rank + 1, a.rank + 2)]
            c.fault(UNPOOL_RANK, needs, ("rank",), received=len(shape), wanted=a.rank + 2)
            return None
        require_some(c, shape, 1)
        same = len(shape) == len(indices) and all(c.holds(ar.eq(p, q)) for p, q in zip(shape, indices, strict=True))
        if not same:
            c.fault(UNPOOL_INDICES, [NeedShape(1, shape), NeedShape(0, indices)], indices=indices)
        start = len(shape) - a.rank
        windows = spread(a.kernel_size, a.rank)
        strides = windows if a.strides is None else spread(a.strides, a.rank)[: a.rank]
        if a.rank == 3 and any(not c.holds(ar.at_least(stride, 1)) for stride in strides):
            needs = [NeedArgument("strides"), NeedArgument("kernel_size")]
            c.fault(UNPOOL_STRIDES, needs, ("strides", "kernel_size"), strides=strides)
        sizes = [
            ar.add(ar.mul(ar.sub(size, 1), stride), window - 2 * padding)
            for size, window, stride, padding in zip(
                shape[start:], windows, strides, spread(a.padding, a.rank)[: a.rank], strict=True
            )
        ]
        if a.output_size is not None:
            return _named_size(c, shape[:start], sizes, strides, a)
        for place, size in enumerate(sizes):
            if not c.holds(ar.at_least(size, 0)):
                values = {"size": shape[start + place], "axis": start + place, "result": size}
                c.fault(UNPOOL_SIZE, [NeedArgument("padding", (0,))], ("padding", "kernel_size", "strides"), **values)
        return (*shape[:start], *sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        values, places = x
        start = values.ndim - a.rank
        context = Context("torch", "", (values.shape, places.shape))
        shape: Any = MaxUnpool.shapes(context, (values.shape, places.shape), a)
        if not math.prod(shape):
            return np.zeros(shape, values.dtype)
        result = np.zeros((int(np.prod(values.shape[:start])), int(np.prod(shape[start:]))), values.dtype)
        if any(len(set(row)) < len(row) for row in places.reshape(len(result), -1).tolist()):
            raise NotImplementedError("which of several maxima at one place stays is not defined")
        rows = np.arange(len(result))[:, None]
        result[rows, places.reshape(len(result), -1)] = values.reshape(len(result), -1)
        return result.reshape(shape)
