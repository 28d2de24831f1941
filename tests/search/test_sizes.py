"""Sizes of entries that several layers decide together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generated_nets.sizes import problems
from repairnn.search import repair
from repairnn.search.costs import PROFILES
from repairnn.search.moves.case import Case
from repairnn.search.moves.program import entries
from repairnn.search.sizes import entry_sizes, solved_entries
from repairnn.search.state import advance, start
from repairnn.semantics.checker import check
from repairnn.semantics.edits import ChangeArgument, apply_all
from repairnn.semantics.ir import Network
from repairnn.semantics.symbolic import Solution, Unknown, Unsat

PROBLEMS = problems()
NEVER = "U-Net of two steps without padding"
BEYOND = (
    "branches that meet, then rows of 25",
    "branches by 2 and by 3, scaled up",
    "branches by 2, 3 and 5, scaled up",
)


def _inputs(network: Network) -> list[str]:
    return [node.id for node in network if node.kind == "input"]


@pytest.mark.parametrize("name", [name for name in PROBLEMS if name != NEVER])
def test_the_solver_finds_the_nearest_sizes(name: str) -> None:
    network = PROBLEMS[name]
    assert not check(network).valid
    answer = entry_sizes(network, [network[node] for node in _inputs(network)], seconds=20)
    assert isinstance(answer, Solution)
    assert check(answer.network).valid
    again = entry_sizes(network, [network[node] for node in _inputs(network)], seconds=20)
    assert isinstance(again, Solution)
    assert again.values == answer.values


def test_no_size_nearer_in_the_first_axis_is_valid() -> None:
    network = PROBLEMS["branches by 2 and by 3, scaled up"]
    answer = entry_sizes(network, [network["x"]], seconds=20)
    assert isinstance(answer, Solution)
    found = answer.network["x"].args["shape"]
    distance = abs(found[1] - 50)
    for height in range(50 - distance + 1, 50 + distance):
        for width in range(1, 65):
            changed = network["x"].with_(args={"shape": (None, height, width, 3)})
            assert not check(network.updated({"x": changed})).valid or distance == 0


def test_it_is_proved_that_no_size_would_do() -> None:
    network = PROBLEMS[NEVER]
    assert isinstance(entry_sizes(network, [network["in"]], seconds=20), Unsat)


def test_out_of_time_is_an_answer_of_its_own() -> None:
    network = PROBLEMS["maps to 35 rows of 64, from 50x50"]
    assert isinstance(entry_sizes(network, [network["x"]], seconds=1e-6), Unknown)


@pytest.mark.parametrize("name", BEYOND)
def test_the_move_finds_what_trying_sizes_does_not(name: str) -> None:
    network = PROBLEMS[name]
    frame = start(network)
    case = Case(frame, frame.all_faults()[0], PROFILES["human"], network)
    tried = [advance(frame, move.edits) for move in entries(case)]
    assert all(after is None or after.all_faults() for after in tried)
    (move,) = solved_entries(case)
    assert check(apply_all(network, move.edits)).valid


def test_the_search_takes_it_where_that_saves_an_edit() -> None:
    network = PROBLEMS["branches that meet, then rows of 25"]
    fixed = {
        node.id: node.with_(written=replace(node.written, fixed=frozenset(node.args), kept=True))
        for node in network
        if node.kind != "input"
    }
    outcome = repair(network.updated(fixed), profile="unit", top=1)
    assert (outcome.status, outcome.cost, outcome.optimal) == ("repaired", 1.0, True)
    (edit,) = outcome.edits
    assert isinstance(edit, ChangeArgument)
    assert (edit.node, edit.argument) == ("x", "shape")
    assert check(outcome.network).valid
