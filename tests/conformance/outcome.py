"""What a framework makes of one configuration, in a form that all runners share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from repairnn.semantics.ir import Shape


@dataclass(frozen=True)
class Ran:
    """The outcome of one run.

    ``shapes`` are the output shapes that the framework states (``None`` where it leaves a size open); ``outputs`` are
    NumPy arrays, empty when nothing was computed: the framework refused with ``message``, or sizes were left open.
    """

    accepted: bool
    shapes: tuple[Shape, ...] = ()
    outputs: tuple[Any, ...] = field(default=(), repr=False)
    inputs: tuple[Any, ...] = field(default=(), repr=False)
    weights: Mapping[str, Any] = field(default_factory=dict, repr=False)
    message: str = ""
