"""What the search proposes first is what people do: shape bugs as people make them, with the way they are fixed."""

from __future__ import annotations

from pathlib import Path

from repairnn.search import repair
from repairnn.semantics.checker import check
from tests.search.rank import place_of
from tests.search.records import read

CASES = Path(__file__).with_name("cases.jsonl")


def test_people_would_do_the_same() -> None:
    places = {}
    for case in read(CASES):
        outcome = repair(case.network)
        assert outcome.status == "repaired", case.id
        assert check(outcome.network).valid, case.id
        assert outcome.optimal, case.id
        places[case.id] = place_of(case, outcome)
    first = sum(place == 0 for place in places.values())
    three = sum(place is not None for place in places.values())
    assert first >= 0.85 * len(places), places
    assert three >= 0.95 * len(places), places


def test_fixing_what_is_fixed_changes_nothing() -> None:
    for case in read(CASES):
        again = repair(repair(case.network).network)
        assert again.status == "valid", case.id
        assert again.edits == ()


def test_the_same_answer_every_time() -> None:
    for one, other in zip(read(CASES), read(CASES), strict=True):
        first, second = repair(one.network), repair(other.network)
        assert [r.edits for r in first.alternatives] == [r.edits for r in second.alternatives]


def test_alternatives_are_different_ways() -> None:
    for case in read(CASES):
        outcome = repair(case.network)
        costs = [repaired.cost for repaired in outcome.alternatives]
        assert costs == sorted(costs)
        ways = [frozenset((step.edit.kind, getattr(step.edit, "node", ""), getattr(step.edit, "argument", ""),
                           getattr(step.edit, "consumer", ""), getattr(step.edit, "layer_kind", ""))
                          for step in repaired.steps) for repaired in outcome.alternatives]  # fmt: skip
        assert len(set(ways)) == len(ways), case.id
