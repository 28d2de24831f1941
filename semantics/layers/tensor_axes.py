"""Operations that add, drop or reorder axes. Shapes are whole: the batch axis is axis 0 like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, AXIS_TWICE, as_axes, require_axes, require_axis, without
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Int
from repairnn.semantics.faults import NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

NAMED = frozenset({"name"})
SQUEEZE_SIZE = Rule(
    "squeeze-axis-not-one",
    "An axis is squeezed away that holds more than one cell",
    "{size} along axis {axis} of {input}",
    "1 along that axis",
    "Only an axis of size 1 can be left out without losing values.",
)
TRANSPOSE_RANK = Rule(
    "transpose-rank",
    "A transposition lists another number of axes than its input has",
    "{rank} axes {input}, while axes={axes} lists {listed}",
    "an input with {listed} axes, or a list of {rank}",
    "A transposition says for every axis of the result which axis of the input it is.",
)


@layer
class ExpandDims(Declaration):
    """A new axis of size 1 at ``axis`` of the result.

    Sources: ``keras.ops.expand_dims``, ``tf.expand_dims``, ``torch.unsqueeze``.
    """

    kind = "expand_dims"
    arguments = (Argument("axis", Anything((0, 1, -1)), REQUIRED, "order"),)
    rules = (AXIS_RANGE, AXIS_TWICE)
    spellings = (
        *torch_names.EXPAND_DIMS,
        Spelling("keras", "ops.expand_dims", ("axis",), aliases=("expand_dims",), tensors=("x",), form="function"),
        Spelling("keras", "tf.expand_dims", ("axis", "name"), legacy={"dim": "axis"}, tensors=("input",), ignored=NAMED,
                 form="function"),
        Spelling("keras", "K.expand_dims", ("axis",), defaults={"axis": -1}, legacy={"dim": "axis"}, tensors=("x",),
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 3),), {"axis": 2}, (None, 3, 1)),
        Example(((None, 3),), {"axis": -3}, (1, None, 3)),
        Example(((None, 3),), {"axis": (0, 3)}, (1, None, 3, 1)),
        Example(((None, 3),), {"axis": 3}, breaks="axis-out-of-range", expected="axis 3"),
        Example(((None, 3),), {"axis": (1, 1)}, breaks="axis-named-twice"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        new = as_axes(a.axis)
        axes = require_axes(c, shape, a.axis, extra=len(new))
        if axes is None:
            return (None,) * (len(shape) + len(new))
        sizes = iter(shape)
        return tuple(1 if axis in axes else next(sizes) for axis in range(len(shape) + len(new)))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.expand_dims(x[0], tuple(a.axis) if isinstance(a.axis, (tuple, list)) else a.axis)


@layer
class Squeeze(Declaration):
    """Leave axes of size 1 out: those named, or all of them.

    Sources: ``keras.ops.squeeze``, ``tf.squeeze``; ``torch.squeeze``, which leaves a named axis of
    another size as it is.
    """

    kind = "squeeze"
    exact = False
    arguments = (Argument("axis", Anything((None, 0, 1, -1)), None, "order"),)
    rules = (AXIS_RANGE, AXIS_TWICE, SQUEEZE_SIZE)
    spellings = (
        *torch_names.SQUEEZE,
        Spelling("keras", "ops.squeeze", ("axis",), aliases=("squeeze",), tensors=("x",), form="function"),
        Spelling("keras", "tf.squeeze", ("axis", "name"), legacy={"squeeze_dims": "axis"}, tensors=("input",),
                 ignored=NAMED, form="function"),
        Spelling("keras", "K.squeeze", ("axis",), tensors=("x",), form="function"),
    )  # fmt: skip
    examples = (
        Example(((2, 1, 3),), {"axis": -2}, (2, 3)),
        Example(((2, 1, 3),), {}, (2, 3)),
        Example(((2, 4, 3),), {"axis": 1}, (2, 4, 3), framework="torch"),
        Example(((2, 2, 3),), {"axis": 1}, breaks="squeeze-axis-not-one", expected="2 along axis 1"),
        Example(((2, 1, 3),), {"axis": 3}, breaks="axis-out-of-range"),
        Example(((2, 1, 3),), {"axis": (1, -2)}, breaks="axis-named-twice"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.axis is None:
            return tuple(size for size in shape if not (isinstance(size, int) and size == 1))
        axes = require_axes(c, shape, a.axis, scalar=True)
        if axes is None:
            return (None,) * max(len(shape) - len(as_axes(a.axis)), 0)
        if c.framework == "torch":
            return tuple(n for axis, n in enumerate(shape) if axis not in axes or not (isinstance(n, int) and n == 1))
        for axis in axes:
            if not c.holds(ar.eq(shape[axis], 1)):
                needs = [NeedDim(0, axis, 1), NeedArgument("axis", _ones(shape))]
                c.fault(SQUEEZE_SIZE, needs, ("axis",), size=shape[axis], axis=axis)
        return without(shape, axes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        if a.axis is None:
            return x[0].squeeze()
        named = {axis % max(x[0].ndim, 1) for axis in as_axes(a.axis)}
        return x[0].squeeze(tuple(axis for axis, size in enumerate(x[0].shape) if axis in named and size == 1))


def _ones(shape: Shape) -> tuple[int, ...]:
    return tuple(axis for axis, size in enumerate(shape) if isinstance(size, int) and size == 1)


@layer
class Transpose(Declaration):
    """All axes, the batch axis included, in the order ``axes``; without it in reversed order.

    Sources: ``keras.ops.transpose``, ``tf.transpose``, ``torch.permute``.
    """

    kind = "transpose"
    arguments = (Argument("axes", Anything((None, (1, 0), (0, 2, 1))), None, "order"),)
    rules = (TRANSPOSE_RANK, AXIS_RANGE, AXIS_TWICE)
    spellings = (
        *torch_names.TRANSPOSE,
        Spelling("keras", "ops.transpose", ("axes",), aliases=("transpose",), tensors=("x",), form="function"),
        Spelling("keras", "tf.transpose", ("perm", "conjugate", "name"), renames={"perm": "axes"}, tensors=("a",),
                 ignored=NAMED, form="function"),
        Spelling("keras", "K.permute_dimensions", ("pattern",), renames={"pattern": "axes"},
                 aliases=("permute_dimensions",), tensors=("x",), form="function"),
        Spelling("keras", "K.transpose", (), tensors=("x",), form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 3, 4),), {"axes": (0, 2, 1)}, (None, 4, 3)),
        Example(((None, 3, 4),), {}, (4, 3, None)),
        Example(((None, 3, 4),), {"axes": (1, 0)}, breaks="transpose-rank", expected="3 axes"),
        Example(((None, 3, 4),), {"axes": (0, 1, 3)}, breaks="axis-out-of-range"),
        Example(((None, 3, 4),), {"axes": (0, 1, 1)}, breaks="axis-named-twice"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.axes is None:
            return tuple(reversed(shape))
        listed = len(as_axes(a.axes))
        if listed != len(shape):
            needs = [NeedRank(0, listed, listed), NeedArgument("axes", _permutations(as_axes(a.axes), len(shape)))]
            c.fault(TRANSPOSE_RANK, needs, ("axes",), rank=len(shape), axes=tuple(as_axes(a.axes)), listed=listed)
            return (None,) * listed
        axes = require_axes(c, shape, a.axes, "axes")
        return (None,) * listed if axes is None else tuple(shape[axis] for axis in axes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0].transpose(a.axes)


def _permutations(axes: tuple[Any, ...], rank: int) -> tuple[tuple[int, ...], ...]:
    """Orders of ``rank`` axes that are near to a list of another length: with the batch kept, or axes filled up."""
    if not all(isinstance(axis, int) for axis in axes):
        return ()
    kept = [axis % rank for axis in axes if -rank <= axis < rank]
    filled = tuple(dict.fromkeys([*kept, *range(rank)]))
    behind = (0, *(axis + 1 for axis in axes))
    batch_left_out = len(axes) == rank - 1 and sorted(axes) == list(range(len(axes)))
    return (behind, filled) if batch_left_out else (filled,)


@layer
class SwapAxes(Declaration):
    """Two axes exchanged. Sources: ``keras.ops.swapaxes``, ``torch.transpose``."""

    kind = "swap_axes"
    arguments = (
        Argument("axis1", Int(None), REQUIRED, "order"),
        Argument("axis2", Int(None), REQUIRED, "order"),
    )
    rules = (AXIS_RANGE,)
    spellings = (
        *torch_names.SWAP_AXES,
        Spelling("keras", "ops.swapaxes", ("axis1", "axis2"), aliases=("swapaxes",), tensors=("x",), form="function"),
    )
    examples = (
        Example(((2, 3, 4),), {"axis1": 0, "axis2": -1}, (4, 3, 2)),
        Example(((2, 3, 4),), {"axis1": 0, "axis2": 3}, breaks="axis-out-of-range"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        first = require_axis(c, shape, a.axis1, "axis1")
        second = require_axis(c, shape, a.axis2, "axis2")
        if first is None or second is None:
            return (None,) * len(shape)
        sizes = list(shape)
        sizes[first], sizes[second] = sizes[second], sizes[first]
        return tuple(sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0].swapaxes(a.axis1, a.axis2)


MOVE_COUNT = Rule(
    "move-axis-count",
    "Another number of axes is moved than of places they are moved to",
    "source={source}, destination={destination}",
    "as many sources as destinations",
    "Each axis that is moved needs its own place in the result.",
)


@layer
class MoveAxis(Declaration):
    """Axes moved to other places, the rest kept in order. Sources: ``keras.ops.moveaxis``, ``torch.movedim``."""

    kind = "move_axis"
    arguments = (
        Argument("source", Anything((0, 1)), REQUIRED, "order"),
        Argument("destination", Anything((-1, 1)), REQUIRED, "order"),
    )
    rules = (AXIS_RANGE, AXIS_TWICE, MOVE_COUNT)
    spellings = (
        *torch_names.MOVE_AXIS,
        Spelling("keras", "ops.moveaxis", ("source", "destination"), aliases=("moveaxis",), tensors=("x",),
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 4),), {"source": 0, "destination": -1}, (3, 4, 2)),
        Example(((2, 3, 4),), {"source": (0, 1), "destination": (1, 0)}, (3, 2, 4)),
        Example(((2, 3, 4),), {"source": 3, "destination": 0}, breaks="axis-out-of-range"),
        Example(((2, 3, 4),), {"source": (0, 0), "destination": (0, 1)}, breaks="axis-named-twice"),
        Example(((2, 3, 4),), {"source": (0, 1), "destination": 0}, breaks="move-axis-count"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        source = require_axes(c, shape, a.source, "source")
        destination = require_axes(c, shape, a.destination, "destination")
        if source is None or destination is None:
            return (None,) * len(shape)
        if len(source) != len(destination):
            values = {"source": as_axes(a.source), "destination": as_axes(a.destination)}
            needs = [NeedArgument("source"), NeedArgument("destination")]
            c.fault(MOVE_COUNT, needs, ("source", "destination"), **values)
            return (None,) * len(shape)
        order = [axis for axis in range(len(shape)) if axis not in source]
        for place, axis in sorted(zip(destination, source, strict=True)):
            order.insert(place, axis)
        return tuple(shape[axis] for axis in order)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.moveaxis(x[0], a.source, a.destination)
