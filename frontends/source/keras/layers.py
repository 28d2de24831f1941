"""Keras layers: objects with bound arguments, applied to tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.arguments import (
    Bound,
    Declared,
    bind_layer,
    declared_input,
    full_shape,
    is_legacy,
    snake,
)  # fmt: skip
from repairnn.frontends.source.keras.names import RENAMED
from repairnn.frontends.source.library import attribute, family, function, method
from repairnn.frontends.source.models import Tensor
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.values import NONE, Array, Known, Listing, Symbol, Table, Unknown, Value
from repairnn.semantics.checker import weights_of
from repairnn.semantics.ir import Node, Ref, Shape, Span
from repairnn.semantics.registry import declaration_of, spelled

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Keyword arguments of a call of a layer that carry further tensors.
FURTHER = ("initial_state", "mask")


@dataclass(eq=False)
class Layer(Value):
    """A layer object of Keras. ``kind`` is empty for a layer that nobody declared; ``inner`` is what a wrapper wraps.

    ``uid`` is the layer's identity in the graph, ``uses`` the tensors of each application: (inputs, outputs).
    """

    cls: str
    kind: str
    bound: Bound
    name: str
    uid: str
    call_span: Span | None = None
    declared: Declared | None = None
    inner: Value | None = None
    named: bool = False
    uses: list[tuple[list[Ref], list[Ref]]] = field(default_factory=list)
    path: str = "keras.Layer"
    given: list[Shape | None] = field(default_factory=list)  # shapes of weights that the program sets

    def call(self, machine: Machine, call: Call) -> Value:
        return call_on_tensors(machine, self, call)

    def apply(self, machine: Machine, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
        """The tensors that come out of the layer for these inputs; ``span`` is where it is applied."""
        from repairnn.frontends.source.keras.wrappers import WRAPPERS

        wrapper = WRAPPERS.get(self.cls)
        outputs = wrapper(machine, self, inputs, span) if wrapper else self.node(machine, inputs, span)
        self.uses.append((list(inputs), outputs))
        return outputs

    def node(self, machine: Machine, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
        """Add the layer's own node to the graph."""
        site = self.site(span)
        unread = [name for name in self.bound.unread if self.bound.args.get(name, 0) is not None]
        if not self.kind or unread:
            why = f"{', '.join(unread)} of {self.name}" if unread else f"{self.cls} is not a known layer"
            return machine.graph.opaque(inputs, "keras", spelling=self.cls, name=self.name, site=site, why=why,
                                        layer=self.uid)  # fmt: skip
        note = f"{', '.join(self.bound.unread)} of {self.name}" if self.bound.unread else ""
        return machine.graph.add(
            self.kind, self.bound.args, inputs, "keras", spelling=self.cls, name=self.name, layer=self.uid, site=site,
            unread=note, weights=self.weights(machine, inputs),
        )  # fmt: skip

    def weights(self, machine: Machine, inputs: Sequence[Ref]) -> dict[str, Shape]:
        """The weights that the program sets, by the names that the layer's own weights have."""
        if not self.given or not self.kind:
            return {}
        probe = Node("probe", self.kind, self.bound.args, tuple(inputs), self.cls)
        try:
            names = weights_of(probe, [machine.graph.shape(ref) for ref in inputs], "keras")
        except FAILURES:
            return {}
        return {name: shape for name, shape in zip(names, self.given, strict=False) if shape is not None}

    def site(self, span: Span | None) -> Site:
        """Where an application was written."""
        return Site(self.call_span, span if span != self.call_span else None, self.bound.arguments, self.bound.places)

    def describe(self) -> str:
        return f"layer {self.name}"


