"""Classes of the program that inherit from ``nn.Module``, and what all modules can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import Base, base
from repairnn.frontends.source.torch.containers import container_attribute, fill_sequential
from repairnn.frontends.source.torch.drawing import data, trace
from repairnn.frontends.source.torch.entry import applied, made, use_alone
from repairnn.frontends.source.torch.layers import construct
from repairnn.frontends.source.torch.states import State, load_state
from repairnn.frontends.source.torch.values import Container, Layer, Tensor, children_of, descendants, is_module
from repairnn.frontends.source.values import (
    NONE,
    Function,
    Instance,
    Known,
    Listing,
    Method,
    Native,
    Table,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Methods that return the module itself.
FLUENT = frozenset({
    "to", "cuda", "cpu", "float", "half", "double", "bfloat16", "apply", "requires_grad_",
    "share_memory",
    "type", "to_empty", "xpu", "ipu",
})  # fmt: skip
#: Methods without a result that matters here.
SILENT = frozenset({
    "zero_grad", "compile", "register_forward_hook", "register_backward_hook",
    "register_full_backward_hook",
    "register_forward_pre_hook", "extra_repr", "initialize_parameters", "reset_parameters",
    "gradient_checkpointing_enable",
    "flatten_parameters", "_initialize_weights", "save_hyperparameters", "log", "log_dict",
    "register_load_state_dict_post_hook",
    "_register_load_state_dict_pre_hook", "post_init", "init_weights",
})  # fmt: skip


#: Methods that a class of the program inherits from a container.
OF_CONTAINERS = frozenset({"append", "extend", "insert", "forward", "keys", "values", "items", "update", "pop"})


class Modules(Base):
    """``class Net(nn.Module)``."""

    container = ""

    def constructed(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        own = instance.data.setdefault("torch", {})
        if self.container and "container" not in own:
            own["container"] = Container(self.container, span=call.span)
        return None

    def initialised(self, machine: Machine, instance: Instance, call: Call) -> None:
        if self.container and not isinstance(instance.cls.find("__init__"), Function):
            self.fill(machine, instance, call)
        made(machine, instance)

    def fill(self, machine: Machine, instance: Instance, call: Call) -> None:
        """``super().__init__(...)`` of a container."""
        container = instance.data["torch"]["container"]
        if self.container == "Sequential":
            fill_sequential(container, call)
            container.open = container.open or call.open
        elif call.positional:
            name = "update" if self.container == "ModuleDict" else "extend"
            container_attribute(machine, container, name).call(machine, call)

    def called(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        if isinstance(instance.cls.find("__call__"), Function) or "torch" not in instance.data:
            return None
        return applied(machine, instance, call)

    def member(self, machine: Machine, instance: Instance, name: str) -> Value | None:
        inner = instance.data.get("torch", {}).get("container")
        if name == "__init__":
            return Native(name, lambda machine, call: self._initialise(machine, instance, call))
        if isinstance(inner, Container) and (name in inner.children or name in OF_CONTAINERS):
            if name == "forward":
                return Native(name, lambda machine, call: applied(machine, inner, call))
            return container_attribute(machine, inner, name)
        return module_method(machine, instance, name)

    def _initialise(self, machine: Machine, instance: Instance, call: Call) -> Value:
        if self.container:
            self.fill(machine, instance, call)
        return NONE

    def item(self, machine: Machine, instance: Instance, key: Value) -> Value | None:
        inner = instance.data.get("torch", {}).get("container")
        return inner.item(machine, key) if isinstance(inner, Container) else None

    def elements(self, machine: Machine, instance: Instance) -> list[Value] | None:
        inner = instance.data.get("torch", {}).get("container")
        return inner.elements(machine) if isinstance(inner, Container) else None

    def attribute_set(self, machine: Machine, instance: Instance, name: str, value: Value) -> None:
        inner = instance.data.get("torch", {}).get("container")
        if isinstance(inner, Container) and is_module(value):
            inner.children[name] = value

    def unused(self, machine: Machine, instance: Instance) -> None:
        use_alone(machine, instance)


@base("torch.nn.Module", "torch.nn.modules.Module", "torch.jit.ScriptModule")
class PlainModules(Modules):
    """``class Net(nn.Module)``."""


@base("torch.nn.Sequential")
class SequentialModules(Modules):
    """``class Block(nn.Sequential)``."""

    container = "Sequential"


@base("torch.nn.ModuleList")
class ListModules(Modules):
    """``class Blocks(nn.ModuleList)``."""

    container = "ModuleList"


@base("torch.nn.ModuleDict")
class DictModules(Modules):
    """``class Blocks(nn.ModuleDict)``."""

    container = "ModuleDict"


class LayerModules(Modules):
    """``class Conv(nn.Conv2d)``: a layer of the library with more methods."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _initialise(self, machine: Machine, instance: Instance, call: Call) -> Value:
        instance.data["torch"]["layer"] = construct(machine, self.name, call)
        return NONE

    def initialised(self, machine: Machine, instance: Instance, call: Call) -> None:
        if not isinstance(instance.cls.find("__init__"), Function):
            self._initialise(machine, instance, call)
        super().initialised(machine, instance, call)

    def member(self, machine: Machine, instance: Instance, name: str) -> Value | None:
        layer = instance.data.get("torch", {}).get("layer")
        if name == "forward" and isinstance(layer, Layer):
            return Native(name, lambda machine, call: applied(machine, layer, call))
        if name != "__init__" and isinstance(layer, Layer):
            found = layer.attribute(machine, name)
            if not isinstance(found, Unknown):
                return found
        return super().member(machine, instance, name)


