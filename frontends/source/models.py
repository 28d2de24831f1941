"""What all frameworks share of models: symbolic tensors, and the record of a model that becomes a network."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.values import Known, Listing, Unknown, Value
from repairnn.semantics.ir import DimOf, Ref, Shape, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine


@dataclass(eq=False)
class Tensor(Value):
    """A symbolic tensor: one output of a node. Its methods are those of ``keras.Tensor`` or ``torch.Tensor``."""

    ref: Ref
    framework: str = "keras"

    @property
    def path(self) -> str:
        """The key of its methods in the library."""
        return f"{self.framework}.Tensor"

    def item(self, machine: Machine, key: Value) -> Value:
        return machine.library.item_of(machine, self, key)

    def elements(self, machine: Machine) -> list[Value] | None:
        return machine.library.elements_of(machine, self)

    def truth(self) -> bool | None:
        return None

    def operate(self, machine: Machine, op: str, other: Value, reflected: bool) -> Value | None:
        return machine.library.operate(machine, self, op, other, reflected)

    def shape(self, machine: Machine) -> Shape | None:
        """Its shape as far as it is known now."""
        return machine.graph.shape(self.ref)

    def dimension(self, machine: Machine, axis: int) -> Value:
        """``self.shape[axis]`` as a number that remembers the tensor."""
        shape = self.shape(machine)
        symbol = DimOf(self.ref, axis)
        size = shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None
        return Unknown("a size of a tensor", symbol) if size is None else Known(size, symbol)

    def dimensions(self, machine: Machine) -> Value:
        """``self.shape`` as a tuple of such numbers."""
        shape = self.shape(machine)
        if shape is None:
            return Unknown("the shape of a tensor")
        return Listing([self.dimension(machine, axis) for axis in range(len(shape))], "tuple")

    @staticmethod
    def unknown(machine: Machine, tensors: Sequence[Value], reason: str, call: Call) -> Value:
        """What comes out of something that is not known, applied to tensors."""
        first = tensors[0]
        assert isinstance(first, Tensor)
        refs = [t.ref for t in tensors if isinstance(t, Tensor)]
        name = reason.removesuffix("()").split(",")[0].rpartition(".")[2][:40] or "unknown"
        site = Site(call.span)
        (ref, *_) = machine.graph.opaque(refs, first.framework, spelling=name, name=name, site=site, why=reason)
        return type(first)(ref, first.framework)

    def describe(self) -> str:
        return "a tensor"


@dataclass(eq=False)
class Record:
    """A model of the program, framework-neutral: what is cut out of the graph as one network at the end.

    ``outputs``  tensors it returns; ``inputs`` the tensors where it begins
    ``extras``   ids of nodes around it: feeds and losses
    ``nested``   it is a part of another model; ``imported``: a file that the program imports makes it
    ``missing``  what of it could not be read
    ``prepare``  called once at the end, before the network is cut
    """

    name: str
    framework: str
    span: Span | None = None
    inputs: list[Ref] = field(default_factory=list)
    outputs: list[Ref] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    nested: bool = False
    imported: bool = False
    missing: list[tuple[str, Span | None]] = field(default_factory=list)
    prepare: Callable[[Machine], None] | None = None
    settings: dict[str, Value] = field(default_factory=dict)
    seen: set[Hashable] = field(default_factory=set)

    def first_time(self, key: Hashable) -> bool:
        """Whether something happens to the model for the first time: what a training loop repeats counts once."""
        new = key not in self.seen
        self.seen.add(key)
        return new
