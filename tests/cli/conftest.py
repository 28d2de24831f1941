"""Small programs, and the command line run inside the test process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from repairnn.cli import main

VALID = """\
from keras import Sequential, layers

model = Sequential([layers.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
"""
FAULTY = """\
from keras import Sequential, layers

model = Sequential()
model.add(layers.Input((10, 4)))
model.add(layers.LSTM(8))
model.add(layers.LSTM(8))
model.add(layers.Dense(1))
"""
TWO_MODELS = (
    FAULTY
    + """
other = Sequential()
other.add(layers.Input((28, 28)))
other.add(layers.Conv2D(8, 3))
other.add(layers.Flatten())
other.add(layers.Dense(1))
"""
)
OPAQUE = """\
from keras import Sequential, layers
from somewhere import Strange

model = Sequential([layers.Input((8,)), Strange(4), layers.Dense(1)])
"""


@dataclass(frozen=True)
class Outcome:
    """What a run printed, and its exit status."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)

    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Callable[..., Outcome]:
    """Run the command line; validation is off unless asked for, so that no framework is started."""

    def run(*arguments: str, stdin: str | bytes | None = None) -> Outcome:
        given = list(arguments)
        if given[:1] == ["fix"] and "--validate" not in given:
            given.append("--no-validate")
        result = CliRunner().invoke(main, given, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def faulty(folder: Path) -> str:
    return write(folder / "faulty.py", FAULTY)


@pytest.fixture
def valid(folder: Path) -> str:
    return write(folder / "valid.py", VALID)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return path.name
