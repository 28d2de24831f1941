"""A repaired Keras model: layers that no edit touched are the same layers with the same weights."""

from __future__ import annotations

import copy
import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from repairnn.frontends.errors import CannotBuild, CannotEmit
from repairnn.frontends.keras.build import build
from repairnn.frontends.keras.convert import OPS, plain
from repairnn.frontends.keras.functions import recorded_operation
from repairnn.frontends.keras.lower import Origin
from repairnn.semantics.edits import ChangeArgument, Edit, apply_all
from repairnn.semantics.ir import Network, Node
from repairnn.semantics.registry import spelled

#: Wrappers whose configuration holds the configuration of the layer that an argument belongs to.
WRAPPERS = frozenset({"Bidirectional"})


def emit(given: Any, network: Network, edits: Sequence[Edit]) -> Any:
    """The repaired model: a ``keras.Model`` for a live model or a file, a configuration for a configuration.

    Nested models come out flat, and a ``Sequential`` as a functional model. Weights of a live model are kept wherever
    names and shapes agree; the given model is not changed. Raises :class:`CannotEmit`.
    """
    repaired = apply_all(network, edits)
    if isinstance(given, Mapping) and all(isinstance(edit, ChangeArgument) for edit in edits):
        changed = _in_place(given, network, repaired)
        if changed is not None:
            return changed
    try:
        model = build(repaired, _Original(network))
    except CannotBuild as error:
        raise CannotEmit(error.reason) from error
    except (TypeError, ValueError) as error:
        raise CannotEmit(f"Keras refuses it: {' '.join(str(error).split())[:200]}") from error
    if isinstance(given, Mapping):
        return json.loads(model.to_json())
    if isinstance(given, (str, Path)):
        _load_weights(Path(given), model)
    else:
        _keep_weights(given, model)
        _keep_compilation(given, model)
    return model


def to_bytes(model: Any, path: str) -> bytes:
    """The file that holds a model, in the format that the suffix of ``path`` names."""
    suffix = Path(path).suffix if Path(path).suffix in (".keras", ".h5") else ".keras"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"model{suffix}")
        model.save(file)
        return file.read_bytes()


class _Original:
    """Layers and operations of the model that was read, changed where an edit changed their arguments."""

    def __init__(self, network: Network) -> None:
        origin = network.origin if isinstance(network.origin, Origin) else Origin(None, {}, {})
        self.items, self.calls = origin.items, origin.calls
        self.read = {node.layer: node for node in network if node.layer}
        self.nodes = network.nodes
        self.live = _live_layers(origin.given)
        self.names = [_name(item) for item in self.items.values()]

    def layer(self, node: Node) -> Any:
        """The node's layer, or ``None`` when it is new or of another kind now."""
        before, item = self.read.get(node.layer), self.items.get(node.layer)
        if before is None or item is None or before.kind != node.kind or before.spelling != node.spelling:
            return None
        config = _changed_config(item, before, node)
        if config is None:
            return None
        if self.names.count(_name(item)) > 1:
            config = {**config, "name": node.layer.replace("/", "_")}
        own: Any = self.live.get(node.layer)
        if type(own).__name__ == "Lambda":
            return type(own)(own.function, own._output_shape, arguments=own.arguments, name=own.name)
        if own is not None:
            return type(own).from_config(dict(config))
        return _deserialised({**item, "config": config})

    def operation(self, node: Node) -> Any:
        """The node's tensor operation as it was recorded, or ``None`` when it is none or an edit changed it."""
        item, before = self.items.get(node.layer), self.nodes.get(node.id)
        if item is None or before is None or not str(item.get("module", "")).startswith(OPS):
            return None
        if dict(before.args) != dict(node.args):
            return None
        return lambda tensors: recorded_operation(item, self.calls.get(node.id), tensors)


def _in_place(given: Mapping[str, Any], network: Network, repaired: Network) -> dict[str, Any] | None:
    """The configuration with other argument values and nothing else, but without the shapes it was built for."""
    items = network.origin.items
    copies: dict[int, Any] = {}
    result = copy.deepcopy(dict(given), copies)
    for before in network:
        after, item = repaired[before.id], items.get(before.layer)
        if dict(after.args) == dict(before.args):
            continue
        config = None if item is None else _changed_config(item, before, after)
        if item is None or config is None:
            return None
        copies[id(item)]["config"] = copy.deepcopy(config)
    _forget_shapes(result)
    return result


def _forget_shapes(config: Any) -> None:
    if isinstance(config, dict):
        for key in ("build_config", "build_input_shape"):
            config.pop(key, None)
    for part in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        _forget_shapes(part)


def _changed_config(item: Mapping[str, Any], before: Node, after: Node) -> dict[str, Any] | None:
    """The configuration with the arguments that differ; ``None`` where one has no place in it."""
    config = dict(item["config"])
    found = spelled("keras", after.spelling, "layer")
    for name, value in after.args.items():
        if name in before.args and plain(before.args[name]) == plain(value):
            continue
        parameter = found[1].parameter(name) if found is not None else name
        if parameter in config:
            config[parameter] = value
        elif item["class_name"] in WRAPPERS and parameter in config["layer"]["config"]:
            inner = config["layer"]
            config["layer"] = {**inner, "config": {**inner["config"], parameter: value}}
        elif found is None or parameter not in (*found[1].parameters, *found[1].keywords):
            return None
        else:
            config[parameter] = value
    return config


def _deserialised(item: Mapping[str, Any]) -> Any:
    """A layer from its configuration; Keras' safe mode keeps code in it from being run."""
    import keras

    plain_item = {key: value for key, value in item.items() if key != "build_config"}  # the shapes it was built for
    try:
        return keras.saving.deserialize_keras_object(plain_item, safe_mode=True)
    except (TypeError, ValueError) as error:
        raise CannotBuild(f"layer {_name(item)} cannot be made: {' '.join(str(error).split())[:200]}") from error


def _live_layers(model: Any, prefix: str = "") -> dict[str, Any]:
    """The layer objects of a live model by identity; nothing for files and configurations."""
    if isinstance(model, (str, Path, Mapping)):
        return {}
    found: dict[str, Any] = {}
    for layer in getattr(model, "layers", ()):
        path = f"{prefix}{layer.name}"
        if hasattr(layer, "layers") and not hasattr(layer, "layer"):
            found.update(_live_layers(layer, f"{path}/"))
        else:
            found[path] = layer
    return found


def _load_weights(path: Path, model: Any) -> None:
    """The weights in a file, where layers and shapes agree; the others stay as they were initialised."""
    by_name = {} if path.suffix == ".keras" else {"by_name": True}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.load_weights(path, skip_mismatch=True, **by_name)
    except (KeyError, OSError, ValueError) as error:
        raise CannotEmit(f"its weights cannot be read: {' '.join(str(error).split())[:200]}") from error


def _keep_weights(given: Any, model: Any) -> None:
    old = {name.replace("/", "_"): layer for name, layer in _live_layers(given).items()}
    old.update({layer.name: layer for layer in _live_layers(given).values()})
    for layer in model.layers:
        source = old.get(layer.name)
        if source is None:
            continue
        values = source.get_weights()
        if values and [value.shape for value in values] == [value.shape for value in layer.get_weights()]:
            layer.set_weights(values)


def _keep_compilation(given: Any, model: Any) -> None:
    config = given.get_compile_config() if getattr(given, "compiled", False) else None
    if config:
        model.compile_from_config(config)


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("config", {}).get("name") or item.get("name") or item.get("class_name"))
