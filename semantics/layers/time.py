"""The two halves of a layer that is applied to every step of a sequence: steps into the batch, and out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Declaration, Example
from repairnn.semantics.faults import NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

TIME_RANK = Rule(
    "time-distributed-rank",
    "A layer is applied to every step of something that has no steps",
    "{received} axes {input}",
    "at least 3 axes (batch, steps, ...)",
    "The wrapped layer sees one step at a time, with the batch; besides these two axes there must be something left.",
)


@layer
class TimeFold(Declaration):
    """(batch, steps, ...) to (batch * steps, ...): each step becomes a sample. Source: Keras ``TimeDistributed``."""

    kind = "time_fold"
    rules = (TIME_RANK,)
    spellings = (Spelling("keras", "TimeDistributed", ("layer",)),)
    examples = (
        Example(((2, 5, 3),), {}, (10, 3)),
        Example(((None, 5, 3),), {}, (None, 3)),
        Example(((None, 5),), {}, breaks="time-distributed-rank", expected="2 axes (None, 5)"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(shape) < 3:
            c.fault(TIME_RANK, [NeedRank(0, 3, None)], received=len(shape))
            return shape
        batch, steps = shape[:2]
        known = isinstance(batch, int) and isinstance(steps, int)
        return (batch * steps if known else None, *shape[2:])  # type: ignore[operator]

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0].reshape(-1, *x[0].shape[2:])


@layer
class TimeUnfold(Declaration):
    """Inputs: (batch * steps, ...) and the original (batch, steps, ...). Output: (batch, steps, ...) of the first."""

    kind = "time_unfold"
    inputs = (2, 2)
    partial = True
    examples = (
        Example(((10, 4), (2, 5, 3)), {}, (2, 5, 4)),
        Example(((None, 4), (None, None, 3)), {}, (None, None, 4)),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        inner, original = x
        if inner is None or original is None or len(original) < 3:
            return inner
        return (*original[:2], *inner[1:])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0].reshape(*x[1].shape[:2], *x[0].shape[1:])
