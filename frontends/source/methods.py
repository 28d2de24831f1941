"""Methods of strings, lists, tuples, sets and dicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source import operators
from repairnn.frontends.source.builtins import MISSING, python
from repairnn.frontends.source.library import method
from repairnn.frontends.source.values import NONE, Known, Listing, Table, Unknown, Value, hashed, wrap

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

TEXT = (
    "lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "rsplit", "join", "replace",
    "startswith", "endswith", "format", "find", "index", "count", "isdigit", "zfill", "splitlines", "rjust", "ljust",
    "partition", "rpartition", "encode", "decode", "removeprefix", "removesuffix",
)  # fmt: skip


def _text(name: str) -> Callable[[Machine, Known, Call], Value]:
    def run(machine: Machine, text: Known, call: Call) -> Value:
        found = getattr(text.value, name, None)
        arguments = [python(a.value) for a in call.positional]
        keywords = {k: python(a.value) for k, a in call.keywords.items()}
        if found is None or any(a is MISSING for a in (*arguments, *keywords.values())) or call.open:
            return Unknown("a text that is not known")
        if name in ("zfill", "rjust", "ljust") and not all(isinstance(a, int) and a < 1000 for a in arguments[:1]):
            return Unknown("a text that is not known")
        if name == "format" and not operators.short_fields(str(text.value)):
            return Unknown("a text that is not known")
        if _length(text.value, arguments) > operators.MAX_TEXT:
            return Unknown("a text that is not known")
        try:
            return wrap(found(*arguments, **keywords))
        except operators.FAILURES:
            return Unknown("a text that is not known")

    return run


def _length(text: Any, arguments: list[Any]) -> int:
    """A bound for how long the result of a text method can be."""
    if not isinstance(text, (str, bytes)):
        return 0
    pieces = [p for a in arguments for p in (a if isinstance(a, (list, tuple)) else [a])]
    longest = max((len(p) for p in pieces if isinstance(p, (str, bytes))), default=1)
    return (len(text) + 1) * (longest + 1) if len(pieces) < 3 else (len(text) + longest) * len(pieces)


for _name in TEXT:
    method(Known, _name)(_text(_name))


@method(Listing, "append", "add", "appendleft")
def _append(machine: Machine, listing: Listing, call: Call) -> Value:
    value = call.get(0)
    if value is None:
        return NONE
    if listing.kind == "set" and any(hashed(i) == hashed(value) for i in listing.items):
        return NONE
    if len(listing.items) >= operators.MAX_ITEMS:
        listing.open = True
        return NONE
    listing.items.append(value)
    return NONE


@method(Listing, "extend", "update")
def _extend(machine: Machine, listing: Listing, call: Call) -> Value:
    value = call.get(0)
    elements = value.elements(machine) if value is not None else None
    if elements is None or len(listing.items) + len(elements) > operators.MAX_ITEMS:
        listing.open = True
        return NONE
    listing.items.extend(elements)
    return NONE


@method(Listing, "insert")
def _insert(machine: Machine, listing: Listing, call: Call) -> Value:
    index, value = python(call.get(0) or NONE), call.get(1)
    if isinstance(index, int) and value is not None:
        listing.items.insert(index, value)
    else:
        listing.open = True
    return NONE


@method(Listing, "pop", "popleft")
def _pop(machine: Machine, listing: Listing, call: Call) -> Value:
    index = python(call.get(0) or Known(-1))
    if listing.open or not isinstance(index, int) or not -len(listing.items) <= index < len(listing.items):
        listing.open = True
        return Unknown("an item of a list")
    return listing.items.pop(index)


@method(Listing, "remove", "clear", "sort")
def _disturb(machine: Machine, listing: Listing, call: Call) -> Value:
    if not call.positional and not call.keywords and len({type(python(i)) for i in listing.items}) <= 1:
        constants = [python(i) for i in listing.items]
        if constants and all(isinstance(c, (int, float, str)) for c in constants):
            listing.items.sort(key=lambda item: python(item))
            return NONE
    listing.open = True
    return NONE


@method(Listing, "reverse")
def _reverse(machine: Machine, listing: Listing, call: Call) -> Value:
    listing.items.reverse()
    return NONE


@method(Listing, "copy")
def _copy(machine: Machine, listing: Listing, call: Call) -> Value:
    return Listing(list(listing.items), listing.kind, listing.open)


@method(Listing, "index", "count")
def _index(machine: Machine, listing: Listing, call: Call) -> Value:
    wanted = call.get(0)
    if listing.open or wanted is None:
        return Unknown("a position in a list")
    for position, item in enumerate(listing.items):
        same = operators.equal(item, wanted)
        if same is None:
            break
        if same:
            return Known(position)
    return Unknown("a position in a list")


@method(Table, "get")
def _get(machine: Machine, table: Table, call: Call) -> Value:
    key = call.get(0)
    if key is not None and hashed(key) in table.entries:
        return table.entries[hashed(key)][1]
    if table.open or isinstance(key, (Unknown, type(None))):
        return Unknown("an entry that is not known")
    return call.get(1, "default") or NONE


@method(Table, "setdefault")
def _setdefault(machine: Machine, table: Table, call: Call) -> Value:
    key = call.get(0)
    if key is None or isinstance(key, Unknown):
        table.open = True
        return Unknown("an entry that is not known")
    if hashed(key) not in table.entries:
        table.set_item(machine, key, Unknown("an entry that is not known") if table.open else call.get(1) or NONE)
    return table.entries[hashed(key)][1]


@method(Table, "pop")
def _table_pop(machine: Machine, table: Table, call: Call) -> Value:
    key = call.get(0)
    if key is None or isinstance(key, Unknown):
        table.open = True
        return Unknown("an entry that is not known")
    found = table.entries.pop(hashed(key), None)
    if found is not None:
        return found[1]
    return call.get(1) or Unknown("an entry that is not there")


@method(Table, "update")
def _update(machine: Machine, table: Table, call: Call) -> Value:
    source = call.get(0)
    if isinstance(source, Table):
        table.entries.update(source.entries)
        table.open = table.open or source.open
    elif source is not None:
        table.open = True
    for name, argument in call.keywords.items():
        table.set_item(machine, Known(name), argument.value)
    return NONE


@method(Table, "keys", "iterkeys")
def _keys(machine: Machine, table: Table, call: Call) -> Value:
    return Listing([key for key, _ in table.entries.values()], "list", table.open)


@method(Table, "values", "itervalues")
def _values(machine: Machine, table: Table, call: Call) -> Value:
    return Listing([value for _, value in table.entries.values()], "list", table.open)


@method(Table, "items", "iteritems")
def _items(machine: Machine, table: Table, call: Call) -> Value:
    pairs: list[Value] = [Listing([key, value], "tuple") for key, value in table.entries.values()]
    return Listing(pairs, "list", table.open)


@method(Table, "copy")
def _table_copy(machine: Machine, table: Table, call: Call) -> Value:
    return Table(dict(table.entries), table.open)


def constants(values: list[Value]) -> list[Any]:
    """Plain values where known, ``None`` where not."""
    return [None if python(value) is MISSING else python(value) for value in values]
