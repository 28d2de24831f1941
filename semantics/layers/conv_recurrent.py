"""Recurrent layers whose products are convolutions: ConvLSTM over sequences of lines, images and volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Float, Int, Ints, Padding
from repairnn.semantics.faults import NeedArgument, NeedAtLeast, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.names import CELL_ACTIVATION, LEGACY_CONV
from repairnn.semantics.layers.recurrent import (
    BOTH_BACKWARDS,
    CONSTRAINTS,
    IGNORED,
    LEGACY,
    RECURRENT_NO_STEPS,
    RETURNS,
    SETTINGS,
    require_one_backwards,
)
from repairnn.semantics.layers.spatial import NO_CHANNELS, spread
from repairnn.semantics.recurrence import merged
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

CONV_LSTM_RANK = Rule(
    "conv-recurrent-rank",
    "A convolutional recurrent layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The layer reads a sequence of images: batch, steps, the spatial axes and the channels.",
)
CONV_LSTM_UNKNOWN = Rule(
    "conv-recurrent-size-unknown",
    "A convolutional recurrent layer needs known spatial sizes and channels",
    "{input}, whose axis {axis} is not known",
    "a fixed size along that axis",
    "The states have the size of the convolved image, so it must be known when the layer is built.",
)
CONV_LSTM_WINDOW = Rule(
    "conv-recurrent-window-exceeds-input",
    "The kernel of a convolutional recurrent layer is larger than its input",
    "{size} along axis {axis} of {input}, under a kernel that spans {window}",
    "at least {window} along that axis",
    "Without padding the kernel must fit into each image at least once.",
)
CONV_LSTM_STRIDES = Rule(
    "conv-recurrent-strides-dilation",
    "A convolutional recurrent layer has strides and dilation at once",
    "strides={strides} with dilation_rate={dilation}",
    "one of the two to be 1",
    "Keras does not offer both together.",
)
CONV_LSTM_STATEFUL = Rule(
    "conv-recurrent-stateful-batch-unknown",
    "A stateful layer needs a known batch size",
    "{input}, whose batch size is not known",
    "a fixed batch size",
    "A stateful layer keeps one state for each sample between batches.",
)
CONV_LSTM_STATES = Rule(
    "conv-recurrent-states",
    "The initial states of a convolutional recurrent layer do not fit",
    "{states}",
    "2 states of shape {wanted}",
    "Hidden and cell state are images of the convolved size with one channel for each filter.",
)
AXES = {1: "steps, cells", 2: "steps, height, width", 3: "steps, depth, height, width"}
PARAMETERS = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation",
              "recurrent_activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer",
              "unit_forget_bias", *SETTINGS, "activity_regularizer", *CONSTRAINTS, "seed", *RETURNS)  # fmt: skip


@layer
class ConvRecurrent(Declaration):
    """A long short-term memory over images: (batch, steps, height, width, channels) for two spatial axes.

    The product with the input is a convolution as asked for, that with the state one that keeps the size.
    Sources: Keras ``ConvLSTM1D`` .. ``ConvLSTM3D`` after Shi et al. (2015).
    """

    kind = "conv_recurrent"
    inputs = (1, 5)
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("filters", Int(1), REQUIRED, "capacity", "channels that come out"),
        Argument("kernel_size", Ints("rank"), REQUIRED, "free"),
        Argument("strides", Ints("rank"), 1, "free"),
        Argument("padding", Padding(named=True), "valid", "free"),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
        Argument("dilation_rate", Ints("rank"), 1, "free"),
        Argument("activation", CELL_ACTIVATION, "tanh", "meaning"),
        Argument("recurrent_activation", CELL_ACTIVATION, "sigmoid", "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
        Argument("dropout", Float(), 0.0, "meaning"),
        Argument("recurrent_dropout", Float(), 0.0, "meaning"),
        Argument("return_sequences", Bool(), False, "free", "the output of every step, or of the last one"),
        Argument("return_state", Bool(), False, "free", "the last states as further outputs"),
        Argument("go_backwards", Bool(), False, "meaning"),
        Argument("stateful", Bool(), False, "free"),
        Argument("bidirectional", Bool(), False, "meaning", "under the wrapper Bidirectional"),
        Argument("merge_mode", Choice(("concat", "sum", "mul", "ave", None)), "concat", "free"),
    )
    rules = (CONV_LSTM_RANK, CONV_LSTM_UNKNOWN, CONV_LSTM_WINDOW, CONV_LSTM_STRIDES, CONV_LSTM_STATEFUL,
             CONV_LSTM_STATES, NO_CHANNELS, RECURRENT_NO_STEPS, BOTH_BACKWARDS)  # fmt: skip
    spellings = tuple(
        Spelling("keras", f"ConvLSTM{rank}D", PARAMETERS, ("implementation", "use_cudnn"), fixed={"rank": rank},
                 legacy={**LEGACY, **LEGACY_CONV}, ignored=IGNORED,
                 aliases=("ConvRecurrent2D",) if rank == 2 else ())
        for rank in (1, 2, 3)
    )  # fmt: skip
    examples = (
        Example(((None, 2, 3, 3, 1),), {"rank": 2, "filters": 4, "kernel_size": 3}, (None, 1, 1, 4)),
        Example(((None, 2, 5, 5, 3),), {"rank": 2, "filters": 4, "kernel_size": 3, "padding": "same", "strides": 2,
                "return_sequences": True, "return_state": True},
                [(None, 2, 3, 3, 4), (None, 3, 3, 4), (None, 3, 3, 4)]),
        Example(((None, 2, 3, 3),), {"rank": 1, "filters": 4, "kernel_size": 2, "bidirectional": True}, (None, 2, 8)),
        Example(((None, 2, 3, 5),), {"rank": 1, "filters": 4, "kernel_size": 2, "data_format": "channels_first"},
                (None, 4, 4)),
        Example(((None, 2, 5, 3),), {"rank": 1, "filters": 4, "kernel_size": 3, "bidirectional": True,
                                     "go_backwards": True}, breaks="bidirectional-go-backwards"),
        Example(((None, 0, 5, 3),), {"rank": 1, "filters": 4, "kernel_size": 3}, breaks="recurrent-without-steps"),
        Example(((None, 2, 5, 0),), {"rank": 1, "filters": 4, "kernel_size": 3}, breaks="convolution-without-channels",
                expected="0 along axis 3"),
        Example(((None, 5, 5, 3),), {"rank": 2, "filters": 4, "kernel_size": 3}, breaks="conv-recurrent-rank",
                expected="5 axes (batch, steps, height, width, channels)"),
        Example(((None, 2, None, 5, 3),), {"rank": 2, "filters": 4, "kernel_size": 3},
                breaks="conv-recurrent-size-unknown", expected="axis 2"),
        Example(((None, 2, 2, 3, 1),), {"rank": 2, "filters": 4, "kernel_size": 3},
                breaks="conv-recurrent-window-exceeds-input", expected="2 along axis 2"),
        Example(((None, 2, 5, 5, 3),), {"rank": 2, "filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
                breaks="conv-recurrent-strides-dilation"),
        Example(((None, 2, 5, 5, 3),), {"rank": 2, "filters": 4, "kernel_size": 3, "stateful": True},
                breaks="conv-recurrent-stateful-batch-unknown"),
        Example(((2, 2, 5, 5, 3), (2, 5, 5, 4), (2, 5, 5, 4)), {"rank": 2, "filters": 4, "kernel_size": 3},
                breaks="conv-recurrent-states", expected="2 states of shape (2, 3, 3, 4)"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        first = a.data_format == "channels_first"
        if len(shape) != a.rank + 3:
            names = [AXES[a.rank].replace("steps,", "steps, channels,") if first else f"{AXES[a.rank]}, channels"]
            values = {"received": len(shape), "wanted": a.rank + 3, "axes": f"(batch, {names[0]})"}
            c.fault(CONV_LSTM_RANK, [NeedRank(0, a.rank + 3, a.rank + 3)], ("rank",), **values)
            state: Shape = (shape[0] if shape else None, *((None,) * a.rank), a.filters)
            return _outputs((state[0], None), state, a)
        if _not_one(a.strides) and _not_one(a.dilation_rate):
            needs = [NeedArgument("strides", (1,)), NeedArgument("dilation_rate", (1,))]
            values = {"strides": a.strides, "dilation": a.dilation_rate}
            c.fault(CONV_LSTM_STRIDES, needs, ("strides", "dilation_rate"), **values)
        start = 3 if first else 2
        for axis in range(2, len(shape)):
            if shape[axis] is None:
                c.fault(CONV_LSTM_UNKNOWN, axis=axis)
        if not c.holds(ar.at_least(shape[1], 1)):
            c.fault(RECURRENT_NO_STEPS, [NeedAtLeast(0, 1, 1)])
        channel = 2 if first else len(shape) - 1
        if not c.holds(ar.at_least(shape[channel], 1)):
            c.fault(NO_CHANNELS, [NeedAtLeast(0, channel, 1)], axis=channel)
        sizes = _sizes(c, shape, start, a)
        state = (shape[0], a.filters, *sizes) if first else (shape[0], *sizes, a.filters)
        if a.stateful and shape[0] is None:
            c.fault(CONV_LSTM_STATEFUL, [NeedArgument("stateful", (False,))], ("stateful",))
        require_one_backwards(c, a)
        _require_states(c, x[1:], state, 4 if a.bidirectional else 2)
        return _outputs(shape[:2], state, a)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        shape = x[0] or ()
        fits = len(shape) == a.rank + 3
        channels = shape[2 if a.data_format == "channels_first" else -1] if fits else None
        kernel, width = spread(a.kernel_size, a.rank), ar.mul(4, a.filters)
        weights: dict[str, Shape] = {
            "kernel": (*kernel, channels, width),
            "recurrent_kernel": (*kernel, a.filters, width),
        }
        weights = {**weights, **({"bias": (width,)} if a.use_bias else {})}
        if not a.bidirectional:
            return weights
        return {f"{way}_{name}": shape for way in ("forward", "backward") for name, shape in weights.items()}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        if not a.bidirectional:
            made = _one_way(x[0], x[1:], w, a, a.go_backwards)
            return made if a.return_state else made[0]
        ways = []
        for number, way in enumerate(("forward", "backward")):
            own = {name.removeprefix(way + "_"): value for name, value in w.items() if name.startswith(way)}
            result, *states = _one_way(x[0], x[1 + 2 * number : 3 + 2 * number], own, a, bool(number) != a.go_backwards)
            ways.append((result[:, ::-1] if number and a.return_sequences else result, states))
        results = merged(ways[0][0], ways[1][0], a.merge_mode)
        made = [*results, *ways[0][1], *ways[1][1]]
        return made if len(made) > 1 else made[0]

    @staticmethod
    def output_count(a: Args) -> int:
        results = 2 if a.bidirectional and a.merge_mode is None else 1
        return results + (2 * (2 if a.bidirectional else 1) if a.return_state else 0)


def _one_way(x: Any, given: Sequence[Any], w: Mapping[str, Any], a: Args, backwards: bool) -> list[Any]:
    """The result of one direction, and its last states where they are asked for."""
    import numpy as np

    from repairnn.semantics import numeric_spatial as ns

    first = a.data_format == "channels_first"
    sequence, *states = [np.moveaxis(y, y.ndim - a.rank - 1, -1) for y in (x, *given)] if first else [x, *given]
    rank, ones = a.rank, (1,) * a.rank
    window = spread(a.strides, rank), (a.padding.lower(),) * rank, spread(a.dilation_rate, rank), 1
    products = [ns.convolve(step, w["kernel"], *window) for step in np.moveaxis(sequence, 1, 0)]
    shape = (*products[0].shape[:-1], a.filters)
    state = [np.broadcast_to(y, shape) for y in states] or [np.zeros(shape, sequence.dtype)] * 2
    outputs = []
    for product in reversed(products) if backwards else products:
        inner = ns.convolve(state[0], w["recurrent_kernel"], ones, ("same",) * rank, ones, 1)
        state = _gated(product + inner + w.get("bias", 0), state[1], a)
        outputs.append(state[0])
    result = np.stack(outputs, axis=1) if a.return_sequences else outputs[-1]
    made = [result, *state] if a.return_state else [result]
    return [np.moveaxis(y, -1, y.ndim - rank - 1) for y in made] if first else made


def _gated(z: Any, cell: Any, a: SimpleNamespace) -> list[Any]:
    import numpy as np

    from repairnn.semantics.numeric import activate

    def active(function: Any, y: Any) -> Any:
        """An activation in the layout of the layer: one along the last axis runs along that."""
        if a.data_format != "channels_first":
            return activate(function, y)
        return np.moveaxis(activate(function, np.moveaxis(y, -1, 1)), 1, -1)

    i, f, c, o = np.split(z, 4, axis=-1)
    gate = a.recurrent_activation
    cell = active(gate, f) * cell + active(gate, i) * active(a.activation, c)
    return [active(gate, o) * active(a.activation, cell), cell]


def _not_one(value: Any) -> bool:
    return any(isinstance(n, int) and n > 1 for n in (value if isinstance(value, (tuple, list)) else (value,)))


def _sizes(c: Context, shape: Shape, start: int, a: Args) -> list[ar.Term]:
    sizes = []
    settings = (spread(a.kernel_size, a.rank), spread(a.strides, a.rank), spread(a.dilation_rate, a.rank))
    for axis, (kernel, stride, dilation) in enumerate(zip(*settings, strict=True), start):
        size = ar.window_output(shape[axis], kernel, stride, a.padding.lower(), dilation)
        if not c.holds(ar.at_least(size, 1)):
            window = (kernel - 1) * dilation + 1
            have = shape[axis]
            smaller = max((have - 1) // dilation + 1, 1) if isinstance(have, int) else 1
            fitting = tuple(min(smaller, n) if ar.is_concrete(n) else smaller for n in spread(a.kernel_size, a.rank))
            needs = [NeedAtLeast(0, axis, window), NeedArgument("padding", ("same",)),
                     NeedArgument("kernel_size", (fitting,))]  # fmt: skip
            values: dict[str, Any] = {"size": shape[axis], "axis": axis, "window": window}
            c.fault(CONV_LSTM_WINDOW, needs, ("kernel_size", "padding", "dilation_rate"), **values)
            size = None
        sizes.append(size)
    return sizes


def _require_states(c: Context, states: Sequence[Shape | None], wanted: Shape, count: int) -> None:
    from repairnn.semantics.faults import show

    known = [state for state in states if state is not None]
    fits = len(states) in (0, count) and all(
        len(state) == len(wanted)
        and all(c.holds(ar.eq(n, m)) for n, m in list(zip(state, wanted, strict=True))[state[0] == 1 :])
        for state in known
    )
    if not fits:
        needs = [NeedShape(1 + i, wanted) for i in range(len(states))] if len(states) == count else []
        given = ", ".join(map(show, states))
        c.fault(CONV_LSTM_STATES, [*needs, NeedArgument("filters")], ("filters",), states=given, wanted=wanted)


def _outputs(lead: Shape, state: Shape, a: Args) -> Any:
    wide = (*state[:-1], ar.mul(2, state[-1])) if a.bidirectional and a.merge_mode == "concat" else state
    result = (*lead, *wide[1:]) if a.return_sequences else wide
    outputs = [result] * (2 if a.bidirectional and a.merge_mode is None else 1)
    if a.return_state:
        outputs += [state] * (4 if a.bidirectional else 2)
    return outputs if len(outputs) > 1 else result
