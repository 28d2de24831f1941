"""One network through the stages, with times, and the figures that a list of such measurements gives.

Times are seconds of processor time, which other programs on the machine disturb little; wall time stands beside it.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.search import Outcome, repair
from repairnn.semantics.checker import arguments_of, check
from repairnn.semantics.ir import Network


@dataclass(slots=True)
class Measurement:
    """What happened to one network.

    ``known``  edits that are known to be enough: the mutations, or what the peer needed; ``None`` where nobody knows
    ``sorts``  the sorts of the mutations; ``undone``  whether the repaired network is the one before them
    ``broken``  whether the network is broken according to its source (mutations, or Keras)
    ``lower``, ``check``, ``search``  seconds of processor time; ``wall`` of all three together
    """

    name: str
    form: str
    layers: int
    broken: bool
    known: int | None
    status: str
    edits: int
    optimal: bool
    expanded: int
    lower: float
    check: float
    search: float
    wall: float
    sorts: tuple[str, ...] = ()
    validation: str = ""
    reason: str = ""
    framework_seconds: float | None = None
    undone: bool = False

    @property
    def above(self) -> bool:
        """Whether more edits were needed than are known to be enough."""
        return self.status == "repaired" and self.known is not None and self.edits > self.known


def measured(
    name: str,
    form: str,
    broken: bool,
    known: int | None,
    lower: Callable[[], Network],
    search: Mapping[str, Any],
) -> tuple[Measurement, Outcome]:
    """Read, check and repair one network. ``lower`` makes the network; ``search`` holds arguments of the search."""
    wall = time.monotonic()
    begun = time.process_time()
    network = lower()
    read = time.process_time()
    check(network)
    checked = time.process_time()
    outcome = repair(network, **search)
    done = time.process_time()
    layers = sum(1 for node in network if node.kind != "input")
    row = Measurement(
        name, form, layers, broken, known, outcome.status, len(outcome.edits), outcome.optimal, outcome.expanded,
        read - begun, checked - read, done - checked, time.monotonic() - wall,
    )  # fmt: skip
    return row, outcome


def same(one: Network, other: Network) -> bool:
    """Whether two networks have the same layers with the same arguments and weights, connected alike.

    Names of layers do not count, nor whether an argument is given or left to its default.
    """
    return _told(one) == _told(other)


def _told(network: Network) -> tuple[list[str], list[tuple[str, int]]]:
    """What each layer is and is made of, all the way up, and which of them the outputs are."""
    told: dict[str, str] = {}
    for node in network:
        args = arguments_of(node, network.framework)
        given = sorted((name, repr(value)) for name, value in (node.args if args is None else vars(args)).items())
        weights = sorted((name, tuple(shape)) for name, shape in node.weights.items())
        sources = [(told[ref.node], ref.output) for ref in node.inputs]
        text = repr((node.kind, node.id if node.kind == "input" else "", given, weights, sources))
        told[node.id] = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return sorted(told.values()), [(told[ref.node], ref.output) for ref in network.outputs]


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """Mean, median, 95th and 99th percentile and maximum, in milliseconds; zeros for no values."""
    values = sorted(value * 1000 for value in seconds)
    if not values:
        return {"mean": 0.0, "median": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    return {
        "mean": round(sum(values) / len(values), 3),
        **{name: round(_at(values, share), 3) for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99))},
        "max": round(values[-1], 3),
    }


def _at(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, max(0, math.ceil(share * len(values)) - 1))]


def figures(rows: Sequence[Measurement]) -> dict[str, Any]:
    """All figures of a run as plain data."""
    repaired = [row for row in rows if row.status == "repaired"]
    compared = [row for row in repaired if row.known is not None]
    return {
        "networks": len(rows),
        "broken": sum(row.broken for row in rows),
        "status": _counted(row.status for row in rows),
        "broken_repaired": sum(row.broken and row.status == "repaired" for row in rows),
        "valid_untouched": sum(not row.broken and row.status == "valid" for row in rows),
        "valid_edited": [row.name for row in rows if not row.broken and row.status != "valid"],
        "broken_passed": [row.name for row in rows if row.broken and row.status == "valid"],
        "without_repair": [row.name for row in rows if row.status in ("gave-up", "unrepairable")],
        "edits_mean": round(sum(row.edits for row in repaired) / max(1, len(repaired)), 3),
        "known_mean": round(sum(row.known or 0 for row in compared) / max(1, len(compared)), 3),
        "fewer_edits": sum(row.edits < (row.known or 0) for row in compared),
        "as_many_edits": sum(row.edits == row.known for row in compared),
        "more_edits": [(row.name, row.edits, row.known) for row in rows if row.above],
        "undone": sum(row.undone for row in rows) if any(row.sorts for row in rows) else None,
        "optimal": sum(row.optimal for row in repaired),
        "milliseconds": {
            stage: percentiles(getattr(row, stage) for row in rows) for stage in ("lower", "check", "search", "wall")
        },
        "by_size": _by_size(rows),
    }


def _by_size(rows: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Search and check times by number of layers."""
    found = []
    for low, high in ((1, 5), (6, 10), (11, 20), (21, 40), (41, 10_000)):
        members = [row for row in rows if low <= row.layers <= high]
        if members:
            found.append(
                {
                    "layers": f"{low} to {high}" if high < 10_000 else f"{low} and more",
                    "networks": len(members),
                    "check": percentiles(row.check for row in members),
                    "search": percentiles(row.search for row in members),
                }
            )
    return found


def _counted(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return dict(sorted(found.items()))
