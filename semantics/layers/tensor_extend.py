"""Operations that make tensors larger: padding any axis, and a new axis of classes. Shapes are whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, known_int, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Float, Int
from repairnn.semantics.faults import NeedArgument, NeedAtLeast, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

NAMED = frozenset({"name"})
PAD_AXES = Rule(
    "pad-axes-count",
    "A padding lists another number of axes than its input has",
    "{rank} axes {input}, while {listed} pairs of cells are listed",
    "{listed} axes, or {rank} pairs",
    "There is one pair of numbers, cells before and behind, for each axis.",
)
PAD_MIRROR = Rule(
    "pad-mirror-exceeds-axis",
    "More cells are mirrored than there are",
    "{size} along axis {axis} of {input}, to be mirrored for {cells} cells",
    "at least {least} along that axis",
    "Mirrored cells are taken from the tensor itself.",
)


@layer
class PadAxes(Declaration):
    """Cells added before and behind each axis, the batch axis included.

    Sources: ``keras.ops.pad``, ``tf.pad``, after ``numpy.pad``.
    """

    kind = "pad_axes"
    arguments = (
        Argument("paddings", Anything((((0, 0), (1, 2)), ((1, 0), (0, 0), (2, 1)))), REQUIRED, "free"),
        Argument("mode", Choice(("constant", "reflect", "symmetric", "CONSTANT", "REFLECT", "SYMMETRIC")), "constant",
                 "meaning"),
        Argument("constant_values", Float(), 0.0, "meaning"),
    )  # fmt: skip
    rules = (PAD_AXES, PAD_MIRROR)
    spellings = (
        Spelling("keras", "ops.pad", ("pad_width", "mode", "constant_values"), renames={"pad_width": "paddings"},
                 aliases=("pad",), tensors=("x",), form="function"),
        Spelling("keras", "tf.pad", ("paddings", "mode", "constant_values", "name"), tensors=("tensor",), ignored=NAMED,
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 5),), {"paddings": ((0, 0), (1, 2))}, (None, 8)),
        Example(((2, 3),), {"paddings": ((0, 0), (2, 2)), "mode": "reflect"}, (2, 7)),
        Example(((2, 5, 1),), {"paddings": ((0, 0), (1, 2))}, breaks="pad-axes-count", expected="2 pairs of cells"),
        Example(((2, 3),), {"paddings": ((0, 0), (3, 0)), "mode": "reflect"}, breaks="pad-mirror-exceeds-axis",
                expected="at least 4"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        pairs = _pairs(a.paddings)
        if pairs is None:
            return (None,) * len(shape)
        if len(pairs) != len(shape):
            needs = [NeedRank(0, len(pairs), len(pairs)), NeedArgument("paddings")]
            c.fault(PAD_AXES, needs, ("paddings",), rank=len(shape), listed=len(pairs))
            return (None,) * len(shape)
        mirrored = {"reflect": 1, "symmetric": 0}
        spare = mirrored.get(str(a.mode).lower(), 0)
        for axis, cells in enumerate(pairs if str(a.mode).lower() in mirrored else ()):
            most = max((n for n in cells if known_int(n)), default=0)
            if most and not c.holds(ar.at_least(shape[axis], most + spare)):
                needs_size = [NeedAtLeast(0, axis, most + spare), NeedArgument("paddings")]
                values = {"size": shape[axis], "axis": axis, "cells": most, "least": most + spare}
                c.fault(PAD_MIRROR, needs_size, ("paddings", "mode"), **values)
        return tuple(ar.add(size, *cells) for size, cells in zip(shape, pairs, strict=True))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        match str(a.mode).lower():
            case "reflect":
                return np.pad(x[0], a.paddings, "reflect")
            case "symmetric":
                return np.pad(x[0], a.paddings, "symmetric")
        return np.pad(x[0], a.paddings, "constant", constant_values=a.constant_values)


def _pairs(paddings: Any) -> list[tuple[Any, Any]] | None:
    """Cells before and behind each axis; ``None`` when that cannot be told."""
    if known_int(paddings):
        return []
    if not isinstance(paddings, (tuple, list)):
        return None
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in paddings):
        return None
    return [(before, behind) for before, behind in paddings]


@layer
class OneHotAxis(Declaration):
    """A new axis with one cell for each class. Sources: ``tf.one_hot``, ``keras.ops.one_hot``, ``K.one_hot``."""

    kind = "one_hot_axis"
    arguments = (
        Argument("depth", Int(0), REQUIRED, "free", "how many classes there are"),
        Argument("axis", Int(None, likely=1), -1, "order"),
    )
    rules = (AXIS_RANGE,)
    spellings = (
        Spelling("keras", "ops.one_hot", ("num_classes", "axis", "dtype", "sparse"), renames={"num_classes": "depth"},
                 tensors=("x",), form="function"),
        Spelling("keras", "tf.one_hot", ("depth", "on_value", "off_value", "axis", "dtype", "name"),
                 tensors=("indices",), ignored=NAMED, form="function"),
        Spelling("keras", "K.one_hot", ("num_classes",), renames={"num_classes": "depth"}, tensors=("indices",),
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 5),), {"depth": 3}, (None, 5, 3)),
        Example(((None, 5),), {"depth": 3, "axis": 1}, (None, 3, 5)),
        Example(((None, 5),), {"depth": 3, "axis": 3}, breaks="axis-out-of-range", expected="axis 3"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        axis = require_axis(c, shape, a.axis, extra=1)
        return (None,) * (len(shape) + 1) if axis is None else (*shape[:axis], a.depth, *shape[axis:])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        hot = (x[0].astype(int)[..., None] == np.arange(a.depth)).astype(np.float32)
        return np.moveaxis(hot, -1, a.axis)
