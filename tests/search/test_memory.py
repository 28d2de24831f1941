"""A search that takes too much memory ends as one that takes too much time."""

from __future__ import annotations

import pytest

from generated_nets.growth import tangle
from repairnn.search import memory, repair


def test_the_peak_is_that_of_the_process() -> None:
    before = memory.peak()
    block = b"1" * (before + 2**24)
    assert memory.peak() >= len(block)


def test_too_much_memory_ends_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST", -1)
    outcome = repair(tangle(4), profile="unit", top=1)
    assert not outcome.optimal
    assert outcome.status in ("gave-up", "repaired")
    assert outcome.lower_bound is not None
