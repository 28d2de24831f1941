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


def test_every_layer_of_keras_is_declared() -> None:
    classes = {name for name in dir(keras.layers) if name[0].isupper()}
    assert {name for name in classes if spelled("keras", name) is None} == NOT_DECLARED & classes
