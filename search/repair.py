"""The entrance of the room: a network goes in, the cheapest repair comes out with its proof."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from repairnn.search.best_first import Search, State, mendable
from repairnn.search.costs import PROFILES, Profile
from repairnn.search.explain import steps_of
from repairnn.search.outcome import Outcome, Repair
from repairnn.search.state import Frame, start
from repairnn.semantics.checker import Report, check
from repairnn.semantics.edits import apply_all
from repairnn.semantics.ir import Network

#: How much dearer than the best an alternative may be, and how many states are looked at for alternatives.
SLACK = {"human": 9.0, "unit": 0.0}
FURTHER = 40
#: New objects after which Python looks for cyclic garbage while a search runs (its own number is some hundreds).
COLLECTED = 500_000
#: Bits of surprise from which on a network with nothing but suspicious findings is left alone.
FAR_FETCHED = 6.0


def repair(
    network: Network,
    *,
    profile: str = "human",
    budget: float = 10.0,
    top: int = 3,
    overrides: Mapping[str, float] | None = None,
) -> Outcome:
    """Find the cheapest edits that leave no fault.

    ``profile`` is ``human`` (bits of surprise) or ``unit`` (number of edits); ``overrides`` replaces rows of the cost
    table. ``budget`` is in seconds of wall time; ``top`` is how many different repairs are wanted. Pure, and the same
    network gets the same answer in every run. Raises ``KeyError`` for a profile that does not exist.
    """
    with _fewer_collections():
        return _repaired(network, PROFILES[profile], budget, top, overrides)


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Look for cyclic garbage less often: a search makes many objects, and hardly any cycle among them."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], COLLECTED), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _repaired(
    network: Network, chosen: Profile, budget: float, top: int, overrides: Mapping[str, float] | None
) -> Outcome:
    begun = time.monotonic()
    if overrides:
        chosen = replace(chosen, overrides=dict(overrides), floors={})
    frame = start(_copied(network))
    report = Report(network, frame.shapes, tuple(frame.all_faults()))
    found = {fault.rule.severity for fault in report.faults if mendable(fault)}
    wanted: frozenset[str] = frozenset({"fault"} if chosen.unit else {"fault", *found})
    if not found & wanted:
        return Outcome("valid", report, 0.0, 0.0, True, seconds=time.monotonic() - begun)
    outcome = _searched(frame, report, chosen, (begun + 0.75 * budget, begun + budget), top, wanted)
    if "suspicious" in wanted and not _worth_it(outcome, report):
        if report.valid:
            return Outcome("valid", report, 0.0, 0.0, True, seconds=time.monotonic() - begun)
        now = max(begun + 0.75 * budget, time.monotonic() + 0.1 * budget)
        outcome = _searched(frame, report, chosen, (now, now + 0.1 * budget), top, frozenset({"fault"}))
    return replace(outcome, seconds=time.monotonic() - begun)


def _copied(network: Network) -> Network:
    """The same network of other nodes: what a search remembers with them goes when it is over."""
    return network.updated({node.id: node.with_() for node in network})


def _worth_it(outcome: Outcome, report: Report) -> bool:
    """Whether what is merely suspicious is repaired too: only where that is no far-fetched change."""
    if not outcome.alternatives or outcome.cost is None:
        return False
    return not report.valid or outcome.cost <= FAR_FETCHED


def _searched(
    frame: Frame, report: Report, profile: Profile, deadlines: tuple[float, float], top: int, severity: frozenset[str]
) -> Outcome:
    """Search until the first deadline; with nothing found by then, settle for any repair until the second."""
    search = Search(frame.network, profile, deadlines[0], max(top, 1), severity)
    found: list[Repair] = []
    kept: list[State] = []
    lower, limit = 0.0, 0
    for state in search.solutions(frame):
        if not found:
            lower = search.lower
            limit = search.expanded + FURTHER
        elif state.cost > found[0].cost + SLACK[profile.name] or search.expanded > limit:
            break
        if not _is_new(state, kept):
            continue
        repaired = _checked(report.network, state, profile, severity)
        if repaired is not None:
            found.append(repaired)
            kept.append(state)
        if len(found) >= top:
            break
    if not found:
        if search.exhausted:
            return Outcome("unrepairable", report, None, search.lower, False, (), 0.0, search.expanded)
        any_way = search.dive(deadlines[1])
        some = _checked(report.network, any_way, profile, severity) if any_way is not None else None
        best = () if some is None else (some,)
        cost = None if some is None else some.cost
        return Outcome("gave-up", report, cost, search.lower, False, best, 0.0, search.expanded)
    optimal = found[0].cost <= lower + 1e-6  # what waits is ordered by costs rounded to six digits
    lower = min(lower, found[0].cost)
    return Outcome("repaired", report, found[0].cost, lower, optimal, tuple(found), 0.0, search.expanded)


def _is_new(state: State, kept: list[State]) -> bool:
    """Whether a repair goes another way than those before it, and is not one of them with more on top."""
    places = {place for move in state.moves for place in move.place}
    keys = {part for move in state.moves for part in move.key}
    for other in kept:
        if places == {place for move in other.moves for place in move.place}:
            return False
        if keys >= {part for move in other.moves for part in move.key}:
            return False
    return True


def _checked(network: Network, state: State, profile: Profile, severity: frozenset[str]) -> Repair | None:
    """The repair as data, applied again from scratch and judged by the checker, not by the search."""
    steps = steps_of(network, state, profile)
    repaired: Any = apply_all(network, [step.edit for step in steps])
    left = check(repaired).faults
    if any(fault.rule.severity in severity and mendable(fault) for fault in left):
        return None
    dubious = {(fault.rule.id, fault.node) for fault in left if fault.rule.severity == "suspicious"}
    if dubious and dubious - {(fault.rule.id, fault.node) for fault in check(network).faults}:
        return None  # a repair must not leave the network more dubious than it was
    return Repair(steps, state.cost, repaired)
