"""The child's side: ``python -m repairnn.validation.child FRAMEWORK DEVICE MEMORY``.

Reads one job a line from standard input and answers with one line of JSON each. What the framework prints goes
elsewhere, so that answers stay readable.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from typing import Any

from repairnn.frontends.errors import CannotBuild
from repairnn.semantics.serialise import from_json

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
RUNNERS = {"keras": "repairnn.validation.keras_run", "torch": "repairnn.validation.torch_run"}


def main() -> None:
    """Answer ``ready`` once the framework is loaded and the device is found, then serve until the input ends."""
    framework, device, memory = sys.argv[1], sys.argv[2], int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    runner = importlib.import_module(RUNNERS[framework])
    try:
        place = runner.find_device(device)
    except (CannotBuild, ImportError, RuntimeError, ValueError) as error:
        _answer(answers, {"status": "not-validated", "reason": _told(error)})
        return
    if place.startswith("cpu"):
        _limit_memory(memory)
    _answer(answers, {"status": "ready"})
    for line in sys.stdin:
        _answer(answers, _run(runner, json.loads(line), place))


def _run(runner: Any, job: dict[str, Any], device: str) -> dict[str, Any]:
    try:
        shapes = runner.run(from_json(job["network"]), job["inputs"], job["losses"], device)
    except CannotBuild as error:
        return {"status": "not-validated", "device": device, "reason": error.reason}
    except MemoryError:
        return {"status": "not-validated", "device": device, "reason": "it needs more memory than the limit"}
    except Exception as error:  # whatever the framework raises is its verdict
        if type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError"):
            return {"status": "not-validated", "device": device, "reason": "it needs more memory than there is"}
        if type(error).__name__ == "UnimplementedError":  # says so itself: valid, but not on this device
            return {"status": "not-validated", "device": device, "reason": f"not on this device: {_told(error)}"}
        return {"status": "failed", "device": device, "reason": _told(error)}
    return {"status": "ran", "device": device, "output_shapes": [list(shape) for shape in shapes]}


def _limit_memory(budget: int) -> None:
    """Twice the budget on top of what the framework already holds; where the system knows no such limit, none."""
    try:
        import resource
    except ImportError:
        return
    held = _data_bytes()
    if held is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (held + 2 * budget, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _data_bytes() -> int | None:
    """Private writable memory of this process, as Linux counts it for ``RLIMIT_DATA``."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            line = next((line for line in status if line.startswith("VmData:")), "")
    except OSError:
        return None
    return int(line.split()[1]) * 1024 if line else None


def _told(error: BaseException) -> str:
    """The error in one line, without the framework's own position marks."""
    text = getattr(error, "reason", "") or " ".join(COLOURS.sub("", str(error)).split())
    return f"{type(error).__name__}: {text}"[:400] if not isinstance(error, CannotBuild) else text


def _answer(stream: Any, answer: dict[str, Any]) -> None:
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
