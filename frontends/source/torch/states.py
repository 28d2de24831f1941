"""Weights that go from one module to another: ``student.load_state_dict(teacher.state_dict())``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import function
from repairnn.frontends.source.torch.drawing import known_as
from repairnn.frontends.source.torch.values import Layer, descendants
from repairnn.frontends.source.values import NONE, Known, Listing, Table, Unknown, Value
from repairnn.semantics.checker import weights_of
from repairnn.semantics.ir import Node, Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@dataclass(eq=False)
class State(Table):
    """``module.state_dict()``: nothing is read from it, but where it comes from is known until it is changed."""

    module: Value | None = None

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in ("pop", "popitem", "update", "clear", "setdefault"):
            self.module = None
        return super().attribute(machine, name)

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        self.module = None
        super().set_item(machine, key, value)

    def delete(self, key: Value) -> None:
        """``del state["fc.weight"]``."""
        self.module = None
        super().delete(key)


@dataclass(eq=False)
class Loaded(Listing):
    """What a layer remembers of the one whose weights it got."""

    source: Layer | None = None


@function("torch.save")
def _save(machine: Machine, call: Call) -> Value:
    """Remember what is written to a file, for when the same program reads it back."""
    held, path = call.get(0, "obj"), call.get(1, "f")
    if isinstance(held, Table) and isinstance(path, Known):
        machine.memory[f"torch.save {path.value}"] = held
    return NONE


@function("torch.load")
def _load(machine: Machine, call: Call) -> Value:
    path = call.get(0, "f")
    held = machine.memory.get(f"torch.save {path.value}") if isinstance(path, Known) else None
    return held if isinstance(held, Value) else Unknown("what a file holds")


def load_state(module: Value, call: Call) -> Value:
    """The layers get the weights of those at the same place in the other module."""
    state = call.get(0, "state_dict")
    if isinstance(state, State) and state.module is not None:
        others = dict(descendants(state.module))
        for path, layer in descendants(module):
            other = others.get(path)
            if isinstance(layer, Layer) and isinstance(other, Layer) and layer.name == other.name:
                layer.attributes["(loaded)"] = Loaded([], source=other)
    return NONE


def given_weights(layer: Layer, inputs: Sequence[Shape | None]) -> dict[str, Shape]:
    """Shapes of the weights that were loaded into a layer, where they are those of a layer with other arguments."""
    loaded = layer.attributes.get("(loaded)")
    source = loaded.source if isinstance(loaded, Loaded) else None
    found = known_as(layer.name, "layer")
    if source is None or found is None or source.unread or source.args == layer.args:
        return {}
    return weights_of(Node("", found[0].kind, source.args, spelling=layer.name), inputs, "torch")
