"""Pooling over one to three spatial axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Int, Ints, Maybe, Padding
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.layers.spatial import Layout, all_hold, judge, paddings, read_layout, spread
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Number, Sizes
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some

POOL_RANK = Rule(
    "pool-rank",
    "A pooling layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "Pooling slides over a fixed number of spatial axes, besides the batch and the channels.",
)
POOL_WINDOW = Rule(
    "pool-window-exceeds-input",
    "The window of a pooling layer is larger than its input",
    "{size} along axis {axis} of {input}, under a window that spans {window}",
    "at least {window} along that axis",
    "Without padding the window must fit into the input at least once. Each pooling divides the size by its stride, so "
    "a deep stack on a small input runs out of cells.",
)
POOL_PADDING = Rule(
    "pool-padding-mode",
    "A pooling layer is given numbers of cells for its padding",
    "padding={padding}",
    "padding to be 'valid' or 'same'",
    "Keras takes the name of a padding mode and no numbers of cells.",
)
POOL_PADDING_SIZE = Rule(
    "pool-padding-exceeds-half-window",
    "A pooling layer pads by more than half of its window",
    "padding={padding} with a window of {window}",
    "at most half of the window",
    "A window that lies in the padding alone would have nothing to pool, so PyTorch refuses it.",
)
GLOBAL_POOL_RANK = Rule(
    "global-pool-rank",
    "A global pooling layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "Global pooling reduces a fixed number of spatial axes to one number for each channel.",
)
GLOBAL_POOL_EMPTY = Rule(
    "global-pool-without-cells",
    "A global maximum is taken of a tensor without cells",
    "{input}, which has no cells",
    "at least 1 cell along each axis",
    "There is no largest number among none; Keras on TensorFlow fails when the model runs.",
)
LEGACY = {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding", "dim_ordering": "data_format"}
KERAS_PARAMETERS = ("pool_size", "strides", "padding", "data_format")
TORCH_RENAMES = {"kernel_size": "pool_size", "stride": "strides", "dilation": "dilation_rate"}
DATA_FORMAT = Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order")


def _keras(name: str, short: str, function: str, defaults: Mapping[str, Any]) -> tuple[Spelling, ...]:
    return tuple(
        Spelling("keras", f"{name}{rank}D", KERAS_PARAMETERS, fixed={"rank": rank, "function": function},
                 defaults=defaults, aliases=(f"{short}{rank}D",), legacy=LEGACY)
        for rank in (1, 2, 3)
    )  # fmt: skip


def _torch(
    name: str, function: str, parameters: tuple[str, ...], ranks: tuple[int, ...] = (1, 2, 3)
) -> tuple[Spelling, ...]:
    fixed = {"function": function, "data_format": "channels_first"}
    return tuple(
        Spelling("torch", f"{name}{rank}d", parameters, renames=TORCH_RENAMES, fixed={"rank": rank, **fixed},
                 defaults={"padding": 0})
        for rank in ranks
    )  # fmt: skip


@layer
class Pool(Declaration):
    """The maximum or the mean of each window.

    Sources: Keras ``MaxPooling2D``, ``AveragePooling2D``, their likes; PyTorch ``torch.nn.MaxPool2d``, ``AvgPool2d``.
    """

    kind = "pool"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("function", Choice(("max", "average", "power")), "max", "meaning"),
        Argument("pool_size", Ints("rank"), REQUIRED, "free", usual=2, torch=Sizes("rank")),
        Argument("strides", Maybe(Ints("rank")), None, "free", "the pool size where not given",
                 torch=Maybe(Sizes("rank"))),
        Argument("padding", Padding(exact=True), "valid", "free", "valid, same, or cells on both sides (PyTorch)",
                 torch=Sizes("rank", 0, likely=1)),
        DATA_FORMAT,
        Argument("dilation_rate", Ints("rank"), 1, "free", "PyTorch only", torch=Sizes("rank", likely=2)),
        Argument("ceil_mode", Bool(), False, "free", "round the output size up (PyTorch)"),
        Argument("count_include_pad", Bool(), True, "meaning", "the mean counts padded cells (PyTorch)"),
        Argument("divisor_override", Maybe(Int(1), 0.0), None, "meaning", "divide by this number (PyTorch)",
                 torch=Number(zero=False, whole=True)),
        Argument("norm_type", Anything((2.0,)), 2.0, "meaning", "exponent of a power average (PyTorch)",
                 torch=Number(zero=False, usual=(1.0, 2.0, 3.0))),
        Argument("return_indices", Bool(), False, "meaning", "also return where the maxima are (PyTorch)"),
    )  # fmt: skip
    rules = (POOL_RANK, POOL_WINDOW, POOL_PADDING, POOL_PADDING_SIZE, EMPTY_AXIS)
    spellings = (
        *torch_layer_names.POOL,
        *_keras("MaxPooling", "MaxPool", "max", {"pool_size": 2}),
        *_keras("AveragePooling", "AvgPool", "average", {}),
        *_torch("MaxPool", "max", ("kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode")),
        *_torch("AvgPool", "average", ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"), (1,)),
        *_torch("AvgPool", "average", ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad",
                                       "divisor_override"), (2, 3)),
    )  # fmt: skip
    examples = (
        Example(((None, 2, 2, 3),), {"rank": 2, "pool_size": 2}, (None, 1, 1, 3)),
        Example(((None, 1, 1, 3),), {"rank": 2, "pool_size": 2, "padding": "same"}, (None, 1, 1, 3)),
        Example(((None, 3, 8, None),), {"rank": 2, "pool_size": 3, "strides": 2, "data_format": "channels_first"},
                (None, 3, 3, None)),
        Example(((5, 3, 8, 8),), {"rank": 2, "pool_size": 3, "padding": 1, "data_format": "channels_first"},
                (5, 3, 3, 3), framework="torch"),
        Example(((5, 3, 8, 8),), {"rank": 2, "pool_size": 3, "strides": 2, "padding": 0, "ceil_mode": True,
                                  "data_format": "channels_first"}, (5, 3, 4, 4), framework="torch"),
        Example(((None, 4, 4),), {"rank": 2, "pool_size": 2}, breaks="pool-rank", expected="4 axes (batch, height"),
        Example(((None, 2, 1, 3),), {"rank": 2, "pool_size": 2}, breaks="pool-window-exceeds-input",
                expected="1 along axis 2"),
        Example(((None, 8, 8, 3),), {"rank": 2, "pool_size": 2, "padding": 1}, breaks="pool-padding-mode",
                expected="padding=1"),
        Example(((5, 0, 8, 8),), {"rank": 2, "pool_size": 2, "padding": 0, "data_format": "channels_first"},
                breaks="axis-without-cells", expected="axis 1 of (5, 0, 8, 8)", framework="torch"),
        Example(((5, 3, 8, 8),), {"rank": 2, "pool_size": 3, "padding": 2, "data_format": "channels_first"},
                breaks="pool-padding-exceeds-half-window", expected="padding=2", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        (shape,) = x
        assert shape is not None
        padding = _padding(c, a)
        layout = read_layout(c, POOL_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return [None, None] if a.return_indices else None
        c = judge(c, layout)
        if c.framework == "torch":
            require_some(c, layout.shape, len(layout.batch))
        output = layout.arranged(_sizes(c, layout, a, padding), layout.channels)
        return [output, output] if a.return_indices else output

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.return_indices else 1

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics import numeric_spatial as ns

        if a.function == "power":
            cells = math.prod(spread(a.pool_size, a.rank))
            powers = SimpleNamespace(**{**vars(a), "function": "average"})
            mean = Pool.compute([x[0] ** a.norm_type], w, powers)
            return (np.sign(mean) * np.maximum(np.abs(mean), 0) * cells) ** (1 / a.norm_type)
        if a.return_indices:
            raise NotImplementedError("the reference does not say where the maxima are")
        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        strides = spread(a.pool_size if a.strides is None else a.strides, a.rank)
        options = ns.Pooling(a.function, spread(a.pool_size, a.rank), strides, paddings(a.padding, a.rank),
                             spread(a.dilation_rate, a.rank), bool(a.ceil_mode), bool(a.count_include_pad),
                             a.divisor_override)  # fmt: skip
        return restore(ns.pool(image, options))


@layer
class GlobalPool(Declaration):
    """The maximum or the mean of each channel. Source: Keras ``GlobalAveragePooling2D`` and its likes."""

    kind = "global_pool"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("function", Choice(("max", "average")), "max", "meaning"),
        DATA_FORMAT,
        Argument("keepdims", Bool(), False, "free", "keep the reduced axes as axes of size 1"),
    )
    rules = (GLOBAL_POOL_RANK, GLOBAL_POOL_EMPTY)
    spellings = tuple(
        Spelling("keras", f"Global{name}ing{rank}D", ("data_format", "keepdims"),
                 fixed={"rank": rank, "function": function}, aliases=(f"Global{short}{rank}D",),
                 legacy={"dim_ordering": "data_format"})
        for rank in (1, 2, 3)
        for name, short, function in (("AveragePool", "AvgPool", "average"), ("MaxPool", "MaxPool", "max"))
    )  # fmt: skip
    examples = (
        Example(((None, 7, 7, 64),), {"rank": 2}, (None, 64)),
        Example(((None, 64, None, 7),), {"rank": 2, "data_format": "channels_first", "keepdims": True},
                (None, 64, 1, 1)),
        Example(((None, 7, 64),), {"rank": 2}, breaks="global-pool-rank", expected="3 axes (None, 7, 64)"),
        Example(((None, 0, 64),), {"rank": 1}, breaks="global-pool-without-cells", expected="(None, 0, 64), which has"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        layout = read_layout(c, GLOBAL_POOL_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        if a.function == "max":
            for axis, size in enumerate(shape):
                if not c.holds(ar.at_least(size, 1)):
                    c.fault(GLOBAL_POOL_EMPTY, [NeedAtLeast(0, axis, 1)])
                    break
        if a.keepdims:
            return layout.arranged((1,) * a.rank, layout.channels)
        return (*layout.batch, layout.channels)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        first = a.data_format == "channels_first"
        axes = tuple(range(2, a.rank + 2) if first else range(1, a.rank + 1))
        reduce = x[0].max if a.function == "max" else x[0].mean
        return reduce(axis=axes, keepdims=bool(a.keepdims))


def _padding(c: Context, a: Args) -> Any:
    if c.framework == "keras":
        if isinstance(a.padding, str):
            return a.padding
        c.fault(POOL_PADDING, [NeedArgument("padding", ("same", "valid"))], ("padding",), padding=a.padding)
        return "same"
    if not isinstance(a.padding, str) and any(not c.holds(ar.at_least(n, 0)) for n, _ in paddings(a.padding, a.rank)):
        c.fault(POOL_PADDING_SIZE, [NeedArgument("padding", (0,))], ("padding",), padding=a.padding, window=a.pool_size)
        return 0
    for cells, window in zip(paddings(a.padding, a.rank), spread(a.pool_size, a.rank), strict=True):
        if not isinstance(cells, str) and not c.holds(ar.at_least(window, ar.mul(2, cells[0]))):
            needs = [NeedArgument("padding", (window // 2,)), NeedArgument("pool_size", (2 * cells[0],))]
            c.fault(POOL_PADDING_SIZE, needs, ("padding", "pool_size"), padding=a.padding, window=window)
            break
    return a.padding


def _sizes(c: Context, layout: Layout, a: Args, padding: Any) -> list[ar.Term]:
    rank = a.rank
    windows, rates = spread(a.pool_size, rank), spread(a.dilation_rate, rank)
    strides = windows if a.strides is None else spread(a.strides, rank)
    sizes: list[ar.Term] = []
    for axis, window, stride, rate, cells in zip(
        layout.spatial, windows, strides, rates, paddings(padding, rank), strict=True
    ):
        if window is None or stride is None or rate is None:  # a size of another tensor that is not known
            sizes.append(None)
            continue
        size, span = layout.shape[axis], (window - 1) * rate + 1
        result = _output_size(size, span, stride, cells, a.ceil_mode)
        # PyTorch's mean over volumes wants the window to fit into the input without its padding.
        whole = a.rank == 3 and a.function in ("average", "power") and c.framework == "torch"
        empty = c.framework == "keras" and cells == "same" and size == 0
        if (not empty and not c.holds(ar.at_least(result, 1))) or (whole and not c.holds(ar.at_least(size, span))):
            needed = span - (0 if isinstance(cells, str) or whole else sum(cells))
            needs = _needs(layout, a, axis, needed, windows)
            given = ("pool_size", "padding", "dilation_rate", "data_format")
            c.fault(POOL_WINDOW, needs, given, size=size, axis=axis, window=needed)
            result = _output_size(size, span, stride, "same", False)
        sizes.append(result)
    return sizes


def _output_size(size: ar.Term, span: ar.Term, stride: ar.Term, cells: Any, ceil_mode: bool) -> ar.Term:
    """Sources: Keras' pooling output shape; PyTorch's formula for ``MaxPool2d`` with its note on ``ceil_mode``."""
    if isinstance(cells, str):
        return ar.window_output(size, span, stride, cells)
    room = ar.sub(ar.add(size, *cells), span)
    if not ceil_mode:
        return ar.add(ar.floordiv(room, stride), 1)
    result = ar.add(ar.ceildiv(room, stride), 1)
    # The last window must start inside the input or its left padding.
    return ar.minimum(result, ar.add(ar.floordiv(ar.add(size, cells[0], -1), stride), 1))


def _needs(layout: Layout, a: Args, axis: int, needed: int, windows: Sequence[int]) -> list[Need]:
    needs: list[Need] = [NeedAtLeast(0, axis, needed)]
    if isinstance(a.padding, str):
        needs.append(NeedArgument("padding", ("same",)))
    if all(map(ar.is_concrete, windows)):
        fitting = tuple(
            window if not ar.is_concrete(size) else max(1, min(window, size))
            for window, size in zip(windows, layout.sizes, strict=True)
        )
        needs.append(NeedArgument("pool_size", (fitting,)))
        if isinstance(a.padding, str) and all_hold(layout.other_sizes, windows):
            needs.append(NeedArgument("data_format", (layout.other_format,)))
    return needs
