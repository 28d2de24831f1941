"""What the interpreter computes with: Python values as far as the text makes them known.

Every value is a :class:`Value`. What can be done with it (attributes, calls, items, iteration, truth, operators) are
its methods, so that a library adds a kind of value without touching the interpreter. The default of each is
"not known", an :class:`Unknown` with a reason, or ``None`` where the docstring says so.

``span`` is where the value was born: the literal, display or operation that made it. It travels with the value through
variables, parameters and containers, so that an edit can find the text that decides an argument.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from repairnn.semantics.ir import Arith, DimOf, Shape, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine
    from repairnn.frontends.source.scopes import Frame


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
    """

    value: Any
    symbol: DimOf | Arith | None = None

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
    """A value that the text does not decide. ``symbol`` is set when a tensor's shape decides it."""

    reason: str = ""
    symbol: DimOf | Arith | None = None

    def truth(self) -> bool | None:
        return None

    def item(self, machine: Machine, key: Value) -> Value:
        return Unknown(self.reason)

    def describe(self) -> str:
        return self.reason or "a value that is not known"


@dataclass(eq=False)
class Listing(Value):
    """A list, tuple, set or the values of a generator. ``open``: more or fewer elements may be there than listed."""

    items: list[Value]
    kind: str = "list"
    open: bool = False

    def item(self, machine: Machine, key: Value) -> Value:
        from repairnn.frontends.source.operators import listing_item

        return listing_item(self, key)

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        if isinstance(key, Known) and isinstance(key.value, int) and -len(self.items) <= key.value < len(self.items):
            self.items[key.value] = value
        elif not (isinstance(key, Known) and isinstance(key.value, int)):
            self.open = True

    def delete(self, key: Value) -> None:
        """``del self[key]``; a key that is not known leaves a list of unknown length."""
        if isinstance(key, Known) and isinstance(key.value, int) and -len(self.items) <= key.value < len(self.items):
            del self.items[key.value]
        else:
            self.open = True

    def elements(self, machine: Machine) -> list[Value] | None:
        return None if self.open else list(self.items)

    def truth(self) -> bool | None:
        return None if self.open else bool(self.items)


@dataclass(eq=False)
class Table(Value):
    """A dict. Keys are the keys' Python values where known. ``open``: entries may be missing here."""

    entries: dict[Hashable, tuple[Value, Value]]
    open: bool = False

    @staticmethod
    def of(entries: dict[str, Value], span: Span | None = None) -> Table:
        """A table with string keys."""
        return Table({key: (Known(key), value) for key, value in entries.items()}, span=span)

    def item(self, machine: Machine, key: Value) -> Value:
        found = self.entries.get(hashed(key))
        return found[1] if found else Unknown("an entry that is not known")

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        if isinstance(key, Unknown):
            self.open = True
        else:
            self.entries[hashed(key)] = (key, value)

    def elements(self, machine: Machine) -> list[Value] | None:
        return None if self.open else [key for key, _ in self.entries.values()]

    def truth(self) -> bool | None:
        return None if self.open else bool(self.entries)


def hashed(key: Value) -> Hashable:
    """What a dict or set compares for a value: its constant, a tuple of constants, or its identity."""
    if isinstance(key, Known):
        return key.value if key.value.__hash__ else id(key)
    if isinstance(key, Listing) and key.kind == "tuple":
        return tuple(hashed(item) for item in key.items)
    if isinstance(key, Symbol):
        return f"<{key.path}>"
    return id(key)


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
class Function(Value):
    """A function or lambda of the program, with the frame it was defined in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    defaults: list[Value] = field(default_factory=list)
    keyword_defaults: dict[str, Value] = field(default_factory=dict)
    owner: Class | None = None
    form: str = "function"  # or "static", "class", "property"

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.calls import run_function

        return run_function(machine, self, call, None)

    def describe(self) -> str:
        return f"{self.name}()"


@dataclass(eq=False)
class Method(Value):
    """A function of the program bound to an instance or class."""

    function: Function
    receiver: Value

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.calls import run_function

        return run_function(machine, self.function, call, self.receiver)

    def describe(self) -> str:
        return f"{self.function.name}()"


@dataclass(eq=False)
class Class(Value):
    """A class of the program. ``bases`` may hold library classes as :class:`Symbol`."""

    name: str
    bases: list[Value]
    names: dict[str, Value]
    node: ast.ClassDef
    record: bool = False  # a dataclass or named tuple: fields are constructor parameters

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.classes import class_attribute

        return class_attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        self.names[name] = value

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.classes import construct

        return construct(machine, self, call)

    def lineage(self) -> list[Class]:
        """The class and its base classes of the program, nearest first."""
        found = [self]
        for base in self.bases:
            if isinstance(base, Class):
                found.extend(c for c in base.lineage() if c not in found)
        return found

    def library_bases(self) -> list[str]:
        """Paths of the library classes it inherits from, nearest first."""
        return [base.path for cls in self.lineage() for base in cls.bases if isinstance(base, Symbol)]

    def find(self, name: str) -> Value | None:
        """A class attribute by the method resolution order, library bases left out."""
        for cls in self.lineage():
            if name in cls.names:
                return cls.names[name]
        return None

    def describe(self) -> str:
        return f"class {self.name}"


@dataclass(eq=False)
class Instance(Value):
    """An object of a class of the program. ``data`` belongs to the library whose class it inherits from."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)

    def attribute(self, machine: Machine, name: str) -> Value:
        from repairnn.frontends.source.classes import instance_attribute

        return instance_attribute(machine, self, name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        from repairnn.frontends.source.classes import set_instance_attribute

        set_instance_attribute(machine, self, name, value)

    def call(self, machine: Machine, call: Call) -> Value:
        from repairnn.frontends.source.classes import call_instance

        return call_instance(machine, self, call)

    def _special(self, machine: Machine, name: str, *arguments: Value) -> Value | None:
        from repairnn.frontends.source.calls import Call

        function = self.cls.find(name)
        if not isinstance(function, Function):
            return None
        return Method(function, self).call(machine, Call.of(*arguments))

    def item(self, machine: Machine, key: Value) -> Value:
        found = self._special(machine, "__getitem__", key)
        return found if found is not None else machine.library.item_of(machine, self, key)

    def set_item(self, machine: Machine, key: Value, value: Value) -> None:
        self._special(machine, "__setitem__", key, value)

    def elements(self, machine: Machine) -> list[Value] | None:
        found = self._special(machine, "__iter__")
        if found is not None and found is not self:
            return found.elements(machine)
        return machine.library.elements_of(machine, self)

    def is_a(self, path: str) -> bool | None:
        return path in self.cls.library_bases() or None

    def describe(self) -> str:
        return f"an object of {self.cls.name}"


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


NONE = Known(None)


def known(value: Value | None, *types: type) -> Any:
    """The constant behind a value when it is one of ``types`` (any when none are given), else ``None``."""
    if isinstance(value, Known) and (not types or isinstance(value.value, types)):
        return None if isinstance(value.value, bool) and bool not in types and types else value.value
    return None


def wrap(value: Any, span: Span | None = None) -> Value:
    """A plain Python constant, tuple, list or dict as a value."""
    if isinstance(value, Value):
        return value
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return Listing([wrap(item) for item in value], kind, span=span)
    if isinstance(value, dict):
        return Table({key: (wrap(key), wrap(item)) for key, item in value.items()}, span=span)
    return Known(value, span=span)


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
