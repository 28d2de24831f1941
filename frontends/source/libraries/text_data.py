"""Settings that a program keeps as text: JSON in a literal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from repairnn.frontends.source.library import function
from repairnn.frontends.source.values import Known, Unknown, Value, wrap

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

MAX_TEXT = 100_000


@function("json.loads")
def loads(machine: Machine, call: Call) -> Value:
    """``json.loads(text)`` of a text that is known."""
    text = call.get(0, "s")
    if not isinstance(text, Known) or not isinstance(text.value, str) or len(text.value) > MAX_TEXT:
        return Unknown("json.loads()")
    try:
        return wrap(json.loads(text.value))
    except (ValueError, RecursionError):
        return Unknown("json.loads()")
