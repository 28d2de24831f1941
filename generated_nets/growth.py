"""How time grows with the network: ``python -m generated_nets.growth [--json FILE]``.

Chains of 100 and 1,000 layers with one fault, chains with one and with ten independent faults, a residual network of
200 layers, the check of 10,000 nodes, and how well a budget is kept. Each figure is the best of a few runs, in
milliseconds of processor time; the budget is wall time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from generated_nets.table import lines
from repairnn.search import Outcome, repair
from repairnn.semantics.checker import check
from repairnn.semantics.ir import Network, Node, Ref

RUNS = 3
BUDGETS = (0.5, 1.0, 2.0)


def chain(length: int, broken: Sequence[int]) -> Network:
    """A PyTorch perceptron of ``length`` linear layers of width 32; the ones at ``broken`` expect 33."""
    nodes = {"x": Node("x", "input", {"shape": (4, 32)}, (), "Input", "x")}
    last = "x"
    for number in range(length):
        args = {"in_features": 33 if number in broken else 32, "units": 32}
        nodes[f"fc{number}"] = Node(f"fc{number}", "dense", args, (Ref(last),), "Linear", f"fc{number}")
        last = f"fc{number}"
    return Network("torch", nodes, (Ref(last),), f"chain_{length}")


def residual(layers: int, broken: bool = True) -> Network:
    """A Keras network of blocks of two convolutions with the input added; one in the middle is too narrow."""
    nodes = {"x": Node("x", "input", {"shape": (None, 32, 32, 16)}, (), "Input", "x")}
    last, number = "x", 0

    def add(kind: str, args: dict[str, Any], inputs: Sequence[str], spelling: str) -> str:
        nonlocal number
        number += 1
        name = f"{kind}_{number}"
        nodes[name] = Node(name, kind, args, tuple(map(Ref, inputs)), spelling, name)
        return name

    blocks = max(1, layers // 5)
    for block in range(blocks):
        narrow = broken and block == blocks // 2
        inner = add("conv", {"filters": 16, "kernel_size": 3, "padding": "same"}, (last,), "Conv2D")
        inner = add("activation", {}, (inner,), "ReLU")
        inner = add("conv", {"filters": 12 if narrow else 16, "kernel_size": 3, "padding": "same"}, (inner,), "Conv2D")
        joined = add("merge", {}, (inner, last), "Add")
        last = add("activation", {}, (joined,), "ReLU")
    return Network("keras", nodes, (Ref(last),), f"residual_{layers}")


def tangle(layers: int) -> Network:
    """A residual network in which every block has another width, so that every merge is broken: work without end."""
    nodes = {"x": Node("x", "input", {"shape": (None, 31, 29, 7)}, (), "Input", "x")}
    last = "x"
    for number in range(layers):
        kernel, conv, merge = 2 + number % 4, f"conv_{number}", f"merge_{number}"
        args = {"filters": 5 + number % 7, "kernel_size": kernel, "strides": 1 + number % 2}
        nodes[conv] = Node(conv, "conv", args, (Ref(last),), "Conv2D", conv)
        nodes[merge] = Node(merge, "merge", {}, (Ref(conv), Ref("x")), "Add", merge)
        last = merge
    return Network("keras", nodes, (Ref(last),), f"tangle_{layers}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, return 0."""
    parser = argparse.ArgumentParser(prog="python -m generated_nets.growth", description="How time grows with size.")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args(arguments)
    repair(chain(3, (1,)), profile="unit")  # what a process does once is left out
    repair(residual(10), profile="unit")
    times = growth()
    kept = budgets()
    one = times["chain of 100, one fault"]
    ratios = [
        ("one fault, 1,000 layers against 100", round(times["chain of 1,000, one fault"] / one, 1), 10),
        ("ten faults against one, 100 layers", round(times["chain of 100, ten faults"] / one, 1), 15),
    ]
    print(lines(("what", "ms"), list(times.items())))
    print("\n" + lines(("ratio", "measured", "wanted at most"), ratios))
    print("\n" + lines(("budget s", "spent s", "over it %", "answer", "best"), kept))
    if options.json:
        Path(options.json).write_text(json.dumps({"ms": times, "ratios": ratios, "budgets": kept}, indent=1))
    return 0


def growth() -> dict[str, float]:
    """Milliseconds of processor time for each case."""
    ten = tuple(range(5, 100, 10))
    found: dict[str, float] = {}
    for profile in ("unit", "human"):
        mark = "" if profile == "unit" else ", human profile"
        for name, make in (
            ("chain of 100, one fault", lambda: chain(100, (50,))),
            ("chain of 1,000, one fault", lambda: chain(1000, (500,))),
            ("chain of 100, ten faults", lambda: chain(100, ten)),
            ("residual network of 200 layers, one fault", lambda: residual(200)),
        ):
            found[name + mark] = _best(make, lambda network, p=profile: _repaired(network, p))  # type: ignore[misc]
    for name, make in (
        ("check, chain of 1,000", lambda: chain(1000, ())),
        ("check, chain of 10,000", lambda: chain(10_000, ())),
        ("check, residual network of 10,000", lambda: residual(10_000, broken=False)),
    ):
        found[name] = _best(make, check)
    return found


def budgets() -> list[tuple[float, float, float, str, str]]:
    """For each budget in seconds: wall time spent on a network that takes longer, and what came of it."""
    found = []
    for budget in BUDGETS:
        begun = time.monotonic()
        outcome = repair(tangle(60), profile="unit", budget=budget)
        spent = time.monotonic() - begun
        best = f"{len(outcome.edits)} edits" if outcome.edits else f"at least {outcome.lower_bound:.0f} edits"
        found.append((budget, round(spent, 3), round(100 * (spent / budget - 1), 1), outcome.status, best))
    return found


def _repaired(network: Network, profile: str) -> Outcome:
    outcome = repair(network, profile=profile)
    if outcome.status != "repaired":
        raise ValueError(f"{network.name}: {outcome.status}")
    return outcome


def _best(make: Callable[[], Network], work: Callable[[Network], Any]) -> float:
    """The least of a few runs, in milliseconds; each on a network of its own, as nodes remember what was found."""
    found = []
    for _ in range(RUNS):
        network = make()
        begun = time.process_time()
        work(network)
        found.append(1000 * (time.process_time() - begun))
    return round(min(found), 2)


if __name__ == "__main__":
    sys.exit(main())
