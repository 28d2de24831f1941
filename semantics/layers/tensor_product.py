"""Products of tensors: matrix products, contractions and einsum. Shapes are whole, the batch axis included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, broadcast, known_int, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool
from repairnn.semantics.faults import Need, NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

NAMED = frozenset({"name"})
MATMUL_RANK = Rule(
    "matmul-rank",
    "A matrix product gets a tensor with too few axes",
    "{inputs}",
    "at least {minimum} axes each",
    "The last two axes are the rows and columns of the matrices.",
)
MATMUL_INNER = Rule(
    "matmul-inner",
    "The inner sizes of a matrix product differ",
    "{inputs}: {left} columns meet {right} rows",
    "as many columns of the first as rows of the second",
    "Each row of the first matrix is multiplied cell by cell with a column of the second.",
)
MATMUL_BATCH = Rule(
    "matmul-batch",
    "The leading axes of a matrix product do not fit",
    "{inputs}: {left} and {right} along axis {axis}",
    "equal sizes there, or 1",
    "The leading axes number the matrices; they must agree or be copied from 1.",
)


@layer
class Matmul(Declaration):
    """Matrix product of the last two axes, broadcast over the leading ones; a vector stands for a row or a column.

    Sources: ``keras.ops.matmul``, ``tf.matmul`` (matrices only, each may be transposed), ``torch.matmul``.
    """

    kind = "matmul"
    inputs = (2, 2)
    arguments = (
        Argument("transpose_a", Bool(), False, "order"),
        Argument("transpose_b", Bool(), False, "order"),
        Argument("minimum", Anything((1,)), 1, "meaning", "least axes of each input"),
        Argument("maximum", Anything((None,)), None, "meaning", "most axes of each input, where there is a limit"),
    )
    rules = (MATMUL_RANK, MATMUL_INNER, MATMUL_BATCH)
    spellings = (
        *torch_names.MATMUL,
        Spelling("keras", "ops.matmul", (), aliases=("matmul",), tensors=("x1", "x2"), form="function"),
        Spelling("keras", "tf.matmul", ("transpose_a", "transpose_b"), ("adjoint_a", "adjoint_b", "a_is_sparse",
                 "b_is_sparse", "output_type", "grad_a", "grad_b", "name"), fixed={"minimum": 2},
                 aliases=("tf.linalg.matmul",), tensors=("a", "b"), ignored=NAMED, form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 2, 3), (3, 4)), {}, (None, 2, 4)),
        Example(((2, 3), (3,)), {}, (2,)),
        Example(((2, 3), (4, 3)), {"transpose_b": True}, (2, 4)),
        Example(((5, 2, 3), (1, 3, 4)), {}, (5, 2, 4)),
        Example(((2, 3), (4, 5)), {}, breaks="matmul-inner", expected="3 columns meet 4 rows"),
        Example(((5, 2, 3), (4, 3, 4)), {}, breaks="matmul-batch", expected="5 and 4 along axis -3"),
        Example(((2, 3), ()), {}, breaks="matmul-rank"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        left, right = x
        assert left is not None
        assert right is not None
        short = [i for i, shape in enumerate((left, right)) if not _ranked(shape, a)]
        if short:
            c.fault(MATMUL_RANK, [NeedRank(i, a.minimum, a.maximum) for i in short], minimum=a.minimum)
            return None
        rows, inner, place = _matrix(left, a.transpose_a, first=True)
        columns, other, other_place = _matrix(right, a.transpose_b, first=False)
        if not c.holds(ar.eq(inner, other)):
            needs: list[Need] = []
            if known_int(other):
                needs.append(NeedDim(0, place, other))
            if known_int(inner):
                needs.append(NeedDim(1, other_place, inner))
            arguments = ("transpose_a", "transpose_b")
            needs += [NeedArgument(name, (not getattr(a, name),)) for name in arguments if _fits(left, right, a, name)]
            c.fault(MATMUL_INNER, needs, arguments, left=inner, right=other)
        batch = broadcast(c, MATMUL_BATCH, [left[:-2], right[:-2]], tail=2)
        return (*batch, *rows, *columns)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        left = x[0].swapaxes(-1, -2) if a.transpose_a and x[0].ndim > 1 else x[0]
        right = x[1].swapaxes(-1, -2) if a.transpose_b and x[1].ndim > 1 else x[1]
        return left @ right


def _fits(left: Shape, right: Shape, a: Args, turned: str) -> bool:
    """Whether the inner sizes are equal when one of the matrices is turned the other way."""
    first, second = a.transpose_a != (turned == "transpose_a"), a.transpose_b != (turned == "transpose_b")
    inner, other = _matrix(left, first, first=True)[1], _matrix(right, second, first=False)[1]
    return known_int(inner) and known_int(other) and bool(inner == other)


def _ranked(shape: Shape, a: Args) -> bool:
    return len(shape) >= a.minimum and (a.maximum is None or len(shape) <= a.maximum)


def _matrix(shape: Shape, transposed: bool, *, first: bool) -> tuple[Shape, ar.Term, int]:
    """The axis of a matrix that stays, the size of the one that is summed over, and which axis that is."""
    if len(shape) == 1:
        return (), shape[0], -1
    place = -1 if first != transposed else -2
    return (shape[-3 - place],), shape[place], place


CONTRACT_SIZE = Rule(
    "contracted-axes-differ",
    "Two axes that are summed over together have different sizes",
    "{inputs}: {left} along axis {axis} of the first, {right} along axis {other} of the second",
    "equal sizes along these axes",
    "Cells are multiplied in pairs along the axes that are summed over.",
)
CONTRACT_COUNT = Rule(
    "contracted-axes-count",
    "The lists of axes to sum over have different lengths",
    "axes={axes} for {inputs}",
    "as many axes of the first input as of the second, and no more than it has",
    "Axes are summed over in pairs.",
)


@layer
class Tensordot(Declaration):
    """Sum over pairs of axes: the last ``axes`` of the first with the first of the second, or two lists of axes.

    ``axes="dot"`` is NumPy's ``dot``: the last axis with the last but one. Sources: ``keras.ops.tensordot``,
    ``keras.ops.dot``, ``tf.tensordot``, ``K.dot``.
    """

    kind = "tensordot"
    inputs = (2, 2)
    arguments = (Argument("axes", Anything((1, 2, ((1,), (0,)))), 2, "order"),)
    rules = (AXIS_RANGE, CONTRACT_SIZE, CONTRACT_COUNT)
    spellings = (
        *torch_names.TENSORDOT,
        Spelling("keras", "ops.tensordot", ("axes",), aliases=("tensordot",), tensors=("x1", "x2"), form="function"),
        Spelling("keras", "tf.tensordot", ("axes", "name"), tensors=("a", "b"), ignored=NAMED, form="function"),
        Spelling("keras", "ops.dot", (), fixed={"axes": "dot"}, tensors=("x1", "x2"), form="function"),
        Spelling("keras", "K.dot", (), fixed={"axes": "dot"}, tensors=("x", "y"), form="function"),
    )
    examples = (
        Example(((2, 3, 4), (3, 4, 5)), {}, (2, 5)),
        Example(((2, 3), (3, 4)), {"axes": ((-1,), (0,))}, (2, 4)),
        Example(((2, 3), (5, 3, 4)), {"axes": "dot"}, (2, 5, 4)),
        Example(((2, 3), (3, 4)), {"axes": ((2,), (0,))}, breaks="axis-out-of-range"),
        Example(((2, 3), (4, 4)), {"axes": 1}, breaks="contracted-axes-differ", expected="3 along axis 1"),
        Example(((2, 3), (3, 4)), {"axes": 3}, breaks="contracted-axes-count"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        left, right = x
        assert left is not None
        assert right is not None
        if a.axes == "dot" and (not left or not right):
            return left or right
        pairs = _pairs(a.axes, left, right)
        if pairs is None:
            c.fault(CONTRACT_COUNT, [NeedArgument("axes")], ("axes",), axes=a.axes)
            return None
        gone: tuple[list[int], list[int]] = ([], [])
        for axis, other in pairs:
            i, j = require_axis(c, left, axis, "axes"), require_axis(c, right, other, "axes", index=1)
            if i is None or j is None:
                return None
            gone[0].append(i)
            gone[1].append(j)
            _require_equal(c, (0, i, left[i]), (1, j, right[j]))
        kept = [size for axis, size in enumerate(left) if axis not in gone[0]]
        return (*kept, *(size for axis, size in enumerate(right) if axis not in gone[1]))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if a.axes == "dot":
            return np.dot(x[0], x[1])
        left, right = x
        for axis, other in _pairs(a.axes, left.shape, right.shape) or ():
            if left.shape[axis] == 1:  # PyTorch repeats an axis of one cell
                right = right.sum(other, keepdims=True)
            elif right.shape[other] == 1:
                left = left.sum(axis, keepdims=True)
        return np.tensordot(left, right, a.axes)


def _pairs(axes: Any, left: Shape, right: Shape) -> list[tuple[Any, Any]] | None:
    if axes == "dot":
        return [(-1, -2 if len(right) > 1 else -1)]
    if known_int(axes):
        fits = 0 <= axes <= min(len(left), len(right))
        return [(len(left) - axes + i, i) for i in range(axes)] if fits else None
    if not isinstance(axes, (tuple, list)) or len(axes) != 2:
        return None
    first, second = (tuple(part) if isinstance(part, (tuple, list)) else (part,) for part in axes)
    return list(zip(first, second, strict=True)) if len(first) == len(second) else None


def _require_equal(c: Context, left: tuple[int, int, ar.Term], right: tuple[int, int, ar.Term]) -> None:
    if c.holds(ar.eq(left[2], right[2])):
        return
    if c.framework == "torch" and c.holds(ar.any_of(ar.eq(left[2], 1), ar.eq(right[2], 1))):
        return  # PyTorch repeats an axis of one cell
    needs: list[Need] = [
        NeedDim(left[0], left[1], right[2]),
        NeedDim(right[0], right[1], left[2]),
        NeedArgument("axes"),
    ]
    c.fault(CONTRACT_SIZE, needs, ("axes",), left=left[2], right=right[2], axis=left[1], other=right[1])


EINSUM_EQUATION = Rule(
    "einsum-equation",
    "An einsum equation cannot be read",
    "{equation!r} for {count} input(s)",
    "one term for each input, with letters, and only known letters in the result",
    "The equation names every axis of every input by a letter.",
)
EINSUM_RANK = Rule(
    "einsum-rank",
    "A term of an einsum equation names another number of axes than its input has",
    "{shape} for the term {term!r}",
    "{letters} axes",
    "Each letter names one axis.",
)
EINSUM_SIZE = Rule(
    "einsum-size",
    "One letter of an einsum equation names axes of different sizes",
    "{left} and {right} for the letter {letter!r} in {inputs}",
    "one size for each letter",
    "Axes with the same letter run together.",
)


@layer
class Einsum(Declaration):
    """Einstein's summation: products over shared letters, summed over the letters that the result leaves out.

    In PyTorch a size of 1 fits every other size of the same letter.

    Sources: ``keras.ops.einsum``, ``tf.einsum``, ``torch.einsum``, after ``numpy.einsum``.
    """

    kind = "einsum"
    exact = False
    inputs = (1, None)
    arguments = (Argument("equation", Anything(("ab,bc->ac", "bij,bjk->bik")), REQUIRED, "order"),)
    rules = (EINSUM_EQUATION, EINSUM_RANK, EINSUM_SIZE)
    spellings = (
        *torch_names.EINSUM,
        Spelling("keras", "ops.einsum", ("equation",), renames={"subscripts": "equation"}, aliases=("einsum",),
                 tensors=("subscripts", "*operands"), form="function"),
        Spelling("keras", "tf.einsum", ("equation",), ("name",), tensors=("equation", "*inputs"), ignored=NAMED,
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 2, 3), (None, 3, 4)), {"equation": "bij,bjk->bik"}, (None, 2, 4)),
        Example(((2, 3), (3, 4)), {"equation": "ij,jk"}, (2, 4)),
        Example(((7, 2, 3),), {"equation": "...ij->...ji"}, (7, 3, 2)),
        Example(((2, 3), (4, 5)), {"equation": "ij,jk->ik"}, breaks="einsum-size", expected="3 and 4"),
        Example(((2, 3, 1), (3, 5)), {"equation": "ij,jk->ik"}, breaks="einsum-rank", expected="'ij'"),
        Example(((2, 3),), {"equation": "ij,jk->ik"}, breaks="einsum-equation"),
        Example(((2, 3),), {"equation": "ij->ik"}, breaks="einsum-equation"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        terms, result = parse_equation(a.equation)
        letters = set("".join(terms).replace("...", ""))
        if terms and (len(terms) != len(x) or not set(result.replace("...", "")) <= letters):
            c.fault(EINSUM_EQUATION, [NeedArgument("equation")], ("equation",), equation=a.equation, count=len(x))
            return None
        sizes: dict[str, ar.Term] = {}
        dots: Shape = ()
        for index, (term, shape) in enumerate(zip(terms, x, strict=False)):
            assert shape is not None
            named, hidden = _named(term, shape)
            if named is None:
                _term_fault(c, index, term, shape)
                continue
            dots = hidden if len(hidden) > len(dots) else dots
            heads = len(term.partition("...")[0])
            for place, (letter, size) in enumerate(named):
                axis = place if place < heads else place - len(named)
                _bind_letter(c, sizes, letter, size, NeedDim(index, axis, sizes.get(letter) or 0))
        if not terms:
            return None
        head, ellipsis, tail = result.partition("...")
        middle = dots if ellipsis else ()
        return (*(sizes.get(n) for n in head), *middle, *(sizes.get(n) for n in tail))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.einsum(a.equation, *x)


def parse_equation(equation: Any) -> tuple[list[str], str]:
    """The terms of an einsum equation and its result; without ``->`` the letters that occur once, sorted."""
    if not isinstance(equation, str):
        return [], ""
    left, arrow, right = equation.replace(" ", "").partition("->")
    if arrow:
        return left.split(","), right
    letters = left.replace(",", "").replace("...", "")
    once = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return left.split(","), ("..." if "..." in left else "") + once


def _named(term: str, shape: Shape) -> tuple[list[tuple[str, ar.Term]] | None, Shape]:
    """Each letter of a term with its size, and the sizes that the ellipsis stands for."""
    head, dots, tail = term.partition("...")
    spare = len(shape) - len(head) - len(tail)
    if spare < 0 or (spare and not dots):
        return None, ()
    end = len(shape) - len(tail)
    return [*zip(head, shape, strict=False), *zip(tail, shape[end:], strict=True)], shape[len(head) : end]


def _term_fault(c: Context, index: int, term: str, shape: Shape) -> None:
    from repairnn.semantics.faults import show

    letters = len(term.replace("...", ""))
    most = None if "..." in term else letters
    needs = [NeedRank(index, letters, most), NeedArgument("equation")]
    c.fault(EINSUM_RANK, needs, ("equation",), shape=show(shape), term=term, letters=letters)


def _bind_letter(c: Context, sizes: dict[str, ar.Term], letter: str, size: ar.Term, need: NeedDim) -> None:
    known = sizes.get(letter)
    if c.framework == "keras":
        if not c.holds(ar.eq(known, size)):
            c.fault(EINSUM_SIZE, [need, NeedArgument("equation")], ("equation",), left=known, right=size, letter=letter)
        sizes[letter] = size if known is None else known
    elif known is None or (known_int(known) and known == 1):
        sizes[letter] = size if size is not None else known
    elif not (known_int(size) and size == 1) and not c.holds(ar.eq(known, size)):
        c.fault(EINSUM_SIZE, [need, NeedArgument("equation")], ("equation",), left=known, right=size, letter=letter)
