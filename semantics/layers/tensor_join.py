"""Operations that join tensors along a new axis, take them apart, and pick parts of them.

Shapes are whole: the batch axis is axis 0 like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, known_int, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Int, Maybe
from repairnn.semantics.faults import NeedAgree, NeedArgument, NeedAtLeast, NeedDim, NeedMultiple, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

NAMED = frozenset({"name"})
STACK_SHAPES = Rule(
    "stack-shapes-differ",
    "Tensors of different shapes are stacked",
    "{inputs}",
    "inputs of one shape",
    "Stacking puts tensors side by side along a new axis; they must agree on all the others.",
)


@layer
class Stack(Declaration):
    """Several tensors of one shape side by side along a new axis.

    Sources: ``keras.ops.stack``, ``tf.stack``, ``torch.stack``.
    """

    kind = "stack"
    inputs = (1, None)
    arguments = (Argument("axis", Int(None), 0, "order"),)
    rules = (STACK_SHAPES, AXIS_RANGE)
    spellings = (
        *torch_names.STACK,
        Spelling("keras", "ops.stack", ("axis",), aliases=("stack",), tensors=("x",), form="function"),
        Spelling("keras", "tf.stack", ("axis", "name"), tensors=("values",), ignored=NAMED, form="function"),
        Spelling("keras", "K.stack", ("axis",), tensors=("x",), form="function"),
    )
    examples = (
        Example(((None, 3), (None, 3)), {"axis": 2}, (None, 3, 2)),
        Example(((None, 3), (None, 3)), {"axis": 1}, (None, 2, 3)),
        Example(((None, 3), (None, 4)), {"axis": 1}, breaks="stack-shapes-differ", expected="(None, 3), (None, 4)"),
        Example(((None, 3), (None, 3)), {"axis": 3}, breaks="axis-out-of-range"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        first = x[0]
        assert first is not None
        same = all(len(shape or ()) == len(first) for shape in x) and all(
            c.holds(ar.eq(size, other)) for shape in x[1:] for size, other in zip(first, shape or (), strict=True)
        )
        if not same:
            c.fault(STACK_SHAPES, [NeedAgree(tuple(range(len(x))))])
        axis = require_axis(c, first, a.axis, extra=1)
        sizes = tuple(
            _common([shape[i] if shape and i < len(shape) else None for shape in x]) for i in range(len(first))
        )
        return (None,) * (len(first) + 1) if axis is None else (*sizes[:axis], len(x), *sizes[axis:])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.stack(x, a.axis)


def _common(sizes: Sequence[ar.Term]) -> ar.Term:
    """The first size that is known."""
    return next((size for size in sizes if size is not None), None)


SPLIT_PARTS = Rule(
    "split-parts",
    "An axis does not divide into the parts it is split into",
    "{size} along axis {axis} of {input}, in {parts} equal parts",
    "a multiple of {parts} along that axis",
    "Equal parts exist only when their number divides the size of the axis.",
)
SPLIT_SIZES = Rule(
    "split-sizes",
    "The sizes of the parts of a split do not add up to the axis",
    "{size} along axis {axis} of {input}, in parts of {sizes}",
    "{total} along that axis",
    "Together the parts must be the whole axis.",
)


SPLIT_PLACES = Rule(
    "split-places",
    "A split cuts an axis at places that it does not have",
    "cuts at {places} of {size} cells along axis {axis} of {input}",
    "places in rising order, up to {size}",
    "Keras takes the places as they are; a part would have a negative size.",
)


@layer
class Split(Declaration):
    """A tensor cut along an axis.

    ``style`` says what ``sections`` means when it is a number and when it is a list: ``indices`` (``keras.ops.split``:
    number of equal parts, or places of the cuts), ``sizes`` (``tf.split``: number of equal parts, or their sizes),
    ``chunk_size`` (``torch.split``: size of each part, the last may be smaller, or their sizes), ``chunks``
    (``torch.chunk``: number of parts, the last may be smaller), ``uneven`` (``array_split``: number of parts that
    differ by at most one).
    """

    kind = "split"
    arguments = (
        Argument("sections", Anything((2, (1, 2))), REQUIRED, "free"),
        Argument("axis", Int(None), 0, "order"),
        Argument("style", Choice(("indices", "sizes", "chunk_size", "chunks", "uneven")), "indices", "meaning"),
    )
    rules = (AXIS_RANGE, SPLIT_PARTS, SPLIT_SIZES, SPLIT_PLACES)
    spellings = (
        *torch_names.SPLIT,
        Spelling("keras", "ops.split", ("indices_or_sections", "axis"), renames={"indices_or_sections": "sections"},
                 aliases=("split",), tensors=("x",), form="function"),
        Spelling("keras", "ops.array_split", ("indices_or_sections", "axis"), fixed={"style": "uneven"},
                 renames={"indices_or_sections": "sections"}, aliases=("array_split",), tensors=("x",),
                 form="function", domains={"sections": Int(1)}),
        Spelling("keras", "tf.split", ("num_or_size_splits", "axis", "num", "name"), fixed={"style": "sizes"},
                 renames={"num_or_size_splits": "sections"}, tensors=("value",), ignored=NAMED | {"num"},
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 6),), {"sections": 3, "axis": 1}, [(None, 2)] * 3),
        Example(((None, 6),), {"sections": (1, 4), "axis": -1}, [(None, 1), (None, 3), (None, 2)]),
        Example(((None, 6),), {"sections": (1, 5), "axis": 1, "style": "sizes"}, [(None, 1), (None, 5)]),
        Example(((5, 1),), {"sections": 2, "style": "chunk_size"}, [(2, 1), (2, 1), (1, 1)]),
        Example(((5, 1),), {"sections": 3, "style": "chunks"}, [(2, 1), (2, 1), (1, 1)]),
        Example(((5, 1),), {"sections": 3, "style": "uneven"}, [(2, 1), (2, 1), (1, 1)]),
        Example(((None, 6),), {"sections": 4, "axis": 1}, breaks="split-parts", expected="in 4 equal parts"),
        Example(((None, 6),), {"sections": (1, 4), "axis": 1, "style": "sizes"}, breaks="split-sizes"),
        Example(((None, 6),), {"sections": (4, 7), "axis": 1}, breaks="split-places", expected="cuts at (4, 7) of 6"),
        Example(((None, 6),), {"sections": 2, "axis": 2}, breaks="axis-out-of-range"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        axis = require_axis(c, shape, a.axis)
        if axis is None:
            return [(None,) * len(shape)] * Split.output_count(a)
        sizes = _part_sizes(c, shape, axis, a)
        return [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]

    @staticmethod
    def output_count(a: Args) -> int:
        if isinstance(a.sections, (tuple, list)):
            return len(a.sections) + (a.style in ("indices", "uneven"))
        return a.sections if known_int(a.sections) and a.style != "chunk_size" else 1

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if isinstance(a.sections, (tuple, list)):
            cuts = a.sections if a.style in ("indices", "uneven") else np.cumsum(a.sections)[:-1]
            return np.split(x[0], cuts, a.axis)
        if a.style == "uneven":
            return np.array_split(x[0], a.sections, a.axis)
        size = x[0].shape[a.axis]
        step = a.sections if a.style == "chunk_size" else -(-size // a.sections)
        return np.split(x[0], range(step, size, step), a.axis)


def _part_sizes(c: Context, shape: Shape, axis: int, a: Args) -> list[ar.Term]:
    size, sections = shape[axis], a.sections
    if isinstance(sections, (tuple, list)):
        return _listed_sizes(c, size, axis, a)
    if not known_int(sections) or sections < 1:
        return [None] * Split.output_count(a)
    if a.style == "uneven":
        return [ar.ceildiv(ar.sub(size, i), sections) for i in range(sections)]
    if a.style in ("chunk_size", "chunks"):
        return _chunk_sizes(size, sections, a)
    if not c.holds(ar.eq(ar.mod(size, sections), 0)):
        needs = [NeedMultiple(0, axis, sections), NeedArgument("sections", _divisors(size)),
                 NeedArgument("axis", _divided(shape, sections))]  # fmt: skip
        c.fault(SPLIT_PARTS, needs, ("sections", "axis"), size=size, axis=axis, parts=sections)
    return [ar.floordiv(size, sections)] * sections


def _chunk_sizes(size: ar.Term, sections: int, a: Args) -> list[ar.Term]:
    """Parts of one size, the last as large as what is left (``torch.split``, ``torch.chunk``)."""
    if not isinstance(size, int):
        return [None] * Split.output_count(a)
    if not size and a.style == "chunks":
        return [0] * sections
    step = sections if a.style == "chunk_size" else max(-(-size // sections), 1)
    return [min(step, size - start) for start in range(0, size, step)] or [0]


def _listed_sizes(c: Context, size: ar.Term, axis: int, a: Args) -> list[ar.Term]:
    sections = list(a.sections)
    if a.style in ("indices", "uneven"):
        return _cut_sizes(c, size, axis, sections)
    rest = [index for index, part in enumerate(sections) if known_int(part) and part == -1]
    if len(rest) == 1:
        others = ar.add(*(part for index, part in enumerate(sections) if index != rest[0]))
        sections[rest[0]] = ar.sub(size, others)
        return sections
    total = ar.add(*sections)
    if not c.holds(ar.eq(size, total)):
        needs = [*([NeedDim(0, axis, total)] if known_int(total) else []), NeedArgument("sections")]
        c.fault(SPLIT_SIZES, needs, ("sections", "axis"), size=size, axis=axis, sizes=tuple(sections), total=total)
    return sections


def _cut_sizes(c: Context, size: ar.Term, axis: int, places: list[Any]) -> list[ar.Term]:
    """Sizes of the parts between cuts at ``places``."""
    if not all(map(known_int, places)):
        return [None] * (len(places) + 1)
    rising = sorted([0, *places]) == [0, *places]
    if c.framework == "keras" and not (rising and c.holds(ar.at_least(size, max(places, default=0)))):
        values = {"places": tuple(places), "size": size, "axis": axis}
        c.fault(SPLIT_PLACES, [NeedAtLeast(0, axis, max(places)), NeedArgument("sections")], ("sections",), **values)
    if not isinstance(size, int):
        last = ar.sub(size, places[-1] if places else 0)
        return [*(after - before for before, after in pairwise([0, *places])), last]
    cuts = [0, *(len(range(size)[:cut]) for cut in places), size]
    return [max(after - before, 0) for before, after in pairwise(cuts)]


def _divided(shape: Shape, parts: int) -> tuple[int, ...]:
    return tuple(axis for axis, size in enumerate(shape) if axis and known_int(size) and size and size % parts == 0)


def _divisors(size: Any) -> tuple[int, ...]:
    return tuple(n for n in range(2, min(size, 64) + 1) if size % n == 0) if known_int(size) else ()


UNSTACK_COUNT = Rule(
    "unstack-count",
    "An axis is taken apart into another number of tensors than it has cells",
    "{size} along axis {axis} of {input}, for num={num}",
    "{num} along that axis",
    "There is one tensor for each cell of the axis.",
)


UNSTACK_UNKNOWN = Rule(
    "unstack-size-unknown",
    "An axis of unknown size is taken apart",
    "{input}, whose axis {axis} is not known",
    "num to be given, or an axis with a fixed size",
    "The number of tensors must be known when the program is built.",
)


@layer
class Unstack(Declaration):
    """One tensor for each cell along an axis, which is gone from them.

    Sources: ``keras.ops.unstack``, ``tf.unstack``, ``torch.unbind``.
    """

    kind = "unstack"
    arguments = (
        Argument("num", Maybe(Int(0)), None, "derived"),
        Argument("axis", Int(None), 0, "order"),
    )
    rules = (AXIS_RANGE, UNSTACK_COUNT, UNSTACK_UNKNOWN)
    spellings = (
        *torch_names.UNSTACK,
        Spelling("keras", "ops.unstack", ("num", "axis"), aliases=("unstack",), tensors=("x",), form="function"),
        Spelling("keras", "tf.unstack", ("num", "axis", "name"), tensors=("value",), ignored=NAMED, form="function"),
    )
    examples = (
        Example(((2, 3),), {}, [(3,), (3,)]),
        Example(((None, 3),), {"num": 3, "axis": 1}, [(None,)] * 3),
        Example(((2, 3),), {"num": 2, "axis": 1}, breaks="unstack-count", expected="for num=2"),
        Example(((2, 3),), {"axis": 2}, breaks="axis-out-of-range"),
        Example(((None, 3),), {}, breaks="unstack-size-unknown", expected="whose axis 0 is not known"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        axis = require_axis(c, shape, a.axis)
        if axis is None:
            return [None] * (a.num or 1)
        size = shape[axis]
        if a.num is not None and not c.holds(ar.eq(size, a.num)):
            needs = [NeedDim(0, axis, a.num, "num"), NeedArgument("num"), NeedArgument("axis")]
            c.fault(UNSTACK_COUNT, needs, ("num", "axis"), size=size, axis=axis, num=a.num)
        if a.num is None and size is None and c.framework == "keras":
            c.fault(UNSTACK_UNKNOWN, [NeedArgument("num")], ("num",), axis=axis)
        count = a.num if a.num is not None else size if isinstance(size, int) else 1
        return [(*shape[:axis], *shape[axis + 1 :])] * count

    @staticmethod
    def output_count(a: Args) -> int:
        return a.num if known_int(a.num) else 1

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return list(np.moveaxis(x[0], a.axis, 0))
