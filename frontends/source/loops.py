"""Loops, followed as long as they are bounded; what they touch is forgotten when they are not."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source import building
from repairnn.frontends.source.scopes import Frame
from repairnn.frontends.source.values import Known, Listing, Table, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

MAX_ITERATIONS = 2_000
MAX_STEPS = 60_000
#: A loop of more steps that trains is one over epochs or batches: two of them show what all of them do.
ENOUGH = 4
GROWING = {"append", "extend", "insert", "add", "update", "pop", "remove", "clear", "appendleft", "setdefault"}


def run_for(machine: Machine, node: ast.For, frame: Frame) -> Any:
    """A ``for`` loop. Over something not known, the body runs once and what it changes is not known afterwards."""
    from repairnn.frontends.source.expressions import evaluate
    from repairnn.frontends.source.statements import assign, execute_block

    source = evaluate(machine, node.iter, frame)
    elements = source.elements(machine)
    complete = elements is not None
    alike = elements is None and source.sample(machine) is not None  # every step of a loop over batches sees the same
    if elements is None:
        elements = machine.sample(source)
        if not alike:
            machine.unsure_loop(node)
    if complete and len(elements) > ENOUGH and building.trains(node.body):
        elements, complete, alike = elements[:2], False, True
    limit = machine.budget.used + MAX_STEPS
    for count, element in enumerate(elements):
        if count >= MAX_ITERATIONS or machine.budget.used > limit:
            complete = False
            break
        assign(machine, node.target, element, frame)
        signal = execute_block(machine, node.body, frame)
        if signal == "break":
            if complete:
                return None
            break
        if signal is not None and signal != "continue":
            return signal
    if not complete:
        if not alike:
            machine.unsure_loop(node)
        forget(machine, node.body, frame)
    return execute_block(machine, node.orelse, frame) if node.orelse else None


def run_while(machine: Machine, node: ast.While, frame: Frame) -> Any:
    """A ``while`` loop. One whose condition is not known runs once."""
    from repairnn.frontends.source.expressions import evaluate
    from repairnn.frontends.source.statements import execute_block

    limit = machine.budget.used + MAX_STEPS
    endless = isinstance(node.test, ast.Constant)
    for count in range(MAX_ITERATIONS):
        truth = evaluate(machine, node.test, frame).truth()
        if truth is False:
            return execute_block(machine, node.orelse, frame) if node.orelse else None
        if machine.budget.used > limit or (count and (truth is None or endless)):
            break
        machine.endless += endless
        try:
            signal = execute_block(machine, node.body, frame)
        finally:
            machine.endless -= endless
        if signal == "break":
            return None
        if signal is not None and signal != "continue":
            return signal
    machine.unsure_loop(node)
    forget(machine, node.body, frame)
    return None


def forget(machine: Machine, body: Iterable[ast.stmt], frame: Frame) -> None:
    """After a loop that was not followed to its end: counters and totals it changes are not known."""
    for name in sorted(_updated(body)):
        value = frame.lookup(name)
        if isinstance(value, Known):
            frame.assign(name, Unknown(f"{name} after a loop of unknown length"))
    forget_lengths(machine, body, frame)


def forget_lengths(machine: Machine, body: Iterable[ast.stmt], frame: Frame) -> None:
    """Lists and dicts that the statements may grow or shrink have an unknown length afterwards."""
    from repairnn.frontends.source.expressions import evaluate

    for node in _walk(body):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROWING):
            continue
        if isinstance(node.func.value, (ast.Name, ast.Attribute)):
            target: Value = evaluate(machine, node.func.value, frame)
            if isinstance(target, (Listing, Table)):
                target.open = True


def _updated(body: Iterable[ast.stmt]) -> set[str]:
    return {
        node.target.id for node in _walk(body) if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    } | {
        target.id
        for node in _walk(body)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _walk(body: Iterable[ast.stmt]) -> Iterable[ast.AST]:
    for statement in body:
        yield from ast.walk(statement)
