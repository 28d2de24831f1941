"""Objects and arrays that libraries make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.values.basic import Value
from repairnn.frontends.source.values.containers import Listing
from repairnn.semantics.ir import Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine


@dataclass(eq=False)
class Object(Value):
    """An object of a library that is only carried around: an optimizer, a data generator, a tokenizer.

    ``path`` is its class; ``attributes`` are what the program set or the library knows.
    """

    path: str
    attributes: dict[str, Value] = field(default_factory=dict)

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in self.attributes:
            return self.attributes[name]
        return machine.library.attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        self.attributes[name] = value

    def call(self, machine: Machine, call: Call) -> Value:
        return machine.library.call_object(machine, self, call)

    def item(self, machine: Machine, key: Value) -> Value:
        return machine.library.item_of(machine, self, key)

    def elements(self, machine: Machine) -> list[Value] | None:
        return machine.library.elements_of(machine, self)

    def describe(self) -> str:
        return f"an object of {self.path}"


@dataclass(eq=False)
class Array(Value):
    """An array of the program, outside any model: ``shape`` with ``None`` for sizes not known, ``None`` for no rank.

    ``dtype``  numpy's name, or "" when not known
    ``form``   what is known of its values: ``one_hot``, ``classes``, ``classes:N``, ``binary``, or ""
    ``id``     its node in the graph, set by :meth:`repairnn.frontends.source.graph.Graph.data`
    ``label``  the variable it was first assigned to, for messages
    ``values`` its elements in row-major order where they are few and known
    """

    shape: Shape | None
    dtype: str = ""
    form: str = ""
    id: str = ""
    label: str = ""
    values: tuple[Any, ...] | None = None

    def item(self, machine: Machine, key: Value) -> Value:
        return machine.library.item_of(machine, self, key)

    def elements(self, machine: Machine) -> list[Value] | None:
        return machine.library.elements_of(machine, self)

    def truth(self) -> bool | None:
        return None

    def operate(self, machine: Machine, op: str, other: Value, reflected: bool) -> Value | None:
        return machine.library.operate(machine, self, op, other, reflected)

    def describe(self) -> str:
        return f"array {self.label}" if self.label else "an array"


@dataclass(eq=False)
class Batches(Value):
    """A stream of batches of inputs ``x`` and targets ``y`` (``None`` where it has none): a generator, a data set.

    Arrays in it have a sample axis that counts one batch, ``None`` where the batch size is not known.
    """

    x: Value
    y: Value | None = None

    def elements(self, machine: Machine) -> list[Value] | None:
        return None

    def sample(self, machine: Machine) -> list[Value] | None:
        return [self.x if self.y is None else Listing([self.x, self.y], "tuple")]

    def truth(self) -> bool | None:
        return True
