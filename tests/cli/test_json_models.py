"""Model descriptions in JSON on the command line: repaired in the style they are written in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from repairnn.jsontext import JsonText, read_json
from tests.cli.conftest import Outcome

CONFIG: dict[str, Any] = {
    "class_name": "Sequential",
    "config": {
        "name": "stack",
        "layers": [
            {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 10, 4]}},
            {"class_name": "LSTM", "config": {"name": "first", "units": 8, "return_sequences": False}},
            {"class_name": "LSTM", "config": {"name": "second", "units": 8}},
        ],
    },
}
EXAIS: dict[str, Any] = {
    "layers": [
        {"type": "relu", "name": "Rel1", "input_shape": "[1, 2]", "inputs": ["[[1, 2]]"]},
        {"type": "relu", "name": "Rel2", "input_shape": "[1, 3]", "inputs": ["[[1, 2, 3]]"]},
        {"type": "add", "name": "Add1", "inputs": ["Rel1", "Rel2"]},
    ]
}
STYLES: list[dict[str, Any]] = [{}, {"indent": 2}, {"indent": 4}, {"indent": "\t"}, {"separators": (",", ":")}]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("end", ["", "\n"])
def test_the_diff_of_a_configuration_shows_the_edit_alone(
    run: Callable[..., Outcome], folder: Path, style: dict[str, Any], end: str
) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(CONFIG, **style) + end)
    (row,) = run("fix", "--format", "jsonl", "model.json").rows()
    assert row["status"] == "repaired"
    done = subprocess.run(["git", "apply", "-"], input=row["patch"], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    again = path.read_text()
    expected = json.loads(json.dumps(CONFIG))
    expected["config"]["layers"][1]["config"]["return_sequences"] = True
    assert again == json.dumps(expected, **style) + end
    path.write_text(json.dumps(CONFIG, **style) + end)
    assert run("fix", "--write", "model.json").status == 0
    assert path.read_text() == again


def test_a_file_of_exais_is_repaired(run: Callable[..., Outcome], folder: Path) -> None:
    path = folder / "net.json"
    path.write_text(json.dumps(EXAIS, indent=1))
    assert run("check", "net.json").status == 1
    assert run("fix", "--write", "net.json").status == 0
    assert run("check", "net.json").status == 0


def test_odd_styles_are_written_anew() -> None:
    text, notes = read_json(b'{"a":1 ,\n "b": [1,2]}', "x.json")
    assert notes == ()
    assert text.original() == '{"a":1 ,\n "b": [1,2]}'
    assert text.dump({"a": 2}) == '{\n  "a": 2\n}'
    assert JsonText("", {}).dump({"é": 1}) == '{\n  "é": 1\n}\n'