def call_on_tensors(machine: Machine, layer: Any, call: Call) -> Value:
    """``layer(tensors, ...)``: apply a layer or model to the tensors among the arguments."""
    masked = getattr(layer, "cls", "") in MASKED  # what follows the tensor is its mask
    values = [call.get(0, "inputs", "x")] + [a.value for a in call.positional[1:] if not masked]
    values += [call.keywords[name].value for name in FURTHER[:1] if name in call.keywords]
    values += [call.keywords[name].value for name in ("key", "value", "query") if name in call.keywords]
    refs = [ref for value in values if value is not None for ref in tensors_of(machine, value)]
    if not refs and isinstance(values[0], Unknown):
        from repairnn.frontends.source.keras.snippets import tensor_from_outside

        refs = [tensor_from_outside(machine, values[0], call.span)]
    if not refs:
        return Unknown(f"what {layer.describe()} returns")
    if isinstance(layer, Layer) and any(isinstance(value, (Unknown, Symbol)) for value in values):
        declaration = declaration_of(layer.kind)
        if declaration is not None and len(refs) < declaration.inputs[0]:
            why = f"{layer.name} of tensors that are not all known"
            return as_value(machine.graph.opaque(refs, "keras", spelling=layer.cls, name=layer.name, why=why,
                                                 site=layer.site(call.span), layer=layer.uid))  # fmt: skip
    return as_value(layer.apply(machine, refs, call.span))


#: Layers of one tensor whose second positional argument is a mask.
MASKED = frozenset({"Softmax", "GlobalAveragePooling1D", "Masking"})


def tensors_of(machine: Machine, value: Value) -> list[Ref]:
    """The tensors in a value; arrays of the program count as tensors."""
    if isinstance(value, Tensor):
        return [value.ref]
    if isinstance(value, Array):
        return [machine.graph.data(value)]
    if isinstance(value, Listing):
        return [ref for item in value.items for ref in tensors_of(machine, item)]
    if isinstance(value, Table):
        return [ref for _, item in value.entries.values() for ref in tensors_of(machine, item)]
    return []


def as_value(refs: Sequence[Ref]) -> Value:
    """One tensor, or a list of them."""
    tensors: list[Value] = [Tensor(ref) for ref in refs]
    return tensors[0] if len(tensors) == 1 else Listing(tensors)


@family("keras.layers.")
def make_layer(machine: Machine, path: str, call: Call) -> Value | None:
    """``keras.layers.Anything(...)``."""
    written = path.rpartition(".")[2]
    cls = RENAMED.get(written, written)
    if cls in ("Input", "InputLayer"):
        return keras_input(machine, call)
    if not cls[:1].isupper():
        return None
    return layer_of(machine, cls, call)


def layer_of(machine: Machine, cls: str, call: Call) -> Layer:
    """A layer object of a class, from its constructor call."""
    found = spelled("keras", cls, "layer")
    declared = declared_input(cls, call)
    name, named = layer_name(machine, cls, call)
    uid = f"{name}@{machine.serial()}"
    if found is None:
        return Layer(cls, "", Bound(), name, uid, call.span, declared, named=named)
    declaration, spelling = found
    bound = bind_layer(declaration, spelling, call, legacy(machine))
    if call.open:
        bound = replace(bound, unread=(*bound.unread, "some arguments"))
    layout = machine.memo.get("image_data_format")
    if layout == "channels_first" and any(a.name == "data_format" for a in declaration.arguments):
        bound.args.setdefault("data_format", layout)
    for strange in bound.strange:
        machine.note(f"{cls} has no argument {strange}", call.span)
    given = _array_shapes(machine, call.get(None, "weights"))
    return Layer(cls, declaration.kind, bound, name, uid, call.span, declared, named=named, given=given)


def _array_shapes(machine: Machine, value: Value | None) -> list[Shape | None]:
    """The shapes of a list of arrays; empty when it is no such list."""
    elements = value.elements(machine) if isinstance(value, Listing) else None
    return [item.shape if isinstance(item, Array) else None for item in elements or ()]


