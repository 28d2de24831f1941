"""The corpus: written by its command, broken as it says, and repaired with no more edits than it was broken with."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from generated_nets.corpus import CORPUS, broken, line, read
from generated_nets.measure import BY_REMOVAL
from repairnn.search import repair
from repairnn.semantics.checker import check
from repairnn.semantics.serialise import from_json

ITEMS = list(read())
#: Entries of the sample that need more edits than they were broken with, because what an entry once held cannot be read
#: off the layers that complain: the size of a lost axis, or of a changed one behind layers that hide it.
FARTHER = frozenset({"keras-200", "keras-316", "torch-213", "torch-839", "torch-885"})
REPAIRS = """
import sys
from generated_nets.corpus import read
from repairnn.search import repair
from repairnn.semantics.serialise import from_json
for item in list(read())[:60:4]:
    print(item["id"], repair(from_json(item["network"]), profile="unit").edits)
"""


def test_the_command_writes_what_is_there() -> None:
    made = [line(item) for item in islice(broken(), 20)]
    assert made == [line(item) for item in ITEMS[:20]], "run `python -m generated_nets.corpus` and keep its file"


def test_a_thousand_broken_networks_half_of_each_framework() -> None:
    wrong = [item for item in ITEMS if item["mutations"]]
    assert len(wrong) >= 1000
    assert sum(item["framework"] == "keras" for item in wrong) == len(wrong) / 2
    assert CORPUS.stat().st_size < 2_000_000


def test_what_is_said_to_be_broken_is() -> None:
    for item in ITEMS[::7]:
        assert check(from_json(item["network"])).valid == (not item["mutations"]), item["id"]


def _sample() -> list[dict[str, Any]]:
    """Single and double faults that no removal is needed for, spread over the corpus."""
    found = [
        item
        for item in ITEMS
        if 0 < len(item["mutations"]) <= 2
        and item["layers"] <= 16
        and not BY_REMOVAL & {mutation["sort"] for mutation in item["mutations"]}
    ]
    return found[:: len(found) // 60][:60]


@pytest.mark.parametrize("part", range(4))
def test_no_more_edits_than_mutations(part: int) -> None:
    for item in _sample()[part::4]:
        outcome = repair(from_json(item["network"]), profile="unit", top=1)
        assert outcome.status == "repaired", item["id"]
        assert check(outcome.network).valid
        if item["id"] not in FARTHER:
            assert len(outcome.edits) <= len(item["mutations"]), item["id"]


def test_the_same_repair_in_every_process() -> None:
    here = "".join(
        f"{item['id']} {repair(from_json(item['network']), profile='unit').edits}\n" for item in ITEMS[:60:4]
    )
    there = subprocess.run(
        [sys.executable, "-c", REPAIRS],
        env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert here == there
