"""Layers that hand their input on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Numbers
from repairnn.semantics.faults import NeedArgument, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling


@layer
class Identity(Declaration):
    """The input, unchanged. Sources: Keras ``Identity``; PyTorch ``torch.nn.Identity``."""

    kind = "identity"
    spellings = (Spelling("keras", "Identity"), Spelling("torch", "Identity"))
    examples = (Example(((None, 7),), {}, (None, 7)),)

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        return x[0]

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0]


MASK_FEATURES = Rule(
    "mask-features",
    "A masked step is told by another number of values than there are features",
    "{count} numbers for {size} features (last axis of {input})",
    "one number, or one for each feature",
    "A step is skipped where each feature has the value that masks it.",
)


@layer
class Masking(Declaration):
    """Steps whose features all equal ``mask_value`` become zero, to be skipped. Source: Keras ``Masking``."""

    kind = "masking"
    arguments = (Argument("mask_value", Numbers(), 0.0, "meaning", "value of a masked step's features"),)
    rules = (MASK_FEATURES,)
    spellings = (Spelling("keras", "Masking", ("mask_value",)),)
    examples = (
        Example(((None, 7, 3),), {"mask_value": -1.0}, (None, 7, 3)),
        Example(((None, 7, 3),), {"mask_value": (-1.0, 0.0, 1.0)}, (None, 7, 3)),
        Example(((None, 7, 3),), {"mask_value": (-1.0, 0.0)}, breaks="mask-features", expected="2 numbers for 3"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        count = len(a.mask_value) if isinstance(a.mask_value, (tuple, list)) else 1
        if shape and not c.holds(ar.broadcasts(shape[-1], count)):
            c.fault(MASK_FEATURES, [NeedArgument("mask_value")], ("mask_value",), count=count, size=shape[-1])
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return x[0] * (x[0] != np.asarray(a.mask_value)).any(axis=-1, keepdims=True)
