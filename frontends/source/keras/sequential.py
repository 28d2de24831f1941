"""``Sequential``: a list of layers that becomes a chain of nodes as soon as its input is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.arguments import Declared, full_shape
from repairnn.frontends.source.keras.layers import Layer, add_input, as_value, call_on_tensors, layer_name
from repairnn.frontends.source.keras.wrappers import apply_inner
from repairnn.frontends.source.library import attribute, function, method
from repairnn.frontends.source.models import Record, Tensor
from repairnn.frontends.source.values import NONE, Instance, Known, Listing, Unknown, Value
from repairnn.semantics.ir import Ref, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


MERGED = ("Add", "Multiply", "Average", "Maximum", "Dot")


@dataclass(eq=False)
class Entry:
    """One element of a Sequential: the layer and where it was added; ``refs`` are its outputs once it is applied."""

    value: Value
    span: Span | None
    refs: list[Ref] | None = None


@dataclass(eq=False)
class Sequential(Value):
    """A Sequential model. ``record.inputs`` is empty until the input shape is known."""

    record: Record
    entries: list[Entry] = field(default_factory=list)
    path: str = "keras.Model"
    busy: bool = False

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.keras.training import note_eager_call

        if note_eager_call(machine, self, call) and self.record.outputs:
            return as_value(self.record.outputs)
        return call_on_tensors(machine, self, call)

    def apply(self, machine: Machine, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
        """Apply all layers to other tensors; the model becomes a part of what surrounds it."""
        from repairnn.frontends.source.keras.models import is_data, replay
        from repairnn.frontends.source.keras.nesting import join

        if self.busy:
            return machine.graph.opaque(inputs, "keras", spelling="Sequential", why="a model inside itself")
        self.materialise(machine)
        if self.record.inputs:
            if not is_data(machine, inputs):
                join(machine, self.record, inputs, span)
            return replay(machine, self.record, inputs)
        self.record.nested = True
        refs = list(inputs)
        self.busy = True
        for entry in self.entries:
            refs = apply_inner(machine, entry.value, refs, entry.span) or refs
            entry.refs = refs
        self.busy = False
        self.record.inputs, self.record.outputs = list(inputs), refs
        return refs

    def declared(self, machine: Machine) -> Declared | None:
        """The input shape that the first layer declares."""
        first = self.entries[0].value if self.entries else None
        if isinstance(first, Layer):
            return first.declared
        return None

    def materialise(self, machine: Machine) -> None:
        """Make nodes of all layers added so far, if the input is known. A model inside itself stays as it is."""
        if self.busy:
            return
        self.busy = True
        try:
            self._materialise(machine)
        finally:
            self.busy = False

    def _materialise(self, machine: Machine) -> None:
        if not self.record.inputs and not self._begin(machine):
            return
        refs = list(self.record.inputs)
        for entry in self.entries:
            if entry.refs is None:
                entry.refs = apply_inner(machine, entry.value, refs, entry.span)
                if not entry.refs:
                    name = entry.value.describe()
                    entry.refs = machine.graph.opaque(refs, "keras", spelling=name[:40], name=name[:40],
                                                      site=Site(entry.span))  # fmt: skip
            refs = entry.refs
        self.record.outputs = refs

    def _begin(self, machine: Machine) -> bool:
        first = self.entries[0].value if self.entries else None
        if isinstance(first, Tensor):
            self.record.inputs = [first.ref]
            self.entries.pop(0)
            return True
        if isinstance(first, Layer) and isinstance(first.inner, Listing) and first.cls in ("Concatenate", *MERGED):
            return self._begin_merged(machine, first, first.inner.items)
        declared = self.declared(machine)
        if declared is not None and isinstance(first, Layer):
            site = Site(first.call_span, None, {"shape": declared.argument}, {"shape": declared.keyword})
            unread = f"the input shape of {self.record.name}: {declared.unread}" if declared.unread else ""
            self.start(machine, declared.shape, site, unread)
            return True
        model = getattr(first, "record", None)
        if isinstance(model, Record):
            if isinstance(first, Sequential):
                first.materialise(machine)
            if model.inputs:
                origin = model.inputs[0]
                site = machine.graph.sites[origin.node]
                self.start(machine, machine.graph.shape(origin), site, machine.graph.unread.get(origin.node, ""))
                return True
        return False

    def _begin_merged(self, machine: Machine, layer: Layer, branches: list[Value]) -> bool:
        """Keras 1: ``model.add(Merge([left, right]))`` begins where the branches begin."""
        records = []
        for branch in branches:
            if isinstance(branch, Sequential):
                branch.materialise(machine)
            record = getattr(branch, "record", None)
            if not isinstance(record, Record) or not record.outputs:
                return False
            record.nested = True
            records.append(record)
        self.record.inputs = [ref for record in records for ref in record.inputs]
        outputs = [record.outputs[0] for record in records]
        self.entries[0].refs = layer.node(machine, outputs, self.entries[0].span)
        return True

    def start(self, machine: Machine, shape: Any, site: Site, unread: str = "") -> None:
        """Give the model its input."""
        first = self.entries[0].value if self.entries else None
        name = f"{first.name}_input" if isinstance(first, Layer) else f"{self.record.name}_input"
        self.record.inputs = [add_input(machine, shape, name, site, unread)]

    def describe(self) -> str:
        return f"model {self.record.name}"


@function("keras.Sequential")
def make_sequential(machine: Machine, call: Call) -> Value:
    """``Sequential([...])``."""
    name, _ = layer_name(machine, "Sequential", call)
    model = Sequential(Record(name, "keras", call.span), span=call.span)
    model.record.prepare = lambda machine: finish(machine, model)
    machine.records.append(model.record)
    fill(machine, model, call.get(0, "layers"))
    return model


def fill(machine: Machine, model: Sequential, layers: Value | None) -> None:
    """Add the layers of a list."""
    elements = layers.elements(machine) if layers is not None else []
    if isinstance(layers, Known) and layers.value is None:
        elements = []
    if elements is None:
        model.record.missing.append((f"the layers of {model.record.name}", layers.span if layers else None))
        elements = layers.items if isinstance(layers, Listing) else []
    for element in elements:
        add(machine, model, element, None)


def add(machine: Machine, model: Sequential, value: Value, span: Span | None) -> None:
    """Append one layer. ``span`` is the call of ``add``, if there is one."""
    if isinstance(value, (Layer, Sequential, Tensor, Instance)) or hasattr(value, "apply") or callable_value(value):
        place = span or (value.call_span if isinstance(value, Layer) else value.span)
        model.entries.append(Entry(value, place))
    elif not (isinstance(value, Known) and value.value is None):
        model.entries.append(Entry(value, span))
    model.materialise(machine) if model.record.inputs else None


def callable_value(value: Value) -> bool:
    """Whether a value that is no layer may stand in a Sequential."""
    return isinstance(value, Unknown)


def finish(machine: Machine, model: Sequential) -> None:
    """At the end of the program: a model that never learnt its input gets an unknown one."""
    model.materialise(machine)
    if model.record.inputs or not model.entries or model.record.nested:
        return
    model.start(machine, None, Site(model.span), f"the input shape of {model.record.name}")
    model.materialise(machine)


@method(Sequential, "add")
def _add(machine: Machine, model: Sequential, call: Call) -> Value:
    value = call.get(0, "layer")
    if value is not None:
        add(machine, model, value, call.span)
    return NONE


@method(Sequential, "pop")
def _pop(machine: Machine, model: Sequential, call: Call) -> Value:
    if model.entries:
        model.entries.pop()
        if model.record.inputs:
            model.record.outputs = (model.entries[-1].refs if model.entries else None) or list(model.record.inputs)
    return NONE


@method(Sequential, "build")
def _build(machine: Machine, model: Sequential, call: Call) -> Value:
    argument = call.argument(0, "input_shape")
    model.materialise(machine)
    if argument is not None and not model.record.inputs:
        shape, unread = full_shape(argument.value, True)
        site = Site(call.span, None, {"shape": argument}, {"shape": 0})
        model.start(machine, shape, site, f"the input shape: {unread}" if unread else "")
        model.materialise(machine)
    return NONE


@attribute(Sequential, "layers")
def _layers(machine: Machine, model: Sequential) -> Value:
    return Listing([entry.value for entry in model.entries if not isinstance(entry.value, Tensor)])


@attribute(Sequential, "output", "outputs")
def _output(machine: Machine, model: Sequential) -> Value:
    model.materialise(machine)
    return as_value(model.record.outputs) if model.record.outputs else Unknown(f"the output of {model.record.name}")


@attribute(Sequential, "input", "inputs")
def _input(machine: Machine, model: Sequential) -> Value:
    model.materialise(machine)
    return as_value(model.record.inputs) if model.record.inputs else Unknown(f"the input of {model.record.name}")


@attribute(Sequential, "output_shape")
def _output_shape(machine: Machine, model: Sequential) -> Value:
    model.materialise(machine)
    found = model.record.outputs
    return Tensor(found[0]).dimensions(machine) if found else Unknown(f"the output of {model.record.name}")


@attribute(Sequential, "input_shape")
def _input_shape(machine: Machine, model: Sequential) -> Value:
    model.materialise(machine)
    found = model.record.inputs
    return Tensor(found[0]).dimensions(machine) if found else Unknown(f"the input of {model.record.name}")
