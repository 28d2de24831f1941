"""Broken networks as live PyTorch modules, repaired: ``python -m generated_nets.live [--count N] [--list]``.

The networks are those of the corpus that PyTorch can make at all: a layer that its constructor refuses, and weights
that were given in another shape, have no live module. Each is repaired by ``repairnn.fix``, the returned module is run
forward, and every parameter and buffer of a layer that no edit names must be there, bit for bit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import repairnn
from generated_nets.corpus import read
from repairnn.frontends.torch.build import layer_spelling
from repairnn.frontends.torch.constructors import make_module
from repairnn.frontends.torch.functions import apply_function
from repairnn.semantics.checker import arguments_of
from repairnn.semantics.ir import Network, Node
from repairnn.semantics.registry import declaration_of
from repairnn.semantics.serialise import from_json

COUNT = 50
#: What PyTorch raises for a layer that it refuses to make.
REFUSALS = (ValueError, TypeError, RuntimeError, AssertionError, ZeroDivisionError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one network: ``status`` as ``fix`` says it, and what is wrong with the module that it returned."""

    name: str
    status: str
    edits: int
    seconds: float
    trouble: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Repair so many networks and print what came of them; returns 1 where one was not repaired, or not well."""
    parser = argparse.ArgumentParser(prog="python -m generated_nets.live", description="Repair live modules.")
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help="how many networks")
    parser.add_argument("--budget", type=float, default=30.0, metavar="SECONDS", help="wall time for one network")
    parser.add_argument("--list", action="store_true", help="one line for each network")
    options = parser.parse_args(arguments)
    outcomes = [repaired(name, network, options.budget) for name, network in islice(networks(), options.count)]
    for one in outcomes:
        if options.list or one.status != "repaired" or one.trouble:
            print(f"{one.name}: {one.status}, {one.edits} edit(s), {one.seconds:.2f} s {one.trouble}")
    good = sum(one.status == "repaired" and not one.trouble for one in outcomes)
    print(f"{good} of {len(outcomes)} repaired, run, unchanged weights kept; {sum(o.seconds for o in outcomes):.1f} s")
    return 0 if good == len(outcomes) else 1


def networks() -> Iterator[tuple[str, Network]]:
    """The broken networks of the corpus that can be live modules, in order."""
    for item in read():
        network = from_json(item["network"])
        if item["framework"] != "torch" or not item["mutations"] or any(node.weights for node in network):
            continue
        try:
            live(network)
        except REFUSALS:
            continue
        yield item["id"], network


def live(network: Network) -> Any:
    """The network as a ``torch.fx.GraphModule``, not run. Raises what PyTorch raises for a layer that it refuses."""
    import torch

    torch.manual_seed(0)
    root, graph = torch.nn.Module(), torch.fx.Graph()
    values: dict[tuple[str, int], Any] = {}
    for node in network:
        if node.kind == "input":
            results = [graph.placeholder(node.id)]
        else:
            tensors = [values[ref.node, ref.output] for ref in node.inputs]
            results = _applied(torch, root, graph, node, tensors)
        values |= {(node.id, number): result for number, result in enumerate(results)}
    outputs = [values[ref.node, ref.output] for ref in network.outputs]
    graph.output(outputs[0] if len(outputs) == 1 else tuple(outputs))
    return torch.fx.GraphModule(root, graph)


def _applied(torch: Any, root: Any, graph: Any, node: Node, tensors: list[Any]) -> list[Any]:
    """The steps that give the results of a node."""
    spelling = layer_spelling(torch, node)
    if spelling is None:
        result = apply_function(torch, node, [torch.fx.Proxy(tensor) for tensor in tensors], node.args)
        return [result.node]
    name = node.layer or node.id
    if name not in root._modules:
        root.add_module(name, make_module(torch, spelling, node.args))
    step = graph.call_module(name, tuple(tensors))
    declaration, args = declaration_of(node.kind), arguments_of(node, "torch")
    if declaration is None or args is None or declaration.output_count(args) == 1:
        return [step]
    return [torch.fx.Proxy(step)[0].node]  # the sequence, or the attended values


def repaired(name: str, network: Network, budget: float = 10.0) -> Outcome:
    """Repair the live module of a network and look at what comes back."""
    module = live(network)
    shapes = {node.id: node.args["shape"] for node in network if node.kind == "input"}
    before = {key: value.clone() for key, value in module.state_dict().items()}
    begun = time.process_time()
    result = repairnn.fix(module, input_shape=shapes, budget=budget, validate=False)
    seconds = time.process_time() - begun
    trouble = "" if result.status != "repaired" else _trouble(module, result, network, before)
    if result.status != "repaired":
        trouble = result.models[0].reason
    return Outcome(name, result.status, len(result.edits), seconds, trouble)


def _trouble(module: Any, result: Any, network: Network, before: dict[str, Any]) -> str:
    import torch

    if _differing(module.state_dict(), before):
        return "the given module has changed"
    edited = {applied.before[applied.edit.node].name for applied in result.edits if hasattr(applied.edit, "node")}
    kept = {key: value for key, value in before.items() if key.rpartition(".")[0].partition(".")[0] not in edited}
    differing = _differing(result.model.state_dict(), kept)
    if differing:
        return f"{differing[0]} is not what it was"
    torch.manual_seed(0)
    try:
        result.model(**_tensors(torch, network))
    except (*REFUSALS, IndexError, NotImplementedError) as error:
        return f"it does not run: {str(error)[:150]}"
    return ""


def _differing(state: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [key for key, value in wanted.items() if key not in state or not bool((state[key] == value).all())]


def _tensors(torch: Any, network: Network) -> dict[str, Any]:
    """A tensor for each input; whole numbers where an embedding reads them."""
    looked_up = {ref.node for node in network if node.kind == "embedding" for ref in node.inputs}
    return {
        node.id: torch.zeros(node.args["shape"], dtype=torch.long)
        if node.id in looked_up
        else torch.rand(node.args["shape"])
        for node in network
        if node.kind == "input"
    }


if __name__ == "__main__":
    sys.exit(main())
