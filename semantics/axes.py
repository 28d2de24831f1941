"""Axes, broadcasting and sizes: what the tensor operations have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.faults import NeedAgree, NeedArgument, NeedRank, Rule
from repairnn.semantics.ir import Shape

if TYPE_CHECKING:
    from repairnn.semantics.checker import Context

AXIS_RANGE = Rule(
    "axis-out-of-range",
    "An operation names an axis that its input does not have",
    "axis {axis} of {input}, which has {rank} axes",
    "an axis from {low} to {high}",
    "Axes are counted from 0, or from -1 backwards, and end with the number of axes.",
)
AXIS_TWICE = Rule(
    "axis-named-twice",
    "An operation names the same axis twice",
    "axes {axes} of {input}",
    "every axis at most once",
    "An axis can be moved, removed or reduced only once.",
)


def as_axes(axis: Any) -> tuple[Any, ...]:
    """An axis or several as a tuple: ``1`` and ``(1,)`` both become ``(1,)``."""
    return tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)


def known_int(value: Any) -> bool:
    """Whether an argument is a plain integer (not unknown, not a Boolean)."""
    return isinstance(value, int) and not isinstance(value, bool)


def require_axis(
    c: Context, shape: Shape, axis: Any, argument: str = "axis", *, extra: int = 0, index: int = 0
) -> int | None:
    """The axis counted from the front, or ``None`` when it is not known or does not exist (then a fault is reported).

    ``extra`` is the number of axes the operation adds: a new axis can be placed behind the last one.
    """
    if not known_int(axis):
        return None
    rank = len(shape) + extra
    if -rank <= axis < rank:
        return axis % rank
    least = (axis + 1 if axis >= 0 else -axis) - extra
    c.fault(
        AXIS_RANGE, [NeedArgument(argument, tuple(range(-1, rank - 1)) if rank else ()), NeedRank(index, least, None)],
        (argument,), axis=axis, rank=len(shape), low=-rank, high=rank - 1,
    )  # fmt: skip
    return None


def require_axes(
    c: Context, shape: Shape, axes: Any, argument: str = "axis", *, extra: int = 0, scalar: bool = False
) -> list[int] | None:
    """Several different axes, counted from the front; ``None`` when one is not known or a fault was reported.

    With ``scalar``, a tensor without axes counts as having one in PyTorch.
    """
    if scalar and not shape and c.framework == "torch":
        shape = (1,)
    found = [require_axis(c, shape, axis, argument, extra=extra) for axis in as_axes(axes)]
    if any(axis is None for axis in found):
        return None
    known = [axis for axis in found if axis is not None]
    if len(set(known)) < len(known):
        c.fault(AXIS_TWICE, [NeedArgument(argument)], (argument,), axes=tuple(as_axes(axes)))
        return None
    return known


def broadcast_dim(a: ar.Term, b: ar.Term) -> ar.Term:
    """The size that two sizes broadcast to, given that they do (NumPy's rule: equal, or one of them 1)."""
    if isinstance(a, int) and a == 1:
        return b
    if isinstance(b, int) and b == 1:
        return a
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, int):
        return a
    if isinstance(b, int):
        return b
    import z3

    return z3.If(a == 1, b, a)


def broadcasts(a: ar.Term, b: ar.Term) -> ar.Truth:
    """Whether two sizes broadcast: equal, or one of them 1."""
    if a is None or b is None:
        return True if (a == 1 if b is None else isinstance(b, int) and b == 1) else None
    return ar.any_of(a == b, a == 1, b == 1)


def broadcast(
    c: Context,
    rule: Rule,
    shapes: Sequence[Shape],
    *,
    tail: int = 0,
    arguments: Sequence[str] = (),
    inputs: int | None = None,
    **values: Any,
) -> Shape:
    """The shape that several shapes broadcast to, axes aligned at the end; sizes that do not fit become unknown.

    Every pair that does not fit is one report of ``rule`` with ``axis`` (counted from the end, ``tail`` axes behind
    the broadcast ones left out), ``left`` and ``right``. The first ``inputs`` shapes (all, unless said) are those of
    inputs that could be made to agree.
    """
    result: list[ar.Term] = []
    for axis in range(1, max((len(shape) for shape in shapes), default=0) + 1):
        size: ar.Term = 1
        for index, shape in enumerate(shapes):
            if axis > len(shape):
                continue
            other = shape[-axis]
            if not c.holds(broadcasts(size, other)):
                place = -axis - tail
                several = len(shapes) if inputs is None else inputs
                needs = [NeedAgree(tuple(range(several)), (place,), broadcast=True)] if several > 1 else []
                c.fault(
                    rule,
                    [*needs, *map(NeedArgument, arguments)],
                    arguments,
                    axis=place,
                    left=size,
                    right=other,
                    index=index,
                    **values,
                )
                size = None
            else:
                size = broadcast_dim(size, other)
        result.append(size)
    return tuple(reversed(result))


def without(shape: Shape, axes: Sequence[int]) -> Shape:
    """A shape with some axes (counted from the front) left out."""
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)
