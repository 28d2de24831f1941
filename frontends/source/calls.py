"""Calls: the arguments with the text that gives them, and running functions of the program."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from repairnn.frontends.source.scopes import Frame, GeneratorFull
from repairnn.frontends.source.values import NONE, Class, Function, Known, Listing, Table, Unknown, Value
from repairnn.semantics.ir import Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@dataclass(frozen=True)
class Argument:
    """One argument of a call: its value, and the expression in the call that gives it.

    ``site`` is ``None`` for what was unpacked from ``*args`` or ``**settings``: the value's own span is then the place.
    """

    value: Value
    site: Span | None = None


@dataclass(frozen=True)
class Call:
    """The arguments of a call and where it was written.

    ``open``: ``*unknown`` or ``**unknown`` may add more. ``callee`` is the canonical path of what is called, when it
    is a library's. ``scope`` are the names that the call can read.
    """

    positional: tuple[Argument, ...] = ()
    keywords: Mapping[str, Argument] = field(default_factory=dict)
    span: Span | None = None
    node: ast.Call | None = None
    open: bool = False
    callee: str = ""
    scope: Frame | None = None

    @property
    def name(self) -> str:
        """The last part of the library path that is called."""
        return self.callee.rpartition(".")[2]

    @staticmethod
    def of(*values: Value, span: Span | None = None, **keywords: Value) -> Call:
        """A call with these values, written nowhere."""
        return Call(
            tuple(Argument(value) for value in values), {k: Argument(v) for k, v in keywords.items()}, span=span
        )

    def argument(self, index: int | None, *names: str) -> Argument | None:
        """The argument at a position or by any of the names."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        if index is not None and index < len(self.positional):
            return self.positional[index]
        return None

    def get(self, index: int | None, *names: str) -> Value | None:
        """The value at a position or by any of the names; ``None`` when it is not given."""
        found = self.argument(index, *names)
        return found.value if found else None

    @property
    def values(self) -> list[Value]:
        """All values given, positional first."""
        return [a.value for a in self.positional] + [a.value for a in self.keywords.values()]

    def without_first(self) -> Call:
        """The same call less its first positional argument."""
        return replace(self, positional=self.positional[1:])

    def with_first(self, value: Value) -> Call:
        """The same call with one more positional argument before the others."""
        return replace(self, positional=(Argument(value), *self.positional))


def run_function(machine: Machine, function: Function, call: Call, receiver: Value | None) -> Value:
    """Run a function of the program on a call. Recursion deeper than the budget allows gives an unknown value."""
    budget = machine.budget
    budget.spend()
    if budget.level >= budget.depth:
        return Unknown(f"{function.name}() calls itself too deeply")
    frame = Frame(parent=function.frame, receiver=receiver, owner=function.owner)
    _bind(machine, function, call, receiver, frame)
    machine.ran.add(function.node)
    budget.level += 1
    machine.callers.append(call.span)
    source, machine.source = machine.source, function.source or machine.source
    try:
        return _run_body(machine, function, frame)
    finally:
        machine.source = source
        budget.level -= 1
        machine.callers.pop()


def _run_body(machine: Machine, function: Function, frame: Frame) -> Value:
    from repairnn.frontends.source.expressions import evaluate
    from repairnn.frontends.source.statements import Return, execute_block

    if isinstance(function.node, ast.Lambda):
        return evaluate(machine, function.node.body, frame)
    if machine.is_generator(function.node):
        frame.yielded = []
        try:
            execute_block(machine, function.node.body, frame)
        except GeneratorFull:
            return Listing(frame.yielded, "generator", open=True)
        return Listing(frame.yielded, "generator", open=True)
    signal = execute_block(machine, function.node.body, frame)
    return signal.value if isinstance(signal, Return) else NONE


def _bind(machine: Machine, function: Function, call: Call, receiver: Value | None, frame: Frame) -> None:
    """Give parameters their values. What is missing is unknown, not an error: callers may be unknown too."""
    spec = function.node.args
    names = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    values = [argument.value for argument in call.positional]
    if receiver is not None and function.form != "static":
        values.insert(0, receiver)
    bound = dict(zip(names, values, strict=False))
    keywords = {name: argument.value for name, argument in call.keywords.items()}
    for name in (*names, *(a.arg for a in spec.kwonlyargs)):
        if name in keywords:
            bound[name] = keywords.pop(name)
    defaults = dict(zip(names[len(names) - len(function.defaults) :], function.defaults, strict=False))
    defaults.update(function.keyword_defaults)
    for name in (*names, *(a.arg for a in spec.kwonlyargs)):
        if name not in bound:
            default = defaults.get(name)
            bound[name] = default if default is not None else Unknown(f"parameter {name} of {function.name}()")
            if call.open and default is not None:
                bound[name] = _assumed(default)
    frame.names.update(bound)
    if spec.vararg:
        frame.names[spec.vararg.arg] = Listing(values[len(names) :], "tuple", open=call.open)
    if spec.kwarg:
        entries = dict(keywords.items())
        table = Table.of(entries)
        table.open = call.open
        frame.names[spec.kwarg.arg] = table


def _assumed(default: Value) -> Value:
    """The default of a parameter in a call that nobody wrote: a ``None`` there may stand for what callers give."""
    if isinstance(default, Known) and default.value is None:
        return Known(None, span=default.span, assumed=True)
    return default


def is_class(value: Value | None) -> bool:
    """Whether a value is a class of the program."""
    return isinstance(value, Class)


def given(value: Value | None) -> bool:
    """Whether an optional argument was given and is not None."""
    return value is not None and not (isinstance(value, Known) and value.value is None)
