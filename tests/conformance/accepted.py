"""Differences between the semantics and a framework that are on purpose, each with its reason.

The same list is shown in ``docs/conformance.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.compare import Disagreement


@dataclass(frozen=True)
class Difference:
    """A difference that is on purpose: the kinds it concerns, how to recognise it, and why."""

    kinds: tuple[str, ...]
    aspect: str
    matches: Callable[[Disagreement], bool]
    reason: str


def _looks_like_bias(disagreement: Disagreement) -> bool:
    """A sum in which an input has a single axis longer than 1, which Keras may take for a bias of the channels."""
    spelling = disagreement.configuration.spelling
    shapes = [(2, *shape[1:]) for shape in disagreement.configuration.inputs[1:]]
    return spelling.fixed.get("op") in ("add", "average") and any(
        sum(size is None or size > 1 for size in shape) == 1 for shape in shapes
    )


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        ("merge",),
        "values",
        _looks_like_bias,
        "Keras on TensorFlow adds a tensor with a single axis longer than 1 as if it were a bias of the last axis (or of "
        "axis 1), whatever axis it is. The sum then differs from what the merge layers document.",
    ),
)


def accepted(disagreement: Disagreement) -> Difference | None:
    """The known difference that explains a disagreement, or ``None``."""
    kind = disagreement.configuration.declaration.kind
    for difference in DIFFERENCES:
        if kind in difference.kinds and disagreement.aspect == difference.aspect and difference.matches(disagreement):
            return difference
    return None