@method(Layer, "set_weights")
def _set_weights(machine: Machine, layer: Layer, call: Call) -> Value:
    """Weights by value: their shapes must be those of the layer."""
    layer.given = _array_shapes(machine, call.get(0, "weights"))
    for inputs, outputs in layer.uses:
        node = machine.graph.nodes[outputs[0].node]
        if node.kind == layer.kind:
            machine.graph.nodes[node.id] = node.with_(weights=layer.weights(machine, inputs))
    return NONE


def layer_name(machine: Machine, cls: str, call: Call) -> tuple[str, bool]:
    """The ``name=`` of a call, or the name that Keras gives by default, and which of the two it is."""
    given = call.get(None, "name")
    if isinstance(given, Known) and isinstance(given.value, str) and given.value:
        return given.value, True
    return machine.numbered(snake(cls)), False


def legacy(machine: Machine) -> bool:
    """Whether the program is written for Keras 1."""
    memo = machine.memo
    if "legacy" not in memo:
        memo["legacy"] = is_legacy(machine.source.tree)
    return bool(memo["legacy"])


@function("keras.Input", "keras.layers.Input", "keras.layers.InputLayer", "tensorflow.placeholder")
def keras_input(machine: Machine, call: Call) -> Value:
    """``Input(shape)``, ``Input(batch_shape=)``, ``InputLayer(input_shape)``: an entry of a model."""
    batch = next((k for k in ("batch_shape", "batch_input_shape") if k in call.keywords), None)
    argument = call.keywords[batch] if batch else call.argument(0, "shape", "input_shape")
    if argument is None:
        wrapped = call.get(None, "tensor")
        if isinstance(wrapped, Tensor):
            return wrapped
        argument = Argument(Unknown("the shape of an input"))
    shape, unread = full_shape(argument.value, batch is not None)
    size = call.get(1, "batch_size")
    if shape and batch is None and isinstance(size, Known) and isinstance(size.value, int):
        shape = (size.value, *shape[1:])
    name, _ = layer_name(machine, "InputLayer", call)
    keyword: int | str = next(
        (k for k in ("batch_shape", "batch_input_shape", "input_shape", "shape") if k in call.keywords), 0
    )
    site = Site(call.span, None, {"shape": argument}, {"shape": keyword})
    return Tensor(add_input(machine, shape, name, site, f"the shape of {name}: {unread}" if unread else ""))


def add_input(machine: Machine, shape: Any, name: str, site: Site, unread: str = "") -> Ref:
    """An input node; where its shape is not known, the user's ``--input-shape`` counts."""
    asked = machine.asked_shape(name, complete=bool(shape is not None and not unread))
    if asked is not None:
        shape, unread = asked, ""
    elif shape is None:
        unread = unread or f"the shape of {name}"
    args = {"shape": shape}
    return machine.graph.add("input", args, (), "keras", spelling="Input", name=name, site=site, unread=unread)[0]


@attribute(Layer, "output")
def _output(machine: Machine, layer: Layer) -> Value:
    return as_value(layer.uses[-1][1]) if layer.uses else Unknown(f"the output of {layer.name}")


@attribute(Layer, "input")
def _input(machine: Machine, layer: Layer) -> Value:
    return as_value(layer.uses[-1][0]) if layer.uses else Unknown(f"the input of {layer.name}")


@attribute(Layer, "output_shape")
def _output_shape(machine: Machine, layer: Layer) -> Value:
    return Tensor(layer.uses[-1][1][0]).dimensions(machine) if layer.uses else Unknown(f"the output of {layer.name}")


@attribute(Layer, "input_shape")
def _input_shape(machine: Machine, layer: Layer) -> Value:
    return Tensor(layer.uses[-1][0][0]).dimensions(machine) if layer.uses else Unknown(f"the input of {layer.name}")


@attribute(Layer, "name")
def _name(machine: Machine, layer: Layer) -> Value:
    return Known(layer.name)


@attribute(Layer, "units", "filters")
def _size(machine: Machine, layer: Layer) -> Value:
    value = layer.bound.args.get("units", layer.bound.args.get("filters"))
    return Known(value) if isinstance(value, int) else Unknown(f"the size of {layer.name}")
