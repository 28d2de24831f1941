"""Elementwise merges of several tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Choice
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedDim, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

MERGE_SHAPES = Rule(
    "merge-shapes",
    "An elementwise merge gets tensors whose shapes do not fit",
    "{first} and {second}, which differ on axis {axis}",
    "shapes that are equal, or 1 where they differ",
    "The tensors are combined element by element. Sizes of 1 are stretched; any other difference leaves elements "
    "without a partner.",
)
MERGE_BATCH = Rule(
    "merge-batch-sizes",
    "A merge gets tensors with different numbers of samples",
    "batches of {first} and {second}",
    "the same number of samples everywhere",
    "Samples are merged one by one.",
)
SUBTRACT_COUNT = Rule(
    "subtract-input-count",
    "A subtraction gets another number of tensors than two",
    "{count} tensors",
    "exactly 2 tensors",
    "The second tensor is subtracted from the first; there is no third.",
)
OPERATIONS = ("add", "subtract", "multiply", "average", "maximum", "minimum")


@layer
class Merge(Declaration):
    """Sum, difference, product, mean, maximum or minimum of tensors, element by element.

    With ``align`` "batch" the first axis is the batch, the others are aligned at the right and sizes of 1 are stretched
    (Keras' merge layers). With "last" all axes are aligned at the right, as NumPy and PyTorch do.
    """

    kind = "merge"
    inputs = (1, None)
    arguments = (
        Argument("op", Choice(OPERATIONS), REQUIRED, "meaning", "what is computed"),
        Argument("align", Choice(("batch", "last")), "batch", "meaning", "whether the first axis is the batch"),
    )
    rules = (MERGE_SHAPES, MERGE_BATCH, SUBTRACT_COUNT)
    spellings = (
        *(Spelling("keras", op.capitalize(), fixed={"op": op}) for op in OPERATIONS),
        *(Spelling("keras", op, fixed={"op": op}, tensors=("inputs",), form="function") for op in OPERATIONS),
    )
    examples = (
        Example(((None, 4, 8), (None, 4, 8)), {"op": "add"}, (None, 4, 8)),
        Example(((None, 4, 8), (None, 8)), {"op": "multiply"}, (None, 4, 8)),
        Example(((None, 4, 1), (None, 1, 8), (None, 8)), {"op": "average"}, (None, 4, 8)),
        Example(((None, None, 8), (None, 4, 8)), {"op": "maximum"}, (None, None, 8)),
        Example(((2, 4, 8), (4, 1)), {"op": "add", "align": "last"}, (2, 4, 8), framework="torch"),
        Example(((None, 4, 8), (None, 4, 9)), {"op": "add"}, breaks="merge-shapes", expected="differ on axis 2"),
        Example(((None, 4, 8), (None, 4)), {"op": "add"}, breaks="merge-shapes", expected="(None, 4, 8) and (None, 4)"),
        Example(((2, 4), (3, 4)), {"op": "add"}, breaks="merge-batch-sizes", expected="batches of 2 and 3"),
        Example(((2, 4), (3, 4)), {"op": "add", "align": "last"}, breaks="merge-shapes", expected="axis 0",
                framework="torch"),
        Example(((None, 4), (None, 4), (None, 4)), {"op": "subtract"}, breaks="subtract-input-count",
                expected="exactly 2 tensors"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        if a.op == "subtract" and len(x) != 2:
            c.fault(SUBTRACT_COUNT, [NeedArgument("op", ("add",))], ("op",), count=len(x))
        skip = 1 if a.align == "batch" else 0
        merged = x[0]
        assert merged is not None
        batch = merged[0] if skip and merged else None
        for index in range(1, len(x)):
            shape = x[index]
            assert shape is not None
            if skip:
                batch = _require_batch(c, batch, shape[0] if shape else None, index)
            merged = (*merged[:skip], *_merged(c, merged[skip:], shape[skip:], x, index, skip))
        return (batch, *merged[1:]) if skip and merged else merged

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        rank = max(array.ndim for array in x)
        if a.align == "batch":
            x = [array.reshape((len(array), *(1,) * (rank - array.ndim), *array.shape[1:])) for array in x]
        functions = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "average": np.add,
                     "maximum": np.maximum, "minimum": np.minimum}  # fmt: skip
        result = x[0]
        for array in x[1:]:
            result = functions[a.op](result, array)
        return result / len(x) if a.op == "average" else result


def _require_batch(c: Context, batch: ar.Term, other: ar.Term, index: int) -> ar.Term:
    if not c.holds(ar.eq(batch, other)):
        needs = [NeedAgree((0, index), (0,)), NeedDim(index, 0, batch), NeedDim(0, 0, other)]
        c.fault(MERGE_BATCH, needs, (), first=batch, second=other)
    return other if batch is None else batch


def _merged(c: Context, one: Shape, two: Shape, x: Sequence[Shape | None], index: int, skip: int) -> Shape:
    """The shape that two shapes (without the batch) broadcast to, aligned at the right."""
    long, short = (one, two) if len(one) >= len(two) else (two, one)
    lead = len(long) - len(short)
    sizes = list(long[:lead])
    for axis, (i, j) in enumerate(zip(long[lead:], short, strict=True), start=lead + skip):
        if not c.holds(ar.broadcasts(i, j)):
            before = x[:index]
            base = next((k for k, shape in enumerate(before) if shape is not None and shape[skip:] == one), 0)
            equal_ranks = len({len(shape) for shape in (x[base], x[index]) if shape is not None}) == 1
            needs: list[Need] = [
                NeedAgree((base, index), (axis,) if equal_ranks else None, True),
                NeedShape(index, (None,) * skip + tuple(one)),
                NeedShape(base, (None,) * skip + tuple(two)),
            ]
            values = {"first": (None,) * skip + tuple(one), "second": x[index], "axis": axis}
            c.fault(MERGE_SHAPES, needs, (), **values)
            sizes.append(i)
            continue
        sizes.append(ar.broadcast(i, j))
    return tuple(sizes)
