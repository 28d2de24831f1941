"""Rules and faults as data: what a layer can require, and a requirement that a network breaks.

A fault says what is *needed* in a form the search can act on (:class:`Need`): the moves that repair a network
follow from it, and from nothing that is written per layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from repairnn.semantics.ir import Dim, Shape

Severity: TypeAlias = Literal["fault", "suspicious"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement of a kind of layer.

    ``message`` and ``expected`` are format strings over the values that the layer gives with the fault;
    ``{input}`` is always the first offending input shape. ``message`` is what came in, ``expected`` what was needed.
    ``why`` explains to a user why this is an error, for the rule's page. A ``suspicious`` rule is about what
    frameworks accept but nobody means; it never makes a network invalid.
    """

    id: str
    summary: str
    message: str
    expected: str
    why: str
    severity: Severity = "fault"


class Remedy:
    """Base of everything that would remove a fault."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class NeedRank(Remedy):
    """Input ``input`` must have a rank within ``minimum`` .. ``maximum`` (both inclusive)."""

    input: int
    minimum: int
    maximum: int | None


@dataclass(frozen=True, slots=True)
class NeedDim(Remedy):
    """Axis ``axis`` of input ``input`` must be ``value``; ``argument`` is the layer's own argument that says so."""

    input: int
    axis: int
    value: int
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class NeedAtLeast(Remedy):
    """Axis ``axis`` of input ``input`` must be at least ``minimum``."""

    input: int
    axis: int
    minimum: int


@dataclass(frozen=True, slots=True)
class NeedMultiple(Remedy):
    """Axis ``axis`` of input ``input`` must be a multiple of ``divisor``."""

    input: int
    axis: int
    divisor: int


@dataclass(frozen=True, slots=True)
class NeedSize(Remedy):
    """The elements of input ``input`` (without its first ``skip`` axes) must number ``total``."""

    input: int
    total: int
    skip: int = 0


@dataclass(frozen=True, slots=True)
class NeedAgree(Remedy):
    """Inputs must have equal dimensions on ``axes`` (``None``: on all, ranks included); ``broadcast``: 1 fits all."""

    inputs: tuple[int, ...]
    axes: tuple[int, ...] | None = None
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class NeedShape(Remedy):
    """Input ``input`` must have this shape; ``None`` fits anything."""

    input: int
    shape: Shape


@dataclass(frozen=True, slots=True)
class NeedArgument(Remedy):
    """Argument ``argument`` must take another value; ``values`` are good ones, best first, where they are few."""

    argument: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedWeight(Remedy):
    """Given weight ``weight`` must have shape ``shape``."""

    weight: str
    shape: Shape


Need: TypeAlias = (
    NeedRank | NeedDim | NeedAtLeast | NeedMultiple | NeedSize | NeedAgree | NeedShape | NeedArgument | NeedWeight
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A requirement that node ``node`` breaks.

    ``needs``      alternatives: meeting any one of them removes the fault
    ``arguments``  the layer's own arguments that occur in the broken condition
    ``inputs``     the shapes that came in
    ``values``     what fills the rule's sentences
    """

    rule: Rule
    node: str
    inputs: tuple[Shape | None, ...]
    needs: tuple[Need, ...] = ()
    arguments: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def received(self) -> str:
        """What came in, as a clause: ``3 axes (None, 28, 28)``."""
        return self._fill(self.rule.message)

    @property
    def expected(self) -> str:
        """What was needed, as a clause: ``4 axes (batch, height, width, channels)``."""
        return self._fill(self.rule.expected)

    def _fill(self, template: str) -> str:
        shapes = {
            "input": show(self.inputs[0]) if self.inputs else "nothing",
            "inputs": ", ".join(map(show, self.inputs)),
        }
        values = {k: show(v) if isinstance(v, tuple) else v for k, v in self.values.items()}
        return template.format(**{**shapes, **values})


def show(shape: Shape | None) -> str:
    """A shape as people write it: ``(None, 28, 28, 1)``; unknown dimensions are ``None``, an unknown rank ``?``."""
    if shape is None:
        return "?"
    return "(" + ", ".join(_show_dim(dim) for dim in shape) + ("," if len(shape) == 1 else "") + ")"


def _show_dim(dim: Dim) -> str:
    return "None" if dim is None else str(dim)
