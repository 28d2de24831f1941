"""Statements of the program, and how control flows through them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source import imports, loops, operators
from repairnn.frontends.source.classes import make_class
from repairnn.frontends.source.expressions import BINARY, evaluate, make_function
from repairnn.frontends.source.library import TRIALS
from repairnn.frontends.source.scopes import Frame, ProgramRaises
from repairnn.frontends.source.values import NONE, Array, Function, Known, Listing, Symbol, Table, Unknown, Value, known

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@dataclass(frozen=True)
class Return:
    """A function returns."""

    value: Value


BREAK, CONTINUE = "break", "continue"
Signal = Return | str | None


def execute_block(machine: Machine, body: Sequence[ast.stmt], frame: Frame) -> Signal:
    """Run statements until one leaves the block."""
    for index, statement in enumerate(body):
        machine.following = body[index + 1 :]
        signal = execute(machine, statement, frame)
        if signal is not None:
            return signal
    return None


def execute(machine: Machine, node: ast.stmt, frame: Frame) -> Signal:
    """Run one statement."""
    machine.budget.spend()
    kind = EXECUTORS.get(type(node))
    return kind(machine, node, frame) if kind else None


def assign(machine: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    """Bind a target of any form."""
    match target:
        case ast.Name(id=name):
            if isinstance(value, Array) and not value.label:
                value.label = name
            frame.assign(name, value)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            _unpack(machine, targets, value, frame)
        case ast.Starred(value=inner):
            assign(machine, inner, value, frame)
        case ast.Attribute(value=owner, attr=name):
            evaluate(machine, owner, frame).set_attribute(machine, name, value)
        case ast.Subscript(value=owner, slice=key):
            evaluate(machine, owner, frame).set_item(machine, evaluate(machine, key, frame), value)


def _unpack(machine: Machine, targets: list[ast.expr], value: Value, frame: Frame) -> None:
    elements = value.elements(machine)
    star = next((i for i, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    if elements is not None and star is not None and len(elements) >= len(targets) - 1:
        after = len(targets) - star - 1
        middle = Listing(elements[star : len(elements) - after])
        elements = [*elements[:star], middle, *elements[len(elements) - after :]]
    if elements is None or len(elements) != len(targets):
        reason = value.reason if isinstance(value, Unknown) else value.describe()
        parts = value.item if isinstance(value, Unknown) else None
        elements = [parts(machine, Known(i)) if parts else Unknown(reason) for i, _ in enumerate(targets)]
    for target, element in zip(targets, elements, strict=True):
        assign(machine, target, element, frame)


def _assign(machine: Machine, node: ast.Assign, frame: Frame) -> Signal:
    value = evaluate(machine, node.value, frame)
    for target in node.targets:
        assign(machine, target, value, frame)
    return None


def _annotated(machine: Machine, node: ast.AnnAssign, frame: Frame) -> Signal:
    if node.value is not None:
        assign(machine, node.target, evaluate(machine, node.value, frame), frame)
    return None


def _augmented(machine: Machine, node: ast.AugAssign, frame: Frame) -> Signal:
    old = evaluate(machine, _readable(node.target), frame)
    value = evaluate(machine, node.value, frame)
    if isinstance(node.op, ast.Add) and isinstance(old, Listing) and old.kind == "list":
        elements = value.elements(machine)
        old.open = old.open or elements is None
        old.items.extend(elements or ())
        return None
    machine.here = machine.source.span(node)
    result = operators.binary(machine, BINARY[type(node.op)], old, value)
    result.span = result.span or machine.source.span(node)
    assign(machine, node.target, result, frame)
    return None


def _readable(target: ast.expr) -> ast.expr:
    return target  # the evaluators do not look at the context


def _expression(machine: Machine, node: ast.Expr, frame: Frame) -> Signal:
    evaluate(machine, node.value, frame)
    return None


def _define(machine: Machine, node: ast.FunctionDef, frame: Frame) -> Signal:
    function: Value = make_function(machine, node, frame)
    machine.defined.append(function)
    for decorator in reversed(node.decorator_list):
        function = decorated(machine, decorator, function, frame)
    frame.assign(node.name, function)
    return None


def decorated(machine: Machine, node: ast.expr, value: Value, frame: Frame) -> Value:
    """Apply a decorator: those of the program are called, ``property`` and its kin are understood, others ignored."""
    from repairnn.frontends.source.calls import Call

    if frame.brings(getattr(node.func if isinstance(node, ast.Call) else node, "id", "")):
        return value  # a decorator of another file is taken to keep what it decorates
    decorator = evaluate(machine, node, frame)
    path = decorator.path if isinstance(decorator, Symbol) else getattr(node, "id", getattr(node, "attr", ""))
    form = {"staticmethod": "static", "classmethod": "class", "property": "property", "cached_property": "property"}
    name = path.rpartition(".")[2]
    if isinstance(value, Function) and name in form:
        value.form = form[name]
        return value
    if isinstance(value, Function) and name == "setter":
        return value.frame.names.get(value.name, value) if isinstance(value.frame, Frame) else value
    if name == "dataclass":
        return machine.as_record(value)
    if isinstance(decorator, Function):
        result = decorator.call(machine, Call.of(value, span=machine.source.span(node)))
        return result if isinstance(result, (Function, type(value))) else value
    return value


def _class(machine: Machine, node: ast.ClassDef, frame: Frame) -> Signal:
    value: Value = make_class(machine, node, frame)
    machine.defined.append(value)
    for decorator in reversed(node.decorator_list):
        name = getattr(decorator.func if isinstance(decorator, ast.Call) else decorator, "id", "")
        name = name or getattr(decorator.func if isinstance(decorator, ast.Call) else decorator, "attr", "")
        if name == "dataclass":
            value = machine.as_record(value)
    frame.assign(node.name, value)
    return None


def _return(machine: Machine, node: ast.Return, frame: Frame) -> Signal:
    return Return(evaluate(machine, node.value, frame) if node.value else NONE)


def _if(machine: Machine, node: ast.If, frame: Frame) -> Signal:
    following = machine.following
    while True:
        test = evaluate(machine, node.test, frame)
        truth = machine.decide(test, node.test, node.body, node.orelse, following)
        if truth is None and isinstance(test, Unknown) and test.reason == operators.OF_SIZES:
            return _fitting(machine, node, frame)
        if truth is None:
            return _either(machine, node, frame)
        if truth:
            return execute_block(machine, node.body, frame)
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            node = node.orelse[0]  # a chain of elif may be long: no recursion
            continue
        return execute_block(machine, node.orelse, frame)


def _fitting(machine: Machine, node: ast.If, frame: Frame) -> Signal:
    """The sizes of an input decide, and they are not known: a branch in which something cannot fit is not theirs."""
    before = dict(frame.names)
    bad = []
    for body in (node.body, node.orelse):
        frame.names = dict(before)
        bad.append(any(fails(machine, lambda body=body: execute_block(machine, body, frame)) for fails in TRIALS))  # type: ignore[misc]
    frame.names = before
    if bad[0] != bad[1]:
        return execute_block(machine, node.orelse if bad[0] else node.body, frame)
    return _either(machine, node, frame)


def _either(machine: Machine, node: ast.If, frame: Frame) -> Signal:
    """Neither branch matters for the networks: run both and join what they assign."""
    before = dict(frame.names)
    signal = execute_block(machine, node.body, frame)
    after_body = frame.names
    if signal is not None and not isinstance(signal, str):
        after_body = before
    frame.names = dict(before)
    other = execute_block(machine, node.orelse, frame)
    if isinstance(signal, Return) and isinstance(other, Return):
        return Return(machine.join(signal.value, other.value))
    if other is not None and not isinstance(other, str):
        frame.names = after_body
        return None
    for name, value in after_body.items():
        frame.names[name] = machine.join(value, frame.names[name]) if name in frame.names else value
    loops.forget_lengths(machine, [*node.body, *node.orelse], frame)
    return None


def _try(machine: Machine, node: ast.Try, frame: Frame) -> Signal:
    signal: Signal = None
    try:
        signal = execute_block(machine, node.body, frame)
        if signal is None:
            signal = execute_block(machine, node.orelse, frame)
    except ProgramRaises:
        if node.handlers:
            handler = node.handlers[0]
            if handler.name:
                frame.assign(handler.name, Unknown("an exception"))
            signal = execute_block(machine, handler.body, frame)
    final = execute_block(machine, node.finalbody, frame)
    return final if final is not None else signal


def _with(machine: Machine, node: ast.With | ast.AsyncWith, frame: Frame) -> Signal:
    for item in node.items:
        value = evaluate(machine, item.context_expr, frame)
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, machine.library.entered(machine, value), frame)
    return execute_block(machine, node.body, frame)


def _assert(machine: Machine, node: ast.Assert, frame: Frame) -> Signal:
    """``assert x.shape == (10, 3)`` says what the shape of an array is."""
    match node.test:
        case ast.Compare(left=ast.Attribute(value=owner, attr="shape"), ops=[ast.Eq()], comparators=[wanted]):
            array, shape = evaluate(machine, owner, frame), evaluate(machine, wanted, frame)
            sizes = [known(size, int) for size in shape.elements(machine) or ()]
            if isinstance(array, Array) and sizes and (array.shape is None or None in array.shape) and not array.id:
                array.shape = tuple(sizes)
    return None


def _raise(machine: Machine, node: ast.Raise, frame: Frame) -> Signal:
    raise ProgramRaises(ast.unparse(node)[:100])


def _delete(machine: Machine, node: ast.Delete, frame: Frame) -> Signal:
    for target in node.targets:
        match target:
            case ast.Name(id=name):
                frame.names.pop(name, None)
            case ast.Subscript(value=owner, slice=key):
                value, index = evaluate(machine, owner, frame), evaluate(machine, key, frame)
                if isinstance(value, (Listing, Table)):
                    value.delete(index)
    return None


def _global(form: str) -> Callable[[Machine, Any, Frame], Signal]:
    def declare(machine: Machine, node: Any, frame: Frame) -> Signal:
        frame.outer.update(dict.fromkeys(node.names, form))
        return None

    return declare


def _match(machine: Machine, node: ast.Match, frame: Frame) -> Signal:
    """Constant patterns are decided; anything else takes the first case that builds a model."""
    subject = evaluate(machine, node.subject, frame)
    for case in node.cases:
        truth = _matches(machine, subject, case.pattern, frame)
        if truth and case.guard is None:
            return execute_block(machine, case.body, frame)
        if truth is None and machine.builds(case.body):
            return execute_block(machine, case.body, frame)
    return None


def _matches(machine: Machine, subject: Value, pattern: ast.pattern, frame: Frame) -> bool | None:
    match pattern:
        case ast.MatchValue(value=node):
            return operators.equal(subject, evaluate(machine, node, frame))
        case ast.MatchOr(patterns=patterns):
            found = [_matches(machine, subject, p, frame) for p in patterns]
            return True if True in found else None if None in found else False
        case ast.MatchAs(pattern=None, name=name):
            if name:
                frame.assign(name, subject)
            return True
    return None


EXECUTORS: dict[type[ast.stmt], Callable[[Machine, Any, Frame], Signal]] = {
    ast.Assign: _assign, ast.AnnAssign: _annotated, ast.AugAssign: _augmented, ast.Expr: _expression,
    ast.FunctionDef: _define, ast.AsyncFunctionDef: _define, ast.ClassDef: _class, ast.Return: _return, ast.If: _if,
    ast.For: loops.run_for, ast.AsyncFor: loops.run_for, ast.While: loops.run_while, ast.Try: _try, ast.With: _with,
    ast.AsyncWith: _with, ast.Raise: _raise, ast.Assert: _assert, ast.Delete: _delete, ast.Global: _global("global"),
    ast.Nonlocal: _global("nonlocal"), ast.Import: imports.run_import, ast.ImportFrom: imports.run_import_from,
    ast.Break: lambda machine, node, frame: BREAK, ast.Continue: lambda machine, node, frame: CONTINUE,
    ast.Match: _match,
}  # fmt: skip
