"""The search on networks made by hand: what it keeps, what it proves, what it says."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from repairnn.search import repair
from repairnn.search.costs import AFTER, PROFILES, SURPRISE
from repairnn.search.moves.case import Case
from repairnn.search.moves.catalog import moves_for
from repairnn.search.state import advance, start
from repairnn.semantics.checker import check
from repairnn.semantics.edits import ChangeArgument, ChangeWeight, InsertLayer, apply_all
from repairnn.semantics.ir import Network, Node, Ref, Written
from tests.search.networks import chain, random_chain, random_merge


def dense(units: int, **given: object) -> tuple[str, str, dict[str, object]]:
    return ("dense", "Dense", {"units": units, **given})


def weighted(kind: str, spelling: str, args: dict[str, object], weights: dict[str, tuple[int, ...]]) -> Network:
    nodes = {
        "in": Node("in", "input", {"shape": (None, 6)}, (), "Input", "in", written=Written(fixed=frozenset({"shape"}))),
        "n": Node("n", kind, args, (Ref("in"),), spelling, "n", weights=weights),
    }
    return Network("keras", nodes, (Ref("n"),))


Dims = tuple[int | None, ...]


def branches(
    one: tuple[int | None, ...], two: tuple[int | None, ...], kind: str = "merge", name: str = "Add"
) -> Network:
    fixed = Written(fixed=frozenset({"shape"}))
    nodes = {
        "a": Node("a", "input", {"shape": one}, (), "Input", "a", written=fixed),
        "b": Node("b", "input", {"shape": two}, (), "Input", "b", written=fixed),
        "m": Node("m", kind, {}, (Ref("a"), Ref("b")), name, "m"),
    }
    return Network("keras", nodes, (Ref("m"),))


def test_a_valid_network_is_left_alone() -> None:
    outcome = repair(chain("keras", (None, 8), dense(3)))
    assert (outcome.status, outcome.edits, outcome.cost, outcome.optimal) == ("valid", (), 0.0, True)


def test_every_row_of_the_sharper_table_is_a_way() -> None:
    for rows in AFTER.values():
        assert rows.keys() <= SURPRISE.keys()


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(KeyError):
        repair(chain("keras", (None, 8), dense(3)), profile="cheap")


def test_overrides_change_what_comes_first() -> None:
    network = chain("keras", (None, 3, 28, 28), ("conv", "Conv2D", {"filters": 8, "kernel_size": 5}))
    usual = repair(network, top=1).alternatives[0].steps[0].way
    assert usual == "input.permute"
    assert repair(network, top=1, overrides={"input.permute": 20.0}).alternatives[0].steps[0].way != usual
    assert repair(network, top=1).alternatives[0].steps[0].way == usual


@pytest.mark.parametrize(
    ("kernel", "way", "how"),
    [((4, 6), "weight.transpose", "transpose"), ((5, 4), "weight.pad", "pad"), ((7, 4), "weight.slice", "slice")],
)
def test_weights_keep_their_values(kernel: tuple[int, int], way: str, how: str) -> None:
    outcome = repair(weighted("dense", "Dense", {"units": 4}, {"kernel": kernel, "bias": (4,)}))
    step = outcome.alternatives[0].steps[0]
    assert isinstance(step.edit, ChangeWeight)
    assert (step.way, step.edit.how) == (way, how)


def test_a_layer_takes_its_size_from_its_weights() -> None:
    outcome = repair(weighted("dense", "Dense", {"units": 4}, {"kernel": (6, 9), "bias": (9,)}))
    assert [type(edit) for edit in outcome.edits] == [ChangeArgument]
    assert outcome.edits[0] == ChangeArgument("n", "units", 4, 9)


def test_lost_values_are_said() -> None:
    outcome = repair(weighted("dense", "Dense", {"units": 4}, {"kernel": (5, 5, 5), "bias": (4,)}), profile="unit")
    steps = outcome.alternatives[0].steps
    assert "reinitialise" in steps[0].reason
    assert "loses the values" in steps[0].reason
    assert steps[0].applicability == "display-only"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((None, 8, 8, 3), (None, 8, 8, 5)),
        ((None, 8, 8, 3), (None, 4, 4, 3)),
        ((None, 9, 9, 3), (None, 8, 8, 3)),
        ((None, 8, 8, 3), (None, 4, 4, 6)),
        ((None, 12), (None, 3, 5)),
        ((None, 2, 6), (None, 12)),
        ((None, 4, 6), (None, 6, 4)),
    ],
)
def test_operands_meet_without_invented_constants(one: Dims, two: Dims) -> None:
    network = branches(one, two)
    outcome = repair(network, profile="unit")
    assert outcome.status == "repaired"
    assert outcome.optimal
    assert outcome.cost is not None
    assert outcome.cost <= 2
    assert check(outcome.network).valid
    entries = [node.id for node in outcome.network if not node.inputs]
    assert entries == ["a", "b"]


def test_shared_layers_change_together() -> None:
    """Two applications of one layer object: one edit, both nodes."""
    nodes = {"in": Node("in", "input", {"shape": (4, 8)}, (), "Input", "in")}
    for name, source in (("first", "in"), ("second", "first")):
        nodes[name] = Node(name, "dense", {"in_features": 9, "units": 8}, (Ref(source),), "Linear", name, layer="fc")
    outcome = repair(Network("torch", nodes, (Ref("second"),)), top=1)
    assert len(outcome.edits) == 1
    assert outcome.network["second"].args["in_features"] == 8


def test_what_cannot_be_written_is_not_changed() -> None:
    network = chain("torch", (4, 8), ("dense", "Linear", {"in_features": 9, "units": 8}))
    fixed = network["n0"].with_(written=Written(fixed=frozenset({"in_features"})))
    outcome = repair(network.updated({"n0": fixed}))
    for repaired in outcome.alternatives:
        assert not any(isinstance(e, ChangeArgument) and e.argument == "in_features" for e in repaired.edits)


def test_layers_that_stay_are_kept() -> None:
    for seed in range(60):
        for make in (random_chain, random_merge):
            network = kept(make(seed))
            for repaired in repair(network, profile="unit").alternatives:
                assert network.nodes.keys() <= repaired.network.nodes.keys()
                assert all(edit.kind not in ("remove_layer", "swap_layers") for edit in repaired.edits)


def kept(network: Network) -> Network:
    """The network with layers that no edit takes out."""
    return network.updated({node.id: node.with_(written=replace(node.written, kept=True)) for node in network})


def test_strides_by_position_are_taken_back_everywhere() -> None:
    conv = ("conv", "Conv2D", {"filters": 8, "kernel_size": 3, "strides": 3})
    pool = ("pool", "MaxPooling2D", {"pool_size": 2})
    outcome = repair(chain("keras", (None, 120, 120, 3), conv, pool, conv, pool, conv, pool))
    best = outcome.alternatives[0]
    assert {(edit.argument, edit.after) for edit in best.edits if isinstance(edit, ChangeArgument)} == {("strides", 1)}
    assert len(best.edits) == 3


def test_incremental_evaluation_agrees_with_the_checker() -> None:
    """After random moves, shapes and faults are those of a check from scratch."""
    rng = random.Random(7)
    for seed in range(80):
        network = random_merge(seed) if seed % 2 else random_chain(seed)
        frame, current = start(network), network
        for _ in range(3):
            faults = frame.all_faults()
            if not faults:
                break
            moves = list(moves_for(Case(frame, faults[0], PROFILES["human"], network)))
            if not moves:
                break
            edits = rng.choice(moves).edits
            following = advance(frame, edits)
            assert following is not None
            frame, current = following, apply_all(current, edits)
            report = check(current)
            assert {(f.node, f.rule.id) for f in report.faults} == {(f.node, f.rule.id) for f in frame.all_faults()}
            assert dict(report.shapes) == dict(frame.shapes)


def test_a_repair_says_why_and_whether_it_is_safe() -> None:
    outcome = repair(
        chain("keras", (None, 20, 8), ("recurrent", "LSTM", {"units": 4}), ("recurrent", "LSTM", {"units": 4}))
    )
    step = outcome.alternatives[0].steps[0]
    assert step.reason == "n0: return_sequences False becomes True, as the next layer reads it"
    assert step.applicability == "safe"
    inserted = [s for r in outcome.alternatives for s in r.steps if isinstance(s.edit, InsertLayer)]
    assert all(s.reason.split("(")[0] for s in inserted)


def test_rows_of_features_have_no_sides() -> None:
    nodes = {
        "x": Node("x", "input", {"shape": (2, 8)}, (), "Input", "x"),
        "y": Node("y", "input", {"shape": (2, 5)}, (), "Input", "y"),
        "n": Node(
            "n", "bilinear", {"in1_features": 8, "in2_features": 8, "units": 3}, (Ref("x"), Ref("y")), "Bilinear"
        ),
    }
    for profile in ("human", "unit"):
        outcome = repair(Network("torch", nodes, (Ref("n"),)), profile=profile)
        assert outcome.status == "repaired"
        assert check(outcome.network).valid
