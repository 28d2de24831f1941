"""Normalisation without statistics of a batch, and wrappers that normalise weights. All keep the shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, AXIS_TWICE, as_axes, require_axes
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Float, Int, Ints, Maybe
from repairnn.semantics.faults import NeedAtLeast, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Number
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some


@layer
class UnitNorm(Declaration):
    """Each sample divided by its Euclidean length over ``axis``. Source: Keras ``UnitNormalization``."""

    kind = "unit_norm"
    arguments = (Argument("axis", Ints(None, None, likely=2), -1, "order"),)
    rules = (AXIS_RANGE, AXIS_TWICE)
    spellings = (Spelling("keras", "UnitNormalization", ("axis",)),)
    examples = (
        Example(((None, 4),), {}, (None, 4)),
        Example(((None, 4),), {"axis": 2}, breaks="axis-out-of-range", expected="axis 2 of (None, 4)"),
        Example(((None, 4),), {"axis": (1, -1)}, breaks="axis-named-twice"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        assert x[0] is not None
        require_axes(c, x[0], a.axis)
        return x[0]

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        squares = np.sum(x[0] ** 2, axis=as_axes(a.axis), keepdims=True)
        return x[0] / np.sqrt(np.maximum(squares, 1e-12))


@layer
class SpectralNorm(Declaration):
    """A wrapper that divides the kernel of a layer by its largest singular value while training.

    Front ends lower the wrapped layer as a node of its own; what is left is the identity.
    Sources: Keras ``SpectralNormalization``; PyTorch ``torch.nn.utils.spectral_norm``.
    """

    kind = "spectral_norm"
    arguments = (Argument("power_iterations", Int(1), 1, "meaning"),)
    spellings = (Spelling("keras", "SpectralNormalization", ("layer", "power_iterations")),)
    examples = (Example(((None, 4),), {}, (None, 4)),)

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        return x[0]

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0]


INSTANCE_RANK = Rule(
    "instance-norm-rank",
    "An instance normalisation gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes with the batch, or one less without",
    "The layer is made for a fixed number of spatial axes besides the channels and the batch.",
)
INSTANCE_FEATURES = Rule(
    "instance-norm-features",
    "An instance normalisation is made for another number of channels than it gets",
    "{received} channels (axis {axis} of {input})",
    "{declared} channels, as num_features says",
    "There is one scale and one shift for each channel when the layer has them.",
)


INSTANCE_ONE = Rule(
    "instance-norm-single-cell",
    "An instance normalisation gets images of a single cell",
    "{input}, with one cell in each channel",
    "more than one cell in each channel",
    "The mean and variance of one number are that number and zero: nothing would be left of the input.",
)


@layer
class InstanceNorm(Declaration):
    """Each channel of each sample shifted and scaled by its mean and variance over the spatial axes.

    Without learned scales PyTorch only warns when the number of channels differs. Source: PyTorch
    ``torch.nn.InstanceNorm1d`` .. ``InstanceNorm3d``.
    """

    kind = "instance_norm"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("num_features", Maybe(Int(1)), None, "derived", torch=Maybe(Int(None, likely=9))),
        Argument("epsilon", Float(0.0), 1e-5, "meaning", torch=Number()),
        Argument("scale", Bool(), False, "meaning"),
        Argument("statistics", Bool(), False, "meaning", "whether running statistics are kept"),
        Argument("training", Maybe(Bool(), 0.0), None, "meaning", "whether the program is known to train"),
    )
    rules = (INSTANCE_RANK, INSTANCE_FEATURES, INSTANCE_ONE, EMPTY_AXIS)
    spellings = torch_layer_names.INSTANCE_NORM + tuple(
        Spelling("torch", f"InstanceNorm{rank}d", ("num_features", "eps", "momentum", "affine", "track_running_stats",
                 "device", "dtype"), ("bias",),
                 renames={"eps": "epsilon", "affine": "scale", "track_running_stats": "statistics"},
                 fixed={"rank": rank}, ignored=frozenset({"device", "dtype", "bias"}))
        for rank in (1, 2, 3)
    )  # fmt: skip
    examples = (
        Example(((2, 6, 4, 4),), {"rank": 2, "num_features": 6, "scale": True}, (2, 6, 4, 4), framework="torch"),
        Example(((6, 4, 4),), {"rank": 2, "num_features": 6}, (6, 4, 4), framework="torch"),
        Example(((0, 6, 2, 2),), {"rank": 2, "num_features": 6, "scale": True}, breaks="axis-without-cells",
                framework="torch"),
        Example(((2, 6),), {"rank": 2, "num_features": 6}, breaks="instance-norm-rank", framework="torch"),
        Example(((2, 6, 2, 1),), {"rank": 2, "num_features": 6}, (2, 6, 2, 1), framework="torch"),
        Example(((2, 6, 1, 1),), {"rank": 2, "num_features": 6}, breaks="instance-norm-single-cell", framework="torch"),
        Example(((2, 5, 4, 4),), {"rank": 2, "num_features": 6, "scale": True}, breaks="instance-norm-features",
                expected="5 channels", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(shape) not in (a.rank + 1, a.rank + 2):
            needs = [NeedRank(0, a.rank + 1, a.rank + 2)]
            c.fault(INSTANCE_RANK, needs, ("rank",), received=len(shape), wanted=a.rank + 2)
            return shape
        axis = len(shape) - a.rank - 1
        if a.scale:
            require_some(c, shape[: axis + 1], 0)
        cells = ar.product(shape[axis + 1 :])
        if (not a.statistics or a.training) and cells is not None and not c.holds(cells != 1):
            c.fault(INSTANCE_ONE, [NeedAtLeast(0, other, 2) for other in range(axis + 1, len(shape))])
        some = c.holds(ar.at_least(ar.product(shape), 1))  # what has no cells is handed on
        learned = a.scale or (a.statistics and some)
        if a.num_features is None and learned and not c.holds(ar.eq(shape[1], shape[axis])):
            # A lazy layer takes axis 1 for the channels, even where the batch axis is missing.
            values = {"received": shape[axis], "axis": axis, "declared": shape[1]}
            c.fault(INSTANCE_FEATURES, [NeedRank(0, a.rank + 2, a.rank + 2)], (), **values)
        used = a.num_features is not None and (learned or (a.statistics and a.num_features < 0))
        if used and not c.holds(ar.eq(shape[axis], a.num_features)):
            needs_size = [NeedDim(0, axis, a.num_features, "num_features")]
            values = {"received": shape[axis], "axis": axis, "declared": a.num_features}
            c.fault(INSTANCE_FEATURES, needs_size, ("num_features",), **values)
        return shape

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        names = (("gamma", "beta") if a.scale else ()) + (("moving_mean", "moving_variance") if a.statistics else ())
        shape = x[0]
        lazy = shape[1] if shape is not None and len(shape) > a.rank else None  # even where the batch axis is missing
        return dict.fromkeys(names, (lazy if a.num_features is None else a.num_features,))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        axes = tuple(range(x[0].ndim - a.rank, x[0].ndim))
        along = (-1,) + (1,) * a.rank
        mean = w["moving_mean"].reshape(along) if a.statistics else x[0].mean(axes, keepdims=True)
        variance = w["moving_variance"].reshape(along) if a.statistics else x[0].var(axes, keepdims=True)
        y = (x[0] - mean) / np.sqrt(variance + a.epsilon)
        return y * w["gamma"].reshape(along) + w["beta"].reshape(along) if a.scale else y
