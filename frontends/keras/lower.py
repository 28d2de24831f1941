"""Keras models, configurations and files as networks. No code of a file is run: only its configuration is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.frontends.keras.graph import Graph
from repairnn.semantics.ir import Network

#: A configuration longer or deeper than this is no model.
MAX_CONFIG = 50_000_000
MODELS = frozenset({"Sequential", "Functional", "Model"})
WHERE = "<keras model>"


@dataclass(frozen=True)
class Origin:
    """What emission needs: the input as it was given, the configuration of each layer, the call of each node."""

    given: Any
    items: Mapping[str, Mapping[str, Any]]
    calls: Mapping[str, Any]


def lower(given: Any) -> Network:
    """The network of a live model, of a configuration (``to_json`` or ``get_config`` form), or of a file of either.

    Raises :class:`BadInput` for files without a configuration and for models without a graph (subclassed ones).
    """
    if isinstance(given, (str, Path)):
        return _from_config(read_config(Path(given)), str(given), Path(given))
    if isinstance(given, Mapping):
        return _from_config(given, "<config>", given)
    return _from_config(config_of(given), WHERE, given)


def config_of(model: Any) -> Mapping[str, Any]:
    """The configuration of a live model. Raises :class:`BadInput` when it has none."""
    if type(model).__name__ not in MODELS and not _is_functional(model):
        raise BadInput(
            f"{type(model).__name__} is a subclassed model, which keeps no graph", WHERE, advice="give its source file"
        )
    try:
        return json.loads(model.to_json())
    except (TypeError, ValueError, NotImplementedError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(f"its configuration cannot be read: {told}", WHERE) from error


def read_config(path: Path) -> Mapping[str, Any]:
    """The model configuration in a ``.keras``, ``.h5`` or ``.json`` file. Raises :class:`BadInput`."""
    text = _h5_config(path) if path.suffix.lower() in (".h5", ".hdf5") else _zip_config(path)
    if len(text) > MAX_CONFIG:
        raise BadInput("its configuration is too long", str(path))
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"its configuration is not JSON: {error}", str(path)) from error
    if not isinstance(config, dict):
        raise BadInput("its configuration is not an object", str(path))
    return config


def _zip_config(path: Path) -> str:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > MAX_CONFIG:
                raise BadInput("its configuration is too long", str(path))
            return archive.read("config.json").decode()
    except (KeyError, OSError, UnicodeDecodeError, zipfile.BadZipFile) as error:
        raise BadInput("is not a .keras file: it holds no config.json", str(path)) from error


def _h5_config(path: Path) -> str:
    try:
        import h5py
    except ImportError as error:
        raise BadInput("h5py is needed to read it", str(path), advice="pip install 'repairnn[keras]'") from error
    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
    except OSError as error:
        raise BadInput("is not an HDF5 file", str(path)) from error
    if config is None:
        raise BadInput("holds weights only, no model configuration", str(path), advice="save the whole model")
    return config.decode() if isinstance(config, bytes) else str(config)


def _from_config(config: Mapping[str, Any], where: str, given: Any) -> Network:
    graph = Graph()
    try:
        outputs = graph.model(_wrapped(config), None, "")
        nodes = graph.needed(outputs)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"its configuration is not one of Keras: {error!r}", where) from error
    name = str(_wrapped(config)["config"].get("name", "model"))
    origin = Origin(given, graph.items, graph.calls)
    return Network("keras", nodes, tuple(outputs), name, None, tuple(graph.incomplete), origin)


def _wrapped(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """``get_config`` gives the inner part only; the class follows from what it has."""
    if "class_name" in config:
        return config
    inner = config.get("config", config)
    return {"class_name": "Functional" if "input_layers" in inner else "Sequential", "config": inner}


def _is_functional(model: Any) -> bool:
    return any(base.__name__ in ("Functional", "Sequential") for base in type(model).__mro__)
