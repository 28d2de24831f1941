"""The command line's contract: options, formats, exit statuses."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import repairnn
from tests.cli.conftest import FAULTY, OPAQUE, TWO_MODELS, VALID, Outcome, write

Run = Callable[..., Outcome]
KEYS = {
    "path", "model", "status", "faults", "edits", "cost", "optimal", "lower_bound", "alternatives", "layers",
    "repaired_layers", "validation", "seconds",
}  # fmt: skip


def test_a_valid_model_is_status_0(run: Run, valid: str) -> None:
    outcome = run("check", valid)
    assert outcome.status == 0
    assert "no fault" in outcome.stdout
    assert outcome.stderr == ""


def test_a_fault_is_status_1_and_names_layer_line_received_and_needed(run: Run, faulty: str) -> None:
    outcome = run("check", faulty)
    assert outcome.status == 1
    told = " ".join(outcome.stdout.split())
    assert "LSTM 'lstm_1' (line 6) receives 2 axes (None, 8); it needs 3 axes (batch, steps, features)" in told
    assert "dense" in told, "the table goes on past the fault"


def test_fix_prints_a_diff_that_applies_and_is_status_1(run: Run, faulty: str) -> None:
    outcome = run("fix", faulty)
    assert outcome.status == 1
    assert "1 fault, 1 edit, proven minimal" in outcome.stdout
    assert Path(faulty).read_text() == FAULTY
    diff = outcome.stdout[outcome.stdout.index("--- a/") :]
    done = subprocess.run(["git", "apply", "--verbose", "-"], input=diff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert run("check", faulty).status == 0


def test_write_applies_it_and_a_second_fix_changes_nothing(run: Run, faulty: str) -> None:
    first = run("fix", "--write", faulty)
    assert first.status == 0
    written = Path(faulty).read_bytes()
    assert written != FAULTY.encode()
    second = run("fix", "--write", faulty)
    assert second.status == 0
    assert "no fault" in second.stdout
    assert Path(faulty).read_bytes() == written


def test_output_goes_to_a_file(run: Run, faulty: str) -> None:
    outcome = run("fix", "-o", "fixed.py", faulty)
    assert outcome.status == 0
    assert Path(faulty).read_text() == FAULTY
    assert run("check", "fixed.py").status == 0


def test_output_to_stdout_is_the_text_alone(run: Run, faulty: str) -> None:
    outcome = run("fix", "-o", "-", faulty)
    assert outcome.status == 0
    write(Path("again.py"), outcome.stdout)
    assert run("check", "again.py").status == 0
    assert "1 fault" in outcome.stderr


def test_standard_input(run: Run) -> None:
    assert run("check", "-", stdin=FAULTY).status == 1
    assert run("check", "-", stdin=VALID).status == 0
    outcome = run("fix", "-o", "-", "-", stdin=FAULTY)
    assert "return_sequences=True" in outcome.stdout


def test_line_ends_encoding_and_mode_are_kept(run: Run, folder: Path) -> None:
    path = folder / "old.py"
    text = "# -*- coding: latin-1 -*-\n# \xe9t\xe9\n" + FAULTY
    path.write_bytes(text.replace("\n", "\r\n").encode("latin-1"))
    path.chmod(0o640)
    assert run("fix", "--write", "old.py").status == 0
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"\xe9t\xe9" in data
    assert b"return_sequences=True" in data
    assert path.stat().st_mode & 0o777 == 0o640


def test_two_models_are_both_repaired_in_one_diff(run: Run, folder: Path) -> None:
    path = write(folder / "two.py", TWO_MODELS)
    rows = run("fix", "--format", "jsonl", path).rows()
    assert [row["status"] for row in rows] == ["repaired", "repaired"]
    assert run("fix", "--write", path).status == 0
    assert run("check", path).status == 0


@pytest.mark.parametrize("command", ["check", "fix"])
def test_jsonl_has_the_keys_of_the_contract(run: Run, faulty: str, command: str) -> None:
    (row,) = run(command, "--format", "jsonl", faulty).rows()
    assert set(row) >= KEYS
    (fault,) = row["faults"]
    assert set(fault) >= {"rule", "severity", "message", "layer", "location", "received", "expected"}
    assert fault["location"]["line"] == 6
    assert set(row["layers"][0]) >= {"name", "type", "arguments", "output_shape", "location"}
    assert set(row["seconds"]) == {"lower", "check", "search", "emit", "validate"}
    if command == "check":
        assert row["status"] == "faulty"
        return
    assert row["status"] == "repaired"
    (edit,) = row["edits"]
    assert set(edit) >= {"kind", "layer", "argument", "before", "after", "location", "applicability"}
    assert (edit["kind"], edit["argument"], edit["after"]) == ("change_argument", "return_sequences", True)
    assert row["optimal"] is True
    assert row["lower_bound"] == pytest.approx(row["cost"])
    assert all(set(other) >= {"edits", "cost"} for other in row["alternatives"])
    assert [layer["output_shape"] for layer in row["repaired_layers"]][-1] == [None, 1]


def test_json_is_one_document_with_models_and_errors(run: Run, faulty: str) -> None:
    document = run("check", "--format", "json", faulty, "missing.py").json()
    assert [model["path"] for model in document["models"]] == [faulty]
    (error,) = document["errors"]
    assert error["status"] == "bad-input"
    assert error["path"] == "missing.py"


def test_concise_is_a_line_a_finding(run: Run, faulty: str, valid: str) -> None:
    outcome = run("check", "--format", "concise", faulty, valid)
    (line,) = outcome.stdout.splitlines()
    assert re.match(r"faulty\.py:6:\d+: fault recurrent-rank: ", line)
    fixed = run("fix", "--format", "concise", faulty).stdout.splitlines()
    assert any("return_sequences" in line for line in fixed)


def test_github_annotates_the_line(run: Run, faulty: str) -> None:
    (line,) = run("check", "--format", "github", faulty).stdout.splitlines()
    assert line.startswith("::error file=faulty.py,line=6,")


def test_sarif_is_a_log_with_rules_and_results(run: Run, faulty: str) -> None:
    log = run("check", "--format", "sarif", faulty, "missing.py").json()
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    (finding,) = one["results"]
    assert finding["locations"][0]["physicalLocation"]["region"]["startLine"] == 6
    assert one["tool"]["driver"]["rules"][finding["ruleIndex"]]["id"] == finding["ruleId"]
    assert one["invocations"][0]["executionSuccessful"] is False


def test_top_limits_the_repairs(run: Run, faulty: str) -> None:
    for top in (1, 2):
        (row,) = run("fix", "--format", "jsonl", "--top", str(top), faulty).rows()
        assert len(row["alternatives"]) <= top - 1


def test_unit_cost_counts_edits(run: Run, faulty: str) -> None:
    (row,) = run("fix", "--format", "jsonl", "--cost", "unit", faulty).rows()
    assert row["cost"] == len(row["edits"])


def test_a_layer_nobody_knows_is_named_and_not_called_valid(run: Run, folder: Path) -> None:
    path = write(folder / "opaque.py", OPAQUE)
    (row,) = run("check", "--format", "jsonl", path).rows()
    assert row["status"] == "unsupported"
    assert any("Strange" in part["what"] for part in row["unsupported"])
    assert run("check", path).status == 0


def test_folders_are_searched_and_one_bad_file_does_not_stop_the_others(run: Run, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / ".hidden").mkdir()
    write(folder / "sub" / "a.py", FAULTY)
    write(folder / ".hidden" / "b.py", FAULTY)
    write(folder / "sub" / "broken.py", "def f(:\n")
    write(folder / "sub" / "__init__.py", "")
    write(folder / "sub" / "z.py", VALID)
    outcome = run("check", "--format", "jsonl", ".")
    assert outcome.status == 2
    assert [(Path(row["path"]).name, row["status"]) for row in outcome.rows()] == [
        ("a.py", "faulty"),
        ("broken.py", "bad-input"),
        ("z.py", "valid"),
    ]


def test_a_script_without_a_model_is_told_and_fine(run: Run, folder: Path) -> None:
    outcome = run("check", write(folder / "plain.py", "x = 1\n"))
    assert (outcome.status, "no model" in outcome.stdout) == (0, True)


OPEN_SHAPE = """\
from keras import Sequential, layers
from data import shape

