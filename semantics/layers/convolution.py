"""Convolutions over one to three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Int, Ints, Maybe
from repairnn.semantics.faults import NeedArgument, NeedAtLeast, NeedDim, NeedMultiple, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

CONV_RANK = Rule(
    "conv-rank",
    "A convolution gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "A convolution slides over a fixed number of spatial axes, besides the batch and the channels.",
)
CONV_CHANNELS_UNKNOWN = Rule(
    "conv-channels-unknown",
    "A convolution needs a known number of channels",
    "{input}, whose channel axis is not known",
    "a channel axis with a fixed size",
    "The kernel has one slice for each channel, so their number must be known when the layer is built.",
)
CONV_IN_CHANNELS = Rule(
    "conv-in-channels",
    "A convolution declares another number of channels than it gets",
    "{received} channels (axis {axis} of {input})",
    "{declared} channels, as in_channels says",
    "The kernel is made for in_channels channels and must meet as many in its input.",
)
CONV_GROUPS = Rule(
    "conv-groups",
    "The channels do not divide into the groups of a convolution",
    "{channels} channels in {groups} groups",
    "a number of channels that {groups} divides",
    "Each group of a grouped convolution works on an equal share of the input's channels and makes an equal share of the output's.",
)
CONV_WINDOW = Rule(
    "conv-window-exceeds-input",
    "The kernel of a convolution is larger than its input",
    "{size} along axis {axis} of {input}, under a kernel that spans {window}",
    "at least {window} along that axis",
    "Without padding the kernel must fit into the input at least once. Too much pooling or striding before, or axes in "
    "another order than the layer reads them, leave too little.",
)
AXES = {
    1: "(batch, steps, channels)",
    2: "(batch, height, width, channels)",
    3: "(batch, depth, height, width, channels)",
}
FIRST = {
    1: "(batch, channels, steps)",
    2: "(batch, channels, height, width)",
    3: "(batch, channels, depth, height, width)",
}
KERAS_PARAMETERS = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation",
                    "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
                    "activity_regularizer", "kernel_constraint", "bias_constraint")  # fmt: skip
KERAS_LEGACY = {"nb_filter": "filters", "filter_length": "kernel_size", "border_mode": "padding", "subsample": "strides",
                "subsample_length": "strides", "dim_ordering": "data_format", "init": "kernel_initializer",
                "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer", "bias": "use_bias",
                "atrous_rate": "dilation_rate"}  # fmt: skip
TORCH_PARAMETERS = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias",
                    "padding_mode", "device", "dtype")  # fmt: skip
TORCH_RENAMES = {"out_channels": "filters", "stride": "strides", "dilation": "dilation_rate", "bias": "use_bias"}


def spread(value: Any, rank: int) -> tuple[Any, ...]:
    """One number for each spatial axis: ``3`` becomes ``(3, 3)``."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank


def spatial_output(size: ar.Term, kernel: int, stride: int, padding: Any, dilation: int) -> ar.Term:
    """Output size along one axis; ``padding`` is a mode or the pair of numbers of cells added on both sides."""
    if isinstance(padding, str):
        return ar.window_output(size, kernel, stride, padding, dilation)
    return ar.add(ar.floordiv(ar.sub(ar.add(size, *padding), (kernel - 1) * dilation + 1), stride), 1)


