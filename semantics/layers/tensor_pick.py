"""Indexing: ``x[...]``, slices given by start and size, and picking cells by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, known_int, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Int, Ints, Maybe
from repairnn.semantics.faults import NeedArgument, NeedAtLeast, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

NAMED = frozenset({"name"})
INDEX_COUNT = Rule(
    "index-too-many",
    "A tensor is indexed along more axes than it has",
    "{rank} axes {input}, indexed along {used}",
    "at least {used} axes",
    "Each number or slice of an index uses up one axis.",
)
INDEX_RANGE = Rule(
    "index-out-of-range",
    "An index points behind the end of an axis",
    "cell {cell} of {size} along axis {axis} of {input}",
    "more than {least} cells along that axis, or a smaller index",
    "Cells are counted from 0, or from -1 backwards.",
)


@layer
class Slice(Declaration):
    """Basic indexing ``x[index]``.

    ``index`` is a tuple with one item for each part between commas: a number (the axis is gone), ``("slice", start,
    stop, step)`` with ``None`` where nothing is written, ``"ellipsis"``, ``"newaxis"``, or ``("tensor", shape)``
    for an array of numbers of that shape (one at most), or ``None`` for a part that could not be read.
    Source: NumPy's basic indexing, which TensorFlow and PyTorch follow (PyTorch takes no negative steps; TensorFlow
    and PyTorch refuse a number that is out of range, and cut slices short like Python).
    """

    kind = "slice"
    arguments = (Argument("index", Anything(((0,), (("slice", 1, None, None),))), REQUIRED, "free"),)
    rules = (INDEX_COUNT, INDEX_RANGE)
    spellings = (
        *torch_names.SLICE,
        Spelling("keras", "getitem", ("index",), aliases=("ops.get_item",), tensors=("x",), form="function"),
        Spelling("keras", "getitem", ("index",), form="method"),
    )
    examples = (
        Example(((None, 5, 3),), {"index": (("slice", None, None, None), 4)}, (None, 3)),
        Example(((None, 5, 3),), {"index": ("ellipsis", -3)}, (None, 5)),
        Example(((None, 5, 3),), {"index": ("ellipsis", "newaxis")}, (None, 5, 3, 1)),
        Example(((None, 5, 3),), {"index": (("slice", None, None, None), ("slice", 1, None, 2))}, (None, 2, 3)),
        Example(((4, 3),), {"index": (("tensor", (7, 2)),)}, (7, 2, 3)),
        Example(((None, 5, 3),), {"index": (("slice", None, None, None), 5)}, breaks="index-out-of-range",
                expected="cell 5 of 5 along axis 1"),
        Example(((None, 5),), {"index": (0, 0, 0)}, breaks="index-too-many", expected="indexed along 3"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        index = a.index if isinstance(a.index, (tuple, list)) and not _is_part(a.index) else (a.index,)
        if any(part is None for part in index):
            return None
        used = sum(part not in ("ellipsis", "newaxis") for part in index)
        if used > len(shape):
            c.fault(
                INDEX_COUNT, [NeedRank(0, used, None), NeedArgument("index")], ("index",), rank=len(shape), used=used
            )
            return None
        result: list[ar.Term] = []
        axis = 0
        for part in _without_ellipsis(index, len(shape) - used):
            if part == "newaxis":
                result.append(1)
                continue
            result.extend(_picked(c, shape, axis, part))
            axis += 1
        return tuple(result)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        words = {"ellipsis": Ellipsis, "newaxis": np.newaxis}
        constant: dict[str, Any] = {"slice": lambda *ends: slice(*ends), "tensor": lambda shape: np.zeros(shape, int)}
        parts = a.index if isinstance(a.index, (tuple, list)) and not _is_part(a.index) else (a.index,)
        return x[0][
            tuple(constant[part[0]](*part[1:]) if isinstance(part, tuple) else words.get(part, part) for part in parts)
        ]


def _is_part(value: Sequence[Any]) -> bool:
    return bool(value) and value[0] in ("slice", "tensor") and isinstance(value[0], str)


def _without_ellipsis(index: Sequence[Any], rest: int) -> list[Any]:
    """The index with whole slices in place of the ellipsis, or behind the last part."""
    whole = [("slice", None, None, None)] * rest
    at = next((i for i, part in enumerate(index) if part == "ellipsis"), len(index))
    return [*index[:at], *whole, *(part for part in index[at + 1 :] if part != "ellipsis")]


def _picked(c: Context, shape: Shape, axis: int, part: Any) -> list[ar.Term]:
    size = shape[axis]
    if isinstance(part, (tuple, list)) and part and part[0] == "tensor":
        numbers = ar.any_of(ar.at_least(size, 1), ar.eq(ar.product(part[1]), 0))
        if c.framework == "torch" and not c.holds(numbers):
            c.fault(INDEX_RANGE, [NeedAtLeast(0, axis, 1)], ("index",), cell=0, size=size, axis=axis, least=0)
        return list(part[1])
    if isinstance(part, (tuple, list)):
        return [slice_size(size, *part[1:])]
    if known_int(part):
        least = part if part >= 0 else -part - 1
        if not c.holds(ar.at_least(size, least + 1)):
            needs = [NeedAtLeast(0, axis, least + 1), NeedArgument("index")]
            c.fault(INDEX_RANGE, needs, ("index",), cell=part, size=size, axis=axis, least=least)
    return []


def slice_size(size: ar.Term, start: Any, stop: Any, step: Any) -> ar.Term:
    """Cells that ``start:stop:step`` leaves of ``size``; unknown when the answer depends on what is not known."""
    step = 1 if step is None else step
    if start is None and stop is None and known_int(step) and step > 0:
        return ar.ceildiv(size, step)
    parts = (start, stop, step)
    if size is None or not all(part is None or known_int(part) for part in parts) or step == 0:
        return None
    if known_int(size):
        return len(range(size)[start:stop:step])
    if step != 1:
        return None
    low = 0 if start is None else _clipped(size, start)
    high = size if stop is None else _clipped(size, stop)
    return ar.maximum(ar.sub(high, low), 0)


def _clipped(size: ar.Term, place: int) -> ar.Term:
    """A place of a slice counted from the front and kept within the axis, for a symbolic size."""
    if place < 0:
        return ar.maximum(size + place, 0)
    return size - ar.maximum(size - place, 0)


WINDOW_RANK = Rule(
    "slice-rank",
    "A slice lists another number of starts or sizes than its input has axes",
    "{rank} axes {input}, with starts {begin} and sizes {size}",
    "{listed} axes",
    "A start and a size are given for every axis.",
)
WINDOW_RANGE = Rule(
    "slice-out-of-range",
    "A slice reaches behind the end of an axis",
    "{cells} along axis {axis} of {input}, from {start} for {length}",
    "at least {least} along that axis",
    "The part that is cut out must lie inside the tensor.",
)


@layer
class Window(Declaration):
    """The part of a tensor that starts at ``begin`` and has ``size`` cells along each axis (-1: up to the end).

    Sources: ``tf.slice``, ``keras.ops.slice``.
    """

    kind = "window_slice"
    arguments = (
        Argument("begin", Ints(None, 0, False), REQUIRED, "free"),
        Argument("size", Ints(None, -1, False), REQUIRED, "free"),
    )
    rules = (WINDOW_RANK, WINDOW_RANGE)
    spellings = (
        Spelling("keras", "ops.slice", ("start_indices", "shape"), renames={"start_indices": "begin", "shape": "size"},
                 aliases=("slice",), tensors=("inputs",), form="function"),
        Spelling("keras", "tf.slice", ("begin", "size", "name"), tensors=("input_",), ignored=NAMED, form="function"),
    )  # fmt: skip
    examples = (
        Example(((4, 5),), {"begin": (1, 2), "size": (3, 3)}, (3, 3)),
        Example(((None, 5),), {"begin": (0, 2), "size": (-1, -1)}, (None, 3)),
        Example(((4, 5),), {"begin": (1, 3), "size": (3, 3)}, breaks="slice-out-of-range", expected="at least 6"),
        Example(((4, 5),), {"begin": (1,), "size": (3,)}, breaks="slice-rank", expected="2 axes"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        begin, length = tuple(a.begin), tuple(a.size)
        if len(begin) != len(shape) or len(length) != len(shape):
            needs = [NeedRank(0, len(begin), len(begin)), NeedArgument("begin")]
            values = {"rank": len(shape), "begin": begin, "size": length, "listed": len(begin)}
            c.fault(WINDOW_RANK, needs, ("begin", "size"), **values)
            return length
        sizes = []
        for axis, (cells, start, wanted) in enumerate(zip(shape, begin, length, strict=True)):
            open_end = known_int(wanted) and wanted == -1
            least = start if open_end else ar.add(start, wanted)
            if not c.holds(ar.at_least(cells, least)):
                values = {"cells": cells, "axis": axis, "start": start, "length": wanted, "least": least}
                needs = [NeedAtLeast(0, axis, least), NeedArgument("size"), NeedArgument("begin")]
                c.fault(WINDOW_RANGE, needs, ("begin", "size"), **values)
            sizes.append(ar.sub(cells, start) if open_end else wanted)
        return tuple(sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        ends = (None if n == -1 else start + n for start, n in zip(a.begin, a.size, strict=True))
        return x[0][tuple(slice(start, end) for start, end in zip(a.begin, ends, strict=True))]


@layer
class Take(Declaration):
    """Cells of an axis picked by number; without an axis from the flattened tensor.

    Inputs are ``(x, indices)``, or ``x`` alone with the shape of constant numbers in ``indices_shape``.
    Sources: ``keras.ops.take``, ``tf.gather``, ``torch.index_select``.
    """

    kind = "take"
    inputs = (1, 2)
    arguments = (
        Argument("axis", Maybe(Int(None)), None, "order"),
        Argument("indices_shape", Maybe(Ints(None, 0, False)), None, "free"),
    )
    rules = (AXIS_RANGE,)
    spellings = (
        Spelling("keras", "ops.take", ("axis",), aliases=("take",), tensors=("x", "indices"), form="function"),
        Spelling("keras", "tf.gather", ("validate_indices", "axis", "batch_dims", "name"), defaults={"axis": 0},
                 tensors=("params", "indices"), ignored=NAMED | {"validate_indices"}, form="function"),
        Spelling("keras", "K.gather", (), defaults={"axis": 0}, tensors=("reference", "indices"), form="function"),
    )  # fmt: skip
    examples = (
        Example(((4, 5), (None, 2)), {"axis": 0}, (None, 2, 5)),
        Example(((4, 5),), {"axis": 1, "indices_shape": ()}, (4,)),
        Example(((4, 5), (3,)), {}, (3,)),
        Example(((4, 5), (3,)), {"axis": 2}, breaks="axis-out-of-range"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, picked = x[0], x[1] if len(x) == 2 else a.indices_shape
        assert shape is not None
        if picked is None:
            return None
        if a.axis is None:
            return tuple(picked)
        axis = require_axis(c, shape, a.axis)
        return None if axis is None else (*shape[:axis], *picked, *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.take(x[0], np.asarray(x[1]).astype(int), a.axis)
