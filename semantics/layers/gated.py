"""The activation ``glu``, which halves the last axis, at the end of any layer of Keras. No declaration lives here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.declaration import Example
from repairnn.semantics.faults import Need, NeedArgument, NeedMultiple, Rule
from repairnn.semantics.ir import Shape

if TYPE_CHECKING:
    from repairnn.semantics.checker import Context

GATED_ODD = Rule(
    "activation-glu-odd",
    "The activation glu gets an axis that it cannot halve",
    "{size} cells along the last axis of {input}",
    "an even number there",
    "One half of the last axis is multiplied with the sigmoid of the other.",
)
GATED_SHAPE = Rule(
    "activation-glu-halves",
    "The activation glu returns half of what Keras states",
    "{input}, of which {half} cells are left along the last axis",
    "an activation that keeps the shape",
    "Keras takes the shape of an activation to be that of its input; layers that follow are made for twice the cells "
    "that come, and fail when they are run.",
    "suspicious",
)
GATED_RULES = (GATED_ODD, GATED_SHAPE)


def gated(c: Context, shape: Shape | None, function: Any, argument: str = "activation") -> Shape | None:
    """What the activation ``function`` leaves of a shape: ``glu`` half of the last axis, the others everything."""
    if function != "glu" or not shape or c.framework != "keras":
        return shape
    size, half = shape[-1], ar.floordiv(shape[-1], 2)
    others: list[Need] = [NeedArgument(argument, ("sigmoid", "swish"))]
    if not c.holds(ar.eq(ar.mod(size, 2), 0)):
        multiple = [NeedMultiple(0, len(shape) - 1, 2)] if shape in c.inputs else []
        c.fault(GATED_ODD, [*multiple, *others], (argument,), size=size)
    elif half is not None:
        c.fault(GATED_SHAPE, others, (argument,), half=half)
    return (*shape[:-1], half)


def gated_examples(given: Shape, odd: Mapping[str, Any], even: Mapping[str, Any]) -> tuple[Example, Example]:
    """Examples of a layer on an input of shape ``given`` whose output is odd and even along the last axis."""
    return (
        Example((given,), {**odd, "activation": "glu"}, breaks="activation-glu-odd", expected="an even number"),
        Example((given,), {**even, "activation": "glu"}, breaks="activation-glu-halves", expected="cells are left"),
    )
