"""What the faults that are left must cost at least.

Each fault needs some edit, and an edit changes what a node makes of its inputs only where it is made at that node or
upstream of it. Faults that have nothing upstream in common (nor anything that is written in the same place) therefore
need an edit each. Where faults do have something in common, what every move for the faults of the network that came in
removes tells more: a move may remove several, so its cost is divided among those it removes; the cheapest share of a
fault is its weight, and the weights of the faults that are left add up to a bound that no repair undercuts (a cost
partition, as in the landmark heuristics of planning).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from repairnn.search.costs import Profile
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.catalog import groups_for, moves_for
from repairnn.search.state import Frame, advance, sources
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network

Name = tuple[str, str]
MovesFor: TypeAlias = Callable[[Case], Iterable[Move]]

#: No edit costs less, in bits.
LEAST = 0.2


def name_of(fault: Fault) -> Name:
    """What makes a fault the same after an edit elsewhere: its node and rule."""
    return (fault.node, fault.rule.id)


@dataclass(slots=True)
class Bound:
    """Weights of the faults of the original network, and the least cost of any fault at all.

    ``regions`` says for each node of the original, as a set of bits, where edits change what it makes of its inputs;
    it is empty where costs are no numbers of edits. ``tried`` keeps what the moves for the weighed faults lead to, so
    that the search need not try them again.
    """

    weights: dict[Name, float] = field(default_factory=dict)
    least: float = 0.0
    tried: dict[Name, list[tuple[Move, Frame]]] = field(default_factory=dict)
    regions: Mapping[str, int] = field(default_factory=dict)

    def rest(self, faults: Iterable[Fault], network: Network) -> float:
        """A lower bound for repairing these faults of a state's network; 0 for none.

        It is one for moves that cost something: revisions of arguments that have been changed already do not.
        """
        names = dict.fromkeys([name_of(fault) for fault in faults])
        if not names:
            return 0.0
        if not self.regions:
            return max(self.least, sum(self.weights.get(name, 0.0) for name in names))
        regions = {node: self.region(node, network) for node, _ in names}
        taken, weighed, light = 0, 0.0, []
        for name in names:
            weight = self.weights.get(name, 0.0)
            if weight:
                weighed += weight
                taken |= regions[name[0]]
            else:
                light.append(regions[name[0]])
        return max(weighed + _apart(light, taken), float(_apart(regions.values())), self.least)

    def region(self, node: str, network: Network) -> int:
        """Where edits change what a node makes of its inputs; of a layer put in, that of what it reads."""
        found = self.regions.get(node)
        if found is None:
            found = 0
            for source in sources(network[node]):
                found |= self.region(source, network)
        return found


def _apart(places: Iterable[int], taken: int = 0) -> int:
    """How many of some sets of bits, in order, have nothing in common with those before them."""
    count = 0
    for place in places:
        if not place & taken:
            count += 1
            taken |= place
    return count


def regions_of(frame: Frame) -> dict[str, int]:
    """For each node the set of nodes, as bits, in which an edit can change what it makes of its inputs.

    Nodes that an edit changes together, since they are one layer or written in the same place, are one bit.
    """
    bits: dict[object, int] = {}
    found: dict[str, int] = {}
    for node in frame.network:
        written = node.written
        shared: list[object] = [("layer", node.layer)] if node.layer in frame.groups else []
        shared += [("tie", written.tie)] if written.tie is not None else []
        shared += [("value", key) for key in written.ties.values()]
        shared += [("call", node.kind, written.call)] if written.call is not None else []
        region = 0
        for place in shared or (node.id,):
            region |= bits.setdefault(place, 1 << len(bits))
        for source in sources(node):
            region |= found[source]
        found[node.id] = region
    for members in frame.groups.values():
        together = 0
        for member in members:
            together |= found[member]
        for member in members:
            found[member] = together
    return found


def bound_of(frame: Frame, profile: Profile) -> Bound:
    """The bound for a network, from where its faults are."""
    return Bound({}, 1.0, {}, regions_of(frame)) if profile.unit else Bound({}, LEAST)


def weighed(
    bound: Bound, frame: Frame, profile: Profile, root: Network, moves: MovesFor = moves_for, deadline: float = math.inf
) -> Bound:
    """The bound with weights, from what every move for every fault of the network removes.

    ``moves`` gives the moves for a fault. Past the deadline (``time.monotonic``) the bound stays as it was.
    """
    faults = frame.all_faults()
    names = list(dict.fromkeys(name_of(fault) for fault in faults))
    if len(names) == 1 and not profile.unit:
        return Bound({}, min(floor for floor, _ in groups_for(Case(frame, faults[0], profile, root))))
    if len(names) < 2:
        return bound
    before = {name_of(fault): fault.inputs for fault in faults}
    found = Bound({}, bound.least, {}, bound.regions)
    entangled: set[Name] = set()
    for fault in faults:
        name = name_of(fault)
        if name in found.weights:
            continue
        if bound.regions and _alone(fault.node, names, bound.regions):
            found.weights[name] = 1.0 / sum(1 for node, _ in names if node == fault.node)
            continue
        tried = found.tried[name] = []
        shares = []
        for move in moves(Case(frame, fault, profile, root)):
            if time.monotonic() > deadline:
                return bound
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
        found.weights[name] = min(shares, default=bound.least)
    for name in entangled:
        found.weights[name] = 0.0
    return found


def _alone(node: str, names: Iterable[Name], regions: Mapping[str, int]) -> bool:
    """Whether no edit that changes what a node makes of its inputs does so for another faulty one."""
    return not any(regions[other] & regions[node] for other, _ in names if other != node)
