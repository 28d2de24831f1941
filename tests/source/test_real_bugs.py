"""The real scripts of the repository: each is read without an internal error, and nearly all of them completely."""

import json
from pathlib import Path

import pytest

from repairnn.frontends.source import lower

ROOT = Path(__file__).resolve().parents[2] / "real_bugs"
SCRIPTS = sorted([*ROOT.glob("keras/*.py"), *ROOT.glob("keras/fixed/*.py"), *ROOT.glob("correct/keras*.py")])


def read(path):
    return lower(path.read_text(), path.name, strict=True)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_it_is_read(path):
    program = read(path)
    assert program.networks, "no model found"


def test_nearly_all_are_read_completely():
    incomplete = [path.stem for path in SCRIPTS if any(network.incomplete for network in read(path).networks)]
    assert len(incomplete) <= 0.05 * len(SCRIPTS), incomplete


def test_the_manifest_has_a_script_for_every_entry():
    entries = [json.loads(line) for line in (ROOT / "manifest.jsonl").read_text().splitlines()]
    assert [e["file"] for e in entries if not (ROOT / e["file"]).exists()] == []
