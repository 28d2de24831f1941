"""Spellings against the signatures of the installed PyTorch: names, order, and no module left out."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from repairnn.semantics.declaration import Declaration
from repairnn.semantics.registry import declarations, spelled
from repairnn.semantics.spelling import Spelling

torch = pytest.importorskip("torch")

#: Modules that hold others or wrap one: the front ends look into them, so they are no layers of their own.
HOLDERS = {"DataParallel", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"}
#: Classes that other modules inherit from, which compute nothing by themselves; ``Container`` is gone in all but name.
BASES = {"Container", "Module", "RNNBase", "RNNCellBase"}
#: Where things are and how they are stored; no shape depends on it.
PLACES = {"device", "dtype"}
#: Modules that take one of several things first, or whose signature says nothing.
UNSIGNED = {"Identity", "GRU", "LSTM", "RNN"}
MODULES = [
    (declaration, spelling)
    for declaration in declarations()
    for spelling in declaration.spellings
    if spelling.framework == "torch" and spelling.form == "layer" and hasattr(torch.nn, spelling.name)
]


def parameters(name: str) -> list[Any]:
    """The parameters of a module's constructor that can be named, in order."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(getattr(torch.nn, name).__init__).parameters.values()
    return [p for p in found if p.kind in kinds and p.name != "self"]


def test_every_module_of_pytorch_is_declared_or_looked_into() -> None:
    classes = {
        name
        for name in dir(torch.nn)
        if inspect.isclass(getattr(torch.nn, name)) and issubclass(getattr(torch.nn, name), torch.nn.Module)
    }
    assert {name for name in classes if spelled("torch", name) is None} == HOLDERS | BASES
    assert len(classes - BASES) >= 155


@pytest.mark.parametrize(("declaration", "spelling"), MODULES, ids=lambda value: getattr(value, "name", ""))
def test_parameters_are_those_of_pytorch(declaration: type[Declaration], spelling: Spelling) -> None:
    theirs = [p.name for p in parameters(spelling.name) if p.name not in PLACES]
    if spelling.name in UNSIGNED:
        return
    known = {*spelling.parameters, *spelling.keywords, *spelling.ignored}
    assert not set(theirs) - known
    for place, name in enumerate(name for name in spelling.parameters if name not in PLACES):
        assert name not in theirs or theirs.index(name) == place, name


@pytest.mark.parametrize(("declaration", "spelling"), MODULES, ids=lambda value: getattr(value, "name", ""))
def test_what_must_be_given_is_what_pytorch_demands(declaration: type[Declaration], spelling: Spelling) -> None:
    arguments = {argument.name: argument for argument in declaration.arguments}
    for parameter in parameters(spelling.name):
        name = spelling.canonical(parameter.name)
        if name not in arguments or name in spelling.fixed or arguments[name].role == "derived":
            continue
        demanded = (arguments[name].required and name not in spelling.defaults) or name in spelling.required
        assert demanded == (parameter.default is parameter.empty), parameter.name
