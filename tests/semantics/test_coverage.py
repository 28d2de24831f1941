"""Every layer of the installed Keras is declared, under each of its names."""

from __future__ import annotations

import inspect
import os

import pytest

from repairnn.semantics.registry import declarations, spelled

#: What holds foreign code or is no layer of its own: front ends treat it as opaque.
OPAQUE = {"FlaxLayer", "JaxLayer", "Lambda", "Layer", "Pipeline", "TFSMLayer", "TorchModuleWrapper", "Wrapper"}
#: Entries of the module that no model applies as a layer.
STRUCTURE = {"InputLayer", "InputSpec"}
#: Names of Keras 1 and 2 that programs still use.
OLD = (
    "CuDNNLSTM",
    "CuDNNGRU",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "MaxPool2D",
    "AvgPool2D",
    "GlobalAvgPool2D",
)


def classes() -> dict[str, type]:
    """The classes of ``keras.layers`` by name, aliases included."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    layers = pytest.importorskip("keras").layers
    found = {name: getattr(layers, name) for name in dir(layers) if not name.startswith("_")}
    return {name: value for name, value in found.items() if inspect.isclass(value)}


def parameters_of(target: type) -> list[str]:
    """What a layer's constructor takes, beyond what every layer takes."""
    every = {"self", "args", "kwargs", "name", "dtype", "trainable", "autocast", "quantization_config"}
    every |= {"gptq_unpacked_column_size"}
    return [name for name in inspect.signature(target.__init__).parameters if name not in every]


def test_every_class_has_a_declaration() -> None:
    names = set(classes())
    undeclared = {name for name in names if spelled("keras", name) is None}
    assert undeclared <= OPAQUE | STRUCTURE
    assert len(names - undeclared) >= 150


def test_every_parameter_of_a_class_is_known() -> None:
    unknown = {}
    for name, target in classes().items():
        found = spelled("keras", name)
        if found is None:
            continue
        spelling = found[1]
        known = {*spelling.parameters, *spelling.keywords, *spelling.ignored}
        missing = [p for p in parameters_of(target) if p not in known]
        if missing:
            unknown[name] = missing
    assert not unknown


def test_positional_parameters_come_in_the_order_of_the_signature() -> None:
    wrong = {}
    for name, target in classes().items():
        found = spelled("keras", name)
        if found is None:
            continue
        taken = [p for p in inspect.signature(target.__init__).parameters.values() if p.name not in ("self", "kwargs")]
        order = [p.name for p in taken if p.kind is p.POSITIONAL_OR_KEYWORD]
        ours = [p for p in found[1].parameters if p in order]
        if ours != order[: len(ours)]:
            wrong[name] = (ours, order)
    assert not wrong


def test_old_names_are_understood() -> None:
    assert [name for name in OLD if spelled("keras", name) is None] == []


def test_every_kind_is_spelled_or_structural() -> None:
    structural = {"input", "data", "feed", "loss", "time_unfold", "one_hot", "argmax", "tuple"}
    bare = {declaration.kind for declaration in declarations() if not declaration.spellings}
    assert bare <= structural
