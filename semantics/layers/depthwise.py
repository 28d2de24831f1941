"""Depthwise and depthwise separable convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Int, Ints, Padding
from repairnn.semantics.faults import NeedArgument, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.convolution import channels_of, other_layout, window_sizes
from repairnn.semantics.layers.gated import GATED_RULES, gated, gated_examples
from repairnn.semantics.layers.names import ACTIVATION, LEGACY_CONV
from repairnn.semantics.layers.spatial import (
    NO_CHANNELS,
    judge,
    paddings,
    read_layout,
    require_some_channels,
    spread,
)
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

DEPTHWISE_RANK = Rule(
    "depthwise-conv-rank",
    "A depthwise convolution gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The kernel slides over a fixed number of spatial axes, besides the batch and the channels.",
)
DEPTHWISE_CHANNELS_UNKNOWN = Rule(
    "depthwise-conv-channels-unknown",
    "A depthwise convolution needs a known number of channels",
    "{input}, whose channel axis is not known",
    "a channel axis with a fixed size",
    "Each channel has a kernel of its own, so their number must be known when the layer is built.",
)
DEPTHWISE_WINDOW = Rule(
    "depthwise-conv-window-exceeds-input",
    "The kernel of a depthwise convolution is larger than its input",
    "{size} along axis {axis} of {input}, under a kernel that spans {window}",
    "at least {window} along that axis",
    "Without padding the kernel must fit into the input at least once.",
)
DEPTHWISE_PADDING = Rule(
    "depthwise-conv-padding-mode",
    "A depthwise convolution is given numbers of cells for its padding",
    "padding={padding}",
    "padding to be 'valid' or 'same'",
    "The layer takes the name of a padding mode and no numbers of cells.",
)
SEPARABLE_RANK = Rule(
    "separable-conv-rank",
    "A separable convolution gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The kernel slides over a fixed number of spatial axes, besides the batch and the channels.",
)
SEPARABLE_CHANNELS_UNKNOWN = Rule(
    "separable-conv-channels-unknown",
    "A separable convolution needs a known number of channels",
    "{input}, whose channel axis is not known",
    "a channel axis with a fixed size",
    "Each channel has a kernel of its own, so their number must be known when the layer is built.",
)
SEPARABLE_WINDOW = Rule(
    "separable-conv-window-exceeds-input",
    "The kernel of a separable convolution is larger than its input",
    "{size} along axis {axis} of {input}, under a kernel that spans {window}",
    "at least {window} along that axis",
    "Without padding the kernel must fit into the input at least once.",
)
SEPARABLE_PADDING = Rule(
    "separable-conv-padding-mode",
    "A separable convolution is given numbers of cells for its padding",
    "padding={padding}",
    "padding to be 'valid' or 'same'",
    "The layer takes the name of a padding mode and no numbers of cells.",
)
DEPTHWISE_PARAMETERS = ("kernel_size", "strides", "padding", "depth_multiplier", "data_format", "dilation_rate",
                        "activation", "use_bias", "depthwise_initializer", "bias_initializer", "depthwise_regularizer",
                        "bias_regularizer", "activity_regularizer", "depthwise_constraint",
                        "bias_constraint")  # fmt: skip
SEPARABLE_PARAMETERS = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate",
                        "depth_multiplier", "activation", "use_bias", "depthwise_initializer", "pointwise_initializer",
                        "bias_initializer", "depthwise_regularizer", "pointwise_regularizer", "bias_regularizer",
                        "activity_regularizer", "depthwise_constraint", "pointwise_constraint",
                        "bias_constraint")  # fmt: skip
WINDOW_ARGUMENTS = (
    Argument("kernel_size", Ints("rank"), REQUIRED, "free", usual=3),
    Argument("strides", Ints("rank", likely=2), 1, "free"),
    Argument("padding", Padding(), "valid", "free", "valid or same"),
    Argument("depth_multiplier", Int(1, likely=3), 1, "capacity", "channels made of each input channel"),
    Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
    Argument("dilation_rate", Ints("rank", likely=2), 1, "free"),
    Argument("activation", ACTIVATION, None, "meaning"),
    Argument("use_bias", Bool(), True, "meaning"),
)


@layer
class DepthwiseConv(Declaration):
    """A convolution of each channel with ``depth_multiplier`` kernels of its own. Source: Keras ``DepthwiseConv2D``."""

    kind = "depthwise_conv"
    arguments = (Argument("rank", Choice((1, 2)), REQUIRED, "order", "spatial axes"), *WINDOW_ARGUMENTS)
    rules = (DEPTHWISE_RANK, DEPTHWISE_CHANNELS_UNKNOWN, DEPTHWISE_WINDOW, DEPTHWISE_PADDING, NO_CHANNELS,
             *GATED_RULES)  # fmt: skip
    spellings = tuple(
        Spelling("keras", f"DepthwiseConv{rank}D", DEPTHWISE_PARAMETERS, fixed={"rank": rank}, legacy=LEGACY_CONV)
        for rank in (1, 2)
    )
    examples = (
        Example(((None, 4, 0),), {"rank": 1, "kernel_size": 3}, breaks="convolution-without-channels",
                expected="0 along axis 2"),
        *gated_examples((None, 4, 3), {"rank": 1, "kernel_size": 1},
                        {"rank": 1, "kernel_size": 1, "depth_multiplier": 2}),
        Example(((None, 3, 3, 2),), {"rank": 2, "kernel_size": 3, "depth_multiplier": 2}, (None, 1, 1, 4)),
        Example(((None, 2, 8),), {"rank": 1, "kernel_size": 3, "strides": 2, "padding": "same",
                                  "data_format": "channels_first"}, (None, 2, 4)),
        Example(((None, 3, 3),), {"rank": 2, "kernel_size": 3}, breaks="depthwise-conv-rank", expected="4 axes"),
        Example(((None, 3, 3, None),), {"rank": 2, "kernel_size": 3}, breaks="depthwise-conv-channels-unknown",
                expected="whose channel axis is not known"),
        Example(((None, 3, 2, 2),), {"rank": 2, "kernel_size": 3}, breaks="depthwise-conv-window-exceeds-input",
                expected="2 along axis 2"),
        Example(((None, 3, 3, 2),), {"rank": 2, "kernel_size": 3, "padding": 1}, breaks="depthwise-conv-padding-mode",
                expected="padding=1"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        padding = _mode(c, DEPTHWISE_PADDING, a)
        layout = read_layout(c, DEPTHWISE_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        if layout.channels is None:
            c.fault(DEPTHWISE_CHANNELS_UNKNOWN, other_layout(layout), ("data_format",))
        require_some_channels(c, layout)
        sizes = window_sizes(c, DEPTHWISE_WINDOW, layout, a, padding)
        return gated(c, layout.arranged(sizes, ar.mul(layout.channels, a.depth_multiplier)), a.activation)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        channels = channels_of(x[0], a)
        kernel: Shape = (*spread(a.kernel_size, a.rank), channels, a.depth_multiplier)
        bias: Shape = (ar.mul(channels, a.depth_multiplier),)
        return {"kernel": kernel, **({"bias": bias} if a.use_bias else {})}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics import numeric_spatial as ns

        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        return ns.finished(_depthwise(image, w["kernel"], a), w, a, restore)


@layer
class SeparableConv(Declaration):
    """A depthwise convolution followed by a convolution with a kernel of size 1. Source: Keras ``SeparableConv2D``."""

    kind = "separable_conv"
    arguments = (
        Argument("rank", Choice((1, 2)), REQUIRED, "order", "spatial axes"),
        Argument("filters", Int(1), REQUIRED, "capacity", "channels that come out"),
        *WINDOW_ARGUMENTS,
    )
    rules = (SEPARABLE_RANK, SEPARABLE_CHANNELS_UNKNOWN, SEPARABLE_WINDOW, SEPARABLE_PADDING, NO_CHANNELS,
             *GATED_RULES)  # fmt: skip
    spellings = tuple(
        Spelling("keras", f"SeparableConv{rank}D", SEPARABLE_PARAMETERS, fixed={"rank": rank}, legacy=LEGACY_CONV,
                 aliases=(f"SeparableConvolution{rank}D",))
        for rank in (1, 2)
    )  # fmt: skip
    examples = (
        Example(((None, 4, 0),), {"rank": 1, "filters": 5, "kernel_size": 3}, breaks="convolution-without-channels",
                expected="0 along axis 2"),
        *gated_examples((None, 4, 3), {"rank": 1, "filters": 5, "kernel_size": 1},
                        {"rank": 1, "filters": 6, "kernel_size": 1}),
        Example(((None, 3, 3, 2),), {"rank": 2, "filters": 5, "kernel_size": 3}, (None, 1, 1, 5)),
        Example(((None, 9, 2),), {"rank": 1, "filters": 5, "kernel_size": 3, "padding": "same", "strides": 2},
                (None, 5, 5)),
        Example(((None, 3, 3),), {"rank": 2, "filters": 5, "kernel_size": 3}, breaks="separable-conv-rank",
                expected="4 axes"),
        Example(((None, 3, 3, None),), {"rank": 2, "filters": 5, "kernel_size": 3},
                breaks="separable-conv-channels-unknown", expected="whose channel axis is not known"),
        Example(((None, 3, 2, 2),), {"rank": 2, "filters": 5, "kernel_size": 3},
                breaks="separable-conv-window-exceeds-input", expected="at least 3"),
        Example(((None, 3, 3, 2),), {"rank": 2, "filters": 5, "kernel_size": 3, "padding": (1, 1)},
                breaks="separable-conv-padding-mode", expected="padding=(1, 1)"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        padding = _mode(c, SEPARABLE_PADDING, a)
        layout = read_layout(c, SEPARABLE_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        if layout.channels is None:
            c.fault(SEPARABLE_CHANNELS_UNKNOWN, other_layout(layout), ("data_format",))
        require_some_channels(c, layout)
        result = layout.arranged(window_sizes(c, SEPARABLE_WINDOW, layout, a, padding), a.filters)
        return gated(c, result, a.activation)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        channels = channels_of(x[0], a)
        weights: dict[str, Shape] = {
            "depthwise_kernel": (*spread(a.kernel_size, a.rank), channels, a.depth_multiplier),
            "pointwise_kernel": (*(1,) * a.rank, ar.mul(channels, a.depth_multiplier), a.filters),
        }
        if a.use_bias:
            weights["bias"] = (a.filters,)
        return weights

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics import numeric_spatial as ns

        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        deep = _depthwise(image, w["depthwise_kernel"], a)
        pointwise = w["pointwise_kernel"].reshape(w["pointwise_kernel"].shape[-2:])
        return ns.finished(deep @ pointwise, w, a, restore)


def _mode(c: Context, rule: Rule, a: Args) -> str:
    if isinstance(a.padding, str):
        return a.padding
    c.fault(rule, [NeedArgument("padding", ("same", "valid"))], ("padding",), padding=a.padding)
    return "same"


def _depthwise(image: Any, kernel: Any, a: Args) -> Any:
    """Each channel is a group of its own: (.., channels, multiplier) kernels become (.., 1, channels * multiplier)."""
    from repairnn.semantics import numeric_spatial as ns

    rank = a.rank
    grouped = kernel.reshape(*kernel.shape[:rank], 1, -1)
    strides, rates = spread(a.strides, rank), spread(a.dilation_rate, rank)
    return ns.convolve(image, grouped, strides, paddings(a.padding, rank), rates, kernel.shape[rank])