model = Sequential([layers.Input(shape), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(1)])
"""


def test_input_shape_answers_for_what_the_source_leaves_open(run: Run, folder: Path) -> None:
    path = write(folder / "open.py", OPEN_SHAPE)
    (row,) = run("check", "--format", "jsonl", "--input-shape", "None,2,2,3", path).rows()
    assert row["status"] == "faulty"
    (row,) = run("check", "--format", "jsonl", "--input-shape", "None,28,28,3", path).rows()
    assert row["layers"][-1]["output_shape"] == [None, 1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--format", "xml", "a.py"],
        ["check", "--device", "tpu", "a.py"],
        ["check", "--device", "cpu:1", "a.py"],
        ["check", "--input-shape", "a,b", "a.py"],
        ["check", "--input-shape", "", "a.py"],
        ["check", "--input-shape", "x=1,2", "--input-shape", "3,4", "a.py"],
        ["fix", "--top", "0", "a.py"],
        ["fix", "--budget", "0", "a.py"],
        ["fix", "--cost", "euro", "a.py"],
        ["fix", "--write", "-"],
        ["fix", "--write", "-o", "x", "a.py"],
        ["fix", "-o", "x", "a.py", "b.py"],
        ["fix", "-o", "x", "."],
        ["explain", "no-such-rule"],
        ["layers", "--framework", "lego"],
        ["mend", "a.py"],
    ],
)
def test_wrong_usage_is_status_2_without_a_traceback(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert outcome.status == 2
    assert "Error" in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1", "mps", "auto"])
def test_devices_are_understood(run: Run, valid: str, device: str) -> None:
    assert run("fix", "--device", device, "--budget", "2.5", valid).status == 0


def test_version_help_explain_and_layers(run: Run) -> None:
    assert run("--version").stdout.strip().endswith(repairnn.__version__)
    assert "check" in run("--help").stdout
    assert "slides over" in run("explain", "conv-rank").stdout
    assert "conv-rank" in run("explain").stdout
    assert "Conv2D" in run("layers", "--framework", "keras").stdout
    assert "conv" in run("layers", "--format", "json").json()["torch"]
