"""How the time of a search grows: with the length of a chain, the number of faults, and on a residual network."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def timed(make: Callable[[], Network], profile: str = "human") -> tuple[float, Outcome]:
    """Processor time of one search, the best of three, each on a network that was never looked at before."""
    best, outcome = 1e9, None
    for _ in range(3):
        network = make()
        begun = time.process_time()
        outcome = repair(network, profile=profile, top=1)
        best = min(best, time.process_time() - begun)
    assert outcome is not None
    return best, outcome


def test_one_fault_in_a_long_chain() -> None:
    for make in (convolutions, lambda length: linears(length, {length // 2})):
        short, _ = timed(lambda make=make: make(100))
        long, outcome = timed(lambda make=make: make(1000))
        assert outcome.status == "repaired"
        assert outcome.optimal
        assert len(outcome.edits) == 1
        assert long < 10 * short + 0.02


def test_ten_faults_cost_about_ten_times_one() -> None:
    for profile in ("human", "unit"):
        one, _ = timed(lambda: linears(100, {5}), profile)
        ten, outcome = timed(lambda: linears(100, set(range(5, 100, 10))), profile)
        assert len(outcome.edits) == 10
        assert outcome.optimal
        assert ten < 15 * one + 0.05


def test_a_residual_network_of_two_hundred_layers() -> None:
    seconds, outcome = timed(lambda: residual(67))
    assert outcome.status == "repaired"
    assert seconds < 1.0


def test_the_budget_is_kept() -> None:
    network = linears(400, set(range(0, 400, 2)))
    begun = time.monotonic()
    outcome = repair(network, profile="unit", budget=0.5)
    assert time.monotonic() - begun < 1.0  # the checks before and after a search are short, but not within its budget
    assert outcome.status in ("gave-up", "repaired")
    assert outcome.lower_bound > 0


def test_giving_up_keeps_what_was_found() -> None:
    """Perhaps too little time to weigh sixty faults against each other, but enough to repair them somehow."""
    outcome = repair(linears(120, set(range(0, 120, 2))), budget=2.0)
    assert outcome.status in ("gave-up", "repaired")
    assert len(outcome.edits) >= 60
    assert outcome.cost is not None
    assert outcome.lower_bound <= outcome.cost
