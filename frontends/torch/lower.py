"""Live PyTorch modules as networks: traced symbolically, or where that fails, run on tensors without values."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.frontends.torch.copying import read_only
from repairnn.frontends.torch.inputs import Inputs, given_inputs
from repairnn.frontends.torch.reader import Reader
from repairnn.frontends.torch.recording import record
from repairnn.frontends.torch.solving import solved
from repairnn.frontends.torch.tracing import traced
from repairnn.semantics.ir import Network

WHERE = "<torch module>"
PICTURES = frozenset({"conv", "conv_transpose", "pool", "adaptive_pool"})
RANKS = {"1d": 1, "2d": 2, "3d": 3}


@dataclass(frozen=True)
class Origin:
    """What emission needs: a copy of the module that was read, its steps, and with which inputs it was read.

    ``run`` tells that the steps were found by running it; ``graph`` is ``None`` where it could not be followed.
    """

    root: Any
    graph: Any
    inputs: Inputs
    run: bool

    @property
    def steps(self) -> frozenset[str]:
        """The ids of the nodes that were read."""
        return frozenset(step.name for step in self.graph.nodes)

    @property
    def options(self) -> dict[str, Any]:
        """With what a repaired module is to be read, so that it is read in the same way."""
        return {"input_shapes": self.inputs, "example_inputs": None}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the reading."""
        return self.inputs.notes


def lower(module: Any, input_shapes: Any = None, example_inputs: Any = None) -> Network:
    """The network of a module; the module is not changed, and no layer is computed.

    ``input_shapes``    a full shape, a list of them in order, or a dict by the names of ``forward``'s parameters. A
                        shape without a batch axis is read as one sample, where the module then has fewer faults.
    ``example_inputs``  tensors in place of shapes: one, a sequence in order, or a dict; values that are no tensors are
                        passed on to ``forward`` as they are

    Control flow that neither way can follow is named in ``Network.incomplete``. Raises :class:`BadInput` for what has
    no ``forward`` in Python.
    """
    import torch

    module = without_compiler(module)
    if isinstance(module, torch.jit.ScriptModule):
        raise BadInput("is compiled by TorchScript", WHERE, advice="give the module that it was made from")
    if type(module).forward is torch.nn.Module.forward:
        raise BadInput(f"a {type(module).__name__} has no forward", WHERE, advice="give a module that can be called")
    inputs = given_inputs(module, input_shapes, example_inputs)
    root = _readable(module)
    graph, trouble = _graph(root, inputs)
    if graph is not None and None in inputs.shapes.values():
        inputs, reader = solved(inputs, lambda candidate: _read(root, graph, candidate, trouble)[0])
        steps = graph
    else:
        reader, steps = _read(root, graph, inputs, trouble)
    if inputs.open and _lacks_batch(reader):
        batched = inputs.batched()
        other, other_steps = _read(root, graph, batched, trouble)
        if _troubles(other) < _troubles(reader):
            reader, steps, inputs = other, other_steps, batched
    reader.incomplete[:] = dict.fromkeys(reader.incomplete)
    return reader.network(type(module).__name__, Origin(root, steps, inputs, graph is None))


def without_compiler(module: Any) -> Any:
    """The module that ``torch.compile`` has wrapped; any other as it is."""
    return getattr(module, "_orig_mod", module)


def _readable(module: Any) -> Any:
    """A copy to read, so that what ``forward`` keeps in its module is not kept; the module itself where it has none."""
    try:
        return read_only(module)
    except Exception:  # whatever a part raises that refuses to be copied
        return module


def _graph(root: Any, inputs: Inputs) -> tuple[Any, str]:
    """The steps by symbolic tracing, or why there are none."""
    import torch.fx

    if isinstance(root, torch.fx.GraphModule):
        return root.graph, ""
    if inputs.passed_on:
        return None, "values are passed on to forward"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return traced(root, inputs.names), ""
    except Exception as error:  # whatever the user's forward raises when its inputs have no values
        return None, str(error).splitlines()[0] if str(error) else type(error).__name__


def _read(root: Any, graph: Any, inputs: Inputs, trouble: str) -> tuple[Reader, Any]:
    if graph is not None:
        reader = Reader(root, inputs.shapes, inputs.whole)
        for step in graph.nodes:
            reader.read(step)
        return reader, graph
    if any(shape is None for shape in inputs.shapes.values()) or not inputs.shapes:
        reader = Reader(root, inputs.shapes)
        reader.incomplete.append((f"control flow of forward: {trouble}; input_shape lets it be followed", None))
        return reader, None
    sizes = {name: tuple(2 if dim is None else dim for dim in shape or ()) for name, shape in inputs.shapes.items()}
    return record(root, sizes, inputs.examples)


def _lacks_batch(reader: Reader) -> bool:
    """Whether a layer for pictures, of which PyTorch takes single ones too, reads an input of a single one."""
    for node in reader.nodes.values():
        if node.kind not in PICTURES or node.spelling[-2:] not in RANKS or not node.inputs:
            continue
        shape = reader.shape(node.inputs[0])
        if reader.nodes[node.inputs[0].node].kind == "input" and shape and len(shape) == RANKS[node.spelling[-2:]] + 1:
            return True
    return False


def _troubles(reader: Reader) -> tuple[int, int]:
    return (len(reader.faulty), len(reader.incomplete))
