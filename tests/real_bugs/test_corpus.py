"""The collected programs: faults are found where the framework raises, repairs hold, fixed programs are let be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source import Program, emit, lower
from repairnn.search import Outcome, repair
from repairnn.semantics.checker import check
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network

ROOM = Path(__file__).parents[2] / "real_bugs"
BUGS = {entry["id"]: entry for entry in map(json.loads, (ROOM / "manifest.jsonl").read_text().splitlines())}
FINE = sorted(str(path.relative_to(ROOM)) for path in [*ROOM.glob("*/fixed/*.py"), *ROOM.glob("correct/*.py")])

#: What is not found, and why.
NOT_FOUND = {
    "so-48851558": "labels (n,) against one sigmoid unit: Keras 3 takes them, and so do we",
    "so-60226423": "the number of rows is declared as the number of features, and the file says neither",
    "defects4ml-093": "the shape comes from a file",
    "junobench-tensorflow_14": "weights in a file were saved from another network",
}
#: What is found at another line, and why.
ELSEWHERE = {
    "so-59840678": "the weights are set on a line of their own; the layer that they do not fit is named",
    "commit-pytorchgan-0f78e19": "the framework raises where a shared model is called; its first layer is named",
}
#: What is found but not repaired as it should be, and why.
NOT_REPAIRED = {"gh-thesemicolon-5": "a chain of recurrent layers in a loop, and labels that its loss does not name"}


def lowered(path: Path) -> tuple[Network, ...]:
    return lower(path.read_text(encoding="utf-8"), str(path), strict=True).networks


def lines_of(network: Network, fault: Fault) -> set[int]:
    written = network[fault.node].written
    return {span.line for span in (written.call, written.apply) if span is not None}


@pytest.mark.parametrize("bug", BUGS)
def test_the_fault_is_found_where_the_framework_raises(bug: str) -> None:
    entry = BUGS[bug]
    networks = lowered(ROOM / entry["file"])
    found = {line for network in networks for fault in check(network).faults for line in lines_of(network, fault)}
    expected = {entry["expect"].get("line"), entry["expect"].get("layer_line")}
    assert bool(found) != (bug in NOT_FOUND)
    assert bug in NOT_FOUND or bool(found & expected) != (bug in ELSEWHERE), (found, expected)


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug not in NOT_FOUND])
def test_a_repair_is_written_back_and_holds(bug: str) -> None:
    path = ROOM / BUGS[bug]["file"]
    text = path.read_text(encoding="utf-8")
    for _ in range(10):
        program = lower(text, str(path))
        faulty = [(network, repair(network)) for network in program.networks]
        wanted = [(network, outcome) for network, outcome in faulty if outcome.status != "valid"]
        if not wanted or bug in NOT_REPAIRED:
            break
        text = _mended(program, *wanted[0])
    assert (wanted == []) != (bug in NOT_REPAIRED)


def _mended(program: Program, network: Network, outcome: Outcome) -> str:
    assert outcome.status == "repaired", outcome
    for alternative in outcome.alternatives:
        try:
            return emit(program, network, alternative.edits)
        except CannotEmit as refused:
            problem = refused
    raise problem


@pytest.mark.parametrize("name", FINE)
def test_a_correct_program_is_let_be(name: str) -> None:
    faults = [fault for network in lowered(ROOM / name) for fault in check(network).faults]
    assert [fault.rule.id for fault in faults if fault.rule.severity == "fault"] == []
