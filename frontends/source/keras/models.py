"""Functional and subclassed models, custom layers, and models used as layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.arguments import snake
from repairnn.frontends.source.keras.layers import Layer, add_input, as_value, call_on_tensors, layer_name, tensors_of
from repairnn.frontends.source.keras.nesting import join
from repairnn.frontends.source.keras.sequential import Sequential, add, fill, finish
from repairnn.frontends.source.library import Base, attribute, base, function, method
from repairnn.frontends.source.models import Record, Tensor
from repairnn.frontends.source.values import (
    NONE,
    Array,
    Function,
    Instance,
    Known,
    Listing,
    Method,
    Native,
    Table,
    Unknown,
    Value,
)  # fmt: skip
from repairnn.semantics.ir import Arith, DimOf, Node, Ref, Shape, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@dataclass(eq=False)
class Functional(Value):
    """A model made of tensors: ``Model(inputs, outputs)``."""

    record: Record
    path: str = "keras.Model"

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.keras.training import note_eager_call

        if note_eager_call(machine, self, call) and self.record.outputs:
            return as_value(self.record.outputs)
        return call_on_tensors(machine, self, call)

    def apply(self, machine: Machine, inputs: Sequence[Ref], span: Span | None) -> list[Ref]:
        """Apply the model to other tensors; it becomes a part of what surrounds it."""
        if not is_data(machine, inputs):
            join(machine, self.record, inputs, span)
        return replay(machine, self.record, inputs)

    def describe(self) -> str:
        return f"model {self.record.name}"


def is_data(machine: Machine, refs: Sequence[Ref]) -> bool:
    """Whether tensors are arrays of the program rather than parts of a model."""
    return all(machine.graph.nodes[ref.node].kind == "data" for ref in refs)


def replay(machine: Machine, record: Record, inputs: Sequence[Ref]) -> list[Ref]:
    """Copy the nodes of a model onto other inputs. The copies share layer, name and written place."""
    graph = machine.graph
    moved = dict(zip(record.inputs, inputs, strict=False))
    for identifier in _between(machine, record):
        node = graph.nodes[identifier]
        args = {name: _moved(value, moved) for name, value in node.args.items()}
        made = graph.add(
            node.kind, args, [moved.get(ref, ref) for ref in node.inputs], "keras", spelling=node.spelling,
            name=node.name, layer=node.layer, site=graph.sites[identifier], hidden=node.hidden,
            outputs=len(graph.shapes[identifier]), unread=graph.unread.get(identifier, ""),
        )  # fmt: skip
        moved.update({Ref(identifier, ref.output): ref for ref in made})
    return [moved.get(ref, ref) for ref in record.outputs]


def _moved(value: Any, moved: dict[Ref, Ref]) -> Any:
    """An argument with the tensors that it reads replaced by their copies."""
    if isinstance(value, DimOf):
        return DimOf(moved.get(value.ref, value.ref), value.axis)
    if isinstance(value, Arith):
        return Arith(value.op, _moved(value.left, moved), _moved(value.right, moved))
    return tuple(_moved(item, moved) for item in value) if isinstance(value, tuple) else value


def _between(machine: Machine, record: Record) -> list[str]:
    """Ids of the nodes from a model's inputs to its outputs, producers first."""
    starts = {ref.node for ref in record.inputs}
    found: set[str] = set()
    pending = [ref.node for ref in record.outputs]
    while pending:
        current = pending.pop()
        node: Node = machine.graph.nodes[current]
        if current in found or current in starts or node.kind in ("input", "data"):
            continue
        found.add(current)
        pending.extend(ref.node for ref in node.inputs)
    return [identifier for identifier in machine.graph.nodes if identifier in found]


@function("keras.Model")
def make_model(machine: Machine, call: Call) -> Value:
    """``Model(inputs, outputs)``, also as ``input=``, ``output=``."""
    inputs, outputs = call.get(0, "inputs", "input"), call.get(1, "outputs", "output")
    name, _ = layer_name(machine, "Functional", call)
    record = Record(name, "keras", call.span)
    _connect(machine, record, inputs, outputs)
    machine.records.append(record)
    return Functional(record)


def _connect(machine: Machine, record: Record, inputs: Value | None, outputs: Value | None) -> None:
    record.inputs = tensors_of(machine, inputs) if inputs is not None else []
    record.outputs = tensors_of(machine, outputs) if outputs is not None else []
    for value, what in ((inputs, "inputs"), (outputs, "outputs")):
        if value is None or isinstance(value, Unknown) or not tensors_of(machine, value):
            record.missing.append((f"the {what} of {record.name}", value.span if value else record.span))


