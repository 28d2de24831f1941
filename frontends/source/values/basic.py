"""The base of all values, constants, and what is not known; names of libraries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from repairnn.semantics.ir import Arith, DimOf, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine


@dataclass(eq=False)
class Value:
    """Base of all values. Subclasses override what they can do."""

    span: Span | None = field(default=None, kw_only=True)

    def attribute(self, machine: Machine, name: str) -> Value:
        """``self.name``."""
        return machine.library.attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        """``self.name = value``; values without attributes forget it."""

    def call(self, machine: Machine, call: Call) -> Value:
        """``self(...)``."""
        return machine.unknown_call(self, call)

    def item(self, machine: Machine, key: Value) -> Value:
        """``self[key]``."""
        return Unknown(f"an item of {self.describe()}")

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        """``self[key] = value``; values without items forget it."""

    def elements(self, machine: Machine) -> list[Value] | None:
        """What iteration yields, or ``None`` when that is not known."""
        return None

    def sample(self, machine: Machine) -> list[Value] | None:
        """What one iteration sees where ``elements`` is not known; ``None`` when that is not known either."""
        return None

    def truth(self) -> bool | None:
        """``bool(self)``, or ``None`` when that is not known."""
        return True

    def is_a(self, path: str) -> bool | None:
        """Whether it is an object of a library class; ``None`` when that is not known."""
        return None

    def join(self, machine: Machine, other: Value) -> Value | None:
        """What is this value or the other one, after an open condition; ``None`` leaves it to the machine."""
        return None

    def operate(self, machine: Machine, op: str, other: Value, reflected: bool) -> Value | None:
        """``self op other`` (``other op self`` when reflected); ``None`` leaves it to the other operand."""
        return None

    def describe(self) -> str:
        """A noun phrase for notes."""
        return f"a {type(self).__name__.lower()}"


@dataclass(eq=False)
class Known(Value):
    """A constant: int, float, complex, str, bytes, bool, None or Ellipsis.

    ``symbol`` is set when the number was read from a tensor of the program (``x.shape[1] // 2``): how to compute it.
    ``assumed``: ``None`` as the default of a parameter, in a call that the program does not write.
    """

    value: Any
    symbol: DimOf | Arith | None = None
    assumed: bool = False

    def truth(self) -> bool | None:
        return bool(self.value)

    def item(self, machine: Machine, key: Value) -> Value:
        from repairnn.frontends.source.operators import known_item

        return known_item(self, key)

    def elements(self, machine: Machine) -> list[Value] | None:
        return [Known(letter) for letter in self.value] if isinstance(self.value, (str, bytes)) else None

    def describe(self) -> str:
        return repr(self.value)


@dataclass(eq=False)
class Unknown(Value):
    """A value that the text does not decide. ``symbol`` is set when a tensor's shape decides it.

    ``opted``: it is an option of a call, no tensor.
    """

    reason: str = ""
    symbol: DimOf | Arith | None = None
    opted: bool = False

    def truth(self) -> bool | None:
        return None

    def item(self, machine: Machine, key: Value) -> Value:
        return Unknown(self.reason)

    def describe(self) -> str:
        return self.reason or "a value that is not known"


@dataclass(eq=False)
class Slice(Value):
    """``lower:upper:step`` between brackets."""

    lower: Value
    upper: Value
    step: Value


@dataclass(eq=False)
class Symbol(Value):
    """A library's module, function or class, by its canonical dotted path: ``keras.layers.Dense``."""

    path: str

    def attribute(self, machine: Machine, name: str) -> Value:
        return machine.library.member(machine, self.path, name)

    def call(self, machine: Machine, call: Call) -> Value:
        return machine.library.call(machine, self.path, call)

    def item(self, machine: Machine, key: Value) -> Value:
        return Unknown(f"{self.path}[...]")

    def describe(self) -> str:
        return self.path


@dataclass(eq=False)
class Native(Value):
    """A function implemented here: a builtin, or a method bound to its receiver."""

    name: str
    run: Callable[[Machine, Call], Value]

    def call(self, machine: Machine, call: Call) -> Value:
        return self.run(machine, replace(call, callee=self.name))

    def describe(self) -> str:
        return f"{self.name}()"


@dataclass(eq=False)
class Pending(Value):
    """A name imported from a file of the project that nobody has used yet; frames settle it on first use."""

    settle: Callable[[], Value]


NONE = Known(None)


def known(value: Value | None, *types: type) -> Any:
    """The constant behind a value when it is one of ``types`` (any when none are given), else ``None``."""
    if isinstance(value, Known) and (not types or isinstance(value.value, types)):
        return None if isinstance(value.value, bool) and bool not in types and types else value.value
    return None
