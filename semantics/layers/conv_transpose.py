"""Transposed convolutions over one to three spatial axes."""

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
from repairnn.semantics.layers.convolution import channels_of, other_layout, require_strides_or_dilation
from repairnn.semantics.layers.gated import GATED_RULES, gated, gated_examples
from repairnn.semantics.layers.names import ACTIVATION, KERNEL_SETTINGS, LEGACY_CONV
from repairnn.semantics.layers.spatial import (
    Layout,
    judge,
    paddings,
    read_layout,
    spread,
)
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Sizes
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some

TRANSPOSE_RANK = Rule(
    "conv-transpose-rank",
    "A transposed convolution gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "A transposed convolution spreads over a fixed number of spatial axes, besides the batch and the channels.",
)
TRANSPOSE_CHANNELS_UNKNOWN = Rule(
    "conv-transpose-channels-unknown",
    "A transposed convolution needs a known number of channels",
    "{input}, whose channel axis is not known",
    "a channel axis with a fixed size",
    "The kernel has one slice for each channel, so their number must be known when the layer is built.",
)
TRANSPOSE_IN_CHANNELS = Rule(
    "conv-transpose-in-channels",
    "A transposed convolution declares another number of channels than it gets",
    "{received} channels (axis {axis} of {input})",
    "{declared} channels, as in_channels says",
    "The kernel is made for in_channels channels and must meet as many in its input.",
)
TRANSPOSE_GROUPS = Rule(
    "conv-transpose-groups",
    "The channels do not divide into the groups of a transposed convolution",
    "{channels} {which} channels in {groups} groups",
    "a number of {which} channels that {groups} divides",
    "Each group works on an equal share of the input's channels and makes an equal share of the output's.",
)
TRANSPOSE_STRIDES_DILATION = Rule(
    "conv-transpose-strides-with-dilation",
    "A transposed convolution has both strides and a dilation rate above 1",
    "strides={strides} with dilation_rate={dilation}",
    "strides of 1 or a dilation rate of 1",
    "The implementation computes one or the other; Keras refuses the combination when the layer is made.",
)
TRANSPOSE_OUTPUT_PADDING = Rule(
    "conv-transpose-output-padding",
    "The output padding of a transposed convolution is not smaller than its stride",
    "output_padding={output_padding} with strides={strides}",
    "an output padding below {limit} on axis {axis}",
    "Output padding chooses between the output sizes that a strided convolution maps onto the input; there are as many "
    "as the stride, counted from zero.",
)
TRANSPOSE_SAME_EVEN = Rule(
    "conv-transpose-same-even-kernel",
    "A transposed convolution with padding same, an even kernel and no output padding has no valid output size",
    "a kernel that spans {window} cells with padding=same and output_padding={output_padding}",
    "an output padding of at least 1 on axis {axis}, or none given",
    "The output size that these settings stand for is one that a strided convolution does not map onto the input, so "
    "the computation fails when the model runs.",
)
TRANSPOSE_EMPTY = Rule(
    "conv-transpose-empty-output",
    "The padding of a transposed convolution leaves nothing of its output",
    "{size} along axis {axis} of {input}, from which the padding leaves {result}",
    "a size of at least {minimum} along that axis",
    "Padding is cut from both ends of the output; at least one cell must remain.",
)
KERAS_PARAMETERS = ("filters", "kernel_size", "strides", "padding", "output_padding", "data_format", "dilation_rate",
                    "activation", "use_bias", *KERNEL_SETTINGS)  # fmt: skip
#: Three axes take the data format one place earlier.
KERAS_PARAMETERS_3D = (*KERAS_PARAMETERS[:4], "data_format", "output_padding", *KERAS_PARAMETERS[6:])
TORCH_PARAMETERS = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups",
                    "bias", "dilation", "padding_mode", "device", "dtype")  # fmt: skip
TORCH_RENAMES = {"out_channels": "filters", "stride": "strides", "dilation": "dilation_rate", "bias": "use_bias"}


