"""The benchmark's figures, on a few networks of the corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generated_nets.bench import main
from generated_nets.growth import chain, residual
from generated_nets.measure import percentiles
from repairnn.search import repair


def test_a_run_writes_a_table_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "figures.json"
    main(["--limit", "8", "--json", str(target)])
    printed = capsys.readouterr().out
    assert "broken and repaired" in printed
    figures = json.loads(target.read_text())
    assert figures["networks"] == 8 == len(figures["rows"])
    assert figures["milliseconds"]["search"]["median"] > 0


def test_percentiles() -> None:
    found = percentiles([0.001 * value for value in range(1, 101)])
    assert (found["median"], found["p95"], found["p99"], found["max"]) == (50.0, 95.0, 99.0, 100.0)
    assert percentiles([])["mean"] == 0.0


def test_one_edit_mends_the_networks_that_growth_is_measured_on() -> None:
    assert len(repair(chain(100, (50,)), profile="unit").edits) == 1
    assert len(repair(chain(100, (20, 40, 60)), profile="unit").edits) == 3
    assert len(repair(residual(50), profile="unit").edits) == 1
