"""Pieces of programs: models and tensors that a snippet uses and never makes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from repairnn.frontends.source.building import layer_names
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.layers import add_input
from repairnn.frontends.source.keras.sequential import Sequential, finish
from repairnn.frontends.source.library import ASSUMED, FINISHED
from repairnn.frontends.source.models import Record
from repairnn.frontends.source.values import Unknown, Value
from repairnn.semantics.ir import Ref, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


def _model(machine: Machine, name: str) -> Value | None:
    """A name that nothing defines and layers are added to is a Sequential model made elsewhere."""
    if name not in _grown(machine):
        return None
    model = Sequential(Record(name, "keras"))
    model.record.prepare = lambda machine: finish(machine, model)
    machine.records.append(model.record)
    machine.frame.names[name] = model
    return model


def _grown(machine: Machine) -> set[str]:
    """Names with calls like ``name.add(Dense(...))`` in the text."""
    if "grown" not in machine.memo:
        machine.memo["grown"] = {
            node.func.value.id
            for node in ast.walk(machine.source.tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "add"
            and isinstance(node.func.value, ast.Name)
            and any(_is_layer(argument) for argument in node.args)
        }
    found: set[str] = machine.memo["grown"]
    return found


def _is_layer(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", "")) in layer_names()


def tensor_from_outside(machine: Machine, value: Unknown, span: Span | None) -> Ref:
    """The input that stands for a tensor made elsewhere; the same value is the same input."""
    known: dict[int, tuple[Unknown, Ref]] = machine.memo.setdefault("outside", {})
    if id(value) not in known:
        reason = f"what comes in here: {value.reason}" if value.reason else "what comes in here"
        ref = add_input(machine, None, machine.numbered("input_layer"), Site(value.span or span), reason[:100])
        known[id(value)] = (value, ref)
    return known[id(value)][1]


def _loose_ends(machine: Machine) -> None:
    """Layers that belong to no model: the snippet ends before ``Model(...)``. Their last tensors are its outputs."""
    nodes = machine.graph.nodes
    used = {ref.node for record in machine.records for ref in record.outputs}
    if used:
        return
    read = {ref.node for node in nodes.values() for ref in node.inputs}
    ends = [
        Ref(identifier)
        for identifier, node in nodes.items()
        if identifier not in read and node.layer and machine.graph.frameworks[identifier] == "keras"
    ]
    if ends:
        machine.records.append(Record("model", "keras", None, [], ends))


ASSUMED.append(_model)
FINISHED.append(_loose_ends)
