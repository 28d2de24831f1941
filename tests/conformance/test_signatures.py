"""Spellings against the signatures of the installed Keras: names, order, and no layer left out."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from repairnn.semantics.declaration import Declaration
from repairnn.semantics.registry import declarations, spelled
from repairnn.semantics.spelling import KERAS_COMMON, Spelling

keras = pytest.importorskip("keras")

#: Classes that are no layers by themselves, or that hold what no declaration can know.
NOT_DECLARED = {
    "FlaxLayer", "Input", "InputLayer", "InputSpec", "JaxLayer", "Lambda", "Layer", "Pipeline", "ReversibleEmbedding",
    "TFSMLayer", "TorchModuleWrapper", "Wrapper",
}  # fmt: skip
#: Parameters with a default that Keras then refuses.
NEEDED_IN_FACT = {("CategoryEncoding", "num_tokens")}
#: Parameters whose default is written in another way and means the same.
SAME_IN_FACT = {("ReLU", "negative_slope"), ("ReLU", "threshold")}
LAYERS = [
    (declaration, spelling)
    for declaration in declarations()
    for spelling in declaration.spellings
    if spelling.framework == "keras" and spelling.form == "layer" and hasattr(keras.layers, spelling.name)
]


def parameters(target: Any) -> list[str]:
    """The parameters of a constructor that can be named, in order."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(target.__init__).parameters.values()
    return [p.name for p in found if p.kind in kinds and p.name != "self"]


@pytest.mark.parametrize(("declaration", "spelling"), LAYERS, ids=lambda value: getattr(value, "name", ""))
def test_parameters_are_those_of_keras(declaration: type[Declaration], spelling: Spelling) -> None:
    theirs = parameters(getattr(keras.layers, spelling.name))
    known = {*spelling.parameters, *spelling.keywords, *spelling.ignored, *KERAS_COMMON}
    assert not set(theirs) - known
    for place, name in enumerate(spelling.parameters):
        assert name not in theirs or theirs.index(name) == place


@pytest.mark.parametrize(("declaration", "spelling"), LAYERS, ids=lambda value: getattr(value, "name", ""))
def test_defaults_are_those_of_keras(declaration: type[Declaration], spelling: Spelling) -> None:
    arguments = {argument.name: argument for argument in declaration.arguments}
    for parameter in inspect.signature(getattr(keras.layers, spelling.name).__init__).parameters.values():
        name = spelling.canonical(parameter.name)
        if name not in arguments or name in spelling.fixed or parameter.name in spelling.ignored:
            continue
        if (spelling.name, parameter.name) in NEEDED_IN_FACT:
            assert arguments[name].required
            continue
        required = arguments[name].required and name not in spelling.defaults
        assert required == (parameter.default is parameter.empty), parameter.name
        ours = spelling.defaults.get(name, arguments[name].default)
        if not required and (spelling.name, parameter.name) not in SAME_IN_FACT:
            assert plain(ours) == plain(parameter.default), parameter.name


def plain(value: Any) -> Any:
    """A tuple of equal parts as one of them: ``(2, 2)`` means what 2 means."""
    if not isinstance(value, (tuple, list)):
        return value
    parts = tuple(map(plain, value))
    return parts[0] if parts and len(set(parts)) == 1 else parts


def test_every_layer_of_keras_is_declared() -> None:
    classes = {name for name in dir(keras.layers) if name[0].isupper()}
    assert {name for name in classes if spelled("keras", name) is None} <= NOT_DECLARED
