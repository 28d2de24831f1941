"""Layers that wrap layers or functions: TimeDistributed, Bidirectional, RNN cells, Lambda."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.keras.arguments import Bound, declared_input, full_shape
from repairnn.frontends.source.keras.layers import Layer, as_value, layer_name, layer_of, tensors_of
from repairnn.frontends.source.library import function
from repairnn.frontends.source.models import Tensor
from repairnn.frontends.source.values import Function, Instance, Known, Listing, Native, Symbol, Unknown, Value
from repairnn.semantics.checker import dim_reader
from repairnn.semantics.ir import Ref, Span, resolve

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@function("keras.layers.TimeDistributed", "keras.layers.Bidirectional", "keras.layers.Wrapper",
          "keras.layers.SpectralNormalization")  # fmt: skip
def wrapper(machine: Machine, call: Call) -> Value:
    """``TimeDistributed(layer)``, ``Bidirectional(layer, merge_mode=)``."""
    inner = call.get(0, "layer", "backward_layer")
    name, named = layer_name(machine, call.name, call)
    if call.name == "Bidirectional" and isinstance(inner, Layer):
        inner = _around_one_cell(inner)
    made = Layer(call.name, "", Bound(), name, f"{name}@{machine.serial()}", call.span, declared_input(call.name, call),
                 inner, named)  # fmt: skip
    if isinstance(inner, Layer):
        made.declared = made.declared or inner.declared
        if call.name == "Bidirectional":
            made.bound = _bidirectional(inner, call)
            made.kind = inner.kind
    return made


def _around_one_cell(inner: Layer) -> Layer:
    """The recurrent layer that ``RNN(cell)`` stands for; any other layer, and a chain of cells, as it is."""
    cells = inner.inner.items if inner.cls == "RNN" and isinstance(inner.inner, Listing) else []
    return cells[0] if len(cells) == 1 and isinstance(cells[0], Layer) else inner


def _bidirectional(inner: Layer, call: Call) -> Bound:
    mode = call.argument(1, "merge_mode")
    args: dict[str, Any] = {**inner.bound.args, "bidirectional": True}
    arguments = dict(inner.bound.arguments)
    unread = inner.bound.unread
    if mode is not None and isinstance(mode.value, Known):
        args["merge_mode"], arguments["merge_mode"] = mode.value.value, mode
    elif mode is not None:
        unread = (*unread, "merge_mode")
    return replace(inner.bound, args=args, arguments=arguments, unread=unread)


@function("keras.layers.TimeDistributedDense")
def time_distributed_dense(machine: Machine, call: Call) -> Value:
    """Keras 1: a dense layer at every step, which is what ``Dense`` does today."""
    return layer_of(machine, "Dense", call)


@function("keras.layers.RNN")
def rnn(machine: Machine, call: Call) -> Value:
    """``RNN(cell)`` is one recurrent layer; ``RNN([cells])`` a chain of them."""
    cell = call.get(0, "cell")
    cells = _cells(cell)
    name, named = layer_name(machine, "RNN", call)
    made = Layer("RNN", "", Bound(), name, f"{name}@{machine.serial()}", call.span, declared_input("LSTM", call),
                 cell, named)  # fmt: skip
    settings = layer_of(machine, "LSTM", replace(call.without_first(), positional=()))
    machine.unnumber("lstm")
    if cells and all(isinstance(c, Layer) and c.kind for c in cells):
        made.inner = Listing([_as_layer(c, i == len(cells) - 1, settings) for i, c in enumerate(cells)])  # type: ignore[arg-type]
    return made


@function("keras.layers.StackedRNNCells")
def stacked(machine: Machine, call: Call) -> Value:
    """A list of cells."""
    return call.get(0, "cells") or Unknown("cells")


def _cells(cell: Value | None) -> list[Value]:
    if isinstance(cell, Listing):
        return [c for item in cell.items for c in _cells(item)]
    return [cell] if cell is not None else []


CELLS = {"LSTMCell": ("LSTM", "lstm"), "GRUCell": ("GRU", "gru"), "SimpleRNNCell": ("SimpleRNN", "simple_rnn")}


def _as_layer(cell: Layer, last: bool, settings: Layer) -> Value:
    spelling, kind = CELLS.get(cell.cls, ("", ""))
    own = dict(cell.bound.args.items())
    shared = settings.bound.args if last else {"return_sequences": True}
    shared = {k: v for k, v in shared.items() if k not in ("units", "cell")}
    bound = replace(
        cell.bound, args={**own, **shared, "cell": kind},
        arguments={**cell.bound.arguments, **(settings.bound.arguments if last else {})},
    )  # fmt: skip
    return replace(cell, cls=spelling, kind="recurrent" if kind else "", bound=bound, uses=[])


@function("keras.layers.Lambda")
def lambda_layer(machine: Machine, call: Call) -> Value:
    """``Lambda(function)``: read through when the function can be read."""
    name, named = layer_name(machine, "Lambda", call)
    run = call.get(0, "function")
    settings, claimed = call.get(None, "arguments"), call.get(1, "output_shape")
    made = Layer("Lambda", "", Bound(), name, f"{name}@{machine.serial()}", call.span, declared_input("Lambda", call),
                 run, named)  # fmt: skip
    found = {"arguments": settings, "output_shape": claimed}
    made.bound = Bound(arguments={k: Argument(v) for k, v in found.items() if v is not None})
    return made


def _claimed(machine: Machine, layer: Layer, inputs: Sequence[Ref]) -> tuple[Any, ...] | None:
    """The shape that ``Lambda(function, output_shape=...)`` promises, batch axis included."""
    argument = layer.bound.arguments.get("output_shape")
    value = argument.value if argument else None
    if isinstance(value, Function):
        given = Tensor(inputs[0]).dimensions(machine)
        shape, unread = full_shape(value.call(machine, Call.of(given)), True)
    elif isinstance(value, Listing):
        shape, unread = full_shape(value, False)
    else:
        return None
    return None if unread or shape is None else (None, *resolve(shape[1:], dim_reader(machine.graph.shapes)))


Wrapper = Callable[["Machine", Layer, Sequence[Ref], "Span | None"], list[Ref]]


def apply_inner(machine: Machine, inner: Value | None, refs: Sequence[Ref], span: Span | None) -> list[Ref]:
    """Apply whatever a wrapper or model holds."""
    if inner is None:
        return []
    if hasattr(inner, "apply"):
        return list(inner.apply(machine, refs, span))
    result = inner.call(machine, Call.of(as_value(refs), span=span))
    return tensors_of(machine, result)


def _time_distributed(machine: Machine, layer: Layer, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
    site, graph = layer.site(span), machine.graph
    folded = graph.add("time_fold", {}, inputs, "keras", spelling="TimeDistributed", name=f"{layer.name}_fold",
                       site=site, hidden=True)  # fmt: skip
    inner = apply_inner(machine, layer.inner, folded, span)
    if not inner:
        return graph.opaque(inputs, "keras", spelling="TimeDistributed", name=layer.name, site=site)
    return graph.add("time_unfold", {}, (inner[0], inputs[0]), "keras", spelling="TimeDistributed", name=layer.name,
                     site=site, hidden=True)  # fmt: skip


def _bidirectional_node(machine: Machine, layer: Layer, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
    inner = layer.inner
    if not isinstance(inner, Layer) or not layer.kind:
        return machine.graph.opaque(inputs, "keras", spelling="Bidirectional", name=layer.name, site=layer.site(span))
    named = replace(layer, cls=inner.cls, uses=[])
    return named.node(machine, inputs, span)


def _rnn(machine: Machine, layer: Layer, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
    refs = list(inputs)
    if not isinstance(layer.inner, Listing):
        return machine.graph.opaque(inputs, "keras", spelling="RNN", name=layer.name, site=layer.site(span))
    for inner in layer.inner.items:
        assert isinstance(inner, Layer)
        refs = inner.node(machine, refs[:1] if inner is not layer.inner.items[0] else refs, layer.call_span)
    return refs


def _lambda(machine: Machine, layer: Layer, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
    site = layer.site(span)
    run = layer.inner
    if isinstance(run, (Function, Native, Symbol, Instance)):
        call = Call.of(as_value(inputs), span=layer.call_span)
        settings = layer.bound.arguments.get("arguments")
        if settings is not None and hasattr(settings.value, "entries"):
            more = {k: Argument(v) for k, (_, v) in settings.value.entries.items() if isinstance(k, str)}
            call = replace(call, keywords=more)
        result = run.call(machine, call)
        refs = tensors_of(machine, result)
        if refs and not any(r.node in machine.graph.unread for r in refs):
            if len(refs) > 1 or any(not machine.graph.nodes[r.node].hidden and r not in inputs for r in refs):
                return refs
            return machine.graph.add("identity", {}, refs, "keras", spelling="Lambda", name=layer.name,
                                     layer=layer.uid, site=site)  # fmt: skip
    shape = _claimed(machine, layer, inputs)
    if shape is not None:
        return machine.graph.add("opaque", {"output_shapes": (shape,)}, inputs, "keras", spelling="Lambda",
                                 name=layer.name, layer=layer.uid, site=site)  # fmt: skip
    return machine.graph.opaque(inputs, "keras", spelling="Lambda", name=layer.name, site=site, layer=layer.uid,
                                why=f"the function of {layer.name}")  # fmt: skip


WRAPPERS: dict[str, Wrapper] = {
    "TimeDistributed": _time_distributed, "Bidirectional": _bidirectional_node, "RNN": _rnn, "Lambda": _lambda,
    "Wrapper": lambda machine, layer, inputs, span: apply_inner(machine, layer.inner, inputs, span),
    "SpectralNormalization": lambda machine, layer, inputs, span: apply_inner(machine, layer.inner, inputs, span),
}  # fmt: skip
