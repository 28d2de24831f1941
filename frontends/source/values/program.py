"""Functions, classes and objects of the program itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.values.basic import Symbol, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine
    from repairnn.frontends.source.reading import Source
    from repairnn.frontends.source.scopes import Frame


@dataclass(eq=False)
class Function(Value):
    """A function or lambda of the program, with the frame it was defined in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    defaults: list[Value] = field(default_factory=list)
    keyword_defaults: dict[str, Value] = field(default_factory=dict)
    owner: Class | None = None
    form: str = "function"  # or "static", "class", "property"
    source: Source | None = None  # the file it is written in

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.calls import run_function

        return run_function(machine, self, call, None)

    def describe(self) -> str:
        return f"{self.name}()"


@dataclass(eq=False)
class Method(Value):
    """A function of the program bound to an instance or class."""

    function: Function
    receiver: Value

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.calls import run_function

        return run_function(machine, self.function, call, self.receiver)

    def describe(self) -> str:
        return f"{self.function.name}()"


@dataclass(eq=False)
class Class(Value):
    """A class of the program. ``bases`` may hold library classes as :class:`Symbol`."""

    name: str
    bases: list[Value]
    names: dict[str, Value]
    node: ast.ClassDef
    record: bool = False  # a dataclass or named tuple: fields are constructor parameters

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.classes import class_attribute

        return class_attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        self.names[name] = value

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.classes import construct

        return construct(machine, self, call)

    def lineage(self) -> list[Class]:
        """The class and its base classes of the program, nearest first."""
        found = [self]
        for base in self.bases:
            if isinstance(base, Class):
                found.extend(c for c in base.lineage() if c not in found)
        return found

    def library_bases(self) -> list[str]:
        """Paths of the library classes it inherits from, nearest first."""
        return [base.path for cls in self.lineage() for base in cls.bases if isinstance(base, Symbol)]

    def find(self, name: str) -> Value | None:
        """A class attribute by the method resolution order, library bases left out."""
        for cls in self.lineage():
            if name in cls.names:
                return cls.names[name]
        return None

    def describe(self) -> str:
        return f"class {self.name}"


@dataclass(eq=False)
class Instance(Value):
    """An object of a class of the program. ``data`` belongs to the library whose class it inherits from."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.classes import instance_attribute

        return instance_attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        from repairnn.frontends.source.classes import set_instance_attribute

        set_instance_attribute(machine, self, name, value)

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.classes import call_instance

        return call_instance(machine, self, call)

    def _special(self, machine: Machine, name: str, *arguments: Value) -> Value | None:
        from repairnn.frontends.source.calls import Call

        function = self.cls.find(name)
        if not isinstance(function, Function):
            return None
        return Method(function, self).call(machine, Call.of(*arguments))

    def item(self, machine: Machine, key: Value) -> Value:
        found = self._special(machine, "__getitem__", key)
        return found if found is not None else machine.library.item_of(machine, self, key)

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        self._special(machine, "__setitem__", key, value)

    def elements(self, machine: Machine) -> list[Value] | None:
        found = self._special(machine, "__iter__")
        if found is not None and found is not self:
            return found.elements(machine)
        return machine.library.elements_of(machine, self)

    def is_a(self, path: str) -> bool | None:
        return path in self.cls.library_bases() or None

    def describe(self) -> str:
        return f"an object of {self.cls.name}"
