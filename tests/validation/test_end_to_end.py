"""From a faulty script to a repair that Keras itself has run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from repairnn.cli import main
from tests.cli.conftest import FAULTY, VALID

CHANNELS_FIRST = """\
import numpy as np
from keras import Sequential, layers

x = np.zeros((50, 1, 28, 28))
y = np.zeros((50, 10))
model = Sequential()
model.add(layers.Conv2D(8, 3, input_shape=(28, 28, 1)))
model.add(layers.Flatten())
model.add(layers.Dense(10, activation="softmax"))
model.compile("adam", "categorical_crossentropy")
model.fit(x, y)
"""


@pytest.mark.parametrize("text", [FAULTY, CHANNELS_FIRST])
def test_a_script_is_repaired_and_validated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    pytest.importorskip("keras")
    pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(text)
    result = CliRunner().invoke(main, ["fix", "--device", "cpu", "--write", "model.py"])
    assert result.exit_code == 0, result.output
    assert "validated in Keras on cpu" in result.stdout
    assert "written to model.py" in result.stdout
    checked = CliRunner().invoke(main, ["check", "--validate", "--device", "cpu", "model.py"])
    assert checked.exit_code == 0
    assert "validated in Keras on cpu" in checked.stdout


def test_modules_in_the_current_folder_do_not_disturb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    for name in ("keras", "search", "numpy", "json"):
        Path(f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    Path("model.py").write_text(VALID)
    result = CliRunner().invoke(main, ["check", "--validate", "--device", "cpu", "model.py"])
    assert result.exit_code == 0, result.output
    assert "validated in Keras on cpu" in result.stdout