@layer
class Conv(Declaration):
    """Cross-correlation with a learned kernel.

    Sources: Keras ``Conv1D`` .. ``Conv3D``; PyTorch ``torch.nn.Conv1d`` .. ``Conv3d`` (output size formula there).
    """

    kind = "conv"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("filters", Int(1), REQUIRED, "capacity", "channels that come out"),
        Argument("kernel_size", Ints("rank"), REQUIRED, "free"),
        Argument("strides", Ints("rank"), 1, "free"),
        Argument(
            "padding", Anything(("valid", "same")), "valid", "free", "valid, same, causal, or cells on both sides"
        ),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
        Argument("dilation_rate", Ints("rank"), 1, "free"),
        Argument("groups", Int(1), 1, "free"),
        Argument(
            "in_channels", Maybe(Int(1)), None, "derived", "channels that come in, where the framework asks for it"
        ),
        Argument("padding_mode", Anything(("zeros",)), "zeros", "meaning"),
        Argument("activation", Anything((None, "relu")), None, "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
    )
    rules = (CONV_RANK, CONV_CHANNELS_UNKNOWN, CONV_IN_CHANNELS, CONV_GROUPS, CONV_WINDOW)
    spellings = (
        *(
            Spelling("keras", f"Conv{rank}D", KERAS_PARAMETERS, fixed={"rank": rank}, legacy=KERAS_LEGACY,
                     aliases=(f"Convolution{rank}D",))
            for rank in (1, 2, 3)
        ),
        *(
            Spelling("torch", f"Conv{rank}d", TORCH_PARAMETERS, renames=TORCH_RENAMES,
                     fixed={"rank": rank, "data_format": "channels_first"}, defaults={"padding": 0})
            for rank in (1, 2, 3)
        ),
    )  # fmt: skip
    examples = (
        Example(((None, 3, 3, 1),), {"rank": 2, "filters": 8, "kernel_size": 3}, (None, 1, 1, 8)),
        Example(
            ((None, 3, 2, 1),),
            {"rank": 2, "filters": 8, "kernel_size": 3},
            breaks="conv-window-exceeds-input",
            expected="2 along axis 2",
        ),
        Example(((None, 28, 28),), {"rank": 2, "filters": 8, "kernel_size": 3}, breaks="conv-rank", expected="3 axes"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        rank, first = a.rank, a.data_format == "channels_first"
        unbatched = c.framework == "torch" and len(shape) == rank + 1
        if len(shape) != rank + 2 and not unbatched:
            axes = (FIRST if first else AXES)[rank]
            c.fault(
                CONV_RANK, [NeedRank(0, rank + 2, rank + 2)], ("rank",), received=len(shape), wanted=rank + 2, axes=axes
            )
            return _arranged((shape[0] if shape else None,), (None,) * rank, a.filters, first)
        batch = () if unbatched else shape[:1]
        start = len(batch)
        channel_axis = start if first else len(shape) - 1
        spatial_axes = range(start + first, start + first + rank)
        _require_channels(c, shape[channel_axis], channel_axis, a)
        sizes = []
        for axis, kernel, stride, padding, dilation in zip(
            spatial_axes, spread(a.kernel_size, rank), spread(a.strides, rank), _paddings(a.padding, rank),
            spread(a.dilation_rate, rank), strict=True
        ):  # fmt: skip
            size = spatial_output(shape[axis], kernel, stride, padding, dilation)
            if not c.holds(ar.at_least(size, 1)):
                window = (kernel - 1) * dilation + 1 - (0 if isinstance(padding, str) else sum(padding))
                needs = [NeedAtLeast(0, axis, window)]
                c.fault(
                    CONV_WINDOW,
                    needs,
                    ("kernel_size", "padding", "dilation_rate"),
                    size=shape[axis],
                    axis=axis,
                    window=window,
                )
                size = None
            sizes.append(size)
        return _arranged(batch, sizes, a.filters, first)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        shape = x[0] or ()
        first = a.data_format == "channels_first"
        channels = (
            a.in_channels
            if a.in_channels is not None
            else shape[1 if first else -1]
            if len(shape) == a.rank + 2
            else None
        )
        kernel: Shape = (*spread(a.kernel_size, a.rank), ar.floordiv(channels, a.groups), a.filters)
        return {"kernel": kernel, **({"bias": (a.filters,)} if a.use_bias else {})}


def _require_channels(c: Context, channels: ar.Term, axis: int, a: Args) -> None:
    if a.in_channels is not None:
        if not c.holds(ar.eq(channels, a.in_channels)):
            needs = [NeedDim(0, axis, a.in_channels, "in_channels")]
            c.fault(CONV_IN_CHANNELS, needs, ("in_channels",), received=channels, declared=a.in_channels, axis=axis)
    elif channels is None and c.framework == "keras":
        c.fault(CONV_CHANNELS_UNKNOWN)
    if a.groups != 1 and not c.holds(ar.eq(ar.mod(channels, a.groups), 0)):
        needs = [NeedMultiple(0, axis, a.groups), NeedArgument("groups")]
        c.fault(CONV_GROUPS, needs, ("groups",), channels=channels, groups=a.groups)
    if a.groups != 1 and a.filters % a.groups:
        c.fault(
            CONV_GROUPS,
            [NeedArgument("groups"), NeedArgument("filters")],
            ("groups", "filters"),
            channels=a.filters,
            groups=a.groups,
        )


def _paddings(padding: Any, rank: int) -> tuple[Any, ...]:
    """Padding of each spatial axis: a mode, or a pair of cells before and after."""
    if isinstance(padding, str):
        return (padding,) * rank
    return tuple(pair if isinstance(pair, (tuple, list)) else (pair, pair) for pair in spread(padding, rank))


def _arranged(batch: Shape, sizes: Sequence[ar.Term], channels: ar.Term, first: bool) -> Shape:
    return (*batch, channels, *sizes) if first else (*batch, *sizes, channels)
