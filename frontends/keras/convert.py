"""One layer of a configuration as nodes, with canonical arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from repairnn.semantics.declaration import bind_arguments
from repairnn.semantics.ir import Node, Ref
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import bind

Made = tuple[list[Node], list[Ref]]
OPS = ("keras.src.ops", "keras.ops")
BINARY = {
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide", "TrueDivide": "divide",
    "Maximum": "maximum", "Minimum": "minimum", "Power": "power",
}  # fmt: skip


def layer_nodes(item: Mapping[str, Any], path: str, node_id: str, inputs: list[Ref], call: Any) -> Made:
    """The nodes of one layer call and what it returns. What nobody declared is one opaque node."""
    class_name, config = item["class_name"], item.get("config") or {}
    if str(item.get("module", "")).startswith(OPS):
        return _operation(item, path, node_id, inputs, call)
    if class_name == "TimeDistributed":
        return _time_distributed(config, path, node_id, inputs)
    if class_name == "Bidirectional":
        return _bidirectional(config, path, node_id, inputs)
    if class_name == "RNN":
        return _rnn(config, path, node_id, inputs)
    return _plain_layer(class_name, config, path, node_id, inputs)


def plain(value: Any) -> Any:
    """A configuration's value as an argument: lists become tuples, serialised functions their names."""
    if isinstance(value, list):
        return tuple(plain(item) for item in value)
    if isinstance(value, Mapping):
        if value.get("class_name") == "__tuple__":
            return tuple(plain(item) for item in value.get("items", ()))
        inner = value.get("config")
        if isinstance(inner, str):
            return inner
        if isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
            return inner["name"]
        return str(value.get("class_name", "?"))
    return value


def _plain_layer(
    class_name: str, config: Mapping[str, Any], path: str, node_id: str, inputs: list[Ref], **extra: Any
) -> Made:
    found = spelled("keras", class_name, "layer")
    if found is None:
        node = Node(node_id, "opaque", {}, tuple(inputs), class_name, path, path)
        return [node], [Ref(node_id)]
    declaration, spelling = found
    args = {**canonical(class_name, config), **extra}
    node = Node(node_id, declaration.kind, args, tuple(inputs), spelling.name, path, path)
    count = declaration.output_count(bind_arguments(declaration, {**spelling.fixed, **args}))
    return [node], [Ref(node_id, number) for number in range(count)]


def canonical(class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a layer's configuration that the declaration has, those at their default left out."""
    found = spelled("keras", class_name, "layer")
    if found is None:
        return {}
    declaration, spelling = found
    bound = bind(spelling, (), {name: plain(value) for name, value in config.items()})
    defaults = vars(bind_arguments(declaration, {}, {**spelling.defaults, **spelling.fixed}))
    declared = {argument.name for argument in declaration.arguments}
    args = {}
    for name, value in bound.args.items():
        implied = value == "linear" and name == "activation" and defaults.get(name) is None
        if name in declared and name not in spelling.fixed and value != defaults.get(name) and not implied:
            args[name] = value
    return {**spelling.fixed, **args}


def _time_distributed(config: Mapping[str, Any], path: str, node_id: str, inputs: list[Ref]) -> Made:
    fold = Node(f"{node_id}.fold", "time_fold", {}, tuple(inputs[:1]), "", f"{path}.fold", "", hidden=True)
    inner_item = config["layer"]
    inner_path = f"{path}/{inner_item['config'].get('name', 'layer')}"
    if "layers" in inner_item["config"]:
        return _plain_layer("TimeDistributed", config, path, node_id, inputs)
    nodes, outputs = layer_nodes(inner_item, inner_path, f"{node_id}.inner", [Ref(fold.id)], None)
    unfold = Node(node_id, "time_unfold", {}, (outputs[0], inputs[0]), "TimeDistributed", path, "", hidden=True)
    return [fold, *nodes, unfold], [Ref(node_id)]


def _bidirectional(config: Mapping[str, Any], path: str, node_id: str, inputs: list[Ref]) -> Made:
    inner = config["layer"]
    extra = {"bidirectional": True, "merge_mode": config.get("merge_mode", "concat")}
    return _plain_layer(inner["class_name"], inner["config"], path, node_id, inputs, **extra)


def _rnn(config: Mapping[str, Any], path: str, node_id: str, inputs: list[Ref]) -> Made:
    """``RNN`` over one of Keras' cells is the layer of that cell; over anything else it is opaque."""
    cell = config.get("cell")
    if not isinstance(cell, Mapping):
        return _plain_layer("RNN of several cells", config, path, node_id, inputs)
    class_name = str(cell.get("class_name", ""))
    if not class_name.endswith("Cell") or spelled("keras", class_name.removesuffix("Cell"), "layer") is None:
        return _plain_layer("RNN of a custom cell", config, path, node_id, inputs)
    keys = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")
    settings = {**cell["config"], **{key: config[key] for key in keys if key in config}}
    return _plain_layer(class_name.removesuffix("Cell"), settings, path, node_id, inputs)


def _operation(item: Mapping[str, Any], path: str, node_id: str, inputs: list[Ref], call: Any) -> Made:
    """A tensor operation that Keras recorded in the graph (``x + y``, ``keras.ops.mean(x)``)."""
    class_name, config = item["class_name"], item.get("config") or {}
    if class_name in BINARY:
        node = Node(node_id, "merge", {"op": BINARY[class_name], "align": "last"}, tuple(inputs), "", path, path)
        return [node], [Ref(node_id)]
    if class_name == "GetItem" and isinstance(call, Mapping) and len(call.get("args", ())) > 1:
        node = Node(node_id, "slice", {"index": _index(call["args"][1])}, tuple(inputs), "getitem", path, path)
        return [node], [Ref(node_id)]
    name = "ops." + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()
    found = spelled("keras", name, "function")
    if found is None:
        node = Node(node_id, "opaque", {}, tuple(inputs), class_name, path, path)
        return [node], [Ref(node_id)]
    declaration, spelling = found
    bound = bind(spelling, (), {key: plain(value) for key, value in config.items()})
    declared = {argument.name for argument in declaration.arguments}
    args = {**spelling.fixed, **{key: value for key, value in bound.args.items() if key in declared}}
    node = Node(node_id, declaration.kind, args, tuple(inputs), name, path, path)
    count = declaration.output_count(bind_arguments(declaration, args))
    return [node], [Ref(node_id, number) for number in range(count)]


def _index(key: Any) -> tuple[Any, ...]:
    """A recorded ``x[key]`` as the argument of a slice; a part that is neither number nor slice is unknown."""
    parts: list[Any] = []
    for part in key if isinstance(key, (list, tuple)) else (key,):
        kind = part.get("class_name") if isinstance(part, Mapping) else None
        if kind == "__slice__":
            ends = part["config"]
            parts.append(("slice", ends["start"], ends["stop"], ends["step"]))
        elif kind == "__ellipsis__":
            parts.append("ellipsis")
        elif part is None:
            parts.append("newaxis")
        else:
            parts.append(part if isinstance(part, int) else None)
    return tuple(parts)
