"""``itertools``, ``operator`` and ``functools.partial``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from repairnn.frontends.source import operators
from repairnn.frontends.source.builtins import MAX_RANGE, python
from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import function
from repairnn.frontends.source.values import NONE, Known, Listing, Table, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@function("itertools.repeat")
def _repeat(machine: Machine, call: Call) -> Value:
    value, count = call.get(0, "object"), python(call.get(1, "times") or NONE)
    if value is None or not isinstance(count, int):
        return Listing([value] if value is not None else [], "generator", open=True)
    return Listing([value] * min(max(count, 0), MAX_RANGE), "list")


@function("itertools.chain", "itertools.chain.from_iterable")
def _chain(machine: Machine, call: Call) -> Value:
    whole = [a.value for a in call.positional]
    if call.name == "from_iterable":
        whole = (whole[0].elements(machine) if whole else None) or []
        if not whole:
            return Listing([], open=True)
    parts = [value.elements(machine) for value in whole]
    return Listing([item for part in parts for item in part or ()], "list", open=call.open or None in parts)


@function("itertools.accumulate")
def _accumulate(machine: Machine, call: Call) -> Value:
    elements = call.positional[0].value.elements(machine) if call.positional else None
    if elements is None or len(call.positional) > 1:
        return Unknown("accumulate()")
    totals: list[Value] = []
    for element in elements:
        totals.append(operators.binary(machine, "+", totals[-1], element) if totals else element)
    return Listing(totals)


@function("operator.mul", "operator.add", "operator.sub", "operator.floordiv", "operator.truediv")
def _operator(machine: Machine, call: Call) -> Value:
    signs = {"mul": "*", "add": "+", "sub": "-", "floordiv": "//", "truediv": "/"}
    if len(call.positional) != 2:
        return Unknown(f"{call.name}()")
    return operators.binary(machine, signs[call.name], call.positional[0].value, call.positional[1].value)


@dataclass(eq=False)
class Partial(Value):
    """``functools.partial(function, ...)``."""

    function: Value
    given: Call

    def attribute(self, machine: Machine, name: str) -> Value:
        if name == "func":
            return self.function
        if name == "keywords":
            return Table.of({key: argument.value for key, argument in self.given.keywords.items()})
        if name == "args":
            return Listing([argument.value for argument in self.given.positional], "tuple")
        return Unknown(f"partial.{name}")

    def call(self, machine: Machine, call: Call) -> Value:
        given = self.given
        positional, keywords = (*given.positional, *call.positional), {**given.keywords, **call.keywords}
        return self.function.call(machine, Call(positional, keywords, call.span, call.node, call.open or given.open))

    def is_a(self, path: str) -> bool | None:
        return path == "functools.partial"

    def describe(self) -> str:
        return f"partial({self.function.describe()})"


@function("functools.partial")
def partial(machine: Machine, call: Call) -> Value:
    """A function with some arguments given already."""
    run = call.get(0)
    return Partial(run, call.without_first()) if run is not None else Unknown("partial()")


__all__ = ["NONE", "Known", "Partial", "partial"]
