"""Help and the check of a source file need no framework: not installed, and not even looked at where installed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.layout import EXTRAS, ROOT

RUN_CLI = "from repairnn.cli import main; main()"

# Runs at the start of every interpreter that has its folder on PYTHONPATH, worker processes included.
# An entry of None in sys.modules makes `import` and `find_spec` behave as if the package were not installed.
HIDE_EXTRAS = f"""
import sys

sys.modules.update(dict.fromkeys({sorted(EXTRAS)}))
"""

LIST_MODULES = """
import atexit, sys

def list_modules():
    for name, module in list(sys.modules.items()):
        if module is not None:
            print("imported", name, file=sys.stderr)

atexit.register(list_modules)
"""

VALID_SCRIPT = """
from keras import Sequential, layers

model = Sequential([layers.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
"""

FAULTY_SCRIPT = """
from keras import Sequential, layers

model = Sequential([layers.Input((4, 4, 3)), layers.Conv2D(8, kernel_size=5), layers.Flatten(), layers.Dense(1)])
"""


@dataclass(frozen=True)
class Outcome:
    status: int
    stdout: str
    stderr: str

    def imported(self) -> set[str]:
        """The top-level packages that were imported when the process ended."""
        lines = [line.split() for line in self.stderr.splitlines() if line.startswith("imported ")]
        return {name.partition(".")[0] for _, name in lines}


@pytest.fixture
def valid(tmp_path: Path) -> str:
    return write(tmp_path / "valid.py", VALID_SCRIPT)


@pytest.fixture
def faulty(tmp_path: Path) -> str:
    return write(tmp_path / "faulty.py", FAULTY_SCRIPT)


def test_the_hiding_hides(tmp_path: Path) -> None:
    outcome = python(tmp_path, HIDE_EXTRAS, "import keras")
    assert "ModuleNotFoundError" in outcome.stderr


def test_the_listing_lists(tmp_path: Path) -> None:
    outcome = python(tmp_path, LIST_MODULES, "import z3")
    assert "z3" in outcome.imported()


def test_importing_needs_no_extra(tmp_path: Path) -> None:
    outcome = python(tmp_path, HIDE_EXTRAS, "import repairnn.semantics, repairnn.search, repairnn.frontends")
    assert outcome.status == 0, outcome.stderr


def test_help_needs_no_extra(tmp_path: Path) -> None:
    outcome = python(tmp_path, HIDE_EXTRAS, RUN_CLI, "--help")
    assert outcome.status == 0, outcome.stderr
    assert "check" in outcome.stdout


def test_checking_a_valid_script_needs_no_extra(tmp_path: Path, valid: str) -> None:
    outcome = python(tmp_path, HIDE_EXTRAS, RUN_CLI, "check", valid)
    assert outcome.status == 0, outcome.stdout + outcome.stderr


def test_checking_a_faulty_script_needs_no_extra(tmp_path: Path, faulty: str) -> None:
    outcome = python(tmp_path, HIDE_EXTRAS, RUN_CLI, "check", faulty)
    assert_faults_found(outcome)
    assert "conv" in outcome.stdout.lower()


def test_help_imports_neither_extras_nor_the_solver(tmp_path: Path) -> None:
    outcome = python(tmp_path, LIST_MODULES, RUN_CLI, "--help")
    assert outcome.status == 0, outcome.stderr
    assert "repairnn" in outcome.imported()
    assert not outcome.imported() & (EXTRAS | {"z3"})


def test_checking_a_script_imports_neither_extras_nor_the_solver(tmp_path: Path, faulty: str) -> None:
    outcome = python(tmp_path, LIST_MODULES, RUN_CLI, "check", faulty)
    assert_faults_found(outcome)
    assert "repairnn" in outcome.imported()
    assert not outcome.imported() & (EXTRAS | {"z3"})


def assert_faults_found(outcome: Outcome) -> None:
    """A crash ends with status 1 too, so the status alone would not tell."""
    assert outcome.status == 1, outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stderr


def python(folder: Path, customize: str, code: str, *arguments: str) -> Outcome:
    """Runs `code` in a process of its own, after `customize`."""
    site = folder / "site"
    site.mkdir()
    write(site / "sitecustomize.py", customize)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)
