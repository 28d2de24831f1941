"""How often the first repair is what the person did: ``python -m tests.search.rank RECORDS.jsonl [--all]``."""

from __future__ import annotations

import sys
from pathlib import Path

from repairnn.search import Outcome, repair
from tests.search.records import Case, read


def place_of(case: Case, outcome: Outcome) -> int | None:
    """The rank, from 0, of the first repair that goes the person's way."""
    for place, repaired in enumerate(outcome.alternatives):
        if case.same([step.way for step in repaired.steps]):
            return place
    return None


def main(path: str, everything: bool) -> None:
    """Print one line a record and the shares."""
    repaired = first = three = faulty = silent = 0
    for case in read(Path(path)):
        outcome = repair(case.network, budget=5.0)
        if not outcome.report.faults:
            silent += 1
            print(f"{case.id:28} no fault seen; person: {', '.join(case.kinds)}")
            continue
        faulty += 1
        place = place_of(case, outcome)
        repaired += outcome.status == "repaired"
        first += place == 0
        three += place is not None
        if everything or place != 0:
            print(f"{case.id:28} {outcome.status} place {place} {outcome.seconds * 1000:.0f} ms; "
                  f"person: {', '.join(case.kinds)}")  # fmt: skip
            for fault in outcome.report.faults:
                print(f"      fault {fault.node}: {fault.rule.id} {fault.received}")
            for alternative in outcome.alternatives:
                reasons = "; ".join(f"{step.reason} [{step.way}]" for step in alternative.steps)
                print(f"      {alternative.cost:5.2f} {reasons}")
    print(f"{faulty} faulty ({silent} more show no fault): repaired {repaired / faulty:.0%}, "
          f"first {first / faulty:.0%}, within three {three / faulty:.0%}")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], "--all" in sys.argv[2:])
