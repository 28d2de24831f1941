"""Classes of the program that inherit from ``dict``, and enumerations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import Base, attribute, base
from repairnn.frontends.source.values import NONE, Function, Instance, Known, Method, Native, Table, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

ABSTRACT = ("collections.abc.MutableMapping", "collections.abc.Mapping", "typing.MutableMapping")


@base("builtins.dict", "collections.OrderedDict", "collections.UserDict")
class Dicts(Base):
    """``class Registry(dict)``: its entries are those of a dict that it holds."""

    def constructed(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        instance.data.setdefault("dict", Table({}))
        return None

    def initialised(self, machine: Machine, instance: Instance, call: Call) -> None:
        if not isinstance(instance.cls.find("__init__"), Function):
            self._fill(machine, instance, call)

    def _fill(self, machine: Machine, instance: Instance, call: Call) -> Value:
        made = machine.library.call(machine, "builtins.dict", call)
        table = instance.data["dict"]
        if isinstance(made, Table):
            table.entries.update(made.entries)
        table.open = table.open or not isinstance(made, Table) or made.open
        return NONE

    def member(self, machine: Machine, instance: Instance, name: str) -> Value | None:
        table = instance.data.get("dict")
        if not isinstance(table, Table):
            return None
        if name == "__init__":
            return Native(name, lambda machine, call: self._fill(machine, instance, call))
        if name == "__getitem__":
            return Native(name, lambda machine, call: table.item(machine, call.get(0) or NONE))
        if name == "__setitem__":
            return Native(name, lambda machine, call: _set(machine, table, call))
        if name == "__contains__":
            return Native(name, lambda machine, call: _contains(table, call.get(0)))
        found = machine.library.attribute(machine, table, name)
        return None if isinstance(found, Unknown) else found

    def item(self, machine: Machine, instance: Instance, key: Value) -> Value | None:
        table = instance.data.get("dict")
        return table.item(machine, key) if isinstance(table, Table) else None

    def elements(self, machine: Machine, instance: Instance) -> list[Value] | None:
        table = instance.data.get("dict")
        return table.elements(machine) if isinstance(table, Table) else None


@base(*ABSTRACT)
class Mappings(Base):
    """``class Registry(MutableMapping)``: ``get`` and its kin ask the class's own ``__getitem__``."""

    def member(self, machine: Machine, instance: Instance, name: str) -> Value | None:
        if name == "get":
            return Native(name, lambda machine, call: self._get(machine, instance, call))
        return None

    def _get(self, machine: Machine, instance: Instance, call: Call) -> Value:
        key, default = call.get(0, "key"), call.get(1, "default")
        own = instance.cls.find("__getitem__")
        found: Value = Unknown("an entry that is not known")
        if isinstance(own, Function) and isinstance(key, Known):
            found = Method(own, instance).call(machine, Call.of(key))
        # What a program falls back on is what it uses where nothing else was registered.
        return default if isinstance(found, Unknown) and default is not None else found


def _set(machine: Machine, table: Table, call: Call) -> Value:
    key, value = call.get(0), call.get(1)
    if key is not None and value is not None:
        table.set_item(machine, key, value)
    return NONE


def _contains(table: Table, key: Value | None) -> Value:
    from repairnn.frontends.source.operators import contains

    inside = contains(table, key) if key is not None else None
    return Unknown("a comparison") if inside is None else Known(inside)


@base("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag")
class Enumerations(Base):
    """``class Format(str, Enum)``: a member stands for its value, so that members are told apart by their values."""

    def constructed(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        return call.get(0, "value") or Unknown(f"a member of {instance.cls.name}")


@attribute(Known, "value")
def member_value(machine: Machine, member: Known) -> Value:
    """``Format.NHWC.value``."""
    return member
