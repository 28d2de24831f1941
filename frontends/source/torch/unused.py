"""Modules that the program makes and never applies: what their constructors refuse is found all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.torch.drawing import Trace, data, draw, known_as
from repairnn.frontends.source.torch.layers import STACKS
from repairnn.frontends.source.torch.solving import wanted
from repairnn.frontends.source.torch.values import Layer, descendants
from repairnn.semantics.ir import Node

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Kinds whose constructors compare sizes with each other, and arguments that they compare.
COMPARING = frozenset({"embedded_attention", "group_norm", "transformer"})
COMPARED = frozenset({"groups", "proj_size"})
#: How many modules are looked at.
MOST = 2_000


def judge_unused(machine: Machine, memory: Trace) -> None:
    """Draw each module that is never applied and whose constructor compares sizes, on inputs as it declares them."""
    used = {node.layer for node in machine.graph.nodes.values() if node.layer}
    paths = {id(child): path for module in memory.modules for path, child in descendants(module) if path}
    for layer in memory.layers[:MOST]:
        if not isinstance(layer, Layer) or layer.identity in used or layer.unread or layer.name in STACKS:
            continue
        found = known_as(layer.name, "layer")
        if found is None or not _compares(found[0].kind, layer):
            continue
        shapes = wanted(Node("", found[0].kind, layer.args, spelling=layer.name))
        if not shapes:
            continue
        first, rank = shapes[0], len(shapes[0])  # others may have other sizes
        inputs = [
            data(machine, first if not number else (None,) * rank, name="input", key=("unused", layer.identity, number))
            for number in range(found[0].inputs[0])
        ]
        path = paths.get(id(layer))
        name = f"self.{path}" if path else f"nn.{layer.name}"
        site = Site(layer.span, layer.span, layer.arguments, layer.places)
        draw(
            machine, found[0].kind, layer.args, inputs, spelling=layer.name, name=name, layer=layer.identity, site=site
        )


def _compares(kind: str, layer: Layer) -> bool:
    """Whether the module's constructor may refuse its arguments for how they go together."""
    mode = isinstance(layer.args.get("padding"), str) and "strides" in layer.args
    return kind in COMPARING or mode or bool(COMPARED & layer.args.keys())
