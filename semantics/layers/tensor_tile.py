"""Operations that copy cells: tiling, repeating, broadcasting. Shapes are whole, the batch axis included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, as_axes, known_int, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Int, Ints, Maybe
from repairnn.semantics.faults import NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

NAMED = frozenset({"name"})
TILE_RANK = Rule(
    "tile-rank",
    "A tiling lists another number of repetitions than its input has axes",
    "{rank} axes {input}, while {listed} repetitions {repeats} are listed",
    "an input with {wanted} axes",
    "There is one number of repetitions for each axis.",
)
BROADCAST_TO = Rule(
    "broadcast-target",
    "A tensor cannot be broadcast to the shape that is asked for",
    "{input}, to be broadcast to {target}",
    "a shape whose last axes are those of {target}, or 1",
    "Broadcasting copies axes of size 1 and adds axes in front; it cannot change any other size.",
)


@layer
class Tile(Declaration):
    """The input laid side by side ``repeats`` times along each axis.

    Sources: ``keras.ops.tile`` (missing repetitions or axes are 1), ``tf.tile`` (exactly one for each axis),
    ``torch.Tensor.repeat`` (at least one for each axis). ``exact`` selects between them: ``none``, ``equal``,
    ``least``.
    """

    kind = "tile"
    arguments = (
        Argument("repeats", Ints(None, 0), REQUIRED, "free"),
        Argument("exact", Anything(("none", "equal", "least")), "none", "meaning"),
    )
    rules = (TILE_RANK,)
    spellings = (
        *torch_names.TILE,
        Spelling("keras", "ops.tile", ("repeats",), aliases=("tile",), tensors=("x",), form="function"),
        Spelling("keras", "tf.tile", ("multiples", "name"), renames={"multiples": "repeats"}, fixed={"exact": "equal"},
                 tensors=("input",), ignored=NAMED, form="function"),
        Spelling("keras", "K.tile", ("n",), renames={"n": "repeats"}, fixed={"exact": "equal"}, tensors=("x",),
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((2, 3),), {"repeats": (2, 1)}, (4, 3)),
        Example(((2, 3),), {"repeats": 2}, (2, 6)),
        Example(((2, 3),), {"repeats": (2, 1, 1)}, (2, 2, 3)),
        Example(((2, 3),), {"repeats": (2,), "exact": "equal"}, breaks="tile-rank", expected="1 repetitions"),
        Example(((2, 3),), {"repeats": (2,), "exact": "least"}, breaks="tile-rank"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        repeats = as_axes(a.repeats)
        listed, rank = len(repeats), len(shape)
        if (a.exact == "equal" and listed != rank) or (a.exact == "least" and listed < rank):
            most = listed if a.exact == "equal" else None
            needs = [NeedRank(0, listed if most else 0, listed), NeedArgument("repeats")]
            wanted = listed if most else f"at most {listed}"
            c.fault(TILE_RANK, needs, ("repeats",), rank=rank, listed=listed, repeats=repeats, wanted=wanted)
        width = max(listed, rank)
        sizes = (1,) * (width - rank) + shape
        times = (1,) * (width - listed) + repeats
        return tuple(ar.mul(size, time) for size, time in zip(sizes, times, strict=True))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.tile(x[0], a.repeats)


REPEATS_COUNT = Rule(
    "repeats-count",
    "A repetition lists another number of repeats than the axis has cells",
    "{size} cells along axis {axis} of {input}, for {listed} repeats",
    "{listed} cells along that axis",
    "Each cell is repeated as often as its own number says.",
)


@layer
class Repeat(Declaration):
    """Each cell along ``axis`` repeated; without an axis the input is flattened first.

    Sources: ``keras.ops.repeat``, ``tf.repeat``, ``K.repeat_elements``, ``torch.repeat_interleave``.
    """

    kind = "repeat"
    arguments = (
        Argument("repeats", Ints(None, 0), REQUIRED, "free"),
        Argument("axis", Maybe(Int(None)), None, "order"),
    )
    rules = (AXIS_RANGE, REPEATS_COUNT)
    spellings = (
        *torch_names.REPEAT,
        Spelling("keras", "ops.repeat", ("repeats", "axis"), aliases=("repeat",), tensors=("x",), form="function"),
        Spelling("keras", "tf.repeat", ("repeats", "axis", "name"), tensors=("input",), ignored=NAMED, form="function"),
        Spelling("keras", "K.repeat_elements", ("rep", "axis"), renames={"rep": "repeats"}, tensors=("x",),
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((2, 3),), {"repeats": 2, "axis": 1}, (2, 6)),
        Example(((2, 3),), {"repeats": 2}, (12,)),
        Example(((2, 3),), {"repeats": (1, 0, 4), "axis": -1}, (2, 5)),
        Example(((2, 3),), {"repeats": 2, "axis": 2}, breaks="axis-out-of-range"),
        Example(((2, 3),), {"repeats": (1, 2), "axis": 1}, breaks="repeats-count", expected="3 cells"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.axis is None:
            shape, axis = (ar.product(shape),), 0
        else:
            found = require_axis(c, shape, a.axis)
            if found is None:
                return (None,) * len(shape)
            axis = found
        size: ar.Term
        if isinstance(a.repeats, (tuple, list)) and len(a.repeats) != 1:
            listed = len(a.repeats)
            if not c.holds(ar.eq(shape[axis], listed)):
                needs = [NeedDim(0, axis, listed), NeedArgument("repeats")]
                c.fault(REPEATS_COUNT, needs, ("repeats",), size=shape[axis], axis=axis, listed=listed)
            size = ar.add(*a.repeats)
        else:
            size = ar.mul(shape[axis], as_axes(a.repeats)[0])
        return (*shape[:axis], size, *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.repeat(x[0], a.repeats, a.axis)


@layer
class BroadcastTo(Declaration):
    """Axes of size 1 copied, and axes added in front, until the shape is ``shape``; -1 keeps an axis.

    Sources: ``keras.ops.broadcast_to``, ``tf.broadcast_to``, ``torch.Tensor.expand`` (which alone takes -1).
    """

    kind = "broadcast_to"
    arguments = (Argument("shape", Ints(None, -1, False), REQUIRED, "free"),)
    rules = (BROADCAST_TO,)
    spellings = (
        *torch_names.BROADCAST_TO,
        Spelling("keras", "ops.broadcast_to", ("shape",), aliases=("broadcast_to",), tensors=("x",), form="function"),
        Spelling("keras", "tf.broadcast_to", ("shape", "name"), tensors=("input",), ignored=NAMED, form="function"),
    )
    examples = (
        Example(((1, 3),), {"shape": (2, 4, 3)}, (2, 4, 3)),
        Example(((1, 3),), {"shape": (2, -1)}, (2, 3), framework="torch"),
        Example(((2, 3),), {"shape": (4, 3)}, breaks="broadcast-target", expected="to be broadcast to (4, 3)"),
        Example(((2, 3),), {"shape": (3,)}, breaks="broadcast-target"),
        Example(((2, 3),), {"shape": (2, -1)}, breaks="broadcast-target"),
        Example(((2, 3),), {"shape": (-1, 2, 3)}, breaks="broadcast-target", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, target = x[0], tuple(a.shape)
        assert shape is not None
        added = len(target) - len(shape)
        kept = [axis for axis, size in enumerate(target) if known_int(size) and size == -1]
        fits = added >= 0 and not any(axis < added or c.framework != "torch" for axis in kept)
        sizes = list(target)
        for axis, size in enumerate(shape):
            if added < 0:
                break
            wanted = target[axis + added]
            if known_int(wanted) and wanted == -1:
                sizes[axis + added] = size
            elif not c.holds(ar.any_of(ar.eq(size, wanted), ar.eq(size, 1))):
                fits = False
        if not fits:
            c.fault(BROADCAST_TO, [NeedRank(0, 0, len(target)), NeedArgument("shape")], ("shape",), target=target)
        return tuple(None if known_int(size) and size == -1 else size for size in sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        shape = tuple(a.shape)
        added = len(shape) - x[0].ndim
        return np.broadcast_to(x[0], tuple(x[0].shape[i - added] if n == -1 else n for i, n in enumerate(shape)))
