"""What a PyTorch program computes with: tensors and modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source import models
from repairnn.frontends.source.calls import Argument
from repairnn.frontends.source.values import Instance, Known, Listing, Unknown, Value
from repairnn.semantics.ir import Span

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

MODULE = "torch.nn.Module"


@dataclass(eq=False)
class Tensor(models.Tensor):
    """A tensor of the program: one output of one node.

    ``dtype``  ``bool``, ``int64``, ``float32`` or "" where not known
    ``form``   what is known of its values: ``classes:N``, ``classes``, ``binary``, or ""
    """

    framework: str = "torch"
    dtype: str = ""
    form: str = ""

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.torch.methods import tensor_attribute

        return tensor_attribute(machine, self, name)

    def item(self, machine: Machine, key: Value) -> Value:
        from repairnn.frontends.source.torch.indexing import indexed

        return indexed(machine, self, key)

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        self.form = ""  # other values from now on

    def elements(self, machine: Machine) -> list[Value] | None:
        from repairnn.frontends.source.torch.indexing import rows

        return rows(machine, self)

    def operate(self, machine: Machine, op: str, other: Value, reflected: bool) -> Value | None:
        from repairnn.frontends.source.torch.operators import operated

        return operated(machine, self, op, other, reflected)

    def sample(self, machine: Machine) -> list[Value] | None:
        from repairnn.frontends.source.torch.indexing import first_row

        return [first_row(machine, self)]

    def is_a(self, path: str) -> bool | None:
        return path in ("torch.Tensor", "torch.autograd.Variable")

    def join(self, machine: Machine, other: Value) -> Value | None:
        from repairnn.frontends.source.torch.operators import joined

        return joined(machine, self, other)

    @staticmethod
    def unknown(machine: Machine, tensors: Sequence[Value], reason: str, call: Call) -> Value:
        from repairnn.frontends.source.torch.functions import unknown_operation

        return unknown_operation(machine, [t for t in tensors if isinstance(t, Tensor)], reason, call)

    def like(self, dtype: str | None = None) -> Tensor:
        """The same tensor under another name: casts, copies to another device, operations that keep the shape."""
        if dtype is None:
            return Tensor(self.ref, "torch", self.dtype, self.form)
        return Tensor(self.ref, "torch", dtype)


@dataclass(eq=False)
class Size(Value):
    """The shape of a tensor whose rank is not known."""

    tensor: Tensor

    def item(self, machine: Machine, key: Value) -> Value:
        from repairnn.semantics.ir import DimOf

        if isinstance(key, Known) and isinstance(key.value, int):
            return Unknown("a size that is not known", DimOf(self.tensor.ref, key.value))
        return Unknown("sizes that are not known")

    def attribute(self, machine: Machine, name: str) -> Value:
        return Unknown("a size that is not known")

    def truth(self) -> bool | None:
        return None

    def describe(self) -> str:
        return "a shape that is not known"


@dataclass(eq=False)
class Returned(Listing):
    """The tuple that a module of the library returns. Where it is used as if it were a tensor, a node says so."""

    name: str = ""

    def whole(self, machine: Machine) -> Tensor:
        """The tuple as one value of the graph."""
        from repairnn.frontends.source.torch.drawing import tupled

        return tupled(machine, self, self.name, self.span)

    def item(self, machine: Machine, key: Value) -> Value:
        if isinstance(key, Listing) and key.kind == "tuple" and not self.open:
            return self.whole(machine).item(machine, key)
        return super().item(machine, key)

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in ("count", "index") or name.startswith("_"):
            return super().attribute(machine, name)
        return self.whole(machine).attribute(machine, name)

    def operate(self, machine: Machine, op: str, other: Value, reflected: bool) -> Value | None:
        if isinstance(other, (Tensor, Returned)) and op in ("+", "-", "*", "/", "@"):
            return self.whole(machine).operate(machine, op, other, reflected)
        return super().operate(machine, op, other, reflected)


class Picked(Listing):
    """The named tuple of ``max``, ``min``, ``sort`` and their kin along an axis: ``values`` and ``indices``."""

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in ("values", "indices") and len(self.items) == 2:
            return self.items[name == "indices"]
        return super().attribute(machine, name)


@dataclass(eq=False)
class Layer(Value):
    """A module of ``torch.nn``, made by a call of its class. ``arguments`` are the constructor's, by canonical name.

    ``places`` says how each was given: a position, or the keyword used; ``unread`` names arguments that are not known,
    ``names`` the numbers that the constructor call could read by a name.
    """

    name: str
    identity: str
    args: dict[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    places: Mapping[str, int | str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    attributes: dict[str, Value] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.torch.layers import layer_attribute

        return layer_attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        self.attributes[name] = value

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.torch.entry import applied

        return applied(machine, self, call)

    def is_a(self, path: str) -> bool | None:
        return path in ("torch.nn.Module", f"torch.nn.{self.name}") or kin(self.name, path)

    def describe(self) -> str:
        return f"nn.{self.name}"


@dataclass(eq=False)
class Container(Value):
    """``nn.Sequential``, ``nn.ModuleList`` or ``nn.ModuleDict``. ``open``: more modules may be there than are known."""

    kind: str
    children: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    places: dict[str, Span | None] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.torch.containers import container_attribute

        return container_attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        (self.children if is_module(value) else self.attributes)[name] = value

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.torch.entry import applied

        return applied(machine, self, call)

    def item(self, machine: Machine, key: Value) -> Value:
        from repairnn.frontends.source.torch.containers import container_item

        return container_item(self, key)

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        from repairnn.frontends.source.torch.containers import set_container_item

        set_container_item(self, key, value)

    def elements(self, machine: Machine) -> list[Value] | None:
        if self.open:
            return None
        return [Known(name) for name in self.children] if self.kind == "ModuleDict" else list(self.children.values())

    def truth(self) -> bool | None:
        return None if self.open else bool(self.children) or self.kind == "Sequential"

    def is_a(self, path: str) -> bool | None:
        return path in ("torch.nn.Module", f"torch.nn.{self.kind}") or (not path.startswith("torch.") and None)

    def describe(self) -> str:
        return f"nn.{self.kind}"


@dataclass(eq=False)
class Backbone(Value):
    """A published classifier whose inside is not read: ``features`` go into the module ``head``."""

    name: str
    identity: str
    family: str
    features: int
    head: str
    children: dict[str, Value] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.torch.backbones import backbone_attribute

        return backbone_attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        (self.children if is_module(value) else self.attributes)[name] = value

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.torch.entry import applied

        return applied(machine, self, call)

    def describe(self) -> str:
        return self.name


def kin(name: str, path: str) -> bool | None:
    """Whether a module of the library belongs to a base class like ``_ConvNd``; ``None`` for classes elsewhere."""
    if not path.startswith("torch."):
        return None
    base = path.rpartition(".")[2]
    stem = base.strip("_").removesuffix("Nd").removesuffix("Norm").removesuffix("Base")
    return base.startswith("_") and bool(stem) and stem in name


def is_module(value: Value | None) -> bool:
    """Whether a value is a module: of the library, a container, or an object of a class of the program that is one."""
    return isinstance(value, (Layer, Container, Backbone)) or is_own_module(value)


def is_own_module(value: Value | None) -> bool:
    """Whether a value is an object of a class of the program that inherits from a module class."""
    return isinstance(value, Instance) and "torch" in value.data


def children_of(value: Value) -> dict[str, Value]:
    """The direct sub-modules by name."""
    if isinstance(value, (Container, Backbone)):
        return value.children
    if is_own_module(value):
        assert isinstance(value, Instance)
        found = {name: item for name, item in value.attributes.items() if is_module(item)}
        inner = value.data["torch"].get("container")
        return {**(inner.children if isinstance(inner, Container) else {}), **found}
    return {}


def descendants(value: Value, prefix: str = "", seen: set[int] | None = None) -> list[tuple[str, Value]]:
    """The module and all below it, each with its path, in the order of registration; a shared one once."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return []
    seen.add(id(value))
    found = [(prefix, value)]
    for name, child in children_of(value).items():
        found.extend(descendants(child, f"{prefix}.{name}" if prefix else name, seen))
    return found
