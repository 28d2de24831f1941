"""Brute force over the same edit grammar: every move for every fault, in every order, with no bound and no memo."""

from __future__ import annotations

from typing import Any

from repairnn.search.best_first import fresh
from repairnn.search.costs import PROFILES, Profile
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.catalog import moves_for
from repairnn.search.state import start
from repairnn.semantics.checker import check
from repairnn.semantics.edits import apply_all
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network


class TooMany(Exception):
    """More networks than brute force is willing to look at."""


def cheaper(
    network: Network, profile: str, limit: float, most: int = 4000, any_order: bool = False
) -> tuple[Move, ...] | None:
    """A repair of fewer than ``limit`` (edits or bits), or ``None`` when there is none. Raises :class:`TooMany`."""
    chosen = PROFILES[profile]
    seen: set[frozenset[Any]] = set()
    stack: list[tuple[Network, tuple[Move, ...]]] = [(network, ())]
    while stack:
        current, moves = stack.pop()
        faults = [fault for fault in check(current).faults if fault.rule.severity == "fault"]
        if not faults:
            return moves
        frame = start(current)
        for fault in faults if any_order else [first_of(faults, current)]:
            for move in moves_for(Case(frame, fault, chosen, network)):
                if not fresh(moves, move):
                    continue
                made = (*moves, move)
                key = frozenset(part for one in made for part in one.key)
                if key in seen or _cost(made, chosen) >= limit - 1e-6:
                    continue
                seen.add(key)
                if len(seen) > most:
                    raise TooMany(f"{len(seen)} networks")
                try:
                    following = apply_all(current, move.edits)
                except ValueError:
                    continue
                stack.append((following, made))
    return None


def first_of(faults: list[Fault], network: Network) -> Fault:
    """The fault that a derivation works on: what the data contradict, then in topological order."""
    return next((fault for fault in faults if network[fault.node].kind == "feed"), faults[0])


def _cost(moves: tuple[Move, ...], profile: Profile) -> float:
    return float(sum(move.units for move in moves)) if profile.unit else sum(move.human for move in moves)
