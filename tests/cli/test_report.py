"""The report for people: as wide as the terminal, coloured on a terminal only, and its sentences are a contract."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import repairnn
from repairnn.report.paint import Paint
from repairnn.report.table import summary_table
from repairnn.report.text import Page, text_report
from repairnn.results import Result, Validation
from repairnn.semantics.ir import Network, Node, Ref
from tests.cli.conftest import FAULTY, TWO_MODELS, VALID

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def fixed() -> Result:
    return repairnn.fix_source(FAULTY, path="faulty.py", validate=False)


def report(result: Result, **page: object) -> str:
    return text_report(result, Page(fixing=True, **page))  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_of_table_or_sentence_is_wider_than_the_page(fixed: Result, width: int) -> None:
    text = report(fixed, width=width)
    before_diff = text[: text.index("--- a/")]
    table_floor = 40 + 22  # the columns that cannot shrink
    assert all(len(line) <= max(width, table_floor) for line in before_diff.splitlines())


def test_colours_are_escapes_around_the_same_text(fixed: Result) -> None:
    plain, coloured = report(fixed), report(fixed, paint=Paint(True))
    assert ESCAPE.search(plain) is None
    assert ESCAPE.search(coloured) is not None
    assert ESCAPE.sub("", coloured) == plain


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_only_on_a_terminal_that_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], coloured: bool
) -> None:
    from repairnn.report.paint import paint_for

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert paint_for(Terminal()).on is coloured  # type: ignore[arg-type]
    with open(tmp_path / "file", "w") as stream:
        assert paint_for(stream).on is False


def test_the_table_goes_through_and_past_the_fault(fixed: Result) -> None:
    rows = [line for line in report(fixed).splitlines() if re.search(r"\((Input|LSTM|Dense)\)", line)]
    assert [row.split()[-1] for row in rows] == ["ok", "ok", "fault", "ok"]


def test_the_closing_line_counts_and_tells_the_proof(fixed: Result) -> None:
    assert report(fixed).rstrip().splitlines()[-1] == "1 fault, 1 edit, proven minimal"


@pytest.mark.parametrize(
    ("validation", "told"),
    [
        (Validation("validated", "keras", "cuda:0"), "validated in Keras on cuda:0 in 0.0 s"),
        (Validation("not-validated", "keras", "", "keras is not installed"), "not validated: keras is not installed"),
        (Validation("failed", "torch", "cpu", "RuntimeError: no"), "refused by PyTorch on cpu: RuntimeError: no"),
        (Validation("disagreement", "keras", "cpu", "output 0"), "Keras disagrees with the predicted shapes"),
    ],
)
def test_the_closing_line_tells_what_the_framework_said(fixed: Result, validation: Validation, told: str) -> None:
    from dataclasses import replace

    (model,) = fixed.models
    result = replace(fixed, models=(replace(model, validation=validation),))
    assert told in report(result).rstrip().splitlines()[-1]


def test_two_models_share_one_diff_at_the_end() -> None:
    result = repairnn.fix_source(TWO_MODELS, path="two.py", validate=False)
    text = report(result)
    assert text.count("--- a/") == 1
    assert [model.status for model in result] == ["repaired", "repaired"]
    assert result.status == "repaired"
    assert len(result.edits) == len(result.models[0].edits) + len(result.models[1].edits)
    assert result.cost == pytest.approx(sum(model.cost or 0 for model in result))


def test_edits_of_a_later_model_are_told_where_the_user_sees_them() -> None:
    result = repairnn.fix_source(TWO_MODELS, path="two.py", validate=False)
    lines = TWO_MODELS.splitlines()
    for edit in result.models[1].edits:
        assert edit.location is not None
        assert "other" in lines[edit.location.line - 1]


def test_brief_pages_keep_models_without_findings_short() -> None:
    result = repairnn.check_source(VALID, path="valid.py")
    assert text_report(result, Page(brief=True)).splitlines() == ["valid.py: model sequential: no fault"]


def test_names_of_any_length_fit() -> None:
    name = "a_very_long_layer_name_" * 10
    nodes = [Node("x", "input", {"shape": (None, 8)}, name="x"),
             Node(name, "dense", {"units": 2}, (Ref("x"),), "Dense", name, name)]  # fmt: skip
    network = Network("keras", {node.id: node for node in nodes}, (Ref(name),))
    from repairnn.semantics.checker import check
    from repairnn.summary import layers_of

    lines = summary_table(layers_of(network, check(network)), 80, Paint())
    assert all(len(line) <= 80 for line in lines)
    assert any("…" in line for line in lines)


def test_a_layer_that_is_called_twice_is_told_once() -> None:
    text = """\
import torch
from torch import nn

body = nn.Linear(10, 4)
print(body(torch.zeros(2, 8)) + body(torch.zeros(2, 8)))
"""
    result = repairnn.fix_source(text, path="siamese.py", validate=False)
    assert len(result.models[0].report.faults) == 2
    assert [fault.rule.id for fault in result.faults] == ["dense-in-features"]
    assert "1 fault, 1 edit, proven minimal" in report(result)
