"""Classes of the program and their objects."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.expressions import evaluate
from repairnn.frontends.source.scopes import Frame
from repairnn.frontends.source.values import Class, Function, Instance, Known, Method, Symbol, Table, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


def make_class(machine: Machine, node: ast.ClassDef, frame: Frame) -> Class:
    """Run a class body and make the class."""
    from repairnn.frontends.source.statements import execute_block

    bases = [evaluate(machine, base, frame) for base in node.bases]
    body = Frame(parent=frame, kind="class")
    cls = Class(node.name, bases, body.names, node, span=machine.source.span(node))
    body.owner = cls
    execute_block(machine, node.body, body)
    for value in body.names.values():
        if isinstance(value, Function) and value.owner is None:
            value.owner = cls
    cls.record = any(isinstance(base, Symbol) and base.path.endswith("NamedTuple") for base in bases)
    return cls


def class_attribute(machine: Machine, cls: Class, name: str) -> Value:
    """``Class.name``: functions stay unbound, class methods are bound to the class."""
    found = cls.find(name)
    if isinstance(found, Function) and found.form == "class":
        return Method(found, cls)
    if found is not None:
        return found
    if name == "__name__":
        return Known(cls.name)
    for path in cls.library_bases():
        return machine.library.member(machine, path, name)
    return Unknown(f"{cls.name}.{name}")


def construct(machine: Machine, cls: Class, call: Call) -> Value:
    """``Class(...)``: make an object and run its constructor, the library's part included."""
    instance = Instance(cls, span=call.span)
    machine.used_classes.update(c.node for c in cls.lineage())
    handled = machine.library.constructed(machine, instance, call)
    if handled is not None:
        return handled
    start = cls.find("__init__")
    if isinstance(start, Function):
        Method(start, instance).call(machine, call)
    elif cls.record:
        _fill_record(machine, instance, call)
    machine.library.initialised(machine, instance, call)
    return instance


def _fill_record(machine: Machine, instance: Instance, call: Call) -> None:
    """A dataclass: annotated names are parameters in order."""
    fields: list[str] = []
    for cls in reversed(instance.cls.lineage()):
        for statement in cls.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                fields = [f for f in fields if f != statement.target.id] + [statement.target.id]
    for index, name in enumerate(fields):
        value = call.get(index, name) or instance.cls.find(name)
        instance.attributes[name] = _default_of_field(machine, value, name)
    post = instance.cls.find("__post_init__")
    if isinstance(post, Function):
        Method(post, instance).call(machine, Call())


def _default_of_field(machine: Machine, value: Value | None, name: str) -> Value:
    from repairnn.frontends.source.values import Object

    if isinstance(value, Object) and value.path == "dataclasses.field":
        if "default" in value.attributes:
            return value.attributes["default"]
        factory = value.attributes.get("default_factory")
        return factory.call(machine, Call()) if factory else Unknown(f"field {name}")
    return value if value is not None else Unknown(f"field {name}")


def instance_attribute(machine: Machine, instance: Instance, name: str) -> Value:
    """``object.name``."""
    if name in instance.attributes:
        return instance.attributes[name]
    found = instance.cls.find(name)
    if isinstance(found, Function):
        if found.form == "property":
            return Method(found, instance).call(machine, Call())
        if found.form == "static":
            return found
        return Method(found, instance.cls if found.form == "class" else instance)
    if found is not None:
        return found
    if name == "__class__":
        return instance.cls
    if name == "__dict__":
        return Table.of(instance.attributes)
    return machine.library.instance_member(machine, instance, name)


def set_instance_attribute(machine: Machine, instance: Instance, name: str, value: Value) -> None:
    """``object.name = value``."""
    instance.attributes[name] = value
    machine.library.attribute_set(machine, instance, name, value)


def call_instance(machine: Machine, instance: Instance, call: Call) -> Value:
    """``object(...)``: its own ``__call__``, or what the library makes of calling one (``call``, ``forward``)."""
    handled = machine.library.called(machine, instance, call)
    if handled is not None:
        return handled
    own = instance.cls.find("__call__")
    if isinstance(own, Function):
        return Method(own, instance).call(machine, call)
    return machine.unknown_call(instance, call)


class Super(Value):
    """``super()`` inside a method: attributes of the next class in line, bound to the same object."""

    def __init__(self, owner: Class, receiver: Value) -> None:
        super().__init__()
        self.owner, self.receiver = owner, receiver

    def attribute(self, machine: Machine, name: str) -> Value:
        cls = self.receiver.cls if isinstance(self.receiver, Instance) else self.receiver
        assert isinstance(cls, Class)
        lineage = cls.lineage()
        after = lineage[lineage.index(self.owner) + 1 :] if self.owner in lineage else []
        for candidate in after:
            if name in candidate.names:
                found = candidate.names[name]
                return Method(found, self.receiver) if isinstance(found, Function) else found
        if isinstance(self.receiver, Instance):
            return machine.library.super_member(machine, self.receiver, name)
        return Unknown(f"super().{name}")
