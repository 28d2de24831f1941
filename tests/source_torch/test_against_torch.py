"""The installed PyTorch runs the same programs: it raises where a fault is found, and its modules give our shapes."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repairnn.frontends.source import lower
from repairnn.semantics.checker import check
from tests.source_torch.expectations import PROGRAMS

torch = pytest.importorskip("torch")

ELSEWHERE = ("torchvision", "sklearn", "einops", "pandas")
BOUNDARY = (torch.nn.Sequential, torch.nn.ModuleList, torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer,
            torch.nn.MultiheadAttention, torch.nn.Identity)  # fmt: skip


#: What is left out: modules that call others, packed sequences.
INSIDE = ("Identity", "Transformer", "MultiheadAttention", "LSTM", "GRU")


def runnable() -> list[Path]:
    """Programs that need nothing but PyTorch and NumPy, and that state their input."""
    found = []
    for path in sorted(PROGRAMS.glob("*.py")):
        text = path.read_text()
        alone = any(name in text for name in ELSEWHERE) or path.stem.startswith(("never_called", "no_imports"))
        if not alone:
            found.append(path)
    return found


@pytest.fixture
def summaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for torchsummary: it runs the model on two samples."""
    module = types.ModuleType("torchsummary")
    module.summary = lambda model, size, **settings: model(torch.rand(2, *size))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchsummary", module)
    monkeypatch.setattr(torch.nn.Module, "cuda", lambda self, *a: self)


@contextlib.contextmanager
def recording(seen: set[tuple[str, tuple[int, ...]]]) -> Iterator[None]:
    """Remember what the library's modules return, by the name of their class."""
    original = torch.nn.Module.__call__

    def call(self: Any, *args: Any, **settings: Any) -> Any:
        kind = next(cls for cls in type(self).__mro__ if cls.__module__.startswith("torch.nn.modules"))
        name = kind.__name__.removeprefix("Lazy")
        result = original(self, *args, **settings)
        first = result[0] if isinstance(result, tuple) else result
        ours = kind is not torch.nn.Module and not isinstance(self, BOUNDARY)
        if ours and isinstance(first, torch.Tensor) and not name.endswith("Loss"):
            seen.add((name, tuple(first.shape)))
        return result

    torch.nn.Module.__call__ = call
    try:
        yield
    finally:
        torch.nn.Module.__call__ = original


def run(path: Path) -> tuple[set[tuple[str, tuple[int, ...]]], str]:
    """What PyTorch's modules returned, and the error the program ended with, if any."""
    seen: set[tuple[str, tuple[int, ...]]] = set()
    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with warnings.catch_warnings(), recording(seen), quiet[0], quiet[1]:
        warnings.simplefilter("ignore")
        try:
            runpy.run_path(str(path), run_name="__main__")
        except (RuntimeError, ValueError, IndexError, TypeError, AssertionError) as problem:
            return seen, f"{type(problem).__name__}: {problem}"
    return seen, ""


@pytest.mark.parametrize("path", runnable(), ids=lambda path: path.stem)
def test_shapes_and_verdict_are_pytorchs(path: Path, summaries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(path)])
    torch.manual_seed(0)
    seen, error = run(path)
    said: set[tuple[str, tuple[int, ...]]] = set()
    faults = []
    for network in lower(path.read_text(), str(path), strict=True).networks:
        report = check(network)
        faults += [fault for fault in report.faults if fault.rule.severity == "fault"]
        for node in network:
            shape = report.shapes[node.id][0] if node.layer else None
            if shape is not None and None not in shape and not node.spelling.startswith(INSIDE):
                said.add((node.spelling.removeprefix("Lazy"), tuple(d for d in shape if d is not None)))
    assert bool(error) == bool(faults), error or [fault.received for fault in faults]
    if not error:
        assert said <= seen
