"""Normalisation over groups of channels, by their mean and variance. Keeps the shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Float, Int, Maybe
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedMultiple, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.layers.normalization import (
    NORM_FEATURES,
    NORM_ONE,
    NORM_RANK,
    NORM_SIZE_UNKNOWN,
    PLACED,
    SCALE_SETTINGS,
    TORCH_EPS,
    require_features,
    scaled,
    size_along,
)
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

GROUP_NORM = Rule(
    "group-norm-groups",
    "The channels do not divide into the groups of a normalisation",
    "{channels} channels (axis {axis} of {input}) in {groups} groups",
    "a number of channels that {groups} divides",
    "Each group is an equal share of the channels. Keras makes 32 groups unless told otherwise.",
)


@layer
class GroupNorm(Declaration):
    """Channels in ``groups`` equal groups, each shifted and scaled by its mean and variance; -1: each channel alone.

    Sources: Keras ``GroupNormalization``; PyTorch ``torch.nn.GroupNorm``.
    """

    kind = "group_norm"
    arguments = (
        Argument("groups", Int(-1), 32, "free"),
        Argument("axis", Int(None, likely=2), -1, "order"),
        Argument(
            "num_channels",
            Maybe(Int(1)),
            None,
            "derived",
            "channels, where the framework asks for them",
            torch=Maybe(Int(None, likely=9)),
        ),
        Argument("epsilon", Float(), 1e-3, "meaning"),
        Argument("center", Bool(), True, "meaning"),
        Argument("scale", Bool(), True, "meaning"),
    )
    rules = (AXIS_RANGE, NORM_SIZE_UNKNOWN, NORM_FEATURES, GROUP_NORM, NORM_ONE, NORM_RANK)
    spellings = (
        *torch_layer_names.GROUP_NORM,
        Spelling("keras", "GroupNormalization", ("groups", "axis", "epsilon", "center", "scale", *SCALE_SETTINGS)),
        Spelling("torch", "GroupNorm", ("num_groups", "num_channels", "eps", "affine", "device", "dtype"), ("bias",),
                 renames={**TORCH_EPS, "num_groups": "groups", "affine": "scale", "bias": "center"}, fixed={"axis": 1},
                 defaults={"epsilon": 1e-5}, ignored=PLACED, required=frozenset({"groups"})),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 32),), {}, (None, 4, 32)),
        Example(((None, 5, 6),), {"groups": -1}, (None, 5, 6)),
        Example(((2, 6, 4),), {"groups": 3, "num_channels": 6, "axis": 1}, (2, 6, 4), framework="torch"),
        Example(((None, 4, 31),), {}, breaks="group-norm-groups", expected="in 32 groups"),
        Example(((None, 4, None),), {}, breaks="norm-size-unknown"),
        Example(((None, 4),), {"axis": 2}, breaks="axis-out-of-range"),
        Example(((2, 5, 4),), {"groups": 3, "num_channels": 6, "axis": 1}, breaks="norm-features", framework="torch"),
        Example(((4,),), {"groups": 2}, breaks="norm-rank"),
        Example(((1, 3, 1),), {"groups": 3, "axis": 1}, breaks="norm-single-value", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(shape) < 2:
            c.fault(NORM_RANK, [NeedRank(0, 2, None)], received=len(shape), wanted="at least 2")
            return shape
        axis = require_axis(c, shape, a.axis)
        if axis is None:
            return shape
        declared = a.num_channels is not None and (a.scale or c.framework == "keras")
        if declared or a.num_channels is None:
            require_features(c, shape, axis, a.num_channels, "num_channels")
        _require_groups(c, a.num_channels if declared else shape[axis], axis, a)
        if not declared and a.num_channels is not None and a.groups > 0 and a.num_channels % a.groups:
            c.fault(GROUP_NORM, [NeedArgument("groups"), NeedArgument("num_channels")], ("groups", "num_channels"),
                    channels=a.num_channels, axis=axis, groups=a.groups)  # fmt: skip
        values = ar.mul(shape[0], ar.floordiv(shape[axis], a.groups), ar.product(shape[2:]))
        if c.framework == "torch" and axis == 1 and a.groups > 0 and values is not None and not c.holds(values != 1):
            c.fault(
                NORM_ONE,
                [NeedAtLeast(0, 0, 2), NeedArgument("groups", (1,))],
                ("groups",),
                groups=f" in {a.groups} groups",
            )
        return shape

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        size = a.num_channels if a.num_channels is not None else size_along(x[0], a.axis)
        names = ["gamma"] * bool(a.scale) + ["beta"] * bool(a.center and (a.num_channels is None or a.scale))
        return dict.fromkeys(names, (size,))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        y = np.moveaxis(x[0], a.axis, 1)
        groups = y.shape[1] if a.groups == -1 else a.groups
        grouped = y.reshape(y.shape[0], groups, -1)
        mean, variance = grouped.mean(-1, keepdims=True), grouped.var(-1, keepdims=True)
        normed = ((grouped - mean) / np.sqrt(variance + a.epsilon)).reshape(y.shape)
        return scaled(np.moveaxis(normed, 1, a.axis), w, [a.axis])


def _require_groups(c: Context, channels: ar.Term, axis: int, a: Args) -> None:
    """Equal groups of channels; in Keras -1 stands for groups of one channel."""
    if a.groups == -1 and c.framework == "keras" and c.holds(ar.at_least(channels, 1)):
        return
    least = 0 if c.framework == "torch" else 1
    whole = ar.all_of(ar.eq(ar.mod(channels, a.groups), 0), ar.at_least(channels, least)) if a.groups > 0 else False
    if not c.holds(whole):
        known = ar.is_concrete(channels) and channels > 0
        good = tuple(n for n in range(min(max(a.groups, 1), channels), 0, -1) if channels % n == 0) if known else ()
        needs: list[Need] = [NeedArgument("groups", good)]
        if a.groups > 0:
            needs.insert(0, NeedMultiple(0, axis, a.groups))
        c.fault(GROUP_NORM, needs, ("groups", "axis"), channels=channels, axis=axis, groups=a.groups)
