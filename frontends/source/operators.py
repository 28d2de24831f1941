"""Operators on known values, with bounds on the size of results."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.values import (
    Class,
    Function,
    Instance,
    Known,
    Listing,
    Slice,
    Symbol,
    Table,
    Unknown,
    Value,
    hashed,
)
from repairnn.semantics.ir import Arith

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_,
    "|": operator.or_, "^": operator.xor, "@": operator.matmul,
}  # fmt: skip
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
UNARY: dict[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
SYMBOLIC = {"+", "-", "*", "//", "%"}
MAX_ITEMS = 20_000
MAX_TEXT = 100_000
#: What Python raises for operands that do not fit. The value is then not known: the program would stop there.
FAILURES = (ArithmeticError, TypeError, ValueError, IndexError, KeyError, AttributeError)


def binary(machine: Machine, op: str, left: Value, right: Value) -> Value:
    """``left op right``."""
    for value, other, reflected in ((left, right, False), (right, left, True)):
        result = value.operate(machine, op, other, reflected)
        if result is not None:
            return result
    if isinstance(left, Known) and isinstance(right, Known):
        if op == "/" and machine.source.python2 and isinstance(left.value, int) and isinstance(right.value, int):
            op = "//"
        return _constants(op, left, right)
    if isinstance(left, Listing) or isinstance(right, Listing):
        return _listings(op, left, right)
    if isinstance(left, Table) and isinstance(right, Table) and op == "|":
        return Table({**left.entries, **right.entries}, left.open or right.open)
    symbol = _symbol(op, left, right)
    return Unknown(_reason(left, right), symbol)


def _reason(left: Value, right: Value) -> str:
    return left.reason if isinstance(left, Unknown) else right.reason if isinstance(right, Unknown) else ""


def _constants(op: str, left: Known, right: Known) -> Value:
    a, b = left.value, right.value
    if _too_big(op, a, b):
        return Unknown("a very large value")
    try:
        return Known(BINARY[op](a, b), _symbol(op, left, right))
    except FAILURES:
        return Unknown(f"{a!r} {op} {b!r}"[:80])


def _too_big(op: str, a: Any, b: Any) -> bool:
    if op == "**":
        return isinstance(a, int) and isinstance(b, int) and abs(b) * max(1, abs(a).bit_length()) > 4096
    if op == "<<":
        return isinstance(b, int) and b > 4096
    if op == "+" and isinstance(a, (str, bytes)) and isinstance(b, (str, bytes)):
        return len(a) + len(b) > MAX_TEXT
    if op == "*":
        for text, times in ((a, b), (b, a)):
            if isinstance(text, (str, bytes)) and isinstance(times, int):
                return len(text) * times > MAX_TEXT
        return isinstance(a, int) and isinstance(b, int) and a.bit_length() + b.bit_length() > 8192
    return op == "%" and isinstance(a, (str, bytes)) and not short_fields(str(a))


def short_fields(template: str) -> bool:
    """Whether no field of a format string asks for a huge width."""
    digits = "".join(c if c.isdigit() else " " for c in template).split()
    return len(template) < MAX_TEXT and "*" not in template and all(len(d) < 4 for d in digits)


def _symbol(op: str, left: Value, right: Value) -> Arith | None:
    """How the result depends on tensors, when both sides are integers and one does."""
    sides = [side for side in (left, right) if isinstance(side, (Known, Unknown))]
    if op not in SYMBOLIC or len(sides) < 2 or all(side.symbol is None for side in sides):
        return None
    parts = [_part(side) for side in sides]
    return None if None in parts else Arith(op, *parts)


def _part(side: Known | Unknown) -> Any:
    if side.symbol is not None:
        return side.symbol
    return side.value if isinstance(side, Known) and isinstance(side.value, int) else None


def _listings(op: str, left: Value, right: Value) -> Value:
    if op == "+" and isinstance(left, Listing) and isinstance(right, Listing):
        if len(left.items) + len(right.items) > MAX_ITEMS:
            return Listing(left.items[:1], left.kind, open=True)
        return Listing(left.items + right.items, left.kind, left.open or right.open)
    listing, times = (left, right) if isinstance(left, Listing) else (right, left)
    assert isinstance(listing, Listing)
    if op == "*" and isinstance(times, Known) and isinstance(times.value, int):
        if len(listing.items) * times.value > MAX_ITEMS:
            return Listing(listing.items[:1], listing.kind, open=True)
        return Listing(listing.items * times.value, listing.kind, listing.open)
    if op == "*" and isinstance(times, Unknown):
        return Listing(list(listing.items), listing.kind, open=True)
    return Unknown("a list that is not known")


def unary(machine: Machine, op: str, value: Value) -> Value:
    """``-x``, ``+x``, ``~x``."""
    if isinstance(value, Known):
        try:
            symbol = Arith("neg", value.symbol) if op == "-" and value.symbol is not None else None
            return Known(UNARY[op](value.value), symbol)
        except FAILURES:
            return Unknown(f"{op}{value.value!r}")
    if isinstance(value, Unknown):
        return Unknown(value.reason, Arith("neg", value.symbol) if op == "-" and value.symbol is not None else None)
    result = value.operate(machine, f"unary{op}", value, False)
    return result if result is not None else Unknown(f"{op} of {value.describe()}")


def compare(machine: Machine, op: str, left: Value, right: Value) -> Value:
    """``left op right`` for comparisons, ``is`` and ``in``, negated forms too."""
    if op in ("is", "is not"):
        same = _identical(left, right)
        return Unknown("a comparison") if same is None else Known(same == (op == "is"))
    if op in ("in", "not in"):
        inside = contains(right, left)
        return Unknown("a comparison") if inside is None else Known(inside == (op == "in"))
    result = left.operate(machine, op, right, False)
    if result is not None:
        return result
    if isinstance(left, Known) and isinstance(right, Known):
        try:
            return Known(bool(COMPARE[op](left.value, right.value)))
        except FAILURES:
            return Unknown("a comparison")
    same = equal(left, right)
    if op in ("==", "!=") and same is not None:
        return Known(same == (op == "=="))
    return Unknown(OF_SIZES if _is_size(left) or _is_size(right) else "a comparison")


#: Why a comparison is not known whose outcome the shape of an input decides.
OF_SIZES = "a comparison of sizes"


def _is_size(value: Value) -> bool:
    """Whether a value is a size that is not known: of a tensor, or of one that is optional and was not given."""
    told = ("a size", "sizes", "None.shape", "None.size")
    return isinstance(value, Unknown) and (value.symbol is not None or value.reason.startswith(told))


def _identical(left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Known) and isinstance(right, Known):
        return left.value is right.value or (type(left.value) is type(right.value) and left.value == right.value)
    if isinstance(left, Symbol) and isinstance(right, Symbol):
        return left.path == right.path
    return left is right


def equal(left: Value, right: Value) -> bool | None:
    """Equality where it is known."""
    if left is right and not isinstance(left, Unknown):
        return True
    if isinstance(left, Known) and isinstance(right, Known):
        return bool(left.value == right.value)
    if isinstance(left, Listing) and isinstance(right, Listing) and not (left.open or right.open):
        if len(left.items) != len(right.items) or (left.kind == "tuple") != (right.kind == "tuple"):
            return False
        parts = [equal(a, b) for a, b in zip(left.items, right.items, strict=True)]
        return False if False in parts else None if None in parts else True
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Symbol) and isinstance(right, Symbol):
        return left.path == right.path
    return False if type(left) is not type(right) else None


def contains(container: Value, item: Value) -> bool | None:
    """``item in container`` where it is known."""
    if isinstance(container, Instance) and isinstance(container.data.get("dict"), Table):
        container = container.data["dict"]
    if isinstance(container, Known) and isinstance(item, Known):
        if isinstance(container.value, str) and isinstance(item.value, str):
            return item.value in container.value
        return None
    if isinstance(container, Table):
        if not isinstance(item, (Known, Listing, Symbol, Class, Function)):
            return None
        return True if hashed(item) in container.entries else None if container.open else False
    if isinstance(container, Listing):
        found = [equal(member, item) for member in container.items]
        if True in found:
            return True
        return None if container.open or None in found else False
    return None


def known_item(value: Known, key: Value) -> Value:
    """An item or slice of a string."""
    if isinstance(value.value, (str, bytes)):
        index = slice_of(key) if isinstance(key, Slice) else key.value if isinstance(key, Known) else None
        if index is not None:
            try:
                return Known(value.value[index])
            except FAILURES:
                return Unknown("a character that is not there")
    return Unknown(f"an item of {value.value!r}"[:80])


def slice_of(key: Slice) -> slice | None:
    """A Python slice when its parts are known."""
    parts = [key.lower, key.upper, key.step]
    if not all(isinstance(p, Known) and (p.value is None or isinstance(p.value, int)) for p in parts):
        return None
    return slice(*(p.value for p in parts if isinstance(p, Known)))


def listing_item(listing: Listing, key: Value) -> Value:
    """An item or slice of a list or tuple."""
    if isinstance(key, Slice):
        index = slice_of(key)
        if index is None or (listing.open and not _front(index, len(listing.items))):
            return Listing(listing.items[:1], listing.kind, open=True)
        try:
            return Listing(listing.items[index], listing.kind)
        except ValueError:
            return Unknown("a slice with step 0")
    if isinstance(key, Known) and isinstance(key.value, int):
        if -len(listing.items) <= key.value < len(listing.items) and (not listing.open or key.value >= 0):
            return listing.items[key.value]
        return Unknown("an item that is not there")
    return Unknown("an item of a list")


def _front(index: slice, length: int) -> bool:
    return (index.start or 0) >= 0 and index.stop is not None and 0 <= index.stop <= length
