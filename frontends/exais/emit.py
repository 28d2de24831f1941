"""From a repaired network back to the ExAIS/SOCRATES JSON."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.exais.parse import literal, nested_shape
from repairnn.frontends.exais.table import BY_KERAS, TABLE
from repairnn.semantics.checker import check, shape_of, weights_of
from repairnn.semantics.edits import ChangeWeight, ChangeWeights, Edit, apply_all
from repairnn.semantics.ir import Network, Node, Shape


def emit(model: Mapping[str, Any], network: Network, edits: Iterable[Edit]) -> dict[str, Any]:
    """The description ``model``, which ``network`` was lowered from, with the edits in it.

    Layers that no edit touches are kept to the letter, their weights included. New layers with weights get small
    random ones from a fixed seed. Raises :class:`CannotEmit` for a layer the format has no name for.
    """
    edits = tuple(edits)
    repaired = apply_all(network, edits)
    written = {str(layer.get("name", "")): layer for layer in network.origin["layers"]}
    by_node = _by_node(network, written)
    single = [part for e in edits for part in (e.changes if isinstance(e, ChangeWeights) else (e,))]
    changed_weights = {(e.node, e.weight): e for e in single if isinstance(e, ChangeWeight)}
    shapes = check(repaired).shapes
    layers = []
    for node in repaired:
        if node.kind == "input":
            continue
        description = dict(by_node.get(node.id) or {"name": node.id, "type": _type_of(node)})
        _write_arguments(description, node, network.nodes.get(node.id))
        _write_inputs(description, node, network, repaired)
        inputs = [shape_of(shapes, ref) for ref in node.inputs]
        _write_weights(description, node, weights_of(node, inputs, "keras"), changed_weights)
        layers.append(description)
    repaired_model = {**network.origin, "layers": layers}
    return {**model, "model": repaired_model} if "model" in model else repaired_model


def _by_node(network: Network, written: Mapping[str, Any]) -> dict[str, Any]:
    layers = [node for node in network if node.kind != "input"]
    order = {id(node): index for index, node in enumerate(layers)}
    found = {}
    unnamed = [layer for layer in network.origin["layers"] if not layer.get("name")]
    for node in layers:
        if node.id in written:
            found[node.id] = written[node.id]
        elif unnamed and order[id(node)] < len(network.origin["layers"]):
            found[node.id] = network.origin["layers"][order[id(node)]]
    return found


def _type_of(node: Node) -> str:
    name = BY_KERAS.get(node.spelling)
    if name is None:
        raise CannotEmit(f"the format has no layer for {node.spelling or node.kind}")
    return name


def _write_arguments(description: dict[str, Any], node: Node, original: Node | None) -> None:
    if original is not None and original.spelling != node.spelling:
        description["type"] = _type_of(node)
    entry = TABLE.get(str(description["type"]).lower())
    before = {} if original is None else original.args
    for argument, value in node.args.items():
        if argument in before and before[argument] == value:
            continue
        keys = [key for key, parameter in entry.parameters.items() if parameter == argument] if entry else []
        key = next((k for k in keys if k in description), keys[0] if keys else argument)
        description[key] = _text(argument, value)


def _text(argument: str, value: Any) -> str:
    if argument == "padding" and value in ("same", "valid"):
        return "true" if value == "same" else "false"
    if isinstance(value, (tuple, list)):
        inner = ", ".join(str(tuple(v)) if isinstance(v, (tuple, list)) else str(v) for v in value)
        return f"({inner})"
    return str(value)


def _write_inputs(description: dict[str, Any], node: Node, before: Network, after: Network) -> None:
    original = before.nodes.get(node.id)
    if original is not None and original.inputs == node.inputs:
        if all(after[ref.node].args == before[ref.node].args for ref in node.inputs if ref.node in before.nodes):
            return
        if any(after[ref.node].kind == "input" for ref in node.inputs):
            shapes = [(1, *after[ref.node].args["shape"][1:]) for ref in node.inputs]
            description["inputs"] = [json.dumps(_zeros(shapes[0]) if len(shapes) == 1 else [_zeros(s) for s in shapes])]
            description["input_shape"] = str(list(shapes[0]))
        return
    literal_inputs = [ref for ref in node.inputs if after[ref.node].kind == "input"]
    if literal_inputs and literal_inputs[0].node == "input" and "shape" in before.origin:
        description.pop("inputs", None)  # the first layer reads the model's shape
        return
    if literal_inputs and len(literal_inputs) < len(node.inputs):
        raise CannotEmit(f"{node.id} would mix layers and literal tensors, which the format cannot say")
    description["inputs"] = [ref.node for ref in node.inputs] if not literal_inputs else _moved_literals(node, before)


def _moved_literals(node: Node, before: Network) -> list[str]:
    """A new layer that reads an entry takes the literal tensors over from the layer that read them."""
    entry = node.inputs[0].node
    for layer in before.origin["layers"]:
        if str(layer.get("name", "")) + "_input0" == entry:
            return list(layer.get("inputs", []))
    return [entry]


def _write_weights(
    description: dict[str, Any], node: Node, needed: Mapping[str, Shape], edits: Mapping[tuple[str, str], ChangeWeight]
) -> None:
    entry = TABLE.get(str(description["type"]).lower())
    for key, weight in entry.weights.items() if entry else ():
        wanted = needed.get(weight)
        value = literal(description.get(key))
        if (node.id, weight) in edits and "weight_shape" in description and not isinstance(value, list):
            description["weight_shape"] = str(edits[node.id, weight].after)
        elif (node.id, weight) in edits and isinstance(value, list):
            description[key] = json.dumps(_fitted(value, edits[node.id, weight]))
        elif wanted is not None and not any(d is None for d in wanted):
            given = nested_shape(value) if isinstance(value, list) else None
            if given is None and (key in description or node.id not in description.get("name", "")):
                continue
            if given is None or given != wanted:
                description[key] = json.dumps(_random(wanted, random.Random(0)))


def _fitted(value: list[Any], edit: ChangeWeight) -> Any:
    import numpy

    array = numpy.asarray(value, dtype=float)
    if edit.how == "transpose":
        array = array.transpose(edit.detail or None)
    elif edit.how == "reshape":
        array = array.reshape(edit.after)
    elif edit.how in ("slice", "pad"):
        fitted = numpy.zeros(edit.after)
        common = tuple(slice(0, min(a, b)) for a, b in zip(array.shape, edit.after, strict=True))
        fitted[common] = array[common]
        array = fitted
    else:
        return _random(edit.after, random.Random(0))
    return array.tolist()


def _random(shape: Shape, rng: random.Random) -> Any:
    if not shape:
        return round(rng.uniform(-0.1, 0.1), 4)
    return [_random(shape[1:], rng) for _ in range(shape[0] or 0)]


def _zeros(shape: Shape) -> Any:
    return [_zeros(shape[1:]) for _ in range(shape[0] or 0)] if shape else 0.0
