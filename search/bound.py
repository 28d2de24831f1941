"""What the faults that are left must cost at least.

Each fault of the network that came in needs some edit. An edit may remove several faults, so its cost is divided
among those it removes; the cheapest share of a fault is its weight, and the weights of the faults that are left add up
to a bound that no repair undercuts (a cost partition, as in the landmark heuristics of planning).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from repairnn.search.costs import Profile
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.catalog import groups_for, moves_for
from repairnn.search.state import Frame, advance
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network

Name = tuple[str, str]


def name_of(fault: Fault) -> Name:
    """What makes a fault the same after an edit elsewhere: its node and rule."""
    return (fault.node, fault.rule.id)


@dataclass(slots=True)
class Bound:
    """Weights of the faults of the original network, and the least cost of any fault at all.

    ``tried`` keeps what the moves for those faults lead to, so that the search need not try them again.
    """

    weights: dict[Name, float] = field(default_factory=dict)
    least: float = 0.0
    tried: dict[Name, list[tuple[Move, Frame]]] = field(default_factory=dict)

    def rest(self, faults: Iterable[Fault]) -> float:
        """A lower bound for repairing these faults; 0 for none."""
        names = {name_of(fault) for fault in faults}
        if not names:
            return 0.0
        return max(self.least, sum(self.weights.get(name, 0.0) for name in names))


def bound_of(frame: Frame, profile: Profile, root: Network, deadline: float = math.inf) -> Bound:
    """The bound for a network, from what every move for every one of its faults removes.

    Past the deadline (``time.monotonic``) nothing is weighed any more, and the bound is the cheapest edit there is.
    """
    faults = frame.all_faults()
    if not faults:
        return Bound()
    least = 1.0 if profile.unit else 0.2
    if len({name_of(fault) for fault in faults}) < 2:
        case = Case(frame, faults[0], profile, root)
        return Bound({}, least if profile.unit else min(floor for floor, _ in groups_for(case)))
    before = {name_of(fault): fault.inputs for fault in faults}
    bound = Bound({}, least)
    entangled: set[Name] = set()
    for fault in faults:
        name = name_of(fault)
        if name in bound.tried:
            continue
        tried = bound.tried[name] = []
        shares = []
        for move in moves_for(Case(frame, fault, profile, root)):
            if time.monotonic() > deadline:
                return Bound({}, least)
            after = advance(frame, move.edits)
            if after is None:
                continue
            tried.append((move, after))
            left = {name_of(other): other.inputs for other in after.all_faults()}
            entangled.update(
                other for other in left if other in before and other != name and left[other] != before[other]
            )
            cost = float(move.units) if profile.unit else move.human
            shares.append(cost / max(1, len(before.keys() - left.keys())))
        bound.weights[name] = min(shares, default=least)
    for name in entangled:
        bound.weights[name] = 0.0
    return bound
