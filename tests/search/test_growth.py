"""How the work of a search grows: with the length of a chain, the number of faults, and on a residual network."""

from __future__ import annotations

from repairnn.search import Outcome, repair
from repairnn.semantics.ir import Network, Node, Ref
from tests.search.networks import Layer, chain


def linear(ins: int, outs: int) -> Layer:
    return ("dense", "Linear", {"in_features": ins, "units": outs})


def linears(length: int, wrong: set[int]) -> Network:
    layers = [linear(9 if number in wrong else 8, 8) for number in range(length)]
    return chain("torch", (4, 8), *layers)


def convolutions(length: int) -> Network:
    """Convolutions that keep the size, one fault in the middle: a pooling window too large."""
    layers: list[Layer] = [("conv", "Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"})] * length
    layers[length // 2] = ("pool", "MaxPooling2D", {"pool_size": 40})
    return chain("keras", (None, 32, 32, 3), *layers)


def residual(blocks: int) -> Network:
    """Blocks of two convolutions and an addition; one block's second convolution has another width."""
    nodes = {"in": Node("in", "input", {"shape": (None, 16, 16, 8)}, (), "Input", "in")}
    last = "in"
    for block in range(blocks):
        start = last
        for number in range(2):
            filters = 12 if block == blocks // 2 and number == 1 else 8
            args = {"filters": filters, "kernel_size": 3, "padding": "same"}
            name = f"c{block}_{number}"
            nodes[name] = Node(name, "conv", args, (Ref(last),), "Conv2D", name)
            last = name
        nodes[f"add{block}"] = Node(f"add{block}", "merge", {}, (Ref(last), Ref(start)), "Add", f"add{block}")
        last = f"add{block}"
    return Network("keras", nodes, (Ref(last),))


def searched(network: Network, profile: str = "human") -> Outcome:
    """One search for one repair, with time to spare; ``python -m generated_nets.growth`` shows how fast it is."""
    outcome = repair(network, profile=profile, top=1, budget=120.0)
    assert outcome.status == "repaired"
    assert outcome.optimal
    return outcome


def test_a_long_chain_is_no_more_work_than_a_short_one() -> None:
    for make in (convolutions, lambda length: linears(length, {length // 2})):
        short, long = searched(make(100)), searched(make(1000))
        assert len(long.edits) == len(short.edits) == 1
        assert long.expanded <= short.expanded + 1


def test_ten_faults_take_about_ten_times_the_steps_of_one() -> None:
    for profile in ("human", "unit"):
        one = searched(linears(100, {5}), profile)
        ten = searched(linears(100, set(range(5, 100, 10))), profile)
        assert len(ten.edits) == 10
        assert ten.expanded <= 15 * max(one.expanded, 1)


def test_a_residual_network_of_two_hundred_layers() -> None:
    assert len(searched(residual(67)).edits) == 1


def test_a_budget_that_is_spent_is_told() -> None:
    network = linears(400, set(range(0, 400, 2)))
    outcome = repair(network, profile="unit", budget=0.2)
    assert outcome.status in ("gave-up", "repaired")
    assert outcome.lower_bound >= 0


def test_many_faults_are_all_repaired() -> None:
    outcome = repair(linears(120, set(range(0, 120, 2))), budget=120.0)
    assert outcome.status in ("gave-up", "repaired")
    assert len(outcome.edits) >= 60
    assert outcome.cost is not None
    assert outcome.lower_bound <= outcome.cost
