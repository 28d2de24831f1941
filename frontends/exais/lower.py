"""From the ExAIS/SOCRATES JSON to a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.frontends.exais.parse import literal, nested_shape, parse
from repairnn.frontends.exais.table import TABLE, Entry
from repairnn.semantics.ir import NOWHERE, Network, Node, Ref, Written, topological
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import bind

#: An input's shape is that of the tensor given for it.
FROM_VALUES = Written(fixed=frozenset({"shape"}))
#: A description is a test case for a framework: its layers are what is tested, and stay.
STAYS = Written(kept=True)


def lower(model: str | Mapping[str, Any], path: str = "<json>") -> Network:
    """The network of a model description (its text, or the object in it).

    Literal input tensors become ``input`` nodes (their batch axis of 1 is the batch), given weights are kept by shape
    on the nodes and by value in ``Network.origin``. Layers without ``inputs`` follow the one before them; the first
    reads the model's ``shape``. Raises :class:`BadInput`.
    """
    description = parse(model, path) if isinstance(model, str) else model.get("model", model)
    layers = description.get("layers")
    if not isinstance(layers, list) or not layers:
        raise BadInput("no layers in the model", path)
    nodes: dict[str, Node] = {}
    names = _names(layers, path)
    previous: str | None = None
    for name, description_of_layer in zip(names, layers, strict=True):
        node = _layer(name, description_of_layer, path)
        sources = _sources(name, description_of_layer, previous, description, nodes)
        nodes[name] = node.with_(inputs=sources)
        previous = name
    try:
        ordered = topological(nodes)
    except ValueError as error:
        raise BadInput(str(error), path) from error
    read = {ref.node for node in nodes.values() for ref in node.inputs}
    outputs = tuple(Ref(name) for name in ordered if name not in read)
    left_out = tuple(
        (f"{name} of {node.name}", None) for node in ordered.values() for name, v in node.args.items() if v is None
    )
    title = str(description.get("name", "model"))
    return Network("keras", ordered, outputs, title, incomplete=left_out, origin=description)


def _names(layers: list[Any], path: str) -> list[str]:
    names = []
    for index, layer in enumerate(layers):
        if not isinstance(layer, dict) or "type" not in layer:
            raise BadInput(f"layer {index} has no type", path)
        names.append(str(layer.get("name") or f"{str(layer['type']).lower()}_{index}"))
    repeated = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    if repeated:
        raise BadInput(f"two layers are called {sorted(repeated)[0]!r}", path, advice="give each layer its own name")
    return names


def _layer(name: str, layer: Mapping[str, Any], path: str) -> Node:
    kind = str(layer["type"]).lower()
    entry = TABLE.get(kind)
    found = spelled("keras", entry.keras) if entry is not None else None
    if entry is None or found is None:
        return Node(name, "opaque", {}, (), str(layer["type"]), name, name, {}, STAYS)
    declaration, spelling = found
    given: dict[str, Any] = dict(entry.fixed)
    for key, parameter in entry.parameters.items():
        value = literal(layer.get(key))
        if value is not None:
            given[parameter] = _value(parameter, value)
    for key in (*spelling.parameters, *spelling.keywords):
        if key in layer and key not in entry.parameters and key not in entry.weights:
            given[key] = literal(layer[key])  # what the format has no name for is written under Keras' name
    weights = _weights(layer, entry)
    if kind == "depthwiseconv2d" and len(weights.get("kernel", ())) == 4:
        given["depth_multiplier"] = weights["kernel"][-1]
    args = bind(spelling, (), given).args
    if kind.endswith("cell"):
        args["around_cell"] = True
    # Descriptions leave sizes out that no weight needs: unknown, not missing.
    args.update({a.name: None for a in declaration.arguments if a.required and a.name not in {*args, *spelling.fixed}})
    return Node(name, declaration.kind, args, (), entry.keras, name, name, weights, STAYS)


def _value(parameter: str, value: Any) -> Any:
    if parameter == "padding" and isinstance(value, bool):
        return "same" if value else "valid"
    return value


def _weights(layer: Mapping[str, Any], entry: Entry) -> dict[str, tuple[int, ...]]:
    weights = {}
    for key, weight in entry.weights.items():
        value = literal(layer.get(key))
        if isinstance(value, list):
            weights[weight] = nested_shape(value)
    stated = literal(layer.get("weight_shape"))
    if isinstance(stated, tuple) and entry.weights:
        weights[next(iter(entry.weights.values()))] = stated
    return weights


def _sources(
    name: str, layer: Mapping[str, Any], previous: str | None, model: Mapping[str, Any], nodes: dict[str, Node]
) -> tuple[Ref, ...]:
    """What a layer reads; entries for literal inputs are put into ``nodes``."""
    inputs = layer.get("inputs")
    if inputs:
        listed = [str(item) for item in inputs]
        if not listed[0].lstrip().startswith("["):
            return tuple(Ref(item) for item in listed)
        return tuple(_entry_node(f"{name}_input{i}", shape, nodes) for i, shape in enumerate(_operands(layer, listed)))
    if previous is not None:
        return (Ref(previous),)
    return (_entry_node("input", _model_shape(model, layer), nodes, NOWHERE),)


def _entry_node(name: str, shape: tuple[int, ...], nodes: dict[str, Node], written: Written = FROM_VALUES) -> Ref:
    nodes[name] = Node(name, "input", {"shape": (None, *shape[1:])}, (), "Input", name, written=written)
    return Ref(name)


def _operands(layer: Mapping[str, Any], listed: list[str]) -> list[tuple[int, ...]]:
    """Shapes of literal input tensors: a merge's single string holds all its operands."""
    if len(listed) > 1:
        return [nested_shape(literal(item)) for item in listed]
    tensor = literal(listed[0])
    whole = nested_shape(tensor)
    stated = literal(layer.get("input_shape"))
    if isinstance(stated, (list, tuple)) and len(whole) == len(stated) + 1:
        return [nested_shape(operand) for operand in tensor]
    return [whole]


def _model_shape(model: Mapping[str, Any], first: Mapping[str, Any]) -> tuple[int, ...]:
    """The model's ``shape`` with a batch axis: it is there unless the first layer's rank says it was left out."""
    shape = literal(model.get("shape"))
    shape = (shape,) if isinstance(shape, int) else tuple(shape or ())
    kind = str(first["type"]).lower()
    spatial = next((rank for rank in (1, 2, 3) if f"{rank}d" in kind), None)
    if spatial is not None and len(shape) == spatial + 1:
        return (1, *shape)
    return shape if len(shape) > 1 else (1, *shape)