@layer
class ConvTranspose(Declaration):
    """The gradient of a strided convolution with respect to its input, used to enlarge.

    Sources: Keras ``Conv1DTranspose`` .. ``Conv3DTranspose``; PyTorch ``torch.nn.ConvTranspose1d`` and its likes.
    """

    kind = "conv_transpose"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("filters", Int(1), REQUIRED, "capacity", "channels that come out"),
        Argument("kernel_size", Ints("rank"), REQUIRED, "free", usual=3),
        Argument("strides", Ints("rank"), 1, "free", torch=Sizes("rank")),
        Argument("padding", Padding(named=True), "valid", "free", "valid, same, or cells cut from both ends (PyTorch)",
                 torch=Sizes("rank", 0, likely=2)),
        Argument("output_padding", Maybe(Ints("rank", 0, likely=2), 0.3), None, "free", "cells added at the end",
                 torch=Sizes("rank", 0, likely=2)),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
        Argument("dilation_rate", Ints("rank"), 1, "free", torch=Sizes("rank", likely=2)),
        Argument("groups", Int(1), 1, "free", "PyTorch only"),
        Argument("in_channels", Maybe(Int(1), 0.0), None, "derived", "channels that come in (PyTorch)"),
        Argument("padding_mode", Name(("zeros",), ("zeros",)), "zeros", "meaning"),
        Argument("activation", ACTIVATION, None, "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
    )  # fmt: skip
    rules = (TRANSPOSE_RANK, TRANSPOSE_CHANNELS_UNKNOWN, TRANSPOSE_IN_CHANNELS, TRANSPOSE_GROUPS,
             TRANSPOSE_STRIDES_DILATION, TRANSPOSE_OUTPUT_PADDING, TRANSPOSE_SAME_EVEN, TRANSPOSE_EMPTY, EMPTY_AXIS,
             *GATED_RULES)  # fmt: skip
    spellings = (
        *torch_layer_names.LAZY_CONV_TRANSPOSE,
        *(
            Spelling("keras", f"Conv{rank}DTranspose", KERAS_PARAMETERS_3D if rank == 3 else KERAS_PARAMETERS,
                     fixed={"rank": rank},
                     legacy=LEGACY_CONV, ignored=frozenset({"output_shape"}),
                     aliases=(f"Convolution{rank}DTranspose", f"Deconvolution{rank}D"))
            for rank in (1, 2, 3)
        ),
        *(
            Spelling("torch", f"ConvTranspose{rank}d", TORCH_PARAMETERS, renames=TORCH_RENAMES,
                     fixed={"rank": rank, "data_format": "channels_first"},
                     defaults={"padding": 0, "output_padding": 0})
            for rank in (1, 2, 3)
        ),
    )  # fmt: skip
    examples = (
        *gated_examples((None, 4, 3), {"rank": 1, "filters": 5, "kernel_size": 1},
                        {"rank": 1, "filters": 6, "kernel_size": 1}),
        Example(((None, 4, 4, 3),), {"rank": 2, "filters": 2, "kernel_size": 3, "strides": 2}, (None, 9, 9, 2)),
        Example(((None, 4, 4, 3),), {"rank": 2, "filters": 2, "kernel_size": 1, "strides": 2}, (None, 8, 8, 2)),
        Example(((None, 4, 4, 3),), {"rank": 2, "filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
                (None, 8, 8, 2)),
        Example(((None, 4, 4, 3),), {"rank": 2, "filters": 2, "kernel_size": 4, "strides": 2, "padding": "same",
                                     "output_padding": 1}, (None, 7, 7, 2)),
        Example(((None, 4, None, 3),), {"rank": 2, "filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 1},
                (None, 10, None, 2)),
        Example(((None, 3, 4),), {"rank": 1, "filters": 2, "kernel_size": 3, "dilation_rate": 2,
                                  "data_format": "channels_first"}, (None, 2, 8)),
        Example(((5, 3, 4, 4),), {"rank": 2, "filters": 2, "kernel_size": 4, "strides": 2, "padding": 1,
                                  "in_channels": 3, "data_format": "channels_first", "output_padding": 0},
                (5, 2, 8, 8), framework="torch"),
        Example(((None, 4, 4),), {"rank": 2, "filters": 2, "kernel_size": 3}, breaks="conv-transpose-rank",
                expected="4 axes (batch, height, width, channels)"),
        Example(((None, 4, 4, None),), {"rank": 2, "filters": 2, "kernel_size": 3},
                breaks="conv-transpose-channels-unknown", expected="channel axis with a fixed size"),
        Example(((5, 4, 4, 4),), {"rank": 2, "filters": 2, "kernel_size": 4, "in_channels": 3, "padding": 0,
                                  "data_format": "channels_first"}, breaks="conv-transpose-in-channels",
                expected="3 channels, as in_channels says", framework="torch"),
        Example(((5, 4, 4, 4),), {"rank": 2, "filters": 3, "kernel_size": 4, "in_channels": 4, "padding": 0,
                                  "data_format": "channels_first", "groups": 2}, breaks="conv-transpose-groups",
                expected="3 output channels in 2 groups", framework="torch"),
        Example(((None, 4, 4, 3),), {"rank": 2, "filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
                breaks="conv-transpose-strides-with-dilation", expected="strides=2 with dilation_rate=2"),
        Example(((None, 4, 4, 3),), {"rank": 2, "filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 2},
                breaks="conv-transpose-output-padding", expected="an output padding below 2"),
        Example(((None, 4, 4, 3),), {"rank": 2, "filters": 2, "kernel_size": (4, 3), "strides": 2, "padding": "same",
                                     "output_padding": 0}, breaks="conv-transpose-same-even-kernel",
                expected="a kernel that spans 4 cells"),
        Example(((5, 3, 0),), {"rank": 1, "filters": 2, "kernel_size": 3, "padding": 0, "in_channels": 3,
                               "data_format": "channels_first"}, breaks="axis-without-cells", framework="torch"),
        Example(((5, 3, 1, 2),), {"rank": 2, "filters": 2, "kernel_size": 1, "padding": (0, 1), "in_channels": 3,
                                  "data_format": "channels_first"}, breaks="conv-transpose-empty-output",
                expected="at least 3", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        require_strides_or_dilation(c, a, TRANSPOSE_STRIDES_DILATION)
        layout = read_layout(c, TRANSPOSE_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        _require_channels(c, layout, a)
        if c.framework == "torch":
            require_some(c, layout.shape, layout.channel)
        _require_output_padding(c, layout, a)
        return gated(c, layout.arranged(_sizes(c, layout, a), a.filters), a.activation)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        channels = a.in_channels if a.in_channels is not None else channels_of(x[0], a)
        kernel: Shape = (*spread(a.kernel_size, a.rank), ar.floordiv(a.filters, a.groups), channels)
        return {"kernel": kernel, **({"bias": (a.filters,)} if a.use_bias else {})}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics import numeric_spatial as ns

        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        kernels, strides, rates = (spread(v, a.rank) for v in (a.kernel_size, a.strides, a.dilation_rate))
        sizes, cuts = [], []
        for size, kernel, stride, rate, cells, extra in zip(
            image.shape[1:-1], kernels, strides, rates, paddings(a.padding, a.rank), _extra(a), strict=True
        ):
            sizes.append(_output_size(size, kernel, stride, rate, cells, extra))
            cuts.append(_cut(size, kernel, stride, rate, cells, extra))
        y = ns.convolve_transposed(image, w["kernel"], strides, rates, cuts, sizes, a.groups)
        return ns.finished(y, w, a, restore)


def _sizes(c: Context, layout: Layout, a: Args) -> list[ar.Term]:
    rank = a.rank
    kernels, strides, rates = spread(a.kernel_size, rank), spread(a.strides, rank), spread(a.dilation_rate, rank)
    sizes = []
    for axis, kernel, stride, rate, cells, extra in zip(
        layout.spatial, kernels, strides, rates, paddings(a.padding, rank), _extra(a), strict=True
    ):
        result = _output_size(layout.shape[axis], kernel, stride, rate, cells, extra)
        least = 0 if c.framework == "torch" and set(spread(a.dilation_rate, a.rank)) != {1} else 1
        if not isinstance(cells, str) and not c.holds(ar.at_least(result, least)):
            lacking = ar.sub(sum(cells), (kernel - 1) * rate + (0 if extra is None else extra))
            minimum = ar.add(ar.floordiv(lacking, stride), 1)
            needs: list[Need] = [NeedAtLeast(0, axis, minimum), NeedArgument("padding", (0,))]
            values = {"size": layout.shape[axis], "axis": axis, "result": result, "minimum": minimum}
            c.fault(TRANSPOSE_EMPTY, needs, ("padding", "kernel_size", "output_padding"), **values)
            result = None
        sizes.append(result)
    return sizes


def _require_output_padding(c: Context, layout: Layout, a: Args) -> None:
    """At most one fault, about the first axis that is wrong: the setting is one for all axes."""
    kernels, strides, rates = (spread(value, a.rank) for value in (a.kernel_size, a.strides, a.dilation_rate))
    for axis, kernel, stride, rate, cells, extra in zip(
        layout.spatial, kernels, strides, rates, paddings(a.padding, a.rank), _extra(a), strict=True
    ):
        if extra is None:
            return
        window = (kernel - 1) * rate + 1
        limit = stride if c.framework == "keras" else ar.maximum(stride, rate)
        needs: list[Need] = [NeedArgument("output_padding", (None,) if c.framework == "keras" else (0,))]
        if not c.holds(ar.at_least(limit, extra + 1)):
            values = {"output_padding": a.output_padding, "strides": a.strides, "limit": limit, "axis": axis}
            needs.append(NeedArgument("strides"))
            c.fault(TRANSPOSE_OUTPUT_PADDING, needs, ("output_padding", "strides"), **values)
            return
        if cells == "same" and not c.holds(ar.at_least(ar.add(ar.mod(window, 2), extra), 1)):
            values = {"window": window, "output_padding": a.output_padding, "axis": axis}
            needs += [NeedArgument("kernel_size"), NeedArgument("padding", ("valid",))]
            c.fault(TRANSPOSE_SAME_EVEN, needs, ("output_padding", "kernel_size", "padding"), **values)
            return


def _extra(a: Args) -> tuple[ar.Term, ...]:
    return spread(a.output_padding, a.rank)


def _output_size(size: ar.Term, kernel: ar.Term, stride: ar.Term, rate: ar.Term, cells: Any, extra: ar.Term) -> ar.Term:
    """Output size along one axis.

    Sources: Keras' ``compute_conv_transpose_output_shape`` (its documentation of ``output_padding``), PyTorch's formula
    for ``ConvTranspose2d``.
    """
    window = (kernel - 1) * rate + 1
    if cells == "same":
        if extra is None:
            return ar.mul(size, stride)
        return ar.add(ar.mul(ar.sub(size, 1), stride), ar.mod(window, 2), extra)
    cut = 0 if cells == "valid" else sum(cells)
    if extra is None:
        extra = ar.sub(ar.maximum(window, stride), window)
    return ar.add(ar.mul(ar.sub(size, 1), stride), window, extra, -cut)


def _cut(size: int, kernel: int, stride: int, rate: int, cells: Any, extra: int | None) -> int:
    """Cells cut from the front: what a forward convolution of the output would have padded there."""
    if cells == "valid":
        return 0
    if cells != "same":
        return int(cells[0])
    window = (kernel - 1) * rate + 1
    output = _output_size(size, kernel, stride, rate, cells, extra)
    return max(0, (size - 1) * stride + window - output) // 2


def _require_channels(c: Context, layout: Layout, a: Args) -> None:
    channels, axis = layout.channels, layout.channel
    if a.in_channels is not None:
        if not c.holds(ar.eq(channels, a.in_channels)):
            needs = [NeedDim(0, axis, a.in_channels, "in_channels")]
            values = {"received": channels, "declared": a.in_channels, "axis": axis}
            c.fault(TRANSPOSE_IN_CHANNELS, needs, ("in_channels",), **values)
    elif channels is None and c.framework == "keras":
        c.fault(TRANSPOSE_CHANNELS_UNKNOWN, other_layout(layout), ("data_format",))
    for which, number, need in (
        ("input", a.in_channels if a.in_channels is not None else channels, NeedMultiple(0, axis, a.groups)),
        ("output", a.filters, NeedArgument("filters")),
    ):
        if not c.holds(ar.eq(ar.mod(number, a.groups), 0)):
            arguments = ("groups",) if which == "input" else ("groups", "filters")
            both: list[Need] = [need, NeedArgument("groups", (1,))]
            c.fault(TRANSPOSE_GROUPS, both, arguments, channels=number, which=which, groups=a.groups)
