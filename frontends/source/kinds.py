"""``isinstance``: what kind of thing a value is, as far as that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.iterating import Partial
from repairnn.frontends.source.library import function
from repairnn.frontends.source.values import (
    Class,
    Function,
    Instance,
    Known,
    Listing,
    Method,
    Native,
    Symbol,
    Table,
    Unknown,
    Value,
)  # fmt: skip

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

TYPES = {"int": int, "float": float, "str": str, "bool": bool, "bytes": bytes}
CONTAINERS = ("list", "tuple", "dict", "set")
#: Where abstract classes come from.
ABSTRACT = ("collections.abc.", "typing.", "numbers.", "collections.Iterable", "collections.Sequence")
NUMBERS = ("Number", "Integral", "Real")
SIZED = ("Iterable", "Collection", "Container", "Sized")
LIBRARIES = ("torch.", "numpy.", "keras.")


@function("builtins.isinstance")
def is_instance(machine: Machine, call: Call) -> Value:
    """``isinstance(value, classes)``."""
    value, wanted = call.get(0), call.get(1)
    found = [_is_a(value, cls) for cls in _classes(wanted)]
    return Known(True) if True in found else Unknown("isinstance()") if None in found else Known(False)


@function("builtins.issubclass")
def is_subclass(machine: Machine, call: Call) -> Value:
    """``issubclass(cls, classes)``."""
    value, wanted = call.get(0), call.get(1)
    found: list[bool | None] = []
    for cls in _classes(wanted):
        if isinstance(value, Class) and isinstance(cls, Class):
            found.append(cls in value.lineage())
        elif isinstance(value, Class) and isinstance(cls, Symbol):
            found.append(cls.path in value.library_bases() or None)
        elif isinstance(value, Symbol) and isinstance(cls, Symbol):
            found.append(value.path == cls.path or None)
        else:
            found.append(None)
    return Known(True) if True in found else Unknown("issubclass()") if None in found else Known(False)


def _classes(wanted: Value | None) -> list[Value | None]:
    return list(wanted.items) if isinstance(wanted, Listing) else [wanted]


def _is_a(value: Value | None, cls: Value | None) -> bool | None:
    if isinstance(cls, Class):
        return _of_program(value, cls)
    if not isinstance(cls, Symbol) or value is None:
        return None
    path, name = cls.path, cls.path.rpartition(".")[2]
    if path == "functools.partial":
        return None if isinstance(value, Unknown) else isinstance(value, Partial)
    if path.startswith(ABSTRACT):
        return _has_protocol(value, name)
    if name in ("FunctionType", "LambdaType", "type") and isinstance(value, (Symbol, Function, Class, Partial)):
        return _is_callable_of(value, name)
    if name in TYPES or name in CONTAINERS or path == "types.NoneType":
        return _of_python(value, name)
    if isinstance(value, (Known, Listing, Table)):
        return False if path.startswith(LIBRARIES) else None
    if isinstance(value, (Function, Method, Native, Class, Partial)) or _is_class(value):
        return False if path.startswith(LIBRARIES) else None
    return value.is_a(path)


def _of_program(value: Value | None, cls: Class) -> bool | None:
    if isinstance(value, Instance):
        return cls in value.cls.lineage()
    if isinstance(value, (Known, Listing, Table, Symbol, Function, Class, Partial)):
        return False if not cls.library_bases() or not isinstance(value, (Known, Listing, Table)) else None
    return None


def _of_python(value: Value, name: str) -> bool | None:
    """Whether it is a number, a text or a container of Python."""
    if isinstance(value, Known):
        return isinstance(value.value, TYPES[name]) if name in TYPES else False
    if isinstance(value, Listing):
        return value.kind == name if name in CONTAINERS else False
    if isinstance(value, Table):
        return name == "dict"
    if isinstance(value, (Symbol, Function, Class, Native, Method, Partial)):
        return False
    if isinstance(value, Instance):
        return None if value.cls.library_bases() else False
    if isinstance(value, Unknown):
        return None if value.symbol is None else name == "int"
    return value.is_a(f"builtins.{name}")


def _is_callable_of(value: Value, name: str) -> bool:
    if name == "type":
        return isinstance(value, Class) or _is_class(value)
    return isinstance(value, Function) or (isinstance(value, Symbol) and not _is_class(value))


def _is_class(value: Value) -> bool:
    """Whether a name of a library is that of a class, as its spelling says."""
    return isinstance(value, Symbol) and value.path.rpartition(".")[2][:1].isupper()


def _has_protocol(value: Value, name: str) -> bool | None:
    """Whether a value is one of an abstract class: ``isinstance(x, Iterable)``."""
    if isinstance(value, Known):
        text = isinstance(value.value, (str, bytes))
        if name in (*SIZED, "Sequence"):
            return text
        return name in NUMBERS and not text and value.value is not None
    if isinstance(value, Unknown):
        return None if value.symbol is None else name in NUMBERS
    if isinstance(value, Table):
        return name in (*SIZED, "Mapping", "MutableMapping", "Dict")
    if isinstance(value, Listing):
        return name in (*SIZED, "Sequence", "MutableSequence", "List", "Tuple")
    if isinstance(value, (Symbol, Function, Class, Native, Method, Partial)):
        return name in ("Callable", "Hashable")
    return None
