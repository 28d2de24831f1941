"""From a network to a PyTorch module that runs the graph node by node, so that PyTorch itself judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.frontends.errors import CannotBuild
from repairnn.frontends.torch.constructors import make_module
from repairnn.frontends.torch.functions import apply_function
from repairnn.semantics.checker import check, dim_reader
from repairnn.semantics.ir import Network, Node, resolve
from repairnn.semantics.registry import declaration_of, spelled, spellings
from repairnn.semantics.spelling import Spelling

PROGRAM = frozenset({"data", "feed", "loss"})


def build(network: Network) -> Any:
    """A ``torch.nn.Module`` that takes one tensor for each input node, in order, and returns a list of the outputs.

    Raises :class:`CannotBuild` for what has no counterpart in PyTorch, and what PyTorch raises for arguments that it
    refuses. Shapes are judged when the module runs; what an argument reads from a shape is taken from the network.
    """
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleDict()
            self.calls = [_call(torch, node, self.parts, arguments[node.id]) for node in nodes]

        def forward(self, *tensors: Any) -> list[Any]:
            values: dict[tuple[str, int], Any] = {}
            entries = iter(tensors)
            for node, call in zip(nodes, self.calls, strict=True):
                if node.kind == "input":
                    values[node.id, 0] = next(entries)
                    continue
                result = call([values[ref.node, ref.output] for ref in node.inputs])
                for number, tensor in enumerate(_flat(result)):
                    values[node.id, number] = tensor
            return [values[ref.node, ref.output] for ref in network.outputs]

    nodes = [node for node in network if node.kind not in PROGRAM]
    dim_of = dim_reader(check(network).shapes)
    arguments = {node.id: {name: resolve(value, dim_of) for name, value in node.args.items()} for node in nodes}
    return Graph()


def _call(torch: Any, node: Node, parts: Any, args: Mapping[str, Any]) -> Any:
    """What turns a node's input tensors into its result; modules are registered under their layer's name."""
    if node.kind == "input":
        return None
    if declaration_of(node.kind) is None or node.kind in ("opaque", "lambda"):
        raise CannotBuild(f"layer {node.name or node.spelling} ({node.spelling or node.kind}) is opaque")
    spelling = layer_spelling(torch, node)
    if spelling is None:
        return lambda tensors: apply_function(torch, node, tensors, args)
    key = (node.layer or node.id).replace(".", "_") or "layer"
    if key not in parts:
        parts[key] = make_module(torch, spelling, args)
    module = parts[key]
    if node.kind in ("recurrent", "recurrent_cell") and len(node.inputs) > 1:
        return lambda tensors: module(tensors[0], tuple(tensors[1:]) if len(tensors) > 2 else tensors[1])
    return lambda tensors: module(*tensors)


def layer_spelling(torch: Any, node: Node) -> Spelling | None:
    """The module class of a node: its own, or for a node without a spelling one of the same kind and arguments."""
    own = spelled("torch", node.spelling, "layer")
    if own is not None and own[0].kind == node.kind and hasattr(torch.nn, own[1].name):
        return own[1]
    if any(spelled("torch", node.spelling, form) for form in ("function", "method")):
        return None
    for declaration, spelling in spellings("torch", "layer").values():
        fits = all(node.args.get(name, value) == value for name, value in spelling.fixed.items())
        if declaration.kind == node.kind and fits and hasattr(torch.nn, spelling.name):
            return spelling
    return None


def _flat(result: Any) -> Sequence[Any]:
    if isinstance(result, (list, tuple)):
        return [tensor for part in result for tensor in _flat(part)]
    return [result]
