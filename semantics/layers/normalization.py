"""Normalisation by statistics: over the batch, over features, over groups of channels. All keep the shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, AXIS_TWICE, as_axes, broadcast, require_axes, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Float, Int, Ints, Maybe
from repairnn.semantics.faults import NeedArgument, NeedAtLeast, NeedDim, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_rules import EMPTY_AXIS

NORM_SIZE_UNKNOWN = Rule(
    "norm-size-unknown",
    "A normalisation needs an axis of known size",
    "{input}, whose axis {axis} is not known",
    "an axis with a fixed size",
    "There is one learned scale for each cell along the axis, so their number must be known when the layer is built.",
)
NORM_RANK = Rule(
    "norm-rank",
    "A normalisation gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes",
    "The layer is made for inputs with a fixed number of spatial axes, besides the batch and the channels.",
)
NORM_FEATURES = Rule(
    "norm-features",
    "A normalisation is made for another number of channels than it gets",
    "{received} channels (axis {axis} of {input})",
    "{declared} channels, as {argument} says",
    "There is one scale and one shift for each channel.",
)
BATCH_PARAMETERS = ("axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer",
                    "moving_mean_initializer", "moving_variance_initializer", "beta_regularizer", "gamma_regularizer",
                    "beta_constraint", "gamma_constraint", "renorm", "renorm_clipping", "renorm_momentum",
                    "synchronized")  # fmt: skip
SCALE_SETTINGS = ("beta_initializer", "gamma_initializer", "beta_regularizer", "gamma_regularizer", "beta_constraint",
                  "gamma_constraint")  # fmt: skip
TORCH_BATCH = ("num_features", "eps", "momentum", "affine", "track_running_stats", "device", "dtype")
TORCH_EPS = {"eps": "epsilon"}
TORCH_BATCH_RENAMES = {**TORCH_EPS, "track_running_stats": "statistics", "affine": "scale", "bias": "center"}
PLACED = frozenset({"device", "dtype"})


NORM_ONE = Rule(
    "norm-single-value",
    "A normalisation computes statistics of a single value",
    "{input}{groups}, with one value for each mean",
    "more than one value for each mean",
    "The mean and variance of one number are that number and zero: nothing would be left of the input.",
)


@layer
class BatchNorm(Declaration):
    """Each channel (axis ``axis``) shifted and scaled by its mean and variance over everything else.

    ``ranks`` are the numbers of axes that the layer takes (PyTorch), ``None`` for any. Weights in Keras' names.
    Sources: Keras ``BatchNormalization``; PyTorch ``torch.nn.BatchNorm1d`` .. ``BatchNorm3d``.
    """

    kind = "batch_norm"
    arguments = (
        Argument("axis", Int(None, likely=2), -1, "order", "the axis of channels"),
        Argument(
            "num_features",
            Maybe(Int(1)),
            None,
            "derived",
            "channels, where the framework asks for them",
            torch=Maybe(Int(None, likely=9)),
        ),
        Argument("ranks", Anything((None,)), None, "order"),
        Argument("epsilon", Float(), 1e-3, "meaning"),
        Argument("center", Bool(), True, "meaning"),
        Argument("scale", Bool(), True, "meaning"),
        Argument("statistics", Bool(), True, "meaning", "whether running statistics are kept"),
        Argument("renorm", Bool(), False, "meaning"),
        Argument("synchronised", Bool(), False, "meaning", "over several devices, which need channels (PyTorch)"),
        Argument("training", Maybe(Bool(), 0.0), None, "meaning", "whether the program is known to train (PyTorch)"),
    )
    rules = (AXIS_RANGE, NORM_SIZE_UNKNOWN, NORM_RANK, NORM_FEATURES, NORM_ONE, EMPTY_AXIS)
    spellings = (
        *torch_layer_names.BATCH_NORM,
        Spelling("keras", "BatchNormalization", BATCH_PARAMETERS, legacy={"mode": "synchronized", "beta_init":
                 "beta_initializer", "gamma_init": "gamma_initializer", "fused": "synchronized"},
                 aliases=("SyncBatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2")),
        *(
            Spelling("torch", f"BatchNorm{n}d", TORCH_BATCH, ("bias",), renames=TORCH_BATCH_RENAMES,
                     fixed={"axis": 1, "ranks": ranks}, defaults={"epsilon": 1e-5}, ignored=PLACED)
            for n, ranks in ((1, (2, 3)), (2, (4,)), (3, (5,)))
        ),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 6),), {}, (None, 4, 6)),
        Example(((None, 4, None),), {"axis": 1}, (None, 4, None)),
        Example(((2, 6, 4, 4),), {"axis": 1, "num_features": 6, "ranks": (4,)}, (2, 6, 4, 4), framework="torch"),
        Example(((2, 6, 4, 4, 4),), {"axis": 1, "num_features": 6, "ranks": (5,)}, (2, 6, 4, 4, 4), framework="torch"),
        Example(((None, 4, None),), {}, breaks="norm-size-unknown", expected="whose axis 2 is not known"),
        Example(((None, 4),), {"axis": 2}, breaks="axis-out-of-range", expected="axis 2 of (None, 4)"),
        Example(((2, 6, 4),), {"axis": 1, "num_features": 6, "ranks": (4,)}, breaks="norm-rank", framework="torch"),
        Example(((1, 6, 1),), {"axis": 1, "statistics": False}, breaks="norm-single-value", framework="torch"),
        Example(((1, 6),), {"axis": 1}, (1, 6), framework="torch"),
        Example(((1, 6, 2),), {"axis": 1, "training": True}, (1, 6, 2), framework="torch"),
        Example(((2, 0, 3),), {"axis": 1, "num_features": 0}, breaks="axis-without-cells", framework="torch"),
        Example(((1, 6),), {"axis": 1, "training": True}, breaks="norm-single-value", framework="torch"),
        Example(((2, 5, 4, 4),), {"axis": 1, "num_features": 6, "ranks": (4,)}, breaks="norm-features",
                expected="6 channels, as num_features says", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.ranks is not None and len(shape) not in a.ranks:
            wanted = " or ".join(map(str, a.ranks))
            c.fault(NORM_RANK, [NeedRank(0, min(a.ranks), max(a.ranks))], received=len(shape), wanted=wanted)
            return shape
        axis = require_axis(c, shape, a.axis)
        empty = c.framework == "torch" and axis is not None and not c.holds(ar.at_least(ar.product(shape), 1))
        if axis is not None and a.synchronised and not c.holds(ar.at_least(shape[axis], 1)):
            c.fault(EMPTY_AXIS, [NeedAtLeast(0, axis, 1)], axis=axis)
        elif axis is not None and empty and (a.scale or (a.statistics and (a.num_features or 0) < 0)):
            _require_slopes(c, shape, axis, a)
        elif axis is not None and not empty and (c.framework == "keras" or a.scale or a.statistics):
            require_features(c, shape, axis, a.num_features, "num_features")
        rest = ar.product(size for other, size in enumerate(shape) if other != axis)
        own = c.framework == "torch" and (a.statistics is False or a.training is True)  # statistics of the batch itself
        if own and rest is not None and not c.holds(rest != 1):
            c.fault(NORM_ONE, [NeedAtLeast(0, 0, 2)], groups="")
        return shape

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        size = a.num_features if a.num_features is not None else size_along(x[0], a.axis)
        torch = a.num_features is not None or a.ranks is not None
        names = ["gamma"] * bool(a.scale) + ["beta"] * bool(a.center and (not torch or a.scale))
        kept = ("moving_mean", "moving_variance") if a.statistics else ()
        renorm = ("moving_stddev", "renorm_mean", "renorm_stddev") if a.renorm else ()
        return dict.fromkeys((*names, *kept, *renorm), (size,))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if not x[0].size:
            return x[0]
        rest = tuple(axis for axis in range(x[0].ndim) if axis != a.axis % x[0].ndim)
        mean = laid_along(w["moving_mean"], x[0], [a.axis]) if a.statistics else x[0].mean(rest, keepdims=True)
        variance = laid_along(w["moving_variance"], x[0], [a.axis]) if a.statistics else x[0].var(rest, keepdims=True)
        return scaled((x[0] - mean) / np.sqrt(variance + a.epsilon), w, [a.axis])


def _require_slopes(c: Context, shape: Shape, axis: int, a: Args) -> None:
    """PyTorch scales what has no cells by the first slope, so there must be one; nothing else is looked at."""
    if not c.holds(ar.at_least(shape[axis] if a.num_features is None else a.num_features, 1)):
        c.fault(EMPTY_AXIS, [NeedAtLeast(0, axis, 1)], axis=axis)


def require_features(c: Context, shape: Shape, axis: int, declared: Any, argument: str) -> None:
    if declared is None:
        if shape[axis] is None and c.framework == "keras":
            c.fault(NORM_SIZE_UNKNOWN, [NeedArgument("axis", _known_axes(shape))], ("axis",), axis=axis)
    elif not c.holds(ar.eq(shape[axis], declared)):
        needs = [NeedDim(0, axis, declared, argument)]
        values = {"received": shape[axis], "axis": axis, "declared": declared, "argument": argument}
        c.fault(NORM_FEATURES, needs, (argument,), **values)


def _known_axes(shape: Shape) -> tuple[int, ...]:
    return tuple(axis for axis in reversed(range(1, len(shape))) if shape[axis] is not None)


def size_along(shape: Shape | None, axis: Any) -> Any:
    fits = shape is not None and isinstance(axis, int) and -len(shape) <= axis < len(shape)
    return shape[axis] if fits and shape is not None else None


def laid_along(values: Any, x: Any, axes: Sequence[int]) -> Any:
    """Weights of some axes laid out so that they broadcast against the input."""
    kept = {axis % x.ndim for axis in axes}
    return values.reshape([size if axis in kept else 1 for axis, size in enumerate(x.shape)])


def scaled(x: Any, w: Mapping[str, Any], axes: Sequence[int]) -> Any:
    if "gamma" in w:
        x = x * laid_along(w["gamma"], x, axes)
    return x + laid_along(w["beta"], x, axes) if "beta" in w else x


LAYER_NORM_SHAPE = Rule(
    "norm-shape",
    "The last axes of an input are not those that a normalisation is made for",
    "{input}",
    "last axes {declared}, as normalized_shape says",
    "There is one scale and one shift for each cell of these axes.",
)


@layer
class LayerNorm(Declaration):
    """Each sample shifted and scaled by its mean and variance over ``axis``.

    ``normalized_shape`` (PyTorch) names the sizes of the last axes instead.
    Sources: Keras ``LayerNormalization``; PyTorch ``torch.nn.LayerNorm``.
    """

    kind = "layer_norm"
    arguments = (
        Argument("axis", Ints(None, None, likely=2), -1, "order"),
        Argument("normalized_shape", Anything((None,)), None, "derived", "sizes of the last axes"),
        Argument("epsilon", Float(), 1e-3, "meaning"),
        Argument("center", Bool(), True, "meaning"),
        Argument("scale", Bool(), True, "meaning"),
    )
    rules = (AXIS_RANGE, AXIS_TWICE, NORM_SIZE_UNKNOWN, LAYER_NORM_SHAPE)
    spellings = (
        *torch_layer_names.LAYER_NORM,
        Spelling("keras", "LayerNormalization", ("axis", "epsilon", "center", "scale", *SCALE_SETTINGS),
                 ("rms_scaling",), legacy={"gamma_init": "gamma_initializer"}),
        Spelling("torch", "LayerNorm", ("normalized_shape", "eps", "elementwise_affine", "bias", "device", "dtype"),
                 renames={**TORCH_EPS, "elementwise_affine": "scale", "bias": "center"}, defaults={"epsilon": 1e-5},
                 ignored=PLACED),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 6),), {}, (None, 4, 6)),
        Example(((None, 4, 6),), {"axis": (1, 2)}, (None, 4, 6)),
        Example(((2, 4, 6),), {"normalized_shape": (4, 6)}, (2, 4, 6), framework="torch"),
        Example(((None, 4, None),), {}, breaks="norm-size-unknown"),
        Example(((None, 4),), {"axis": -3}, breaks="axis-out-of-range"),
        Example(((None, 4),), {"axis": (1, -1)}, breaks="axis-named-twice"),
        Example(((2, 4, 6),), {"normalized_shape": 5}, breaks="norm-shape", expected="last axes (5,)",
                framework="torch"),
        Example(((6,),), {"normalized_shape": (4, 6)}, breaks="norm-shape", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.normalized_shape is not None:
            return _declared_tail(c, shape, a.normalized_shape)
        axes = require_axes(c, shape, a.axis)
        learned = a.scale or getattr(a, "center", False)
        for axis in (axes or ()) if learned else ():
            require_features(c, shape, axis, None, "axis")
        return shape

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        declared = a.normalized_shape
        # Keras takes the axes in the order of the numbers that were written: -1 comes before 1.
        axes = () if a.axis is None else sorted(as_axes(a.axis))
        sizes = as_axes(declared) if declared is not None else tuple(size_along(x[0], axis) for axis in axes)
        names = ["gamma"] * bool(a.scale) + ["beta"] * bool(a.center and (declared is None or a.scale))
        return {name: tuple(sizes) for name in names}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        declared = a.normalized_shape
        axes = as_axes(a.axis) if declared is None else tuple(range(-len(as_axes(declared)), 0))
        mean, variance = x[0].mean(axes, keepdims=True), x[0].var(axes, keepdims=True)
        axes = tuple(sorted(axis % x[0].ndim for axis in axes))
        w = {name: value.reshape([x[0].shape[axis] for axis in axes]) for name, value in w.items()}
        return scaled((x[0] - mean) / np.sqrt(variance + a.epsilon), w, axes)


def _declared_tail(c: Context, shape: Shape, given: int | Shape) -> Shape:
    declared = as_axes(given)
    tail = shape[len(shape) - len(declared) :] if len(shape) >= len(declared) else ()
    fits = len(tail) == len(declared)
    if not (fits and all(c.holds(ar.eq(size, wanted)) for size, wanted in zip(tail, declared, strict=True))):
        wanted = tail[0] if isinstance(given, int) and fits else tail
        needs = [NeedArgument("normalized_shape", (wanted,) if fits and None not in tail else ())]
        lead = (None,) * max(len(shape) - len(declared), 0)
        c.fault(LAYER_NORM_SHAPE, [NeedShape(0, (*lead, *declared)), *needs], ("normalized_shape",), declared=declared)
    return shape


RMS_SCALE = Rule(
    "rms-norm-scale",
    "The scale of a root mean square normalisation does not fit the last axes",
    "{left} along axis {axis} of {input}, for a scale of {right} made for axis={axes}",
    "the last axes in axis",
    "Keras makes the scale for the axes that are named, but multiplies it with the last ones.",
)


@layer
class RmsNorm(Declaration):
    """Each sample divided by the root of its mean square over ``axis``.

    Sources: Keras ``RMSNormalization``; PyTorch ``torch.nn.RMSNorm`` (``normalized_shape``).
    """

    kind = "rms_norm"
    arguments = (
        Argument("axis", Ints(None, None, likely=2), -1, "order"),
        Argument("normalized_shape", Anything((None,)), None, "derived", "sizes of the last axes"),
        Argument("epsilon", Maybe(Float()), 1e-6, "meaning"),
        Argument("scale", Bool(), True, "meaning"),
    )
    rules = (AXIS_RANGE, AXIS_TWICE, NORM_SIZE_UNKNOWN, LAYER_NORM_SHAPE, RMS_SCALE)
    spellings = (
        *torch_layer_names.RMS_NORM,
        Spelling("keras", "RMSNormalization", ("axis", "epsilon")),
        Spelling("torch", "RMSNorm", ("normalized_shape", "eps", "elementwise_affine", "device", "dtype"),
                 renames={**TORCH_EPS, "elementwise_affine": "scale"}, defaults={"epsilon": None}, ignored=PLACED),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 6),), {}, (None, 4, 6)),
        Example(((2, 6),), {"normalized_shape": 6}, (2, 6), framework="torch"),
        Example(((None, None),), {}, breaks="norm-size-unknown"),
        Example(((None, 4),), {"axis": 2}, breaks="axis-out-of-range"),
        Example(((None, 4),), {"axis": (1, 1)}, breaks="axis-named-twice"),
        Example(((2, 6),), {"normalized_shape": 5}, breaks="norm-shape", framework="torch"),
        Example(((None, 4, 6),), {"axis": 1}, breaks="rms-norm-scale", expected="6 along axis -1"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = LayerNorm.shapes(c, x, a)
        if shape is None or a.normalized_shape is not None:
            return shape
        axes = [axis for axis in sorted(as_axes(a.axis)) if -len(shape) <= axis < len(shape)]
        return broadcast(
            c, RMS_SCALE, [shape, tuple(shape[axis] for axis in axes)], arguments=("axis",), inputs=1, axes=a.axis
        )

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        declared = a.normalized_shape
        axes = () if a.axis is None else sorted(as_axes(a.axis))
        sizes = as_axes(declared) if declared is not None else tuple(size_along(x[0], axis) for axis in axes)
        return {"scale": tuple(sizes)} if a.scale else {}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        declared = a.normalized_shape
        axes = as_axes(a.axis) if declared is None else tuple(range(-len(as_axes(declared)), 0))
        epsilon = np.finfo(np.float32).eps if a.epsilon is None else a.epsilon  # of single precision, as in use
        y = x[0] / np.sqrt(np.mean(x[0] ** 2, axes, keepdims=True) + epsilon)
        return y * w["scale"] if "scale" in w else y