for _name in (
    "Conv1d", "Conv2d", "Conv3d", "Linear", "ConvTranspose2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "GroupNorm",
    "Embedding", "ReLU", "MaxPool2d", "AvgPool2d", "LSTM", "GRU", "Dropout",
):  # fmt: skip
    base(f"torch.nn.{_name}")(lambda name=_name: LayerModules(name))  # type: ignore[arg-type]


def module_method(machine: Machine, module: Value, name: str) -> Value | None:
    """An attribute or method that every module has; ``None`` for others."""
    if name in ("eval", "train"):
        return Native(name, lambda machine, call: _set_mode(machine, module, name, call))
    if name in FLUENT:
        return Native(name, lambda machine, call: module)
    if name == "load_state_dict":
        return Native(name, lambda machine, call: load_state(module, call))
    if name in SILENT:
        return Native(name, lambda machine, call: NONE)
    if name in LISTINGS:
        return Native(name, lambda machine, call: LISTINGS[name](machine, module))
    if name == "_modules":
        return Table.of(children_of(module))
    if name == "training":
        mode = trace(machine).modes.get(id(module), True)
        return Unknown("whether the model is training") if mode is None else Known(mode)
    if name in ("forward", "__call__"):
        return Native(name, lambda machine, call: applied(machine, module, call))
    if name in ("add_module", "register_module", "register_buffer", "register_parameter"):
        return Native(name, lambda machine, call: _register(machine, module, call))
    if name == "get_submodule":
        return Native(name, lambda machine, call: _submodule(machine, module, call))
    if name == "device":
        return Unknown("a device")
    return None


def _set_mode(machine: Machine, module: Value, name: str, call: Call) -> Value:
    """``model.eval()`` and ``model.train(mode)`` for the model and all below it."""
    mode: bool | None = False
    if name == "train":
        given = call.get(0, "mode")
        mode = True if given is None else given.truth()
    for _, child in descendants(module):
        trace(machine).modes[id(child)] = mode
    return module


def _register(machine: Machine, module: Value, call: Call) -> Value:
    name, value = call.get(0, "name"), call.get(1, "module", "tensor", "param")
    if isinstance(name, Known) and isinstance(name.value, str) and value is not None:
        module.set_attribute(machine, name.value, value)
    return NONE


def _submodule(machine: Machine, module: Value, call: Call) -> Value:
    name = call.get(0, "target")
    path = name.value if isinstance(name, Known) else None
    return next((m for p, m in descendants(module) if p == path), Unknown("a sub-module"))


def _pairs(items: list[tuple[str, Value]]) -> Value:
    return Listing([Listing([Known(name), value], "tuple") for name, value in items])


def _parameters(machine: Machine, module: Value) -> Value:
    return Listing([_parameter(machine, module)], "generator", open=True)


def _parameter(machine: Machine, module: Value) -> Tensor:
    return data(machine, None, name="parameter", span=module.span, dtype="float32", key=("parameter", id(module)))


LISTINGS = {
    "children": lambda machine, module: Listing(list(children_of(module).values())),
    "named_children": lambda machine, module: _pairs(list(children_of(module).items())),
    "modules": lambda machine, module: Listing([m for _, m in descendants(module)]),
    "named_modules": lambda machine, module: _pairs(descendants(module)),
    "parameters": _parameters,
    "buffers": _parameters,
    "named_parameters": lambda machine, module: Listing(
        [Listing([Unknown("the name of a parameter"), _parameter(machine, module)], "tuple")], "generator", open=True
    ),
    "named_buffers": lambda machine, module: Listing([], "generator", open=True),
    "state_dict": lambda machine, module: State({}, True, module=module),
}


def forward_of(instance: Instance) -> Method | None:
    """The program's ``forward``."""
    found = instance.cls.find("forward")
    return Method(found, instance) if isinstance(found, Function) else None


__all__ = ["Modules", "forward_of", "is_module", "module_method"]
