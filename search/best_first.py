"""Best-first search over derivations: at the first fault, every move of the grammar; cheapest total first.

A derivation repairs the first fault first (what the data contradict, then in topological order), and gives no argument
two values. A state is popped when nothing cheaper is left, so the first state without faults is a cheapest repair among
all derivations. Moves are generated a group at a time, when the least that the group can cost has become the cheapest
thing to look at.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from repairnn.search import memory
from repairnn.search.bound import Bound, bound_of, name_of, weighed
from repairnn.search.costs import Profile
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.catalog import Group, generate, groups_for
from repairnn.search.state import Frame, advance
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network


@dataclass(slots=True)
class State:
    """A network on the way: the moves that led to it, their cost under the profile and in bits, and what they edit."""

    frame: Frame
    moves: tuple[Move, ...]
    cost: float
    human: float
    faults: list[Fault]
    key: frozenset[Any] = frozenset()


@dataclass(slots=True)
class Pending:
    """A group of moves of a state that is still to be generated."""

    state: State
    case: Case
    group: Group


#: Suspicious findings about what the user wants computed: reported, and left to the user.
LEFT_ALONE = frozenset({"dense-softmax-one-unit", "softmax-over-one", "loss-one-class"})


def mendable(fault: Fault) -> bool:
    """Whether a repair may be about this fault."""
    return fault.rule.id not in LEFT_ALONE


#: States that are expanded before the faults are weighed: often one move repairs all, and is among the first, and
#: where edits are counted, where the faults are tells much. Not if so many of them may have edits in common.
QUICK = {"human": 2, "unit": 16, "tangled": 0}
TANGLED = 2
#: Counting edits: the bits that a fault less is worth among states of equal cost.
NEARER = 12.0


@dataclass(slots=True)
class Search:
    """One search. ``lower`` is the cost below which nothing is left to find."""

    root: Network
    profile: Profile
    deadline: float
    keep: int = 3
    severity: frozenset[str] = frozenset({"fault", "suspicious"})
    heap: list[tuple[float, float, int, State | Pending]] = field(default_factory=list)
    seen: dict[frozenset[Any], float] = field(default_factory=dict)
    live: dict[Any, list[tuple[float, float]]] = field(default_factory=dict)
    made: dict[tuple[Any, ...], tuple[Fault, list[Move]]] = field(default_factory=dict)
    bound: Bound = field(default_factory=Bound)
    expanded: int = 0
    pushed: int = 0
    lower: float = 0.0
    exhausted: bool = False
    weighed: bool = False
    known: frozenset[tuple[str, str]] = frozenset()

    def solutions(self, frame: Frame) -> Iterator[State]:
        """Repaired states, cheapest first, until nothing is left or the time is up."""
        begun = time.monotonic()
        self.bound = bound_of(frame, self.profile)
        self.known = frozenset((fault.node, fault.rule.id) for fault in frame.all_faults())
        faults = self._faults(frame)
        tangled = len({fault.node for fault in faults}) - self.bound.rest(faults, frame.network) > TANGLED
        quick = QUICK["human" if not self.profile.unit else "tangled" if tangled else "unit"]
        self._push_state(State(frame, (), 0.0, 0.0, faults))
        held = memory.peak()
        while self.heap:
            if time.monotonic() > self.deadline or memory.peak() > held + memory.MOST:
                return
            if self.expanded >= quick and not self.weighed:
                self._weigh(frame, begun + (self.deadline - begun) / 2)
            first, _, _, item = heapq.heappop(self.heap)
            self.lower = max(self.lower, first)
            if isinstance(item, Pending):
                self._generate(item)
            elif not item.faults:
                yield item
            else:
                self._expand(item)
        self.exhausted = True

    def _weigh(self, frame: Frame, deadline: float) -> None:
        """Find out what the faults cost at least, and put what is waiting in order by that."""
        self.weighed = True
        self.bound = weighed(self.bound, frame, self.profile, self.root, self._all_moves, deadline)
        waiting, self.heap = sorted(self.heap, key=lambda entry: entry[:3]), []
        for primary, secondary, _, item in waiting:
            state = item.state if isinstance(item, Pending) else item
            self._push(max(primary, self._least(state)), secondary, item)

    def _least(self, state: State) -> float:
        """No repair that starts with the moves of a state costs less."""
        return state.cost + self.bound.rest(state.faults, state.frame.network)

    def dive(self, deadline: float) -> State | None:
        """Some repair, not the cheapest: from the best state known, always the first move that leaves fewer faults.

        For when the time for the search is over; ``None`` when that leads nowhere before the deadline.
        """
        states = [item.state if isinstance(item, Pending) else item for _, _, _, item in self.heap]
        state = min(states, key=lambda one: (len(one.faults), one.cost, len(one.moves)), default=None)
        while state is not None and state.faults:
            state = self._better(state, deadline)
        return state

    def _better(self, state: State, deadline: float) -> State | None:
        case = Case(state.frame, first_fault(state), self.profile, self.root)
        for _, group in groups_for(case):
            for move in generate(case, group):
                if time.monotonic() > deadline:
                    return None
                frame = advance(state.frame, move.edits) if fresh(state.moves, move) else None
                faults = None if frame is None else self._faults(frame)
                if frame is not None and faults is not None and len(faults) < len(state.faults):
                    cost, human = state.cost + self._price(move), state.human + move.human
                    return State(frame, (*state.moves, move), cost, human, faults)
        return None

    def _faults(self, frame: Frame) -> list[Fault]:
        """What is left to mend, what edits made suspicious included: a repair leaves no more of that than it found."""
        found = [fault for fault in frame.all_faults() if fault.rule.id not in LEFT_ALONE]
        return [f for f in found if f.rule.severity in self.severity or (f.node, f.rule.id) not in self.known]

    def _push(self, primary: float, secondary: float, item: State | Pending) -> None:
        self.pushed += 1
        heapq.heappush(self.heap, (round(primary, 6), round(secondary, 6), self.pushed, item))

    def _push_state(self, state: State) -> None:
        self._push(self._least(state), self._second(state.human, len(state.faults)), state)

    def _second(self, human: float, faults: int) -> float:
        """Among equal costs: by bits of surprise, states with fewer faults left before others."""
        return human + NEARER * faults if self.profile.unit else float(faults)

    def _expand(self, state: State) -> None:
        self.expanded += 1
        fault = first_fault(state)
        if not state.moves and name_of(fault) in self.bound.tried:
            for move, frame in self.bound.tried[name_of(fault)]:
                self._add(state, move, frame)
            return
        case = Case(state.frame, fault, self.profile, self.root)
        network = state.frame.network
        rest = self.bound.rest(state.faults, network)
        others = self.bound.rest([other for other in state.faults if other is not fault], network)
        for floor, group in groups_for(case):
            step = 1.0 if self.profile.unit else floor
            primary = state.cost + max(rest, step if len(state.faults) == 1 else 0.0, step if others == 0 else 0.0)
            if group.free:
                primary = state.cost
            self._push(primary, self._second(state.human + floor, len(state.faults) - 1), Pending(state, case, group))

    def _alive(self, state: State) -> bool:
        """False when enough states that differ in nothing that lies ahead are known already, none of them dearer."""
        if not state.faults:
            return True
        costs = self.live.setdefault(live_key(state), [])
        price = (state.cost, state.human)
        if sum(1 for other in costs if other <= price) >= self.keep:
            return False
        costs.append(price)
        return True

    def _generate(self, pending: Pending) -> None:
        for move in self._moves(pending.case, pending.group):
            if time.monotonic() > self.deadline:
                return
            self._add(pending.state, move)

    def _moves(self, case: Case, group: Group) -> Iterable[Move]:
        """The moves of a group, made once for all states in which they are the same."""
        key = group.key(case)
        if key is None:
            yield from generate(case, group)
            return
        known = self.made.get(key)
        if known is None:
            moves: list[Move] = []
            for move in generate(case, group):
                moves.append(move)
                yield move
            self.made[key] = (case.fault, moves)
        else:
            yield from known[1]

    def _all_moves(self, case: Case) -> Iterable[Move]:
        """The moves of all groups."""
        for _, group in groups_for(case):
            yield from self._moves(case, group)

    def _add(self, state: State, move: Move, frame: Frame | None = None) -> None:
        if move.revises:
            kept = without(state.moves, move)
            if kept is None:
                return
            base = State(state.frame, kept, sum(map(self._price, kept)), sum(made.human for made in kept), [])
            base.key = frozenset([part for made in kept for part in made.key])
        else:
            base = state
        if not fresh(base.moves, move):
            return
        cost = base.cost + self._price(move)
        key = base.key.union(move.key)
        known = self.seen.get(key)
        if known is not None and known <= cost:
            return
        frame = frame or advance(state.frame, move.edits)
        if frame is None:
            return
        self.seen[key] = cost
        moves = (*base.moves, move)
        following = State(frame, moves, cost, base.human + move.human, self._faults(frame), key)
        if self._alive(following):
            self._push_state(following)

    def _price(self, move: Move) -> float:
        return float(move.units) if self.profile.unit else move.human


def first_fault(state: State) -> Fault:
    """The fault to work on: what the data contradict first, then in topological order."""
    nodes = state.frame.network.nodes
    return next((fault for fault in state.faults if nodes[fault.node].kind == "feed"), state.faults[0])


def fresh(moves: tuple[Move, ...], move: Move) -> bool:
    """Whether a move changes nothing that an earlier one changed: no argument or weight is given a value twice."""
    return all(made.changed.isdisjoint(move.place) for made in moves)


def without(moves: tuple[Move, ...], move: Move) -> tuple[Move, ...] | None:
    """The moves but the one that a revision replaces; ``None`` where that did more than to set the argument."""
    kept = tuple(made for made in moves if made.place != move.place)
    return kept if len(kept) == len(moves) - 1 else None


def live_key(state: State) -> Any:
    """What the rest of the search depends on: the faults, every shape, and where edits were made (not which).

    Two states that agree on it have the same moves ahead of them with the same effects.
    """
    shapes, nodes = state.frame.shapes, state.frame.network.nodes
    places = frozenset([(one, node, spot.partition(":")[0]) for one, node, spot, *_ in state.key])
    faults = tuple([(fault.node, fault.rule.id) for fault in state.faults])
    return faults, tuple([shapes[node_id] for node_id in nodes]), places
