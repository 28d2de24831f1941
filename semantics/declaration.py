"""How a kind of layer is declared: once, in one place, everything else derived from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from repairnn.semantics.domains import Domain
from repairnn.semantics.faults import Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.spelling import Spelling

if TYPE_CHECKING:
    from repairnn.semantics.checker import Context

REQUIRED: Any = object()

#: How far a repair may change an argument.
#: ``free``      a setting of the layer (kernel size, stride, padding)
#: ``derived``   repeats what the input already says (``in_channels``, ``num_features``): changing it costs little
#: ``capacity``  how much the layer can learn (units, filters): changing it is unsafe
#: ``order``     how axes are read (axis, data_format, permutation)
#: ``meaning``   what the user wants computed (activation, rate): a repair never changes it
Role: TypeAlias = Literal["free", "derived", "capacity", "order", "meaning"]

Args: TypeAlias = SimpleNamespace


@dataclass(frozen=True, slots=True)
class Argument:
    """One canonical argument of a layer. Without ``default`` it must be given.

    ``usual`` is what people write where it must be given and is not, if there is such a value. ``torch`` is the domain
    in PyTorch, where that is another.
    """

    name: str
    domain: Domain
    default: Any = REQUIRED
    role: Role = "free"
    doc: str = ""
    usual: Any = None
    torch: Domain | None = None

    def domain_in(self, framework: str, spelling: Spelling | None = None) -> Domain:
        """The values that it takes in a framework, and there under a name."""
        if spelling is not None and self.name in spelling.domains:
            return spelling.domains[self.name]
        return self.torch if self.torch is not None and framework == "torch" else self.domain

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class Example:
    """A configuration of the layer and what the checker must say of it.

    ``breaks`` is the id of the one rule that must fire (``None``: valid, and then ``output`` is the shape, or the
    list of shapes, that comes out). Every rule has an invalid example one step beyond a valid one.
    ``expected`` (only with ``breaks``) is the sentence that the message must contain.
    """

    inputs: tuple[Shape | None, ...]
    args: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None
    breaks: str | None = None
    expected: str | None = None
    framework: str = "keras"


class Declaration:
    """Base of every layer declaration. A subclass is a name, a docstring, data, and three functions.

    Class attributes
        kind        the key in the registry and in ``Node.kind``
        arguments   canonical arguments, in the order a reader wants them
        rules       every rule that ``shapes`` can break
        spellings   names in the frameworks
        examples    at least one valid at the boundary and one invalid one step beyond, per rule
        inputs      how many inputs the layer takes: (minimum, maximum or None)
        partial     true when ``shapes`` can say something although an input's rank is unknown
        exact       false when ``shapes`` asks for more than conditions on sizes (whether one is 1, say), so that what
                    its reading on solver terms refuses is no proof
    """

    kind: ClassVar[str] = ""
    arguments: ClassVar[tuple[Argument, ...]] = ()
    rules: ClassVar[tuple[Rule, ...]] = ()
    spellings: ClassVar[tuple[Spelling, ...]] = ()
    examples: ClassVar[tuple[Example, ...]] = ()
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    partial: ClassVar[bool] = False
    exact: ClassVar[bool] = True

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        """The output shape (or a list of them), breaking rules through ``c.fault`` on the way.

        Must return the most plausible shape even after a fault: ``None`` for what cannot be known. The same text is
        read on z3 terms, so conditions on dimensions go through ``c.holds`` and :mod:`repairnn.semantics.arithmetic`.
        """
        raise NotImplementedError

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        """The layer's weights by name with their shapes, in the framework-neutral (Keras) layout."""
        return {}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        """The reference semantics: NumPy arrays in, an array (or a list of them) out, in inference mode."""
        raise NotImplementedError

    @staticmethod
    def output_count(a: Args) -> int:
        """How many tensors the layer returns."""
        return 1


def bind_arguments(declaration: type[Declaration], args: Mapping[str, Any], defaults: Mapping[str, Any] = {}) -> Args:
    """All arguments of a layer as attributes: given ones over ``defaults`` over the declaration's defaults."""
    values = {argument.name: argument.default for argument in declaration.arguments if argument.default is not REQUIRED}
    values.update(defaults)
    values.update(args)
    for argument in declaration.arguments:
        value = values.setdefault(argument.name, None)
        if argument.name == "data_format" and isinstance(value, str) and not getattr(argument.domain, "exact", False):
            values["data_format"] = value.lower()  # Keras reads it in any case
    return SimpleNamespace(**values)
