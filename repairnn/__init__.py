"""Find the shape faults of a neural network and repair them at the lowest cost.

This package is what a user touches: the Python API, the command line, reports, validation on a device, hooks for
AutoML tools and fuzzers, and batches. It is the top floor: it may import `repairnn.semantics`, `repairnn.search` and
`repairnn.frontends`, and none of them imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repairnn.api import check as check
    from repairnn.api import check_source as check_source
    from repairnn.api import fix as fix
    from repairnn.api import fix_source as fix_source
    from repairnn.frontends.errors import BadInput as BadInput
    from repairnn.results import ModelResult as ModelResult
    from repairnn.results import Result as Result
    from repairnn.results import Validation as Validation

__version__ = "0.1.0"

#: Public names and the module of each. They are loaded when they are used: `import repairnn` alone costs nothing.
_PLACES = {
    "BadInput": "repairnn.frontends.errors",
    "ModelResult": "repairnn.results",
    "Result": "repairnn.results",
    "Validation": "repairnn.results",
    "check": "repairnn.api",
    "check_source": "repairnn.api",
    "fix": "repairnn.api",
    "fix_source": "repairnn.api",
}

__all__ = [
    "BadInput",
    "ModelResult",
    "Result",
    "Validation",
    "check",
    "check_source",
    "fix",
    "fix_source",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'repairnn' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
