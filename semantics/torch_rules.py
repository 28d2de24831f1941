"""What the declarations of PyTorch operations share: compact spellings, axes of scalars, variadic values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from repairnn.semantics import axes
from repairnn.semantics.arithmetic import at_least
from repairnn.semantics.faults import Need, NeedAtLeast, NeedDim, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.spelling import Form, Spelling

if TYPE_CHECKING:
    from repairnn.semantics.checker import Context

#: Parameters that decide neither a shape nor, for our purpose, a value.
IGNORED = frozenset(
    {"device", "dtype", "inplace", "out", "generator", "requires_grad", "memory_format", "non_blocking", "layout",
     "pin_memory", "names", "copy", "async"}
)  # fmt: skip

BROADCAST = Rule(
    "broadcast-mismatch",
    "Two tensors cannot be combined element by element",
    "sizes {left} and {right} along axis {axis} of {inputs}",
    "equal sizes along that axis, or 1",
    "Element-by-element operations line shapes up from the last axis; along each axis the sizes must be equal, or one "
    "of them 1 so that it can be repeated.",
)
EMPTY_AXIS = Rule(
    "axis-without-cells",
    "An operation gets an axis without cells",
    "size 0 along axis {axis} of {input}",
    "at least one cell along every axis but the batch",
    "PyTorch refuses to slide over, resize or read steps of what has no cells; only the batch may be empty.",
)


def require_some(c: Context, shape: Shape, start: int) -> bool:
    """Whether every axis from ``start`` on has a cell; at most one fault."""
    for axis in range(start, len(shape)):
        if not c.holds(at_least(shape[axis], 1)):
            c.fault(EMPTY_AXIS, [NeedAtLeast(0, axis, 1)], axis=axis)
            return False
    return True


def spell(
    form: Form,
    name: str,
    parameters: str = "",
    *,
    keywords: str = "",
    tensors: str = "",
    renames: Mapping[str, str] | None = None,
    fixed: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    aliases: Sequence[str] = (),
    ignored: str = "",
    domains: Mapping[str, Any] | None = None,
    required: str = "",
) -> Spelling:
    """A PyTorch spelling; names of parameters, keywords, tensors and ignored parameters are separated by blanks.

    ``domains`` and ``required`` are by canonical names.
    """
    return Spelling(
        "torch",
        name,
        tuple(parameters.split()),
        tuple(keywords.split()),
        renames or {},
        fixed or {},
        defaults or {},
        tuple(aliases),
        tensors=tuple(tensors.split()),
        ignored=IGNORED | frozenset(ignored.split()),
        form=form,
        domains=domains or {},
        required=frozenset(required.split()),
    )


def both(name: str, parameters: str = "", *, tensors: str = "input", **more: Any) -> tuple[Spelling, Spelling]:
    """The same operation as a function and as a method of its first tensor; aliases in place are methods only."""
    aliases = more.pop("aliases", ())
    plain = [alias for alias in aliases if not alias.endswith("_")]
    more_of_method = {**more, "aliases": aliases}
    return (
        spell("function", name, parameters, tensors=tensors, aliases=plain, **more),
        spell("method", name, parameters, tensors=tensors, **more_of_method),
    )


def axis_in(
    c: Context, shape: Shape, axis: Any, argument: str = "axis", *, extra: int = 0, index: int = 0
) -> int | None:
    """The axis counted from the front, or ``None`` after a fault; a scalar counts as having one axis, as in PyTorch."""
    if not shape and not extra and axes.known_int(axis) and axis in (0, -1):
        return 0
    return axes.require_axis(c, shape, axis, argument, extra=extra, index=index)


def of_size(index: int, axis: int, size: Any) -> list[Need]:
    """The need of a size along an axis, where the size is a number."""
    return [NeedDim(index, axis, size)] if axes.known_int(size) else []


def collected(value: Any) -> tuple[Any, ...]:
    """A variadic argument as a tuple: ``(2, 3)``, ``[2, 3]`` and a single ``2`` are the same."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def spread(value: Any, count: int) -> tuple[Any, ...]:
    """One value for each of ``count`` axes: ``2`` becomes ``(2, 2)``; a tuple of one is repeated too."""
    if not isinstance(value, (tuple, list)):
        return (value,) * count
    return tuple(value) * count if len(value) == 1 else tuple(value)
