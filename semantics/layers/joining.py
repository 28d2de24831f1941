"""Layers that join tensors along an axis or multiply them: concatenate and dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Int, Ints
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedDim, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

CONCATENATE_RANK = Rule(
    "concatenate-ranks",
    "A concatenation gets tensors with different numbers of axes",
    "{first} and {second}",
    "tensors with the same number of axes",
    "Tensors are joined along one axis and must be alike in all others.",
)
CONCATENATE_SHAPES = Rule(
    "concatenate-shapes",
    "A concatenation gets tensors that differ besides the axis they are joined on",
    "{first} and {second}, which differ on axis {differs}",
    "shapes that are equal on every axis but axis {axis}",
    "Tensors are joined along one axis and must be alike in all others.",
)
CONCATENATE_AXIS = Rule(
    "concatenate-axis",
    "A concatenation names an axis that its inputs do not have",
    "axis {axis} of {input}",
    "an axis from {low} to {high}",
    "The axis to join on must be there.",
)
CONCATENATE_BATCH = Rule(
    "concatenate-samples",
    "A concatenation joins along the batch axis",
    "axis 0 of {input}",
    "another axis than the batch",
    "The tensors then hold more samples than the model was given, which no label fits.",
    "suspicious",
)
DOT_RANK = Rule(
    "dot-rank",
    "A dot product gets a tensor without the axis it sums over",
    "{first} and {second} with axes={axes}",
    "tensors that have those axes besides the batch",
    "Each tensor is multiplied along one of its own axes.",
)
DOT_BATCH_AXIS = Rule(
    "dot-over-batch",
    "A dot product sums over the batch axis",
    "axes={axes}",
    "axes other than 0",
    "Products are formed within each sample.",
)
DOT_SIZE = Rule(
    "dot-sizes",
    "The axes of a dot product differ in size",
    "{one} (axis {axis1} of {first}) and {two} (axis {axis2} of {second})",
    "equal sizes",
    "The products of matching elements are summed, so both axes must be equally long.",
)
DOT_BATCH = Rule(
    "dot-batch-sizes",
    "A dot product gets tensors with different numbers of samples",
    "batches of {first} and {second}",
    "the same number of samples",
    "Products are formed within each sample.",
)


@layer
class Concatenate(Declaration):
    """Tensors one after the other along an axis. Sources: Keras ``Concatenate``; PyTorch ``torch.cat``."""

    kind = "concatenate"
    inputs = (1, None)
    arguments = (Argument("axis", Int(None, likely=3), -1, "order", "axis to join on, the batch being axis 0"),)
    rules = (CONCATENATE_RANK, CONCATENATE_SHAPES, CONCATENATE_AXIS, CONCATENATE_BATCH)
    spellings = (
        *torch_layer_names.CONCATENATE,
        Spelling("keras", "Concatenate", ("axis",), legacy={"concat_axis": "axis"}),
        Spelling(
            "keras", "concatenate", ("axis",), legacy={"concat_axis": "axis"}, tensors=("inputs",), form="function"
        ),
    )
    examples = (
        Example(((None, 4, 3), (None, 4, 5)), {}, (None, 4, 8)),
        Example(((None, 4, 3), (None, None, 3)), {"axis": 1}, (None, None, 3)),
        Example(((None, 4, 3), (None, 5, 3)), {}, breaks="concatenate-shapes", expected="differ on axis 1"),
        Example(((None, 4, 3), (None, 3)), {}, breaks="concatenate-ranks", expected="(None, 4, 3) and (None, 3)"),
        Example(((None, 4), (None, 4)), {"axis": 2}, breaks="concatenate-axis", expected="an axis from -2 to 1"),
        Example(((None, 4), (None, 4)), {"axis": 0}, breaks="concatenate-samples", expected="axis 0"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        if c.framework == "torch":  # which skips what has no cells along its only axis
            x = [shape for shape in x if shape != (0,)] or x[:1]
        first = x[0]
        assert first is not None
        rank = len(first)
        if not -rank <= a.axis < rank:
            needs: list[Need] = [NeedArgument("axis", (-1,)), NeedRank(0, a.axis + 1 if a.axis >= 0 else -a.axis, None)]
            c.fault(CONCATENATE_AXIS, needs, ("axis",), axis=a.axis, low=-rank, high=rank - 1)
            return None
        joined = a.axis % rank
        if joined == 0 and c.framework == "keras" and rank > 1 and len(x) > 1:
            c.fault(CONCATENATE_BATCH, [NeedArgument("axis", (-1,))], ("axis",))
        total = first[joined]
        for index in range(1, len(x)):
            shape = x[index]
            assert shape is not None
            if not _require_alike(c, x, index, joined) and len(shape) != rank:
                return None
            total = ar.add(total, shape[joined])
        return (*first[:joined], total, *first[joined + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return np.concatenate([array for array in x if array.shape != (0,)] or x[:1], axis=a.axis)


def _require_alike(c: Context, x: Sequence[Shape | None], index: int, joined: int) -> bool:
    """Whether input ``index`` fits input 0; breaks a rule where it does not."""
    first, shape = x[0], x[index]
    assert first is not None
    assert shape is not None
    if len(shape) != len(first):
        needs: list[Need] = [
            NeedRank(index, len(first), len(first)),
            NeedRank(0, len(shape), len(shape)),
            NeedAgree((0, index)),
        ]
        c.fault(CONCATENATE_RANK, needs, (), first=first, second=shape)
        return False
    axes = tuple(axis for axis in range(len(first)) if axis != joined)
    for axis in axes:
        if not c.holds(ar.eq(first[axis], shape[axis])):
            needs = [NeedAgree((0, index), axes)]
            needs.append(NeedShape(index, (*first[:joined], None, *first[joined + 1 :])))
            needs.append(NeedShape(0, (*shape[:joined], None, *shape[joined + 1 :])))
            fitting = _fitting_axes(first, shape)
            if fitting:
                needs.append(NeedArgument("axis", fitting))
            c.fault(CONCATENATE_SHAPES, needs, ("axis",), first=first, second=shape, differs=axis, axis=joined)
            return False
    return True


def _fitting_axes(one: Shape, two: Shape) -> tuple[int, ...]:
    """Axes on which the two could be joined: the only one, besides the batch, on which they differ."""
    differing = [axis for axis in range(len(one)) if one[axis] is not None and two[axis] is not None
                 and ar.is_concrete(one[axis]) and one[axis] != two[axis]]  # fmt: skip
    return tuple(differing) if len(differing) == 1 and differing[0] > 0 else ()


@layer
class Dot(Declaration):
    """Products of two tensors summed over one axis of each, sample by sample. Source: Keras ``Dot``."""

    kind = "dot"
    inputs = (2, 2)
    arguments = (
        Argument("axes", Ints(2, None, likely=3), REQUIRED, "order", "axis of each tensor, the batch being axis 0"),
        Argument("normalize", Bool(), False, "meaning", "normalise along the axes first (cosine proximity)"),
    )
    rules = (DOT_RANK, DOT_BATCH_AXIS, DOT_SIZE, DOT_BATCH)
    spellings = (
        Spelling("keras", "Dot", ("axes", "normalize"), legacy={"dot_axes": "axes"}),
        Spelling("keras", "dot", ("axes", "normalize"), legacy={"dot_axes": "axes"}, defaults={"axes": -1},
                 tensors=("inputs",), form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 8), (None, 8)), {"axes": 1}, (None, 1)),
        Example(((None, 4, 3), (None, 3, 5)), {"axes": (2, 1)}, (None, 4, 5)),
        Example(((None, 8), (None, 7)), {"axes": 1}, breaks="dot-sizes", expected="8 (axis 1 of (None, 8)) and 7"),
        Example(((None, 8), (None, 8)), {"axes": 2}, breaks="dot-rank", expected="axes=2"),
        Example(((3, 8), (3, 8)), {"axes": 0}, breaks="dot-over-batch", expected="axes other than 0"),
        Example(((2, 8), (3, 8)), {"axes": 1}, breaks="dot-batch-sizes", expected="batches of 2 and 3"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        first, second = x
        assert first is not None
        assert second is not None
        axes = _dot_axes(a.axes, len(first), len(second))
        if axes is None or min(len(first), len(second)) < 2:
            ranks: list[Need] = [NeedRank(0, 2, None), NeedRank(1, 2, None), NeedArgument("axes", _dot_fitting(x))]
            c.fault(DOT_RANK, ranks, ("axes",), first=first, second=second, axes=a.axes)
            return None
        one, two = axes
        fitting = NeedArgument("axes", _dot_fitting(x))
        if one == 0 or two == 0:
            c.fault(DOT_BATCH_AXIS, [fitting], ("axes",), axes=a.axes)
            return None
        if not c.holds(_dot_equal(first[one], second[two])):
            needs: list[Need] = [fitting]
            for index, axis, size in ((0, one, second[two]), (1, two, first[one])):
                if size is not None:
                    needs.insert(0, NeedDim(index, axis, size, "axes"))
            values = {"one": first[one], "two": second[two], "axis1": one, "axis2": two}
            c.fault(DOT_SIZE, needs, ("axes",), first=first, second=second, **values)
        if not c.holds(ar.eq(first[0], second[0])):
            c.fault(DOT_BATCH, [NeedAgree((0, 1), (0,))], (), first=first[0], second=second[0])
        rest = (*first[:one], *first[one + 1 :], *second[1:two], *second[two + 1 :])
        return rest if len(rest) > 1 else (*rest, 1)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        one, two = x
        axes = _dot_axes(a.axes, one.ndim, two.ndim)
        assert axes is not None
        if a.normalize:
            one, two = (_normalised(array, axis) for array, axis in zip((one, two), axes, strict=True))
        rows = [np.tensordot(p, q, axes=(axes[0] - 1, axes[1] - 1)) for p, q in zip(one, two, strict=True)]
        result = np.stack(rows)
        return result if result.ndim > 1 else result[:, None]


def _normalised(array: Any, axis: int) -> Any:
    import numpy as np

    squares = (array**2).sum(axis=axis, keepdims=True)
    return array / np.sqrt(np.maximum(squares, 1e-12))


def _dot_axes(axes: Any, rank1: int, rank2: int) -> tuple[int, int] | None:
    """The axis of each tensor counted from 0, or ``None`` where one does not exist.

    Keras takes one negative axis modulo the rank, even below minus the rank, and a pair as plain indices.
    """
    if isinstance(axes, int):
        pair = (axes % rank1 if rank1 else axes, axes % rank2 if rank2 else axes) if axes < 0 else (axes, axes)
    else:
        pair = (axes[0], axes[1])
    if not (-rank1 <= pair[0] < rank1 and -rank2 <= pair[1] < rank2):
        return None
    return pair[0] % rank1, pair[1] % rank2


def _dot_equal(one: ar.Term, two: ar.Term) -> ar.Truth:
    """Keras compares the sizes as they are: one that is not known equals only another that is not known."""
    if (one is None) != (two is None):
        return False
    return ar.eq(one, two)


def _dot_fitting(x: Sequence[Shape | None]) -> tuple[Any, ...]:
    """Pairs of axes with equal known sizes, the last axes first."""
    first, second = x
    if first is None or second is None or not all(d is None or ar.is_concrete(d) for d in (*first, *second)):
        return ()
    return tuple(
        (one, two)
        for one in range(len(first) - 1, 0, -1)
        for two in range(len(second) - 1, 0, -1)
        if first[one] is not None and first[one] == second[two]
    )
