"""How labels are written: as class numbers or as vectors with a 1 at the class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Int
from repairnn.semantics.faults import NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer

ARGMAX_RANK = Rule(
    "argmax-rank",
    "There is no axis of scores to take the largest of",
    "{input}",
    "at least 1 axis",
    "The number of the largest entry is taken along an axis.",
)


@layer
class OneHot(Declaration):
    """Class numbers as vectors with a 1 at the class; a last axis of size 1 is dropped.

    Source: ``keras.utils.to_categorical``.
    """

    kind = "one_hot"
    exact = False
    arguments = (Argument("num_classes", Int(1), REQUIRED, "derived", "length of the vectors"),)
    examples = (
        Example(((100,),), {"num_classes": 10}, (100, 10)),
        Example(((100, 1),), {"num_classes": 10}, (100, 10)),
        Example(((None, 7),), {"num_classes": 3}, (None, 7, 3)),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        single = len(shape) > 1 and ar.is_concrete(shape[-1]) and shape[-1] == 1
        return (*(shape[:-1] if single else shape), a.num_classes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        y = x[0]
        numbers = y[..., 0] if y.ndim > 1 and y.shape[-1] == 1 else y
        return np.eye(a.num_classes)[np.mod(numbers.astype(int), a.num_classes)]


@layer
class ArgMax(Declaration):
    """The number of the largest entry along an axis. Source: ``numpy.argmax``."""

    kind = "argmax"
    arguments = (Argument("axis", Int(None), -1, "order"),)
    rules = (ARGMAX_RANK,)
    examples = (
        Example(((100, 10),), {}, (100,)),
        Example(((),), {}, breaks="argmax-rank", expected="at least 1 axis"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        if not shape:
            c.fault(ARGMAX_RANK, [NeedRank(0, 1, None)])
            return ()
        axis = a.axis % len(shape)
        return (*shape[:axis], *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0].argmax(axis=a.axis)
