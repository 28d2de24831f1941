"""Arrays that a snippet uses and never makes: what is done with them says what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.libraries.numpy_changing import reshape_method
from repairnn.frontends.source.library import method
from repairnn.frontends.source.values import Array, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine


@method(Unknown, "reshape")
def reshape(machine: Machine, value: Unknown, call: Call) -> Value:
    """``x.reshape(n, 28, 28)``: an array whose shape is known from here on. In PyTorch it may be a part of a model."""
    if "torch" in machine.roots:
        return Unknown(value.reason)
    found = reshape_method(machine, Array(None), call)
    return found if isinstance(found, Array) and found.shape is not None else Unknown(value.reason)


@method(Unknown, "astype")
def same(machine: Machine, value: Unknown, call: Call) -> Value:
    """Another type, the same unknown array."""
    return value
