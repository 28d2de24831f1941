"""Convolutions over one to three spatial axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Int, Ints, Maybe, Name, Padding
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedDim, NeedMultiple, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.layers.gated import GATED_RULES, gated, gated_examples
from repairnn.semantics.layers.names import ACTIVATION, KERNEL_SETTINGS, LEGACY_CONV
from repairnn.semantics.layers.spatial import (
    NO_CHANNELS,
    Layout,
    all_hold,
    judge,
    paddings,
    read_layout,
    require_some_channels,
    spatial_output,
    spread,
)
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Sizes
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some

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
    "{channels} {which} channels in {groups} groups",
    "a number of {which} channels that {groups} divides",
    "Each group of a grouped convolution works on an equal share of the input's channels and makes an equal share of "
    "the output's.",
)
CONV_WINDOW = Rule(
    "conv-window-exceeds-input",
    "The kernel of a convolution is larger than its input",
    "{size} along axis {axis} of {input}, under a kernel that spans {window}",
    "at least {window} along that axis",
    "Without padding the kernel must fit into the input at least once. Too much pooling or striding before, or axes in "
    "another order than the layer reads them, leave too little.",
)
CONV_PADDING = Rule(
    "conv-padding-mode",
    "A convolution cannot pad in the way it is told to",
    "padding={padding}",
    "padding to be {modes}",
    "Keras takes the name of a padding mode and no numbers of cells; the causal mode exists for one spatial axis only; "
    "PyTorch computes the mode same for strides of 1 only.",
)
CONV_STRIDES_DILATION = Rule(
    "conv-strides-with-dilation",
    "A convolution has both strides and a dilation rate above 1",
    "strides={strides} with dilation_rate={dilation}",
    "strides of 1 or a dilation rate of 1",
    "The implementation computes one or the other; Keras refuses the combination when the layer is made.",
)
CONV_REACH = Rule(
    "conv-padding-exceeds-input",
    "A convolution pads with more cells of its input than there are",
    "{cells} cells of padding in mode {mode} along axis {axis} of {input}, which has {size}",
    "at most {most} cells of padding along that axis",
    "Reflection repeats the cells next to the border, and circular padding those of the other end; there are no more "
    "of them than the axis has.",
)
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
KERAS_PARAMETERS = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups",
                    "activation", "use_bias", *KERNEL_SETTINGS)  # fmt: skip
TORCH_PARAMETERS = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias",
                    "padding_mode", "device", "dtype")  # fmt: skip
TORCH_RENAMES = {"out_channels": "filters", "stride": "strides", "dilation": "dilation_rate", "bias": "use_bias"}


@layer
class Conv(Declaration):
    """Cross-correlation with a learned kernel.

    Sources: Keras ``Conv1D`` .. ``Conv3D``; PyTorch ``torch.nn.Conv1d`` .. ``Conv3d`` (output size formula there).
    """

    kind = "conv"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("filters", Int(1), REQUIRED, "capacity", "channels that come out"),
        Argument("kernel_size", Ints("rank"), REQUIRED, "free", usual=3),
        Argument("strides", Ints("rank"), 1, "free", torch=Sizes("rank")),
        Argument("padding", Padding(line_only=("causal",)), "valid", "free",
                 "valid, same, causal (one axis), or cells on both sides (PyTorch)",
                 torch=Sizes("rank", None, likely=2, modes=("valid", "same"))),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
        Argument("dilation_rate", Ints("rank"), 1, "free", torch=Sizes("rank", likely=2)),
        Argument("groups", Int(1, likely=2), 1, "free"),
        Argument(
            "in_channels", Maybe(Int(1), 0.0), None, "derived", "channels that come in, where the framework asks for it"
        ),
        Argument("padding_mode", Name(PADDING_MODES, ("zeros",)), "zeros", "meaning", torch=Choice(PADDING_MODES)),
        Argument("activation", ACTIVATION, None, "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
    )  # fmt: skip
    rules = (CONV_RANK, CONV_CHANNELS_UNKNOWN, CONV_IN_CHANNELS, CONV_GROUPS, CONV_WINDOW, CONV_PADDING, CONV_REACH,
             CONV_STRIDES_DILATION, NO_CHANNELS, EMPTY_AXIS, *GATED_RULES)  # fmt: skip
    spellings = (
        *torch_layer_names.LAZY_CONV,
        *(
            Spelling("keras", f"Conv{rank}D", KERAS_PARAMETERS, fixed={"rank": rank}, legacy=LEGACY_CONV,
                     keywords=("lora_rank", "lora_alpha"),
                     aliases=(f"Convolution{rank}D", *(() if rank == 3 else (f"AtrousConvolution{rank}D",))))
            for rank in (1, 2, 3)
        ),
        *(
            Spelling("torch", f"Conv{rank}d", TORCH_PARAMETERS, renames=TORCH_RENAMES,
                     fixed={"rank": rank, "data_format": "channels_first"}, defaults={"padding": 0})
            for rank in (1, 2, 3)
        ),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 0),), {"rank": 1, "filters": 5, "kernel_size": 3}, breaks="convolution-without-channels",
                expected="0 along axis 2"),
        *gated_examples((None, 4, 3), {"rank": 1, "filters": 5, "kernel_size": 1},
                        {"rank": 1, "filters": 6, "kernel_size": 1}),
        Example(((None, 3, 3, 1),), {"rank": 2, "filters": 8, "kernel_size": 3}, (None, 1, 1, 8)),
        Example(((None, 1, 3, 3),), {"rank": 2, "filters": 8, "kernel_size": 3, "data_format": "channels_first"},
                (None, 8, 1, 1)),
        Example(((None, 5, 2),), {"rank": 1, "filters": 8, "kernel_size": 3, "padding": "causal", "strides": 2},
                (None, 3, 8)),
        Example(((None, 5, 5, 1),), {"rank": 2, "filters": 8, "kernel_size": 3, "dilation_rate": 2}, (None, 1, 1, 8)),
        Example(((None, 3, 3, 4),), {"rank": 2, "filters": 6, "kernel_size": 3, "groups": 2}, (None, 1, 1, 6)),
        Example(((None, None, None, 3),), {"rank": 2, "filters": 8, "kernel_size": 3}, (None, None, None, 8)),
        Example(((7, 3, 8, 8),), {"rank": 2, "filters": 8, "kernel_size": 3, "in_channels": 3, "padding": 1,
                                  "data_format": "channels_first"}, (7, 8, 8, 8), framework="torch"),
        Example(((7, 3, 4),), {"rank": 1, "filters": 8, "kernel_size": 3, "in_channels": 3, "padding": 4,
                               "padding_mode": "circular", "data_format": "channels_first"}, (7, 8, 10),
                framework="torch"),
        Example(((7, 3, 0),), {"rank": 1, "filters": 8, "kernel_size": 3, "in_channels": 3, "padding": 2,
                               "data_format": "channels_first"}, breaks="axis-without-cells", framework="torch"),
        Example(((7, 3, 4),), {"rank": 1, "filters": 8, "kernel_size": 3, "in_channels": 3, "padding": 4,
                               "padding_mode": "reflect", "data_format": "channels_first"},
                breaks="conv-padding-exceeds-input", expected="at most 3 cells", framework="torch"),
        Example(((None, 3, 2, 1),), {"rank": 2, "filters": 8, "kernel_size": 3}, breaks="conv-window-exceeds-input",
                expected="2 along axis 2"),
        Example(((None, 4, 5, 1),), {"rank": 2, "filters": 8, "kernel_size": 3, "dilation_rate": 2},
                breaks="conv-window-exceeds-input", expected="at least 5 along that axis"),
        Example(((None, 28, 28),), {"rank": 2, "filters": 8, "kernel_size": 3}, breaks="conv-rank", expected="3 axes"),
        Example(((None, 9, 28, 28, 1),), {"rank": 2, "filters": 8, "kernel_size": 3}, breaks="conv-rank",
                expected="4 axes (batch, height, width, channels)"),
        Example(((None, 9, 9, None),), {"rank": 2, "filters": 8, "kernel_size": 3}, breaks="conv-channels-unknown",
                expected="whose channel axis is not known"),
        Example(((7, 4, 8, 8),), {"rank": 2, "filters": 8, "kernel_size": 3, "in_channels": 3, "padding": 1,
                                  "data_format": "channels_first"}, breaks="conv-in-channels", expected="4 channels",
                framework="torch"),
        Example(((None, 3, 3, 5),), {"rank": 2, "filters": 6, "kernel_size": 3, "groups": 2}, breaks="conv-groups",
                expected="5 input channels in 2 groups"),
        Example(((None, 3, 3, 4),), {"rank": 2, "filters": 7, "kernel_size": 3, "groups": 2}, breaks="conv-groups",
                expected="7 output channels in 2 groups"),
        Example(((None, 9, 9, 1),), {"rank": 2, "filters": 8, "kernel_size": 3, "padding": 1},
                breaks="conv-padding-mode", expected="padding=1"),
        Example(((None, 9, 9, 1),), {"rank": 2, "filters": 8, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
                breaks="conv-strides-with-dilation", expected="strides of 1"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        padding = require_padding(c, a)
        require_strides_or_dilation(c, a)
        layout = read_layout(c, CONV_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        _require_channels(c, layout, a)
        require_some_channels(c, layout)
        if padding == "same" and a.padding_mode != "zeros":
            padding = _same_cells(a)
        _require_reach(c, layout, a, padding)
        if c.framework == "torch":
            repeats = a.padding_mode in ("reflect", "replicate")
            require_some(c, layout.shape, layout.channel + (not repeats))
        nothing = c.framework == "torch" and ar.is_concrete(layout.channels) and layout.channels == 0
        filters = 0 if nothing else a.filters  # PyTorch hands the empty axis on
        result = layout.arranged(window_sizes(c, CONV_WINDOW, layout, a, padding), filters)
        return gated(c, result, a.activation)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        channels = a.in_channels if a.in_channels is not None else channels_of(x[0], a)
        kernel: Shape = (*spread(a.kernel_size, a.rank), ar.floordiv(channels, a.groups), a.filters)
        return {"kernel": kernel, **({"bias": (a.filters,)} if a.use_bias else {})}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics import numeric_spatial as ns

        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        padding = paddings(a.padding, a.rank)
        strides, dilation = spread(a.strides, a.rank), spread(a.dilation_rate, a.rank)
        if a.padding_mode != "zeros" and a.padding != "valid":
            if a.padding == "same":
                padding = _same_cells(a)
            image, padding = ns.padded(image, padding, a.padding_mode), ((0, 0),) * a.rank
        y = ns.convolve(image, w["kernel"], strides, padding, dilation, a.groups)
        return ns.finished(y, w, a, restore)


def channels_of(shape: Shape | None, a: Args) -> ar.Term:
    """The number of channels of an input, or unknown where its rank is wrong."""
    if shape is None or len(shape) not in (a.rank + 1, a.rank + 2):
        return None
    return shape[len(shape) - a.rank - 1] if a.data_format == "channels_first" else shape[-1]


def require_padding(c: Context, a: Args) -> Any:
    """The padding to go on with: as given, or ``same`` where the framework takes no numbers of cells."""
    if c.framework == "keras" and not isinstance(a.padding, str):
        needs = [NeedArgument("padding", ("same", "valid"))]
        c.fault(CONV_PADDING, needs, ("padding",), padding=a.padding, modes="'valid' or 'same'")
        return "same"
    if c.framework == "torch" and isinstance(a.padding, str) and a.padding not in ("valid", "same"):
        needs = [NeedArgument("padding", ("same", "valid"))]
        c.fault(CONV_PADDING, needs, ("padding",), padding=repr(a.padding), modes="'valid', 'same' or numbers")
        return "same"
    if c.framework == "torch" and not isinstance(a.padding, str):
        return _require_cells(c, a)
    if c.framework == "torch" and a.padding == "same":
        strides = spread(a.strides, a.rank)
        if not c.holds(ar.all_of(*(ar.eq(stride, 1) for stride in strides))):
            needs = [NeedArgument("strides", (1,)), NeedArgument("padding")]
            c.fault(CONV_PADDING, needs, ("padding", "strides"), padding="same", modes="numbers where strides exceed 1")
    return a.padding


def _require_cells(c: Context, a: Args) -> Any:
    """PyTorch pads with zeros by no negative number; where it repeats cells, each axis has a number of its own."""
    zeros = a.padding_mode == "zeros"
    if zeros and any(not c.holds(ar.at_least(before, 0)) for before, _ in paddings(a.padding, a.rank)):
        needs = [NeedArgument("padding", (0,))]
        c.fault(CONV_PADDING, needs, ("padding",), padding=a.padding, modes="numbers of cells that are not negative")
        return 0
    if not zeros and isinstance(a.padding, (tuple, list)) and len(a.padding) != a.rank:
        needs = [NeedArgument("padding", tuple(a.padding))]
        c.fault(CONV_PADDING, needs, ("padding",), padding=a.padding, modes=f"one number or {a.rank} numbers")
    return a.padding


def require_strides_or_dilation(c: Context, a: Args, rule: Rule = CONV_STRIDES_DILATION) -> None:
    """Keras computes strided or dilated convolutions, not both at once."""
    if c.framework != "keras":
        return
    strides, dilation = spread(a.strides, a.rank), spread(a.dilation_rate, a.rank)
    one_stride = ar.all_of(*(ar.eq(stride, 1) for stride in strides))
    no_dilation = ar.all_of(*(ar.eq(rate, 1) for rate in dilation))
    if not c.holds(ar.any_of(one_stride, no_dilation)):
        needs = [NeedArgument("dilation_rate", (1,)), NeedArgument("strides", (1,))]
        values = {"strides": a.strides, "dilation": a.dilation_rate}
        c.fault(rule, needs, ("strides", "dilation_rate"), **values)


def _same_cells(a: Args) -> tuple[tuple[Any, Any], ...]:
    """Cells before and after each axis, where PyTorch repeats cells so that the size stays.

    Of a dilation that is a sequence of one it takes the number for the first axis only, and pads no other.
    """
    kernels, rates = spread(a.kernel_size, a.rank), spread(a.dilation_rate, a.rank)
    padded = len(a.dilation_rate) if isinstance(a.dilation_rate, (tuple, list)) else a.rank
    spans = [ar.mul(rate, ar.sub(kernel, 1)) if axis < padded else 0
             for axis, (kernel, rate) in enumerate(zip(kernels, rates, strict=True))]  # fmt: skip
    return tuple((ar.floordiv(span, 2), ar.sub(span, ar.floordiv(span, 2))) for span in spans)


def _require_reach(c: Context, layout: Layout, a: Args, padding: Any) -> None:
    """Padding that repeats cells of the input finds enough of them."""
    if a.padding_mode not in ("reflect", "circular"):
        return
    for axis, cells in zip(layout.spatial, paddings(padding, a.rank), strict=True):
        most_needed = 0 if isinstance(cells, str) else cells[-1]
        size = layout.shape[axis]
        most = size if a.padding_mode == "circular" else ar.sub(size, 1)
        if not c.holds(ar.at_least(most, most_needed)):
            needs: list[Need] = [NeedArgument("padding", (most,)), NeedArgument("padding_mode", ("zeros", "replicate"))]
            values = {"cells": most_needed, "mode": a.padding_mode, "axis": axis, "size": size, "most": most}
            c.fault(CONV_REACH, needs, ("padding", "padding_mode"), **values)
            break


def window_sizes(c: Context, rule: Rule, layout: Layout, a: Args, padding: Any) -> list[ar.Term]:
    """Output sizes of a sliding kernel; breaks ``rule`` on each axis where the kernel does not fit once.

    The layer goes on as if it padded where it does not fit.
    """
    rank = a.rank
    kernels, strides, rates = spread(a.kernel_size, rank), spread(a.strides, rank), spread(a.dilation_rate, rank)
    sizes = []
    for axis, kernel, stride, cells, rate in zip(
        layout.spatial, kernels, strides, paddings(padding, rank), rates, strict=True
    ):
        size = layout.shape[axis]
        result = spatial_output(size, kernel, stride, cells, rate)
        empty = c.framework == "keras" and isinstance(cells, str) and cells != "valid" and size == 0
        if not empty and not c.holds(ar.at_least(result, 1)):
            window = (kernel - 1) * rate + 1 - (0 if isinstance(cells, str) else sum(cells))
            needs = window_needs(layout, a, axis, window, padding)
            given = ("kernel_size", "padding", "dilation_rate", "data_format")
            c.fault(rule, needs, given, size=size, axis=axis, window=window)
            result = spatial_output(size, kernel, stride, "same", rate)
        sizes.append(result)
    return sizes


def window_needs(layout: Layout, a: Args, axis: int, window: int, padding: Any) -> list[Need]:
    """Everything that makes a kernel fit: a larger axis, padding, a smaller kernel, less dilation, another layout."""
    needs: list[Need] = [NeedAtLeast(0, axis, window)]
    if isinstance(padding, str):
        needs.append(NeedArgument("padding", ("same",)))
    else:
        needs.append(NeedArgument("padding", (tuple(k // 2 for k in spread(a.kernel_size, a.rank)),)))
    kernels, rates = spread(a.kernel_size, a.rank), spread(a.dilation_rate, a.rank)
    if all(map(ar.is_concrete, (*kernels, *rates))):
        fitting = tuple(
            kernel if not ar.is_concrete(size) else max(1, min(kernel, (size - 1) // rate + 1))
            for kernel, rate, size in zip(kernels, rates, layout.sizes, strict=True)
        )
        needs.append(NeedArgument("kernel_size", (fitting,)))
        if any(rate > 1 for rate in rates) and all_hold(layout.sizes, kernels):
            needs.append(NeedArgument("dilation_rate", (1,)))
        spans = [(kernel - 1) * rate + 1 for kernel, rate in zip(kernels, rates, strict=True)]
        if isinstance(padding, str) and all_hold(layout.other_sizes, spans):
            needs.append(NeedArgument("data_format", (layout.other_format,)))
    return needs


def other_layout(layout: Layout) -> list[Need]:
    """The other data format, where the axis that it reads as channels has a known size."""
    other = layout.shape[-1 if layout.first else len(layout.batch)]
    return [] if other is None else [NeedArgument("data_format", (layout.other_format,))]


def _require_channels(c: Context, layout: Layout, a: Args) -> None:
    channels, axis = layout.channels, layout.channel
    if a.in_channels is not None:
        if not c.holds(ar.eq(channels, a.in_channels)):
            needs = [NeedDim(0, axis, a.in_channels, "in_channels")]
            c.fault(CONV_IN_CHANNELS, needs, ("in_channels",), received=channels, declared=a.in_channels, axis=axis)
    elif channels is None and c.framework == "keras":
        c.fault(CONV_CHANNELS_UNKNOWN, other_layout(layout), ("data_format",))
    for which, number, need in (
        ("input", a.in_channels if a.in_channels is not None else channels, NeedMultiple(0, axis, a.groups)),
        ("output", a.filters, NeedArgument("filters")),
    ):
        if not c.holds(ar.eq(ar.mod(number, a.groups), 0)):
            arguments = ("groups",) if which == "input" else ("groups", "filters")
            both: list[Need] = [need, NeedArgument("groups", (1,))]
            c.fault(CONV_GROUPS, both, arguments, channels=number, which=which, groups=a.groups)