@attribute(Functional, "output", "outputs")
def _output(machine: Machine, model: Functional) -> Value:
    return as_value(model.record.outputs) if model.record.outputs else Unknown(f"the output of {model.record.name}")


@attribute(Functional, "input", "inputs")
def _input(machine: Machine, model: Functional) -> Value:
    return as_value(model.record.inputs) if model.record.inputs else Unknown(f"the input of {model.record.name}")


@attribute(Functional, "output_shape")
def _output_shape(machine: Machine, model: Functional) -> Value:
    found = [Tensor(ref).dimensions(machine) for ref in model.record.outputs]
    return found[0] if len(found) == 1 else Listing(found) if found else Unknown(f"the output of {model.record.name}")


@attribute(Functional, "input_shape")
def _input_shape(machine: Machine, model: Functional) -> Value:
    found = [Tensor(ref).dimensions(machine) for ref in model.record.inputs]
    return found[0] if len(found) == 1 else Listing(found) if found else Unknown(f"the input of {model.record.name}")


@attribute(Functional, "layers")
def _layers(machine: Machine, model: Functional) -> Value:
    return Listing(
        [_seen(machine, i) for i in (*(r.node for r in model.record.inputs), *_between(machine, model.record))]
    )


@method(Functional, "get_layer")
@method(Sequential, "get_layer")
def _get_layer(machine: Machine, model: Functional | Sequential, call: Call) -> Value:
    name, index = call.get(0, "name"), call.get(1, "index")
    if isinstance(model, Sequential):
        model.materialise(machine)
    layers = model.attribute(machine, "layers").elements(machine) or []
    for layer in layers:
        if isinstance(name, Known) and getattr(layer, "name", None) == name.value:
            return layer
    if isinstance(index, Known) and isinstance(index.value, int) and index.value < len(layers):
        return layers[index.value]
    return Unknown("a layer that is not there")


def _seen(machine: Machine, identifier: str) -> Layer:
    """A node as the layer object that a program sees in ``model.layers``."""
    from repairnn.frontends.source.keras.arguments import Bound

    node, graph = machine.graph.nodes[identifier], machine.graph
    site = graph.sites[identifier]
    outputs = [Ref(identifier, i) for i in range(len(graph.shapes[identifier]))]
    kind = "" if node.kind == "opaque" else node.kind
    bound = Bound(dict(node.args), dict(site.arguments), dict(site.keywords))
    return Layer(node.spelling, kind, bound, node.name, node.layer or identifier, site.call,
                 uses=[(list(node.inputs), outputs)])  # fmt: skip


def record_of(machine: Machine, model: Value) -> Record | None:
    """The record behind a model value, its nodes made as far as they can be."""
    if isinstance(model, Sequential):
        model.materialise(machine)
        return model.record
    if isinstance(model, Functional):
        return model.record
    if isinstance(model, Instance):
        inner = model.data.get("model")
        if isinstance(inner, (Sequential, Functional)):
            return record_of(machine, inner)
        found = model.data.get("record")
        return found if isinstance(found, Record) else None
    return None


