"""Python's builtins and the few standard modules that settings and shapes go through."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source import models, operators
from repairnn.frontends.source.library import CONSTANTS, function
from repairnn.frontends.source.scopes import ProgramEnds
from repairnn.frontends.source.values import (
    NONE,
    Array,
    Instance,
    Known,
    Listing,
    Object,
    Symbol,
    Table,
    Unknown,
    Value,
    hashed,
)  # fmt: skip

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

MAX_RANGE = 20_000
CONSTANTS.update(
    {"typing.TYPE_CHECKING": True, "math.pi": math.pi, "math.e": math.e, "sys.maxsize": 2**63 - 1, "math.inf": math.inf}
)
PURE: dict[str, Callable[..., Any]] = {
    "abs": abs, "round": round, "int": int, "float": float, "str": str, "bool": bool, "pow": pow, "divmod": divmod,
    "ord": ord, "chr": chr, "repr": repr, "bytes": bytes, "hex": hex, "bin": bin, "complex": complex, "format": format,
}  # fmt: skip
MATHS = ("ceil", "floor", "sqrt", "log", "log2", "log10", "exp", "pow", "prod", "gcd", "trunc", "isclose", "sin", "cos")


def _pure(name: str, run: Callable[..., Any]) -> Callable[[Machine, Call], Value]:
    def call_it(machine: Machine, call: Call) -> Value:
        values = call.values
        if len(values) == 1 and name in ("int", "abs", "round", "float") and isinstance(values[0], (Known, Unknown)):
            return _number(run, values[0], name)
        constants = [python(value) for value in values]
        if any(c is MISSING for c in constants) or call.keywords or operators._too_big("**" * (name == "pow"), *[
            *constants, 0, 0][:2]):  # fmt: skip
            return Unknown(f"{name}()")
        try:
            return _plain(run(*constants))
        except operators.FAILURES:
            return Unknown(f"{name}()")

    return call_it


def _number(run: Callable[..., Any], value: Known | Unknown, name: str) -> Value:
    symbol = value.symbol if name in ("int",) else None
    if isinstance(value, Unknown):
        return Unknown(value.reason, symbol)
    try:
        return Known(run(value.value), symbol)
    except operators.FAILURES:
        return Unknown(f"{name}({value.value!r})"[:60])


def _plain(value: Any) -> Value:
    from repairnn.frontends.source.values import wrap

    return wrap(value)


MISSING: Any = object()


def python(value: Value) -> Any:
    """A value as plain Python when all of it is known, else ``MISSING``."""
    if isinstance(value, Known):
        return value.value
    if isinstance(value, Listing) and not value.open:
        items = [python(item) for item in value.items]
        return MISSING if any(i is MISSING for i in items) else tuple(items) if value.kind == "tuple" else items
    return MISSING


for _name, _run in PURE.items():
    function(f"builtins.{_name}")(_pure(_name, _run))
for _name in MATHS:
    function(f"math.{_name}")(_pure(_name, getattr(math, _name)))


@function("builtins.print", "builtins.input", "builtins.open", "builtins.setattr_", "builtins.get_ipython")
def _ignored(machine: Machine, call: Call) -> Value:
    return Unknown("what the outside world says")


@function("builtins.len")
def _len(machine: Machine, call: Call) -> Value:
    value = call.get(0)
    if isinstance(value, Array):
        shape = value.shape
        return machine.dimension(value, 0) if shape else Unknown("the length of an array")
    if isinstance(value, Known) and isinstance(value.value, (str, bytes)):
        return Known(len(value.value))
    if isinstance(value, Table) and not value.open:
        return Known(len(value.entries))
    if isinstance(value, models.Tensor) and value.shape(machine):
        return value.dimension(machine, 0)
    elements = value.elements(machine) if value is not None else None
    return Unknown("a length") if elements is None else Known(len(elements))


@function("builtins.range", "builtins.xrange")
def _range(machine: Machine, call: Call) -> Value:
    bounds = [python(argument.value) for argument in call.positional]
    if not bounds or not all(isinstance(b, int) for b in bounds) or bounds[2:] == [0]:
        return Unknown("a range of unknown length")
    numbers = range(*bounds[:3])
    if len(numbers) > MAX_RANGE:
        return Listing([Known(n) for n in numbers[:3]], "range", open=True)
    return Listing([Known(n) for n in numbers], "range")


@function("builtins.list", "builtins.tuple", "builtins.set", "builtins.sorted", "builtins.reversed", "builtins.iter",
          "builtins.frozenset", "collections.deque")  # fmt: skip
def _list(machine: Machine, call: Call) -> Value:
    name = call.name
    kind = "tuple" if name == "tuple" else "list"
    source = call.get(0)
    if source is None:
        return Listing([], "set" if name == "set" else kind)
    elements = source.elements(machine)
    if elements is None:
        sample = source.sample(machine) or (source.items if isinstance(source, Listing) else None)
        return Unknown(name) if sample is None else Listing(list(sample), kind, open=True)
    return _arranged(name, elements, kind, call)


def _arranged(name: str, elements: list[Value], kind: str, call: Call) -> Value:
    if name == "reversed":
        elements = elements[::-1]
    if name in ("set", "frozenset"):
        elements, kind = list({hashed(e): e for e in elements}.values()), "set"
    if name == "sorted":
        constants = [python(e) for e in elements]
        if any(c is MISSING for c in constants) or "key" in call.keywords:
            return Listing(elements, kind) if len(elements) < 2 else Unknown("a sorted list")
        try:
            order = sorted(range(len(elements)), key=lambda i: constants[i])
        except TypeError:
            return Unknown("a sorted list")
        reverse = call.get(None, "reverse")
        elements = [elements[i] for i in (order[::-1] if reverse is not None and reverse.truth() else order)]
    return Listing(elements, kind)


@function("builtins.dict", "collections.OrderedDict")
def _dict(machine: Machine, call: Call) -> Value:
    table = Table({}, open=call.open)
    source = call.get(0)
    if isinstance(source, Table):
        table.entries.update(source.entries)
        table.open = source.open
    elif source is not None:
        pairs = source.elements(machine)
        table.open = pairs is None
        for pair in pairs or ():
            both = pair.elements(machine)
            if both is not None and len(both) == 2:
                table.set_item(machine, both[0], both[1])
            else:
                table.open = True
    for name, argument in call.keywords.items():
        table.set_item(machine, Known(name), argument.value)
    return table


@function("collections.defaultdict", "collections.Counter")
def _open_dict(machine: Machine, call: Call) -> Value:
    return Table({}, open=True)


@function("builtins.enumerate")
def _enumerate(machine: Machine, call: Call) -> Value:
    source, start = call.get(0), python(call.get(1, "start") or Known(0))
    elements = source.elements(machine) if source is not None else None
    unsure = elements is None
    if elements is None:
        elements = machine.sample(source)
    first = start if isinstance(start, int) else 0
    pairs: list[Value] = [Listing([Known(first + i), e], "tuple") for i, e in enumerate(elements)]
    return Listing(pairs, "list", open=unsure)


@function("builtins.zip", "itertools.product")
def _zip(machine: Machine, call: Call) -> Value:
    import itertools

    columns = [argument.value.elements(machine) for argument in call.positional]
    if any(column is None for column in columns) or not columns:
        sample = [machine.sample(a.value)[0] if machine.sample(a.value) else Unknown("") for a in call.positional]
        return Listing([Listing(sample, "tuple")], "list", open=True)
    rows = itertools.product(*columns) if call.name == "product" else zip(*columns, strict=False)  # type: ignore[arg-type]
    return Listing([Listing(list(row), "tuple") for row in itertools.islice(rows, MAX_RANGE)])


@function("builtins.map")
def _map(machine: Machine, call: Call) -> Value:
    from repairnn.frontends.source.calls import Call as Made

    run, source = call.get(0), call.get(1)
    elements = source.elements(machine) if source is not None else None
    if run is None or elements is None or len(call.positional) != 2:
        return Unknown("map()")
    return Listing([run.call(machine, Made.of(e, span=call.span)) for e in elements])


@function("builtins.filter")
def _filter(machine: Machine, call: Call) -> Value:
    return Unknown("filter()")


@function("builtins.sum", "builtins.min", "builtins.max", "builtins.any", "builtins.all")
def _fold(machine: Machine, call: Call) -> Value:
    name = call.name
    many = len(call.positional) > 1 and name in ("min", "max")
    elements = [a.value for a in call.positional] if many else None
    if elements is None and call.positional:
        elements = call.positional[0].value.elements(machine)
    if elements is None or "key" in call.keywords:
        return Unknown(f"{name}()")
    if name == "sum":
        total = call.get(1, "start") or Known(0)
        for element in elements:
            total = operators.binary(machine, "+", total, element)
        return total
    constants = [python(e) for e in elements]
    folds: dict[str, Callable[..., Any]] = {"min": min, "max": max, "any": any, "all": all}
    run = folds.get(name)
    if run is None or any(c is MISSING for c in constants):
        return Unknown(f"{name}()")
    try:
        return _plain(run(constants))
    except operators.FAILURES:
        return Unknown(f"{name}()")


@function("functools.reduce", "builtins.reduce")
def _reduce(machine: Machine, call: Call) -> Value:
    from repairnn.frontends.source.calls import Call as Made

    run, source, total = call.get(0), call.get(1), call.get(2)
    elements = source.elements(machine) if source is not None else None
    if run is None or not elements:
        return Unknown("reduce()")
    if total is None:
        total, *elements = elements
    for element in elements:
        total = run.call(machine, Made.of(total, element, span=call.span))
    return total


@function("builtins.type")
def _type(machine: Machine, call: Call) -> Value:
    value = call.get(0)
    if isinstance(value, Instance):
        return value.cls
    return Symbol(f"builtins.{type(value.value).__name__}") if isinstance(value, Known) else Unknown("type()")


@function("builtins.getattr")
def _getattr(machine: Machine, call: Call) -> Value:
    value, name = call.get(0), call.get(1)
    if value is None or not (isinstance(name, Known) and isinstance(name.value, str)):
        return Unknown("getattr()")
    found = value.attribute(machine, name.value)
    default = call.get(2)
    return default if isinstance(found, Unknown) and default is not None else found


@function("builtins.setattr")
def _setattr(machine: Machine, call: Call) -> Value:
    owner, name, value = call.get(0), call.get(1), call.get(2)
    if owner is not None and value is not None and isinstance(name, Known):
        owner.set_attribute(machine, str(name.value), value)
    return NONE


@function("builtins.hasattr", "builtins.callable")
def _hasattr(machine: Machine, call: Call) -> Value:
    value, name = call.get(0), call.get(1)
    if isinstance(value, Symbol) and call.name == "hasattr":
        return Known(True)  # the library is taken to be as new as the program likes it
    if isinstance(value, Instance) and isinstance(name, Known):
        return Known(name.value in value.attributes or value.cls.find(str(name.value)) is not None)
    return Unknown("hasattr()")


@function("builtins.next")
def _next(machine: Machine, call: Call) -> Value:
    source = call.get(0)
    elements = machine.sample(source) if source is not None else []
    return elements[0] if elements else Unknown("next()")


@function("builtins.exit", "builtins.quit", "sys.exit", "os._exit")
def _exit(machine: Machine, call: Call) -> Value:
    raise ProgramEnds


@function("dataclasses.field")
def _field(machine: Machine, call: Call) -> Value:
    return Object("dataclasses.field", {name: argument.value for name, argument in call.keywords.items()})


@function("copy.copy", "copy.deepcopy")
def _copy(machine: Machine, call: Call) -> Value:
    value = call.get(0)
    if isinstance(value, Listing):
        return Listing(list(value.items), value.kind, value.open)
    if isinstance(value, Table):
        return Table(dict(value.entries), value.open)
    return value if value is not None else Unknown("copy()")
