"""Activations: functions of each element, and along one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Float, Int, Ints, Maybe, Name
from repairnn.semantics.faults import Need, NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.layers.gated import GATED_RULES, gated
from repairnn.semantics.layers.names import KERAS_ACTIVATIONS
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Number

PRELU_UNKNOWN = Rule(
    "prelu-size-unknown",
    "A PReLU with a slope for each element needs a known size",
    "{input}, whose axis {axis} is not known and not shared",
    "a fixed size, or axis {axis} among shared_axes",
    "The layer has one slope for each element besides the batch; along shared axes it has one for all.",
)
PRELU_AXES = Rule(
    "prelu-shared-axes",
    "A PReLU shares its slopes along an axis that its input does not have",
    "axis {axis} of {input}",
    "axes from 1 to {last}",
    "Axes are counted with the batch as axis 0.",
)
PRELU_PARAMETERS = Rule(
    "prelu-parameters",
    "A PReLU has another number of slopes than there are channels",
    "{received} channels (axis 1 of {input})",
    "{declared} channels, as num_parameters says, or a single slope",
    "PyTorch keeps one slope for all channels or one for each.",
)
SOFTMAX_AXIS = Rule(
    "softmax-axis",
    "A softmax runs along an axis that its input does not have",
    "axis {axis} of {input}",
    "an axis from {low} to {high}",
    "The values along the axis are turned into shares of one.",
)
SOFTMAX_ONE = Rule(
    "softmax-over-one",
    "A softmax runs over a single value",
    "1 value along axis {axis} of {input}",
    "at least 2 values, or another activation such as sigmoid",
    "The share of a single value is always one, whatever the value is: the model cannot learn.",
    "suspicious",
)
SOFTMAX_2D = Rule(
    "softmax-2d-rank",
    "A softmax over the channels of images gets something else",
    "{received} axes {input}",
    "4 axes (batch, channels, height, width), or 3 without the batch",
    "The channels are the last axis but two; without height and width there are none.",
)
SOFTMAX_REPEATED = Rule(
    "softmax-repeated-axis",
    "A softmax names the same axis twice",
    "axes {axes} of {input}",
    "different axes",
    "Each axis is summed over once.",
)
BOUNDS_ORDER = Rule(
    "activation-bounds-order",
    "The lower bound of an activation lies above its upper bound",
    "bounds of {low} and {high}",
    "a lower bound below the upper one",
    "Values are cut off at both bounds; there must be something between them.",
)
#: PyTorch's activation layers without parameters of interest, with Keras' name for the function.
TORCH_PLAIN = {
    "ReLU": "relu", "ReLU6": "relu6", "SELU": "selu", "Tanh": "tanh", "Sigmoid": "sigmoid", "SiLU": "silu",
    "Mish": "mish", "Softsign": "softsign", "LogSigmoid": "log_sigmoid", "Tanhshrink": "tanh_shrink",
    "Hardswish": "hard_silu", "Hardsigmoid": "hard_sigmoid", "Softmax2d": "softmax2d",
}  # fmt: skip


@layer
class Activation(Declaration):
    """A function of each element; ``function`` is Keras' name.

    Sources: Keras ``Activation``, ``ReLU``, ``LeakyReLU``, ``ELU``; PyTorch "Non-linear activations".
    """

    kind = "activation"
    arguments = (
        Argument("function", Name(KERAS_ACTIVATIONS, (None, "relu", "tanh", "elu")), REQUIRED,
                 "meaning", "name of the function",
                 torch=Name((*KERAS_ACTIVATIONS, "softmax2d", "softmin", "threshold", "rrelu"),
                            ("relu", "tanh", "elu"))),
        Argument("negative_slope", Float(0.0), None, "meaning", "slope below the threshold (ReLU, LeakyReLU)",
                 torch=Number()),
        Argument("max_value", Maybe(Float(0.0)), None, "meaning", "upper bound (ReLU)", torch=Number()),
        Argument("threshold", Float(0.0), None, "meaning", "where the function starts (ReLU)", torch=Number()),
        Argument("alpha", Float(), None, "meaning", "scale of the exponential (ELU, CELU)"),
        Argument("options", Anything(), None, "meaning", "other settings of PyTorch's activations"),
        Argument("bounds", Choice(("ordered", "apart", "any")), "ordered", "meaning", "how two bounds must lie"),
    )  # fmt: skip
    rules = (SOFTMAX_ONE, SOFTMAX_2D, *GATED_RULES, BOUNDS_ORDER)
    spellings = (
        *torch_layer_names.ACTIVATIONS,
        Spelling("keras", "Activation", ("activation",), renames={"activation": "function"}),
        Spelling("keras", "ReLU", ("max_value", "negative_slope", "threshold"), fixed={"function": "relu"}),
        Spelling("keras", "LeakyReLU", ("negative_slope",), fixed={"function": "leaky_relu"},
                 defaults={"negative_slope": 0.3}, legacy={"alpha": "negative_slope"}),
        Spelling("keras", "ELU", ("alpha",), fixed={"function": "elu"}, defaults={"alpha": 1.0}),
        Spelling("keras", "ThresholdedReLU", ("theta",), renames={"theta": "threshold"},
                 fixed={"function": "thresholded_relu"}, defaults={"threshold": 1.0},
                 domains={"function": Name(("thresholded_relu",))}),
        *(
            Spelling("torch", name, ("inplace",), ignored=frozenset({"inplace"}), fixed={"function": function})
            for name, function in TORCH_PLAIN.items()
        ),
        Spelling("torch", "LeakyReLU", ("negative_slope", "inplace"), ignored=frozenset({"inplace"}),
                 fixed={"function": "leaky_relu"}, defaults={"negative_slope": 0.01}),
        *(
            Spelling("torch", name, ("alpha", "inplace"), ignored=frozenset({"inplace"}),
                     fixed={"function": name.lower()}, defaults={"alpha": 1.0}, domains=domains)
            for name, domains in (("ELU", {}), ("CELU", {"alpha": Number(zero=False, usual=(0.5, 1.0, 2.0))}))
        ),
        Spelling("torch", "GELU", ("approximate",), renames={"approximate": "options"}, fixed={"function": "gelu"},
                 defaults={"options": "none"}, domains={"options": Choice(("none", "tanh"))}),
        Spelling("torch", "Hardtanh", ("min_val", "max_val", "inplace", "min_value", "max_value"),
                 ignored=frozenset({"inplace", "min_value", "max_value"}),
                 renames={"min_val": "options", "max_val": "max_value", "max_value": "max_value_of_old"},
                 fixed={"function": "hard_tanh", "bounds": "apart"},
                 domains={"options": Number()}),
        Spelling("torch", "Softplus", ("beta", "threshold"), renames={"beta": "options"},
                 fixed={"function": "softplus"}, domains={"options": Number()}),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 4, 3),), {"function": "relu"}, (None, 4, 4, 3)),
        Example(((None, 2),), {"function": "softmax"}, (None, 2)),
        Example(((None, 1),), {"function": "softmax"}, breaks="softmax-over-one", expected="1 value along axis 1"),
        Example(((None, 5),), {"function": "glu"}, breaks="activation-glu-odd", expected="5 cells"),
        Example(((None, 6),), {"function": "glu"}, breaks="activation-glu-halves", expected="3 cells are left"),
        Example(((3, 4, 4),), {"function": "softmax2d"}, (3, 4, 4), framework="torch"),
        Example(((3, 4),), {"function": "softmax2d"}, breaks="softmax-2d-rank", framework="torch"),
        Example(((3, 4),), {"function": "hard_tanh", "options": 0.0, "max_value": 0.5}, (3, 4), framework="torch"),
        Example(
            ((3, 4),),
            {"function": "hard_tanh", "options": 2.0},
            breaks="activation-bounds-order",
            expected="bounds of 2.0 and 1",
            framework="torch",
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        if a.function in ("hard_tanh", "rrelu") and a.bounds != "any":
            _require_bounds(c, a)
        if a.function == "softmax2d" and shape is not None and len(shape) not in (3, 4):
            c.fault(SOFTMAX_2D, [NeedRank(0, 3, 4)], received=len(shape))
        if a.function == "softmax" and shape and len(shape) > 1:
            _require_several(c, shape, len(shape) - 1, "function")
        return gated(c, shape, a.function, "function")

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics.numeric import activate

        options = {"negative_slope": a.negative_slope, "max_value": a.max_value, "threshold": a.threshold,
                   "alpha": a.alpha, "options": a.options}  # fmt: skip
        return activate(a.function, x[0], **{name: value for name, value in options.items() if value is not None})


@layer
class PReLU(Declaration):
    """A rectifier whose slope below zero is learned. Sources: Keras ``PReLU``; PyTorch ``torch.nn.PReLU``."""

    kind = "prelu"
    arguments = (
        Argument("shared_axes", Maybe(Ints(None, None, likely=3)), None, "free", "axes along which slopes are equal"),
        Argument("num_parameters", Maybe(Int(1), 0.0), None, "derived", "1 or the number of channels (PyTorch)"),
    )
    rules = (PRELU_UNKNOWN, PRELU_AXES, PRELU_PARAMETERS)
    spellings = (
        Spelling("keras", "PReLU", ("alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes")),
        Spelling("torch", "PReLU", ("num_parameters", "init", "device", "dtype"), defaults={"num_parameters": 1}),
    )
    examples = (
        Example(((None, 4, 3),), {}, (None, 4, 3)),
        Example(((None, None, 3),), {"shared_axes": (1,)}, (None, None, 3)),
        Example(((2, 3, 5),), {"num_parameters": 3}, (2, 3, 5), framework="torch"),
        Example(((None, None, 3),), {}, breaks="prelu-size-unknown", expected="axis 1 among shared_axes"),
        Example(((None, 3),), {"shared_axes": (2,)}, breaks="prelu-shared-axes", expected="axes from 1 to 1"),
        Example(((2, 4, 5),), {"num_parameters": 3}, breaks="prelu-parameters", expected="4 channels",
                framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        if c.framework == "torch":
            channels = shape[1] if len(shape) > 1 else 1
            if a.num_parameters not in (None, 1) and not c.holds(ar.eq(channels, a.num_parameters)):
                needs: list[Need] = [
                    NeedDim(0, 1, a.num_parameters, "num_parameters"),
                    NeedArgument("num_parameters", (1,)),
                ]
                values = {"received": channels, "declared": a.num_parameters}
                c.fault(PRELU_PARAMETERS, needs, ("num_parameters",), **values)
            return shape
        shared = _shared_axes(a)
        for axis in shared:
            if not 1 - (len(shape) - 1) <= axis < len(shape):
                good = tuple(other for other in shared if 0 < other < len(shape)) or None
                needs = [NeedArgument("shared_axes", (good,)), NeedRank(0, axis + 1, None)]
                c.fault(PRELU_AXES, needs, ("shared_axes",), axis=axis, last=len(shape) - 1)
                return shape
        for axis, size in enumerate(_slopes(shape, shared), start=1):
            if size is None:
                needs = [NeedArgument("shared_axes", (tuple(sorted({*shared, axis})),))]
                c.fault(PRELU_UNKNOWN, needs, ("shared_axes",), axis=axis)
                break
        return shape

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        if a.num_parameters is not None:
            return {"alpha": (a.num_parameters,)}
        return {"alpha": _slopes(x[0] or (), _shared_axes(a))}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        alpha = w["alpha"]
        if a.num_parameters is not None and x[0].ndim > 1:
            alpha = alpha.reshape((-1, *(1,) * (x[0].ndim - 2)))
        return np.maximum(x[0], 0) + alpha * np.minimum(x[0], 0)


@layer
class Softmax(Declaration):
    """Exponentials as shares of their sum along an axis. Sources: Keras ``Softmax``; PyTorch ``torch.nn.Softmax``."""

    kind = "softmax"
    arguments = (
        Argument("axis", Maybe(Ints(None, None, likely=3), 1.0), -1, "order", "axis, or several, to sum over",
                 torch=Maybe(Int(None, likely=3), 0.8)),
        Argument("function", Choice(("softmax", "log_softmax", "softmin", "gumbel_softmax")), "softmax", "meaning"),
    )  # fmt: skip
    rules = (SOFTMAX_AXIS, SOFTMAX_REPEATED, SOFTMAX_ONE)
    spellings = (
        *torch_layer_names.SOFTMAX,
        Spelling("keras", "Softmax", ("axis",)),
        *(
            Spelling("torch", name, ("dim",), renames={"dim": "axis"}, fixed={"function": function},
                     defaults={"axis": None})
            for name, function in (("Softmax", "softmax"), ("LogSoftmax", "log_softmax"), ("Softmin", "softmin"))
        ),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 10),), {}, (None, 4, 10)),
        Example(((None, 4, 10),), {"axis": (1, 2)}, (None, 4, 10)),
        Example(((2, 10),), {"axis": None}, (2, 10), framework="torch"),
        Example(((None, 10),), {"axis": 2}, breaks="softmax-axis", expected="an axis from -2 to 1"),
        Example(((None, 4, 10),), {"axis": (2, -1)}, breaks="softmax-repeated-axis", expected="axes (2, -1)"),
        Example(((None, 1),), {}, breaks="softmax-over-one", expected="another activation such as sigmoid"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        axes = _axes(a.axis, len(shape))
        rank = max(1, len(shape))
        for axis in axes:
            if not -rank <= axis < rank:
                needs: list[Need] = [NeedArgument("axis", (-1,)), NeedRank(0, axis + 1 if axis >= 0 else -axis, None)]
                c.fault(SOFTMAX_AXIS, needs, ("axis",), axis=axis, low=-rank, high=rank - 1)
                return shape
        if len({axis % rank for axis in axes}) < len(axes):
            needs = [NeedArgument("axis", (tuple(sorted({axis % rank for axis in axes})),))]
            c.fault(SOFTMAX_REPEATED, needs, ("axis",), axes=axes)
        if len(axes) == 1 and len(shape) > 1 and axes[0] % rank:
            _require_several(c, shape, axes[0] % rank, "axis")
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics.numeric import softmax

        if a.function == "gumbel_softmax":
            raise NotImplementedError("gumbel_softmax draws random numbers")
        y = -x[0] if a.function == "softmin" else x[0]
        shares = softmax(y, _axes(a.axis, y.ndim)) if y.ndim else y * 0 + 1
        return np.log(shares) if a.function == "log_softmax" else shares


def _require_bounds(c: Context, a: Args) -> None:
    low, high = -1 if a.options is None else a.options, 1 if a.max_value is None else a.max_value
    if (
        isinstance(low, (int, float))
        and isinstance(high, (int, float))
        and (low > high or (a.bounds == "apart" and low == high))
    ):
        needs = [NeedArgument("options"), NeedArgument("max_value")]
        c.fault(BOUNDS_ORDER, needs, ("options", "max_value"), low=low, high=high)


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    """The axes as a tuple; without one, PyTorch's choice (axis 0 for ranks 0, 1 and 3, else axis 1)."""
    if axis is None:
        return (0,) if rank in (0, 1, 3) else (1,)
    return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)


def _require_several(c: Context, shape: Shape, axis: int, argument: str) -> None:
    if ar.is_concrete(shape[axis]) and shape[axis] == 1:
        needs = [NeedArgument(argument, ("sigmoid",) if argument == "function" else ())]
        c.fault(SOFTMAX_ONE, needs, (argument,), axis=axis)


def _shared_axes(a: Args) -> tuple[int, ...]:
    if a.shared_axes is None:
        return ()
    return tuple(a.shared_axes) if isinstance(a.shared_axes, (tuple, list)) else (a.shared_axes,)


def _slopes(shape: Shape, shared: Sequence[int]) -> Shape:
    """Shape of the slopes: the input's without the batch, with 1 along shared axes (counted with the batch)."""
    sizes = list(shape[1:])
    for axis in shared:
        if -len(sizes) <= axis - 1 < len(sizes):
            sizes[axis - 1] = 1
    return tuple(sizes)