@base("keras.Model", "keras.Sequential", "keras.layers.Layer", "tensorflow.Module", "keras.layers.Wrapper")
class KerasClass(Base):
    """Classes of the program that are models or layers."""

    def constructed(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        """Give the object its identity. Layers made of other library layers (``class MyDense(Dense)``) are layers."""
        given = call.get(None, "name")
        stem = snake(instance.cls.name)
        name = given.value if isinstance(given, Known) and isinstance(given.value, str) else machine.numbered(stem)
        is_model = any(path in ("keras.Model", "keras.Sequential") for path in instance.cls.library_bases())
        instance.data.update(name=name, uid=f"{name}@{machine.serial()}", is_model=is_model)
        if is_model:
            record = Record(str(name), "keras", call.span or instance.cls.span)
            instance.data["record"] = record
            machine.records.append(record)
            record.prepare = lambda machine: self._finish(machine, instance)
        return None

    def _finish(self, machine: Machine, instance: Instance) -> None:
        record = instance.data["record"]
        if not record.inputs and "model" not in instance.data and not record.nested and not instance.data.get("used"):
            self.unused(machine, instance)

    def unused(self, machine: Machine, instance: Instance) -> None:
        """Apply a model (or lone layer) to an input of unknown shape."""
        instance.data["used"] = True
        record = instance.data.get("record")
        if record is not None and (record.outputs or "model" in instance.data):
            return
        start(machine, instance, None, Site(instance.cls.span))

    def called(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        """Run ``build`` and ``call`` on the tensors given."""
        if instance.cls.find("call") is None and "model" in instance.data:
            return instance.data["model"].call(machine, call)
        if instance.data.get("is_model"):
            from repairnn.frontends.source.keras.training import note_eager_call

            if note_eager_call(machine, instance, call):
                record = instance.data["record"]
                return as_value(record.outputs) if record.outputs else Unknown(f"what {record.name} returns")
            instance.data["record"].nested = True
        return run_call(machine, instance, call)

    def member(self, machine: Machine, instance: Instance, name: str) -> Value | None:
        """Methods that every layer or model has."""
        if name == "__init__":
            return Native(name, lambda machine, call: _super_init(machine, instance, call))
        model = instance.data.get("model")
        if model is not None:
            return model.attribute(machine, name)
        if name in ("add_weight", "add_variable"):
            return Native(name, _add_weight)
        if name == "add" and "keras.Sequential" in instance.cls.library_bases():
            return _own_sequential(machine, instance).attribute(machine, name)
        if name == "name":
            return Known(instance.data.get("name", ""))
        if name in ("outputs", "output") and instance.data.get("uses"):
            return instance.data["uses"]
        if name == "build" and (instance.data.get("built") or not instance.data.get("is_model")):
            return Native(name, lambda machine, call: NONE)
        from repairnn.frontends.source.keras.training import MODEL_METHODS

        if name in MODEL_METHODS:
            return Native(name, lambda machine, call: MODEL_METHODS[name](machine, instance, call))
        return None

    def attribute_set(self, machine: Machine, instance: Instance, name: str, value: Value) -> None:
        """``self.conv1 = Conv2D(...)``: messages call the layer what the program calls it."""
        if isinstance(value, Layer) and not value.named and not value.uses:
            value.name, value.named = f"self.{name}", True


def _own_sequential(machine: Machine, instance: Instance) -> Sequential:
    """The list of layers behind a class that inherits from Sequential."""
    record = instance.data["record"]
    model = Sequential(record, span=record.span)
    record.prepare = lambda machine: finish(machine, model)
    instance.data["model"] = model
    return model


def _super_init(machine: Machine, instance: Instance, call: Call) -> Value:
    """``super().__init__(inputs, outputs)`` makes a functional model of the object; with layers, a sequential one."""
    given = call.get(None, "name")
    if isinstance(given, Known) and isinstance(given.value, str) and instance.data.get("record"):
        instance.data["record"].name = given.value
    inputs, outputs = call.get(0, "inputs", "input", "layers"), call.get(1, "outputs", "output")
    record = instance.data.get("record")
    if record is None or inputs is None:
        if "keras.Sequential" in instance.cls.library_bases() and record is not None:
            _own_sequential(machine, instance)
        return NONE
    if "keras.Sequential" in instance.cls.library_bases():
        fill(machine, _own_sequential(machine, instance), inputs)
    elif outputs is not None:
        _connect(machine, record, inputs, outputs)
        record.prepare = None
        instance.data["model"] = Functional(record)
    return NONE


def _add_weight(machine: Machine, call: Call) -> Value:
    """A weight of a custom layer: a tensor of known shape that belongs to no input."""
    shape = call.get(0, "shape")
    if isinstance(shape, Known) and isinstance(shape.value, str):
        shape = call.get(1, "shape")
    dims = shape.elements(machine) if shape is not None else None
    sizes = [d.value if isinstance(d, Known) and isinstance(d.value, int) else None for d in dims or ()]
    return weight(machine, tuple(sizes) if dims is not None else None, call)


def weight(machine: Machine, shape: Shape | None, call: Call) -> Tensor:
    """A tensor of the program that is trained: a hidden data node."""
    ref = machine.graph.add("data", {"shape": shape}, (), "keras", spelling="weight", name="weight",
                            site=Site(call.span), hidden=True)[0]  # fmt: skip
    return Tensor(ref)


def start(machine: Machine, instance: Instance, given: Value | None, site: Site, further: Sequence[Value] = ()) -> None:
    """Give a subclassed model inputs like the arrays given (one, or a list or dict of them), and run its ``call``.

    ``further`` are more positional arguments. Without arrays there is an input of unknown shape for each parameter.
    """
    function = instance.cls.find("call")
    if not isinstance(function, Function):
        return
    name = str(instance.data["name"])
    refs: list[Ref] = []
    count = _required_inputs(function) if given is None else 1
    parts = [given if given is not None else Unknown(""), *further] if given is not None else [Unknown("")] * count
    values = [_entry(machine, part, name, site, refs) for part in parts]
    record = instance.data.get("record")
    if record is None:
        record = instance.data["record"] = Record(name, "keras", instance.cls.span)
        machine.records.append(record)
    result = run_call(machine, instance, Call.of(*values, span=site.call))
    record.inputs, record.outputs = refs, tensors_of(machine, result) if result is not None else []
    if not record.outputs:
        record.missing.append((f"what {name} returns", instance.cls.span))


def _entry(machine: Machine, given: Value, name: str, site: Site, refs: list[Ref]) -> Value:
    """Inputs in the structure of what is given; each is added to ``refs``."""
    if isinstance(given, Listing) and not given.open and given.items:
        return Listing([_entry(machine, item, name, site, refs) for item in given.items], given.kind)
    if isinstance(given, Table):
        entries = {k: (key, _entry(machine, item, name, site, refs)) for k, (key, item) in given.entries.items()}
        return Table(entries, given.open)
    shape = given.shape if isinstance(given, Array) else None
    if shape and site.arguments.get("shape") is None:
        shape = (None, *shape[1:])
    label = f"{name}_input" + (f"_{len(refs)}" if refs else "")
    refs.append(add_input(machine, shape, label, site, "" if shape is not None else f"the input shape of {name}"))
    return Tensor(refs[-1])


def _required_inputs(function: Function) -> int:
    names = [a.arg for a in function.node.args.args][1:]
    return max(1, len(names) - len(function.defaults))


def run_call(machine: Machine, instance: Instance, call: Call) -> Value | None:
    """``build`` once, then ``call``. A result that is not known is an unknown layer's."""
    tensors = [ref for value in call.values for ref in tensors_of(machine, value)]
    builder, body = instance.cls.find("build"), instance.cls.find("call")
    if isinstance(builder, Function) and not instance.data.get("built") and tensors:
        instance.data["built"] = True
        Method(builder, instance).call(machine, _build_call(machine, builder, body, call))
    if not isinstance(body, Function):
        return _library_layer(machine, instance, tensors, call)
    arguments = [_as_tensor(machine, argument.value) for argument in call.positional]
    made = replace(call, positional=tuple(replace(a, value=v) for a, v in zip(call.positional, arguments, strict=True)))
    result = Method(body, instance).call(machine, made)
    instance.data["uses"] = result
    if tensors and not tensors_of(machine, result):
        name = str(instance.data["name"])
        return as_value(machine.graph.opaque(tensors, "keras", spelling=instance.cls.name, name=name,
                                             site=Site(call.span),
                                             why=f"what {instance.cls.name}.call returns"))  # fmt: skip
    return result


def _build_call(machine: Machine, builder: Function, body: Value | None, call: Call) -> Call:
    """The shapes that Keras gives to ``build``: of the first argument, or of each by the name of its parameter."""
    names = [a.arg for a in body.node.args.args][1:] if isinstance(body, Function) else []
    given = dict(zip(names or ["inputs"], (a.value for a in call.positional), strict=False))
    given.update((name, argument.value) for name, argument in call.keywords.items())
    shapes = {f"{name}_shape": _shape_of(machine, value) for name, value in given.items() if tensors_of(machine, value)}
    wanted = [a.arg for a in builder.node.args.args][1:]
    if len(wanted) > 1 and any(name in wanted for name in shapes):
        return Call(keywords={name: Argument(shape) for name, shape in shapes.items() if name in wanted})
    return Call.of(next(iter(shapes.values())))


def _shape_of(machine: Machine, value: Value) -> Value:
    if isinstance(value, Listing):
        return Listing([_shape_of(machine, item) for item in value.items], value.kind)
    if isinstance(value, Table):
        return Table({k: (key, _shape_of(machine, item)) for k, (key, item) in value.entries.items()}, value.open)
    refs = tensors_of(machine, value)
    return Tensor(refs[0]).dimensions(machine) if refs else Unknown("the shape of what is not known")


def _as_tensor(machine: Machine, value: Value) -> Value:
    return Tensor(machine.graph.data(value)) if isinstance(value, Array) else value


def _library_layer(machine: Machine, instance: Instance, tensors: list[Ref], call: Call) -> Value | None:
    """A class without ``call``: what it does is not known."""
    if not tensors:
        return None
    name = str(instance.data["name"])
    return as_value(machine.graph.opaque(tensors, "keras", spelling=instance.cls.name, name=name, site=Site(call.span),
                                         why=f"{instance.cls.name} is not a known layer"))  # fmt: skip


__all__ = ["Functional", "KerasClass", "add", "record_of", "replay", "start"]
