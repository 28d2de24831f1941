"""The parent's side of validation: one child process a framework, started early, used often, always ended."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any

import repairnn
from repairnn.frontends.keras.gone import GONE, stood_in
from repairnn.results import Validation
from repairnn.semantics.faults import show
from repairnn.semantics.ir import Network, Shape
from repairnn.validation.job import CannotRun, Job, is_stand_in, make_job

PACKAGES = {"keras": "keras", "torch": "torch"}
#: Without oneDNN, whose convolutions abort the process on some shapes, but run channels_first on a CPU.
PLAIN = {"TF_ENABLE_ONEDNN_OPTS": "0"}
START_SECONDS = 120.0
GIGABYTE = 1 << 30


class Validator:
    """Runs networks in their framework on ``device``; a context manager that ends its processes.

    ``seconds``  limit for one network, ``memory`` limit in bytes for its weights and activations
    """

    def __init__(self, device: str = "auto", seconds: float = 60.0, memory: int = 4 * GIGABYTE) -> None:
        self.device = device
        self.seconds = seconds
        self.memory = memory
        self._children: dict[str, _Child] = {}

    def __enter__(self) -> Validator:
        return self

    def __exit__(self, *error: object) -> None:
        for child in self._children.values():
            child.end()
        self._children.clear()

    def prepare(self, framework: str) -> None:
        """Start the framework in the background, so that it is there when it is needed."""
        if _missing(framework) is None and framework not in self._children:
            self._children[framework] = _Child(framework, self.device, self.memory)

    def validate(self, network: Network) -> Validation:
        """Build the network, run it forward on dummy data, and compare the output shapes with the prediction."""
        framework = network.framework
        try:
            job = make_job(network)
        except CannotRun as error:
            return Validation("not-validated", framework, "", error.reason)
        reason = _missing(framework)
        if reason is not None:
            return Validation("not-validated", framework, "", reason)
        if job.memory > self.memory:
            needed = f"it needs {job.memory / GIGABYTE:.1f} GB, the limit is {self.memory / GIGABYTE:.1f} GB"
            return Validation("not-validated", framework, "", needed)
        answer = self._asked(framework, job, plain=False)
        if answer.get("crashed"):
            answer = self._asked(framework, job, plain=True)
        return _judged(answer, job, framework, _told(network, job))

    def _asked(self, framework: str, job: Job, plain: bool) -> dict[str, Any]:
        """The answer of the child, or with ``plain`` of a new one that does without special kernels."""
        if plain:
            self._children[framework] = _Child(framework, self.device, self.memory, plain)
        self.prepare(framework)
        child = self._children[framework]
        answer = child.ask(job.to_json(), self.seconds)
        if answer.get("ended"):
            child.end()
            del self._children[framework]
        return answer


def _missing(framework: str) -> str | None:
    """Why a framework cannot be used here, told without importing it."""
    package = PACKAGES.get(framework)
    if package is None:
        return f"there is no validation for {framework}"
    needed = [package] if framework != "keras" or os.environ.get("KERAS_BACKEND") else [package, "tensorflow"]
    for name in needed:
        try:
            found = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            found = None
        if found is None:
            return f"{name} is not installed (pip install 'repairnn[{framework}]')"
    return None


def _told(network: Network, job: Job) -> str:
    """What was not the framework's own or not tried, and what stood in for it; empty where all was."""
    unknown = [node.name or node.id for node in network if is_stand_in(node)]
    parts = [f"all but {', '.join(unknown)}, which stood in by a tensor of its output shape"] if unknown else []
    parts += [f"{name}, which Keras has no more, stood in by {GONE[name]}" for name in stood_in(network)]
    parts += [f"all but what is computed from {', '.join(job.left_out)}, of unknown shape"] if job.left_out else []
    return "; ".join(parts)


def _judged(answer: dict[str, Any], job: Job, framework: str, told: str) -> Validation:
    status, device, reason = answer["status"], answer.get("device", ""), answer.get("reason", "")
    if status != "ran":
        return Validation(status, framework, device, reason)
    shapes = tuple(tuple(shape) for shape in answer["output_shapes"])
    for number, (found, predicted) in enumerate(zip(shapes, job.outputs, strict=True)):
        if not _fits(found, predicted):
            differs = f"output {number} has shape {show(found)}, predicted was {show(predicted)}"
            return Validation("disagreement", framework, device, differs, shapes)
    return Validation("validated", framework, device, told, shapes)


def _fits(found: tuple[int, ...], predicted: Shape | None) -> bool:
    return predicted is None or (
        len(found) == len(predicted) and all(p is None or f == p for f, p in zip(found, predicted, strict=True))
    )


class _Child:
    """A process that imports one framework and answers one JSON line a network."""

    def __init__(self, framework: str, device: str, memory: int, plain: bool = False) -> None:
        self._ready = False
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "repairnn.validation.child", framework, device, str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(framework, device) | (PLAIN if plain else {}),
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer for a job; a process that is gone or late is told as such, with ``ended`` set."""
        if not self._ready:
            started = self._next(START_SECONDS, "the framework did not start")
            if started["status"] != "ready":
                return {**started, "ended": True}
            self._ready = True
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return self._gone()
        return self._next(seconds, "it did not finish")

    def end(self) -> None:
        """End the process, at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                _close(stream)

    def _next(self, seconds: float, late: str) -> dict[str, Any]:
        limit = time.monotonic() + seconds
        while True:
            try:
                line = self._answers.get(timeout=max(0.0, limit - time.monotonic()))
            except queue.Empty:
                return {"status": "not-validated", "reason": f"{late} within {seconds:g} s", "ended": True}
            if not line:
                return self._gone()
            try:
                answer = json.loads(line)
            except ValueError:
                continue  # something that the framework printed
            if isinstance(answer, dict) and "status" in answer:
                return answer

    def _gone(self) -> dict[str, Any]:
        status = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        last = next((line for line in reversed(lines) if "Error" in line or "failed" in line), "")
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        reason = f"the process {how}" + (f": {last.strip()[:200]}" if last else "")
        return {"status": "not-validated", "reason": reason, "ended": True, "crashed": status < 0}

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._answers.put(line)
        except (OSError, ValueError):
            pass  # closed while reading: the end, which the empty line says
        self._answers.put(b"")


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # unsent input of a process that is gone


def _environment(framework: str, device: str) -> dict[str, str]:
    """The child's environment: quiet, with the device in sight, and with this very package importable."""
    environment = dict(os.environ)
    package = str(Path(repairnn.__file__).resolve().parent.parent)
    known = [package, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    environment |= {
        "PYTHONPATH": os.pathsep.join(known),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
    kind, _, number = device.partition(":")
    if kind == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    elif number and framework == "keras":
        environment["CUDA_VISIBLE_DEVICES"] = _visible(number)
    return environment


def _visible(number: str) -> str:
    """GPU ``number`` of those that the user lets this process see."""
    listed = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return listed[int(number)] if int(number) < len(listed) else number
