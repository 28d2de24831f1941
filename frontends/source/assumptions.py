"""What classes and functions are tried with that the program never uses: settings with their defaults.

A module that takes a configuration is read with the configuration that its annotation names, or the one class of
settings that its file knows, made without arguments.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.classes import construct
from repairnn.frontends.source.values import Class, Function, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Parameters that hold settings, and what classes of settings are called.
NAMES = frozenset({"config", "cfg", "conf", "configs", "args", "hparams", "params", "opt", "options", "settings"})
ENDINGS = ("Config", "Configuration", "Args", "Arguments", "HParams", "Hparams", "Params", "Options", "Settings")
#: Base classes of settings, which say nothing by themselves.
BASES = frozenset({"PreTrainedConfig", "PretrainedConfig", "BaseConfig"})


def assumed_call(machine: Machine, value: Function | Class) -> Call:
    """A call with nothing but settings; whatever else is required stays open."""
    function = value if isinstance(value, Function) else value.find("__init__")
    if not isinstance(function, Function):
        return Call(open=True, span=value.span)
    given: dict[str, Argument] = {}
    for parameter in _required(function, bound=isinstance(value, Class)):
        settings = _annotated(function, parameter.annotation)
        if settings is None and parameter.arg in NAMES and parameter.annotation is None:
            settings = _in_file(function, value)
        if settings is not None and _needs_nothing(settings):
            given[parameter.arg] = Argument(construct(machine, settings, Call(span=settings.span)))
    return Call((), given, value.span, None, open=True)


def _required(function: Function, bound: bool) -> list[ast.arg]:
    """Parameters without a default; that of the object left out."""
    spec = function.node.args
    listed = [*spec.posonlyargs, *spec.args]
    listed = listed[: len(listed) - len(function.defaults)]
    listed = listed[1:] if bound else listed
    return [*listed, *(a for a in spec.kwonlyargs if a.arg not in function.keyword_defaults)]


def _annotated(function: Function, annotation: ast.expr | None) -> Class | None:
    """The class of settings that an annotation names: ``Config``, ``"Config"``, ``Config | None``."""
    if isinstance(annotation, ast.BinOp):
        return _annotated(function, annotation.left) or _annotated(function, annotation.right)
    if isinstance(annotation, ast.Subscript):
        return _annotated(function, annotation.slice)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _annotated(function, _parsed(annotation.value))
    return _settings(function, annotation.id) if isinstance(annotation, ast.Name) else None


def _parsed(text: str) -> ast.expr | None:
    try:
        found = ast.parse(text[:200].strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return None if isinstance(found, ast.Constant) else found


def _settings(function: Function, name: str) -> Class | None:
    if not name.isidentifier() or name in BASES or not name.endswith(ENDINGS):
        return None
    found: Value | None = function.frame.lookup(name)
    return found if isinstance(found, Class) else None


def _in_file(function: Function, value: Function | Class) -> Class | None:
    """The settings that the file knows; of several those whose name begins as that of the class does."""
    names = [name for name in function.frame.module.names if name.endswith(ENDINGS) and name not in BASES]
    if not names:
        return None
    wanted = value.name
    best = max(names, key=lambda name: (_common(name, wanted), -names.index(name)))
    return _settings(function, best) if len(names) == 1 or _common(best, wanted) else None


def _common(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _needs_nothing(cls: Class) -> bool:
    """Whether settings can be made without arguments."""
    start = cls.find("__init__")
    if isinstance(start, Function):
        return not _required(start, bound=True)
    fields = [s for c in cls.lineage() for s in c.node.body if isinstance(s, ast.AnnAssign)]
    return not cls.record or all(field.value is not None for field in fields)
