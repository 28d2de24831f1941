"""From a model configuration (Keras 3 or 2) to nodes: functional graphs, sequences, nested models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.frontends.keras.convert import layer_nodes, plain
from repairnn.semantics.ir import Node, Ref, Span

MODELS = frozenset({"Sequential", "Functional", "Model"})
TENSOR = "__keras_tensor__"
#: Arguments of a call that say which steps count; they come again by themselves when the layers are applied again.
MASKS = frozenset({"mask", "query_mask", "value_mask", "key_mask"})
Tensors = list[Ref]


class Graph:
    """Collects the nodes of a configuration. ``incomplete`` names what could not be read."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.incomplete: list[tuple[str, Span | None]] = []
        #: The configuration behind each layer identity.
        self.items: dict[str, Mapping[str, Any]] = {}
        #: The call of each node as the configuration has it, constants included.
        self.calls: dict[str, Any] = {}

    def model(self, item: Mapping[str, Any], inputs: Tensors | None, prefix: str) -> Tensors:
        """Add a model's nodes; ``inputs`` are what it is called with, ``None`` for the outermost one."""
        config = item["config"]
        if item["class_name"] == "Sequential" or "input_layers" not in config:
            layers = config if isinstance(config, list) else config["layers"]
            return self._sequence(layers, inputs, prefix, config if isinstance(config, dict) else {})
        return self._functional(config, inputs, prefix)

    def _sequence(
        self, layers: Sequence[Mapping[str, Any]], inputs: Tensors | None, prefix: str, config: Mapping[str, Any]
    ) -> Tensors:
        current = inputs
        for number, item in enumerate(layers):
            if item["class_name"] == "InputLayer":
                current = current or self._entry(item, prefix)
                continue
            if current is None:
                current = self._implied_entry(item, config, prefix, number)
            current = self.call(item, current, prefix)
        return current or []

    def _functional(self, config: Mapping[str, Any], inputs: Tensors | None, prefix: str) -> Tensors:
        made: dict[tuple[str, int, int], Ref] = {}
        entries = _keys(config["input_layers"])
        if inputs is not None:
            made.update(zip(entries, inputs, strict=False))
        waiting = {(_name(item), index): (item, call) for item in config["layers"] for index, call in _calls(item)}
        for item in config["layers"]:
            if item["class_name"] == "InputLayer" and (_name(item), 0, 0) not in made:
                made[_name(item), 0, 0] = self._entry(item, prefix)[0]
        progress = True
        while waiting and progress:
            progress = False
            for key, (item, call) in list(waiting.items()):
                sources = _sources(call)
                if any(source not in made for source in sources):
                    continue
                del waiting[key]
                progress = True
                outputs = self.call(item, [made[source] for source in sources], prefix, call)
                made.update({(key[0], key[1], number): ref for number, ref in enumerate(outputs)})
        for name, _ in waiting:
            self.incomplete.append((f"layer {name} reads a tensor that nothing makes", None))
        return [made[key] for key in _keys(config["output_layers"]) if key in made]

    def call(self, item: Mapping[str, Any], inputs: Tensors, prefix: str, call: Any = None) -> Tensors:
        """Apply one layer or nested model to tensors."""
        path = f"{prefix}{_name(item)}"
        if item["class_name"] in MODELS and isinstance(item.get("config"), (dict, list)):
            return self.model(item, inputs, path + "/")
        nodes, outputs = layer_nodes(item, path, self._fresh(path), inputs, call)
        self.items.setdefault(path, item)
        for node in nodes:
            self.nodes[node.id] = node
            self.calls[node.id] = call
            if node.layer and node.layer != path:
                self.items.setdefault(node.layer, item["config"]["layer"])
        return outputs

    def needed(self, outputs: Tensors) -> dict[str, Node]:
        """The inputs, and the nodes that the outputs depend on; those that are opaque are named as incomplete."""
        found: set[str] = set()
        stack = [ref.node for ref in outputs]
        while stack:
            node = self.nodes[stack.pop()]
            if node.id not in found:
                found.add(node.id)
                stack.extend(ref.node for ref in node.inputs)
        kept = {key: node for key, node in self.nodes.items() if key in found or node.kind == "input"}
        self.incomplete.extend((f"{n.spelling} {n.name}", None) for n in kept.values() if n.kind == "opaque")
        return kept

    def _entry(self, item: Mapping[str, Any], prefix: str) -> Tensors:
        config = item["config"]
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        return self._input(f"{prefix}{_name(item)}", shape, str(config.get("dtype") or ""))

    def _implied_entry(self, item: Mapping[str, Any], config: Mapping[str, Any], prefix: str, number: int) -> Tensors:
        """The input that a sequence's first layer declares, or the shape it was built with."""
        inner = item.get("config", {})
        while isinstance(inner, Mapping) and "layers" in inner and "batch_input_shape" not in inner:
            inner = inner["layers"][0].get("config", {}) if inner["layers"] else {}
        shape = inner.get("batch_input_shape") or inner.get("batch_shape") or config.get("build_input_shape")
        return self._input(f"{prefix}input" if number == 0 else f"{prefix}input_{number}", shape, "")

    def _input(self, name: str, shape: Any, dtype: str) -> Tensors:
        node_id = self._fresh(name)
        self.nodes[node_id] = Node(node_id, "input", {"shape": plain(shape)}, (), "InputLayer", name)
        if shape is None:
            self.incomplete.append((f"the shape of input {name}", None))
        return [Ref(node_id)]

    def _fresh(self, path: str) -> str:
        if path not in self.nodes:
            return path
        number = 1
        while f"{path}:{number}" in self.nodes:
            number += 1
        return f"{path}:{number}"


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("name") or item["config"].get("name") or item["class_name"].lower())


def _calls(item: Mapping[str, Any]) -> list[tuple[int, Any]]:
    return list(enumerate(item.get("inbound_nodes") or ()))


def _sources(call: Any) -> list[tuple[str, int, int]]:
    """The tensors that a call reads, in order: Keras 3 nests them in args and kwargs, Keras 2 lists them."""
    if isinstance(call, Mapping) and call.get("class_name") == TENSOR:
        name, node, tensor = call["config"]["keras_history"]
        return [(name, node, tensor)]
    if isinstance(call, Mapping):
        return [source for key, value in call.items() if key not in MASKS for source in _sources(value)]
    if isinstance(call, (list, tuple)):
        if len(call) >= 3 and isinstance(call[0], str) and isinstance(call[1], int) and isinstance(call[2], int):
            return [(call[0], call[1], call[2])]
        return [source for value in call for source in _sources(value)]
    return []


def _keys(listed: Any) -> list[tuple[str, int, int]]:
    """Layer references: one, a list, or a dict of them."""
    if isinstance(listed, Mapping):
        return [key for value in listed.values() for key in _keys(value)]
    if len(listed) == 3 and isinstance(listed[0], str):
        return [(listed[0], listed[1], listed[2])]
    return [key for value in listed for key in _keys(value)]
