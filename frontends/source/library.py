"""How a library's names get their meaning: the one registry of functions, methods, constants and base classes.

A library model is a module of functions with decorators; nothing of the library itself is imported::

    @function("numpy.zeros", "numpy.ones")
    def zeros(machine, call): return Array(shape_of(call.get(0, "shape")))

    @method(Array, "astype")
    def astype(machine, array, call): ...

    @attribute(Array, "shape")
    def shape(machine, array): ...

    @method("keras.preprocessing.text.Tokenizer", "fit_on_texts")     # by class path: an Object, a Tensor, a Model

``ITEMS``, ``ELEMENTS`` and ``OPERATORS`` say what indexing, iteration and operators do, by the same keys.

Paths are canonical: every ``rewrite`` function maps the many names of one thing to one path (``tf.keras.layers.Dense``
and ``keras.layers.core.Dense`` to ``keras.layers.Dense``). A ``family`` answers for all paths under a prefix.
Modules in ``libraries``, ``keras`` and ``torch`` next to this file are loaded by themselves.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from repairnn.frontends.source.values import Array, Instance, Known, Native, Object, Symbol, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

F = TypeVar("F", bound=Callable[..., Any])
Key = type[Value] | str

FUNCTIONS: dict[str, Callable[[Machine, Call], Value]] = {}
METHODS: dict[tuple[Key, str], Callable[[Machine, Any, Call], Value]] = {}
ATTRIBUTES: dict[tuple[Key, str], Callable[[Machine, Any], Value]] = {}
CONSTANTS: dict[str, Any] = {}
FAMILIES: list[tuple[str, Callable[[Machine, str, Call], Value | None]]] = []
REWRITES: list[Callable[[str], str]] = []
BASES: dict[str, Base] = {}
ITEMS: dict[Key, Callable[[Machine, Any, Value], Value]] = {}
ELEMENTS: dict[Key, Callable[[Machine, Any], list[Value] | None]] = {}
OPERATORS: dict[Key, Callable[[Machine, Any, str, Value, bool], Value | None]] = {}
#: Values for names that nothing defines, judged by how the program uses them.
ASSUMED: list[Callable[[Machine, str], Value | None]] = []
#: Called when the program has been followed to its end.
FINISHED: list[Callable[[Machine], None]] = []
#: Run a piece of the program, tell whether anything it draws has a fault, and forget it.
TRIALS: list[Callable[[Machine, Callable[[], object]], bool]] = []
#: What a name that nobody defines means to everybody: ``np`` is numpy.
COMMON: dict[str, str] = {}

PACKAGES = ("libraries", "keras", "torch")


class Base:
    """What a library does with classes of the program that inherit from one of its classes.

    Every function may return ``None`` to say "nothing special".
    """

    def constructed(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        """Before ``__init__``; a value returned here is the result of the constructor."""
        return None

    def initialised(self, machine: Machine, instance: Instance, call: Call) -> None:
        """After ``__init__``."""

    def called(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        """``object(...)``."""
        return None

    def member(self, machine: Machine, instance: Instance, name: str) -> Value | None:
        """An attribute that neither the object nor its classes define; also what ``super().name`` reaches."""
        return None

    def item(self, machine: Machine, instance: Instance, key: Value) -> Value | None:
        """``object[key]`` where its classes define no ``__getitem__``."""
        return None

    def elements(self, machine: Machine, instance: Instance) -> list[Value] | None:
        """What iteration over the object yields where its classes define no ``__iter__``."""
        return None

    def attribute_set(self, machine: Machine, instance: Instance, name: str, value: Value) -> None:
        """After ``object.name = value``."""

    def unused(self, machine: Machine, instance: Instance) -> None:
        """The program never uses an object of this class: use it as it is meant to be."""


def function(*paths: str) -> Callable[[F], F]:
    """Give library functions or classes, by path, what a call of them returns."""

    def register(run: F) -> F:
        FUNCTIONS.update(dict.fromkeys(paths, run))
        return run

    return register


def method(owner: Key, *names: str) -> Callable[[F], F]:
    """Give values of a kind (or objects of a library class, by path) a method.

    A method that is given twice asks the later function first; one that returns ``None`` leaves it to the earlier.
    """

    def register(run: F) -> F:
        METHODS.update({(owner, name): _chained(run, METHODS.get((owner, name))) for name in names})
        return run

    return register


def _chained(run: Callable[..., Value], earlier: Callable[..., Value] | None) -> Callable[..., Value]:
    if earlier is None:
        return run

    def either(machine: Machine, value: Any, call: Call) -> Value:
        found = run(machine, value, call)
        return found if found is not None else earlier(machine, value, call)

    return either


def attribute(owner: Key, *names: str) -> Callable[[F], F]:
    """Give values of a kind (or objects of a library class, by path) an attribute."""

    def register(run: F) -> F:
        ATTRIBUTES.update({(owner, name): run for name in names})
        return run

    return register


def family(prefix: str) -> Callable[[F], F]:
    """Answer for calls of everything under a prefix that has no function of its own."""

    def register(run: F) -> F:
        FAMILIES.append((prefix, run))
        FAMILIES.sort(key=lambda entry: -len(entry[0]))
        return run

    return register


def rewrite(run: F) -> F:
    """Map names of a library to their canonical paths."""
    REWRITES.append(run)
    return run


def base(*paths: str) -> Callable[[type[Base]], type[Base]]:
    """Say what inheriting from library classes means."""

    def register(cls: type[Base]) -> type[Base]:
        BASES.update(dict.fromkeys(paths, cls()))
        return cls

    return register


class Library:
    """The registry as the interpreter asks it."""

    def __init__(self) -> None:
        _load()

    def canonical(self, path: str) -> str:
        """The one path of a thing."""
        for run in REWRITES:
            path = run(path)
        return path

    def knows(self, path: str) -> bool:
        """Whether something is registered under exactly this path."""
        return path in FUNCTIONS or path in CONSTANTS or path in BASES

    def models(self, root: str) -> bool:
        """Whether anything of a library is registered here, so that its name never means a file of the project."""
        return root in _roots()

    def constant(self, path: str) -> Value | None:
        """A constant of a library (``math.pi``)."""
        return Known(CONSTANTS[path]) if path in CONSTANTS else None

    def member(self, machine: Machine, path: str, name: str) -> Value:
        """``path.name``."""
        full = self.canonical(f"{path}.{name}")
        return self.constant(full) or Symbol(full)

    def call(self, machine: Machine, path: str, call: Call) -> Value:
        """``path(...)``."""
        call = replace(call, callee=path)
        run = FUNCTIONS.get(path)
        if run is not None:
            return run(machine, call)
        for prefix, answer in FAMILIES:
            if path.startswith(prefix):
                result = answer(machine, path, call)
                if result is not None:
                    return result
        return machine.unknown_call(Symbol(path), call)

    def call_object(self, machine: Machine, value: Object, call: Call) -> Value:
        """A call of a library's object: its ``__call__``, by its path or the longest prefix that has one."""
        path = value.path
        while path:
            run = METHODS.get((path, "__call__"))
            if run is not None:
                return run(machine, value, call)
            path = path.rpartition(".")[0]
        return machine.unknown_call(value, call)

    def attribute(self, machine: Machine, value: Value, name: str) -> Value:
        """An attribute or bound method of any value that is not an object of the program."""
        for key in _keys(value):
            found = ATTRIBUTES.get((key, name))
            if found is not None:
                return found(machine, value)
            run = METHODS.get((key, name))
            if run is not None:
                return _bound(run, value, name)
        reason = value.reason if isinstance(value, Unknown) else f"{value.describe()}.{name}"
        return Unknown(reason)

    def item_of(self, machine: Machine, value: Value, key: Value) -> Value:
        """``value[key]``."""
        if isinstance(value, Instance):
            own = _first(b.item(machine, value, key) for b in self.bases_of(value))
            return own if own is not None else Unknown(f"an item of {value.describe()}")
        run = _lookup(ITEMS, value)
        found = run(machine, value, key) if run else None
        return found if found is not None else Unknown(f"an item of {value.describe()}")

    def elements_of(self, machine: Machine, value: Value) -> list[Value] | None:
        """What iteration over a value yields."""
        if isinstance(value, Instance):
            return next((e for b in self.bases_of(value) if (e := b.elements(machine, value)) is not None), None)
        run = _lookup(ELEMENTS, value)
        return run(machine, value) if run else None

    def operate(self, machine: Machine, value: Value, op: str, other: Value, reflected: bool) -> Value | None:
        """``value op other``."""
        run = _lookup(OPERATORS, value)
        return run(machine, value, op, other, reflected) if run else None

    def entered(self, machine: Machine, value: Value) -> Value:
        """What ``with value as name`` binds."""
        return value

    # objects of the program whose classes inherit from a library's

    def bases_of(self, instance: Instance) -> list[Base]:
        """The library classes behind an object that mean something here."""
        return [BASES[path] for path in instance.cls.library_bases() if path in BASES]

    def constructed(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        """See :class:`Base`."""
        return _first(b.constructed(machine, instance, call) for b in self.bases_of(instance))

    def initialised(self, machine: Machine, instance: Instance, call: Call) -> None:
        """See :class:`Base`."""
        for found in self.bases_of(instance):
            found.initialised(machine, instance, call)

    def called(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        """See :class:`Base`."""
        return _first(b.called(machine, instance, call) for b in self.bases_of(instance))

    def instance_member(self, machine: Machine, instance: Instance, name: str) -> Value:
        """See :class:`Base`."""
        found = _first(b.member(machine, instance, name) for b in self.bases_of(instance))
        return found if found is not None else Unknown(f"{instance.cls.name}.{name}")

    def super_member(self, machine: Machine, instance: Instance, name: str) -> Value:
        """``super().name`` where no class of the program defines it; ``super().__init__()`` does nothing."""
        found = _first(b.member(machine, instance, name) for b in self.bases_of(instance))
        return found if found is not None else Native(name, lambda machine, call: Unknown(f"super().{name}()"))

    def attribute_set(self, machine: Machine, instance: Instance, name: str, value: Value) -> None:
        """See :class:`Base`."""
        for found in self.bases_of(instance):
            found.attribute_set(machine, instance, name, value)


@lru_cache(maxsize=1)
def _roots() -> frozenset[str]:
    paths = (*FUNCTIONS, *CONSTANTS, *BASES, *(prefix for prefix, _ in FAMILIES), *COMMON.values())
    return frozenset(path.split(".")[0] for path in paths) | {"tensorflow", "tf_keras"}


def _keys(value: Value) -> tuple[Key, ...]:
    kinds = [kind for kind in type(value).__mro__ if issubclass(kind, Value)]
    path = getattr(value, "path", None)
    return tuple(kinds) if path is None else (path, *kinds)


def _lookup(table: dict[Key, F], value: Value) -> F | None:
    return next((table[key] for key in _keys(value) if key in table), None)


def _bound(run: Callable[[Machine, Any, Call], Value], value: Value, name: str) -> Native:
    def bound(machine: Machine, call: Call) -> Value:
        found = run(machine, value, call)
        return found if found is not None else Unknown(f"{value.describe()}.{name}()")

    return Native(name, bound)


def _first(results: Any) -> Value | None:
    return next((result for result in results if result is not None), None)


_loaded = False


def _load() -> None:
    """Import every library model once."""
    global _loaded
    if _loaded:
        return
    _loaded = True
    here = "repairnn.frontends.source"
    for module in ("builtins", "iterating", "kinds", "mappings", "methods", "settings"):
        importlib.import_module(f"{here}.{module}")
    for package in PACKAGES:
        if importlib.util.find_spec(f"{here}.{package}") is None:
            continue
        found = importlib.import_module(f"{here}.{package}")
        for entry in pkgutil.iter_modules(found.__path__, f"{here}.{package}."):
            importlib.import_module(entry.name)


__all__ = [
    "COMMON", "CONSTANTS", "ELEMENTS", "ITEMS", "OPERATORS", "Array", "Base", "Library", "attribute", "base", "family",
    "function", "method", "rewrite",
]  # fmt: skip
