"""Rows of the cost table set in ``pyproject.toml``."""

from __future__ import annotations

from pathlib import Path

import pytest

from repairnn.frontends.errors import BadInput
from repairnn.settings import costs_for


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.repairnn.costs]\n"remove" = 2\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert costs_for(inner) == {"remove": 2.0}
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert costs_for(inner) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[tool.repairnn.costs]\n"no.such.row" = 2\n', "no row 'no.such.row'"),
        ('[tool.repairnn.costs]\nremove = "much"\n', "remove is 'much'"),
        ('[tool.repairnn.costs]\nremove = -1\n', "remove is -1"),
        ("[tool.repairnn\n", "is not TOML"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(BadInput, match=message):
        costs_for(tmp_path)


def test_a_row_changes_which_repair_comes_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from repairnn.session import Request, run

    script = tmp_path / "net.py"
    script.write_text(
        "from keras import layers, models\n"
        "m = models.Sequential([layers.Input((10, 4)), layers.LSTM(8), layers.LSTM(8)])\n"
    )
    run(Request((str(script),), True, None, "concise", "cpu", False))
    assert "change return_sequences" in capsys.readouterr().out
    (tmp_path / "pyproject.toml").write_text('[tool.repairnn.costs]\n"argument.sequences" = 30\n')
    run(Request((str(script),), True, None, "concise", "cpu", False))
    assert "change return_sequences" not in capsys.readouterr().out
