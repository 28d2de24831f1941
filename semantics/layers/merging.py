"""Elementwise merges of several tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedDim, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_merge_names
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
MERGE_IN_PLACE = Rule(
    "merge-in-place-grows",
    "An operation in place would have to make its tensor larger",
    "{inputs}, which together have the shape {joined}",
    "a first tensor of that shape already",
    "The result is written into the first tensor, whose shape cannot change.",
)
MERGE_OPERANDS = Rule(
    "merge-operand-count",
    "An operation gets more operands than it takes",
    "{count} operands",
    "{wanted} operands",
    "An arithmetic operation combines two operands; a choice or a linear interpolation three.",
)
OPERATIONS = ("add", "subtract", "multiply", "average", "maximum", "minimum")
#: Further operations of PyTorch, most of them NumPy's by the same name.
FURTHER = ("divide", "floor_divide", "power", "remainder", "fmod", "arctan2", "hypot", "copysign", "logaddexp",
           "logaddexp2", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and",
           "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "isclose")  # fmt: skip
FORMULAS: dict[str, Callable[..., Any]] = {
    "subtract_from": lambda np, x, y: y - x,
    "divide_into": lambda np, x, y: y / x,
    "power_of": lambda np, x, y: y**x,
    "xlogy": lambda np, x, y: np.where(x == 0, 0.0, x * np.log(y)),
    "lerp": lambda np, x, y, weight: x + weight * (y - x),
    "addcmul": lambda np, x, y, z: x + y * z,
    "addcdiv": lambda np, x, y, z: x + y / z,
    "where": lambda np, condition, x, y: np.where(condition, x, y),
    "where_method": lambda np, x, condition, y: np.where(condition, x, y),
    "masked_fill": lambda np, x, mask, value: np.where(mask, value, x),
}


@layer
class Merge(Declaration):
    """Sum, difference, product, mean, maximum or minimum of tensors, element by element.

    With ``align`` "batch" the first axis is the batch, the others are aligned at the right and sizes of 1 are stretched
    (Keras' merge layers). With "last" all axes are aligned at the right, as NumPy and PyTorch do; with "first" too, and
    the result must have the shape of the first tensor (PyTorch in place). ``other`` is a number in place of a tensor.
    """

    kind = "merge"
    inputs = (1, None)
    arguments = (
        Argument("op", Choice((*OPERATIONS, *FURTHER, *FORMULAS)), REQUIRED, "meaning", "what is computed"),
        Argument(
            "align", Choice(("batch", "last", "first")), "batch", "meaning", "whether the first axis is the batch"
        ),
        Argument("other", Anything((0.5,)), None, "meaning", "a number in place of the last tensor"),
        Argument("alpha", Anything((1,)), 1, "meaning", "factor of the second tensor (add, subtract)"),
    )
    rules = (MERGE_SHAPES, MERGE_BATCH, SUBTRACT_COUNT, MERGE_IN_PLACE, MERGE_OPERANDS)
    spellings = (
        *torch_merge_names.MERGE,
        *(Spelling("keras", op.capitalize(), fixed={"op": op}) for op in OPERATIONS),
        *(Spelling("keras", op, fixed={"op": op}, tensors=("inputs",), form="function") for op in OPERATIONS),
    )
    examples = (
        Example(((None, 4, 8), (None, 4, 8)), {"op": "add"}, (None, 4, 8)),
        Example(((None, 4, 8), (None, 8)), {"op": "multiply"}, (None, 4, 8)),
        Example(((None, 4, 1), (None, 1, 8), (None, 8)), {"op": "average"}, (None, 4, 8)),
        Example(((None, None, 8), (None, 4, 8)), {"op": "maximum"}, (None, None, 8)),
        Example(((2, 4, 8), (4, 1)), {"op": "add", "align": "last"}, (2, 4, 8), framework="torch"),
        Example(((2, 4),), {"op": "subtract", "align": "last", "other": 1.0}, (2, 4), framework="torch"),
        Example(((2, 4), (4,)), {"op": "divide", "align": "first"}, (2, 4), framework="torch"),
        Example(((4,), (2, 4)), {"op": "divide", "align": "first"}, breaks="merge-in-place-grows",
                expected="together have the shape (2, 4)", framework="torch"),
        Example(((2, 4), (4,)), {"op": "add", "align": "last", "other": 1.0}, breaks="merge-operand-count",
                framework="torch"),
        Example(((2, 1), (4,), (2, 4)), {"op": "where", "align": "last"}, (2, 4), framework="torch"),
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
        if a.op == "subtract" and len(x) != 2 and a.align == "batch":
            c.fault(SUBTRACT_COUNT, [NeedArgument("op", ("add",))], ("op",), count=len(x))
        count = len(x) + (a.other is not None)
        if a.align != "batch" and (count > _operands(a) or (a.op == "masked_fill" and x[2:] and x[2])):
            c.fault(MERGE_OPERANDS, [NeedArgument("other", (None,))], ("other",), count=count, wanted=_operands(a))
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
        if a.align == "first" and merged != x[0] and not _same(c, merged, x[0] or ()):
            c.fault(MERGE_IN_PLACE, [NeedShape(0, merged), NeedShape(1, x[0] or ())], joined=merged)
            return x[0]
        return (batch, *merged[1:]) if skip and merged else merged

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        rank = max(array.ndim for array in x)
        if a.align == "batch":
            x = [array.reshape((len(array), *(1,) * (rank - array.ndim), *array.shape[1:])) for array in x]
        if a.other is not None:
            x = [*x, np.asarray(a.other)]
        if a.op in FORMULAS:
            return FORMULAS[a.op](np, *x)
        function = getattr(np, "add" if a.op == "average" else a.op)
        result = x[0]
        for array in x[1:]:
            result = function(result, array * a.alpha if a.alpha != 1 else array)
        return result / len(x) if a.op == "average" else result


def _operands(a: Args) -> int:
    return 3 if a.op in ("lerp", "addcmul", "addcdiv", "where", "where_method", "masked_fill") else 2


def _same(c: Context, one: Shape, two: Shape) -> bool:
    return len(one) == len(two) and all(c.holds(ar.eq(i, j)) for i, j in zip(one, two, strict=True))


def _require_batch(c: Context, batch: ar.Term, other: ar.Term, index: int) -> ar.Term:
    if not c.holds(ar.eq(batch, other)):
        needs: list[Need] = [NeedAgree((0, index), (0,)), NeedDim(index, 0, batch), NeedDim(0, 0, other)]
        c.fault(MERGE_BATCH, needs, (), first=batch, second=other)
    return other if batch is None else batch


def _merged(c: Context, one: Shape, two: Shape, x: Sequence[Shape | None], index: int, skip: int) -> Shape:
    """The shape that two shapes (without the batch) broadcast to, aligned at the right; at most one fault."""
    long, short = (one, two) if len(one) >= len(two) else (two, one)
    lead = len(long) - len(short)
    sizes = list(long[:lead])
    differing = []
    for axis, (i, j) in enumerate(zip(long[lead:], short, strict=True), start=lead + skip):
        fits = c.holds(ar.broadcasts(i, j))
        sizes.append(ar.broadcast(i, j) if fits else i)
        if fits:
            continue
        differing.append(axis)
        if not ar.is_concrete(i) or not ar.is_concrete(j):
            break
    if differing:
        first = (None,) * skip + tuple(one)
        needs = _needs(one, two, x, index, skip, differing)
        c.fault(MERGE_SHAPES, needs, (), first=first, second=x[index], axis=differing[0])
        sizes += long[len(sizes) :]
    return tuple(sizes)


def _needs(
    one: Shape, two: Shape, x: Sequence[Shape | None], index: int, skip: int, differing: Sequence[int]
) -> list[Need]:
    """Equal sizes where they differ, or one of the two as the other is, where the rest of the inputs fits that too."""
    base = next((k for k, shape in enumerate(x[:index]) if shape is not None and shape[skip:] == one), 0)
    equal_ranks = len({len(shape) for shape in (x[base], x[index]) if shape is not None}) == 1
    needs: list[Need] = [NeedAgree((base, index), tuple(differing) if equal_ranks else None, True)]
    others = [shape[skip:] for k, shape in enumerate(x) if shape is not None and k not in (base, index)]
    if all(_fit(one, other) for other in others):
        needs.append(NeedShape(index, (None,) * skip + tuple(one)))
    if all(_fit(two, other) for other in others):
        needs.append(NeedShape(base, (None,) * skip + tuple(two)))
    return needs


def _fit(one: Shape, two: Shape) -> bool:
    """Whether two shapes of plain numbers broadcast."""
    pairs = zip(reversed(one), reversed(two), strict=False)
    return all(not ar.is_concrete(i) or not ar.is_concrete(j) or i == j or 1 in (i, j) for i, j in pairs)
