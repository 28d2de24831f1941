"""Whatever is handed over: one clear line on stderr, exit status 2, nothing written, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import repairnn
from repairnn.subjects import open_text
from tests.cli.conftest import FAULTY, Outcome, write
from tests.house.layout import ROOT

Run = Callable[..., Outcome]

BAD: dict[str, bytes] = {
    "does not parse": b"def f(:\n  return\n",
    "empty": b"",
    "only blanks": b" \n\n\t\n",
    "binary": bytes(range(256)),
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "wrong encoding": b"x = '\xff\xfe'\n",
    "unknown encoding": b"# coding: klingon\nx = 1\n",
    "5 MB long": b"x = 1\n" * 900_000,
    "nests 1000 deep": b"x = " + b"(" * 1000 + b")" * 1000 + b"\n",
    "nests 100000 deep": b"x = " + b"[" * 100_000 + b"]" * 100_000 + b"\n",
}
#: Read without complaint, in bounded time, and without running anything.
HARMLESS: dict[str, bytes] = {
    "endless while": b"import keras\nwhile True:\n    pass\n",
    "endless recursion": b"def f(n):\n    return f(n + 1)\nf(0)\n",
    "huge range": b"from keras import Sequential, layers\nm = Sequential()\nfor i in range(10**12):\n"
    b"    m.add(layers.Dense(4))\n",
    "huge number": b"x = 10 ** 10 ** 8\ny = 'a' * 10 ** 12\nz = [0] * 10 ** 12\n",
    "side effects": b"import os\nos.remove('keep.txt')\nopen('made.txt', 'w').write('x')\n",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", [["check"], ["fix", "--write"], ["fix", "-o", "out.py"]])
def test_bad_files_are_one_line_and_status_2(run: Run, folder: Path, name: str, command: list[str]) -> None:
    (folder / "bad.py").write_bytes(BAD[name])
    outcome = run(*command, "bad.py")
    assert outcome.status == 2, outcome
    assert len(outcome.stderr.splitlines()) == 1
    assert outcome.stderr.startswith("repairnn: bad.py")
    assert "internal error" not in outcome.stderr
    assert outcome.stdout == ""
    assert (folder / "bad.py").read_bytes() == BAD[name]
    assert [entry.name for entry in folder.iterdir()] == ["bad.py"]


@pytest.mark.parametrize("name", HARMLESS)
def test_programs_are_never_run(run: Run, folder: Path, name: str) -> None:
    (folder / "odd.py").write_bytes(HARMLESS[name])
    (folder / "keep.txt").write_text("kept")
    outcome = run("check", "odd.py")
    assert outcome.status in (0, 1)
    assert sorted(entry.name for entry in folder.iterdir()) == ["keep.txt", "odd.py"]


@pytest.mark.parametrize("path", ["missing.py", "missing.keras", "missing.h5", "missing.json", "no/such/folder"])
def test_missing_paths(run: Run, path: str) -> None:
    outcome = run("check", path)
    assert (outcome.status, len(outcome.stderr.splitlines())) == (2, 1)
    assert "no such file" in outcome.stderr


def test_a_folder_without_python_files(run: Run, folder: Path) -> None:
    (folder / "data").mkdir()
    outcome = run("check", "data")
    assert (outcome.status, len(outcome.stderr.splitlines())) == (2, 1)
    assert "holds no Python file" in outcome.stderr


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.json", b"{"),
        ("x.json", b"[1, 2]"),
        ("x.json", b"[" * 100_000),
        ("x.json", b'{"class_name": "Sequential", "config": {"layers": [1]}}'),
        ("x.json", b'{"class_name": "Functional", "config": {}}'),
        ("x.keras", b"no zip"),
        ("x.keras", b"PK\x05\x06" + b"\0" * 18),
        ("x.h5", b"no hdf5"),
        ("x.onnx", b"\x08\x07"),
    ],
)
def test_model_files_that_are_none(run: Run, folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    outcome = run("check", name)
    assert (outcome.status, len(outcome.stderr.splitlines())) == (2, 1), outcome
    assert "internal error" not in outcome.stderr


def test_a_read_only_target_stays_as_it_is(run: Run, folder: Path, faulty: str) -> None:
    (folder / faulty).chmod(0o444)
    outcome = run("fix", "--write", faulty)
    assert (outcome.status, len(outcome.stderr.splitlines())) == (2, 1)
    assert "read-only" in outcome.stderr
    assert (folder / faulty).read_text() == FAULTY


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_under_the_output_file(run: Run, faulty: str) -> None:
    outcome = run("fix", "-o", "/dev/full", faulty)
    assert (outcome.status, len(outcome.stderr.splitlines())) == (2, 1)
    assert "no space left" in outcome.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize("format_", ["text", "json", "jsonl"])
def test_a_full_disk_under_the_results(folder: Path, faulty: str, format_: str) -> None:
    with open("/dev/full", "wb") as full:
        done = process(["check", "--format", format_, faulty], folder, stdout=full)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == ["repairnn: cannot write the results: no space left on device"]


def test_a_reader_that_goes_away_is_no_error_worth_a_word(folder: Path, faulty: str) -> None:
    command = f"{sys.executable} -m repairnn check {' '.join([faulty] * 40)} | head -c 10"
    done = subprocess.run(command, shell=True, cwd=folder, env=environment(), capture_output=True, check=False)
    assert done.stderr == b""


def test_an_internal_error_costs_one_file_only(
    run: Run, folder: Path, faulty: str, valid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from repairnn import pipeline

    original = pipeline.check

    def check(network: object) -> object:
        if any(node.kind == "recurrent" for node in network):  # type: ignore[attr-defined]
            raise KeyError("a mistake")
        return original(network)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "check", check)
    outcome = run("check", faulty, valid)
    assert outcome.status == 2
    assert "internal error" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1
    assert "no fault" in outcome.stdout


def test_the_api_raises_bad_input(folder: Path) -> None:
    for call in (lambda: repairnn.check("missing.py"), lambda: repairnn.fix(3), lambda: repairnn.fix_source("def f(:")):
        with pytest.raises(repairnn.BadInput):
            call()
    with pytest.raises(ValueError, match="budget"):
        repairnn.fix_source("x = 1", budget=0)


TYPOS = ["", "(", ")", "\n", " ", "0", "-", "x", "[", "'", ",", "*", "None", "=", "\t"]
CHANGES = st.lists(st.tuples(st.integers(0, len(FAULTY) - 1), st.sampled_from(TYPOS)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_a_mutated_script_is_read_or_refused(changes: list[tuple[int, str]]) -> None:
    text = FAULTY
    for place, new in changes:
        text = text[:place] + new + text[place + 1 :]
    try:
        subject = open_text(text.encode(), "x.py")
    except repairnn.BadInput:
        return
    repairnn.check_source(text)
    assert subject.path == "x.py"


def process(arguments: list[str], folder: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "repairnn", *arguments]
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, check=False, **options
    )


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_helper_reaches_the_command_line(folder: Path) -> None:
    write(folder / "x.py", "x = 1\n")
    assert process(["check", "x.py"], folder, stdout=subprocess.PIPE).returncode == 0


def test_a_value_that_no_layer_takes_is_a_fault_and_no_crash(run: Run, folder: Path) -> None:
    text = "from keras import Sequential, layers\nm = Sequential([layers.Input((8, 8, 1)), layers.Conv2D('x', 3)])\n"
    outcome = run("check", write(folder / "odd.py", text))
    assert outcome.status == 1, outcome
    assert "filters='x'" in outcome.stdout
