"""Lists, tuples, sets and dicts, as far as their elements are known."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.values.basic import Known, Symbol, Unknown, Value
from repairnn.semantics.ir import Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@dataclass(eq=False)
class Listing(Value):
    """A list, tuple, set or the values of a generator. ``open``: more or fewer elements may be there than listed."""

    items: list[Value]
    kind: str = "list"
    open: bool = False

    def item(self, machine: Machine, key: Value) -> Value:
        from repairnn.frontends.source.operators import listing_item

        return listing_item(self, key)

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        if isinstance(key, Known) and isinstance(key.value, int) and -len(self.items) <= key.value < len(self.items):
            self.items[key.value] = value
        elif not (isinstance(key, Known) and isinstance(key.value, int)):
            self.open = True

    def delete(self, key: Value) -> None:
        """``del self[key]``; a key that is not known leaves a list of unknown length."""
        if isinstance(key, Known) and isinstance(key.value, int) and -len(self.items) <= key.value < len(self.items):
            del self.items[key.value]
        else:
            self.open = True

    def elements(self, machine: Machine) -> list[Value] | None:
        return None if self.open else list(self.items)

    def truth(self) -> bool | None:
        return None if self.open else bool(self.items)


@dataclass(eq=False)
class Table(Value):
    """A dict. Keys are the keys' Python values where known. ``open``: entries may be missing here."""

    entries: dict[Hashable, tuple[Value, Value]]
    open: bool = False

    @staticmethod
    def of(entries: dict[str, Value], span: Span | None = None) -> Table:
        """A table with string keys."""
        return Table({key: (Known(key), value) for key, value in entries.items()}, span=span)

    def item(self, machine: Machine, key: Value) -> Value:
        found = self.entries.get(hashed(key))
        return found[1] if found else Unknown("an entry that is not known")

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        if isinstance(key, Unknown):
            self.open = True
        else:
            self.entries[hashed(key)] = (key, value)

    def delete(self, key: Value) -> None:
        """``del self[key]``; a key that is not known leaves the table as it is."""
        if isinstance(key, Known):
            self.entries.pop(hashed(key), None)

    def elements(self, machine: Machine) -> list[Value] | None:
        return None if self.open else [key for key, _ in self.entries.values()]

    def truth(self) -> bool | None:
        return None if self.open else bool(self.entries)


def hashed(key: Value) -> Hashable:
    """What a dict or set compares for a value: its constant, a tuple of constants, or its identity."""
    if isinstance(key, Known):
        return key.value if key.value.__hash__ else id(key)
    if isinstance(key, Listing) and key.kind == "tuple":
        return tuple(hashed(item) for item in key.items)
    if isinstance(key, Symbol):
        return f"<{key.path}>"
    return id(key)


def wrap(value: Any, span: Span | None = None) -> Value:
    """A plain Python constant, tuple, list or dict as a value."""
    if isinstance(value, Value):
        return value
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return Listing([wrap(item) for item in value], kind, span=span)
    if isinstance(value, dict):
        return Table({key: (wrap(key), wrap(item)) for key, item in value.items()}, span=span)
    return Known(value, span=span)
