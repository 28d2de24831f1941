"""Locally connected layers: convolutions whose kernel differs from place to place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Int, Ints
from repairnn.semantics.faults import Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.convolution import window_sizes
from repairnn.semantics.layers.names import ACTIVATION, KERNEL_SETTINGS, LEGACY_CONV
from repairnn.semantics.layers.spatial import judge, read_layout, spread
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

LOCAL_RANK = Rule(
    "locally-connected-rank",
    "A locally connected layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The layer slides over a fixed number of spatial axes, besides the batch and the channels.",
)
LOCAL_SIZE_UNKNOWN = Rule(
    "locally-connected-size-unknown",
    "A locally connected layer needs an input of known size",
    "{input}, in which axis {axis} is not known",
    "an input of fixed size",
    "Every place has a kernel of its own, so the number of places and channels must be known when the layer is built.",
)
LOCAL_WINDOW = Rule(
    "locally-connected-window-exceeds-input",
    "The kernel of a locally connected layer is larger than its input",
    "{size} along axis {axis} of {input}, under a kernel that spans {window}",
    "at least {window} along that axis",
    "The kernel must fit into the input at least once.",
)
KERAS_PARAMETERS = ("filters", "kernel_size", "strides", "padding", "data_format", "activation", "use_bias",
                    *KERNEL_SETTINGS, "implementation")  # fmt: skip


@layer
class LocallyConnected(Declaration):
    """A convolution without weight sharing.

    Source: Keras 2's documentation of ``LocallyConnected1D`` and ``LocallyConnected2D``. Keras 3 has no such layer.
    """

    kind = "locally_connected"
    arguments = (
        Argument("rank", Choice((1, 2)), REQUIRED, "order", "spatial axes"),
        Argument("filters", Int(1), REQUIRED, "capacity", "channels that come out"),
        Argument("kernel_size", Ints("rank"), REQUIRED, "free", usual=3),
        Argument("strides", Ints("rank"), 1, "free"),
        Argument("padding", Choice(("valid",)), "valid", "free", "valid is the only mode of the shared definition"),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
        Argument("dilation_rate", Choice((1,)), 1, "meaning", "always 1"),
        Argument("activation", ACTIVATION, None, "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
    )
    rules = (LOCAL_RANK, LOCAL_SIZE_UNKNOWN, LOCAL_WINDOW)
    spellings = tuple(
        Spelling("keras", f"LocallyConnected{rank}D", KERAS_PARAMETERS, fixed={"rank": rank}, legacy=LEGACY_CONV,
                 ignored=frozenset({"implementation"}))
        for rank in (1, 2)
    )  # fmt: skip
    examples = (
        Example(((None, 5, 5, 2),), {"rank": 2, "filters": 4, "kernel_size": 3, "strides": 2}, (None, 2, 2, 4)),
        Example(((None, 3, 2),), {"rank": 1, "filters": 4, "kernel_size": 3}, (None, 1, 4)),
        Example(((None, 5, 5),), {"rank": 2, "filters": 4, "kernel_size": 3}, breaks="locally-connected-rank",
                expected="4 axes (batch, height, width, channels)"),
        Example(((None, None, 5, 2),), {"rank": 2, "filters": 4, "kernel_size": 3},
                breaks="locally-connected-size-unknown", expected="axis 1 is not known"),
        Example(((None, 2, 2),), {"rank": 1, "filters": 4, "kernel_size": 3},
                breaks="locally-connected-window-exceeds-input", expected="at least 3"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        layout = read_layout(c, LOCAL_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        for axis in (*layout.spatial, layout.channel):
            if layout.shape[axis] is None:
                c.fault(LOCAL_SIZE_UNKNOWN, (), ("data_format",), axis=axis)
                break
        return layout.arranged(window_sizes(c, LOCAL_WINDOW, layout, a, a.padding), a.filters)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        shape = x[0]
        if shape is None or len(shape) != a.rank + 2:
            return {}
        first = a.data_format == "channels_first"
        sizes, channels = (shape[2:], shape[1]) if first else (shape[1:-1], shape[-1])
        kernels, strides = spread(a.kernel_size, a.rank), spread(a.strides, a.rank)
        places = [ar.window_output(s, k, stride, "valid") for s, k, stride in zip(sizes, kernels, strides, strict=True)]
        kernel: Shape = (ar.product(places), ar.mul(*kernels, channels), a.filters)
        return {"kernel": kernel, **({"bias": (*places, a.filters)} if a.use_bias else {})}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics import numeric_spatial as ns

        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        ones = (1,) * a.rank
        windows = ns.windows(image, spread(a.kernel_size, a.rank), spread(a.strides, a.rank), ones)
        places = windows.shape[1 : 1 + a.rank]
        flat = windows.reshape(len(image), w["kernel"].shape[0], -1)
        y = (flat[:, :, None, :] @ w["kernel"])[:, :, 0, :].reshape(len(image), *places, a.filters)
        return ns.finished(y, w, a, restore)
