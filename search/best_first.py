"""Best-first search over derivations: at the first fault, every move of the grammar; cheapest total first.

A derivation repairs the first fault first (what the data contradict, then in topological order), and gives no argument
two values. A state is popped when nothing cheaper is left, so the first state without faults is a cheapest repair among
all derivations. Moves are generated a group at a time, when the least that the group can cost has become the cheapest
thing to look at.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from repairnn.search.bound import Bound, bound_of, name_of
from repairnn.search.costs import Profile
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.catalog import Group, generate, groups_for
from repairnn.search.state import Frame, advance
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network


@dataclass(slots=True)
class State:
    """A network on the way: the moves that led to it, their cost under the profile and in bits."""

    frame: Frame
    moves: tuple[Move, ...]
    cost: float
    human: float
    faults: list[Fault]


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


#: States that are expanded before the faults are weighed: often one move repairs all, and is among the first.
QUICK = 2
#: No edit costs less, in edits or in bits.
LEAST = 0.2


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
    bound: Bound = field(default_factory=Bound)
    expanded: int = 0
    pushed: int = 0
    lower: float = 0.0
    exhausted: bool = False
    weighed: bool = False

    def solutions(self, frame: Frame) -> Iterator[State]:
        """Repaired states, cheapest first, until nothing is left or the time is up."""
        begun = time.monotonic()
        quick = 0 if self.profile.unit else QUICK
        self.bound = Bound({}, LEAST)
        self._push_state(State(frame, (), 0.0, 0.0, self._faults(frame)))
        while self.heap:
            if time.monotonic() > self.deadline:
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
        self.bound = bound_of(frame, self.profile, self.root, deadline)
        waiting, self.heap = sorted(self.heap, key=lambda entry: entry[:3]), []
        for primary, secondary, _, item in waiting:
            rest = 0.0 if isinstance(item, Pending) else item.cost + self.bound.rest(item.faults)
            self._push(max(primary, rest), secondary, item)

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
                    moves = (*state.moves, move)
                    return State(frame, moves, self._cost(moves), sum(made.human for made in moves), faults)
        return None

    def _faults(self, frame: Frame) -> list[Fault]:
        return [f for f in frame.all_faults() if f.rule.severity in self.severity and mendable(f)]

    def _push(self, primary: float, secondary: float, item: State | Pending) -> None:
        self.pushed += 1
        heapq.heappush(self.heap, (round(primary, 6), round(secondary, 6), self.pushed, item))

    def _push_state(self, state: State) -> None:
        rest = self.bound.rest(state.faults)
        self._push(state.cost + rest, self._second(state.human, len(state.faults)), state)

    def _second(self, human: float, faults: int) -> float:
        """Among equal costs: by bits of surprise, states with fewer faults left before others."""
        return human + 5.0 * faults if self.profile.unit else float(faults)

    def _expand(self, state: State) -> None:
        self.expanded += 1
        fault = first_fault(state)
        if not state.moves and name_of(fault) in self.bound.tried:
            for move, frame in self.bound.tried[name_of(fault)]:
                self._add(state, move, frame)
            return
        case = Case(state.frame, fault, self.profile, self.root)
        rest = self.bound.rest(state.faults)
        others = self.bound.rest([other for other in state.faults if other is not fault])
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
        for move in generate(pending.case, pending.group):
            if time.monotonic() > self.deadline:
                return
            self._add(pending.state, move)

    def _add(self, state: State, move: Move, frame: Frame | None = None) -> None:
        kept = without(state.moves, move) if move.revises else state.moves
        if kept is None or not fresh(kept, move):
            return
        moves = (*kept, move)
        cost = self._cost(moves)
        key = frozenset(part for made in moves for part in made.key)
        known = self.seen.get(key)
        if known is not None and known <= cost:
            return
        frame = frame or advance(state.frame, move.edits)
        if frame is None:
            return
        self.seen[key] = cost
        following = State(frame, moves, cost, sum(made.human for made in moves), self._faults(frame))
        if self._alive(following):
            self._push_state(following)

    def _cost(self, moves: tuple[Move, ...]) -> float:
        if self.profile.unit:
            return float(sum(move.units for move in moves))
        return sum(move.human for move in moves)


def first_fault(state: State) -> Fault:
    """The fault to work on: what the data contradict first, then in topological order."""
    nodes = state.frame.network.nodes
    return next((fault for fault in state.faults if nodes[fault.node].kind == "feed"), state.faults[0])


def fresh(moves: tuple[Move, ...], move: Move) -> bool:
    """Whether a move changes nothing that an earlier one changed: no argument or weight is given a value twice."""
    changed = {place for made in moves for place in made.place if place[0] != "insert"}
    return not any(place in changed for place in move.place)


def without(moves: tuple[Move, ...], move: Move) -> tuple[Move, ...] | None:
    """The moves but the one that a revision replaces; ``None`` where that did more than to set the argument."""
    kept = tuple(made for made in moves if made.place != move.place)
    return kept if len(kept) == len(moves) - 1 else None


def live_key(state: State) -> Any:
    """What the rest of the search depends on: the faults, every shape, and where edits were made (not which).

    Two states that agree on it have the same moves ahead of them with the same effects.
    """
    shapes, nodes = state.frame.shapes, state.frame.network.nodes
    places = frozenset((place[0], place[1], place[2].split(":")[0]) for move in state.moves for place in move.place)
    return (
        tuple((fault.node, fault.rule.id) for fault in state.faults),
        tuple(shapes[node_id] for node_id in nodes),
        places,
    )
