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
from generated_nets.measure import same
from repairnn.search import repair
from repairnn.semantics.checker import check
from repairnn.semantics.serialise import from_json

ITEMS = list(read())
REPAIRS = """
import sys
from generated_nets.corpus import read
from repairnn.search import repair
from repairnn.semantics.serialise import from_json
for item in list(read())[:60:4]:
    print(item["id"], repair(from_json(item["network"]), profile="unit").edits)
"""


def test_a_seed_gives_the_same_networks_every_time() -> None:
    once, again = ([line(item) for item in islice(broken(7), 20)] for _ in range(2))
    assert once == again
    assert once[1:] != [line(item) for item in islice(broken(8), 19)]


def test_what_a_network_was_before_is_valid_and_another() -> None:
    for item in ITEMS[:1000:9]:
        network, original = from_json(item["network"]), from_json(item["original"])
        assert check(original).valid
        assert same(original, original)
        assert not same(network, original)


def test_a_thousand_broken_networks_half_of_each_framework() -> None:
    wrong = [item for item in ITEMS if item["mutations"]]
    assert len(wrong) >= 1000
    assert sum(item["framework"] == "keras" for item in wrong) == len(wrong) / 2
    assert CORPUS.stat().st_size < 2_000_000


def test_what_is_said_to_be_broken_is() -> None:
    for item in ITEMS[::7]:
        assert check(from_json(item["network"])).valid == (not item["mutations"]), item["id"]


def _sample() -> list[dict[str, Any]]:
    """Networks with few mutations, spread over the corpus."""
    found = [item for item in ITEMS if 0 < len(item["mutations"]) <= 2 and item["layers"] <= 16]
    return found[:: len(found) // 80][:80]


@pytest.mark.parametrize("part", range(4))
def test_no_more_edits_than_mutations(part: int) -> None:
    for item in _sample()[part::4]:
        outcome = repair(from_json(item["network"]), profile="unit", top=1)
        assert outcome.status == "repaired", item["id"]
        assert check(outcome.network).valid
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
