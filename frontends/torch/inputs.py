"""What a user says of a module's inputs: shapes, examples, or nothing, in which case the module itself is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.frontends.torch.tracing import input_names, required_names
from repairnn.semantics.ir import Shape

WHERE = "<torch module>"
BATCH = 2


@dataclass(frozen=True)
class Inputs:
    """The inputs of one reading, by the names of ``forward``'s parameters.

    ``shapes``   the full shape of each, ``None`` where it is not known
    ``examples`` tensors that were given, for their type, and other values that are passed on as they are
    ``open``     whether the shapes may lack the batch axis
    """

    shapes: Mapping[str, Shape | None]
    examples: Mapping[str, Any] = field(default_factory=dict)
    open: bool = False
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that get a tensor."""
        return tuple(self.shapes)

    @property
    def whole(self) -> frozenset[str]:
        """The inputs of which an example of whole numbers is given."""
        kinds = {name: getattr(value, "dtype", None) for name, value in self.examples.items()}
        return frozenset(n for n, kind in kinds.items() if kind is not None and not kind.is_floating_point)

    @property
    def passed_on(self) -> bool:
        """Whether values that are no tensors are given."""
        return any(name not in self.shapes for name in self.examples)

    def batched(self) -> Inputs:
        """The same with a batch axis in front of every shape."""
        note = "input_shape is read as the shape of one sample, without the batch axis"
        shapes = {name: None if shape is None else (BATCH, *shape) for name, shape in self.shapes.items()}
        return replace(self, shapes=shapes, notes=(*self.notes, note))


def given_inputs(module: Any, shapes: Any, examples: Any) -> Inputs:
    """What is said of a module's inputs. Raises :class:`BadInput` for inputs that ``forward`` does not take."""
    if isinstance(shapes, Inputs):
        return replace(shapes, open=False)
    if examples is not None:
        return _from_examples(module, examples)
    if _holds_tensors(shapes):
        return _from_examples(module, shapes)
    if shapes is None:
        return Inputs(dict.fromkeys(required_names(module)))
    if isinstance(shapes, Mapping):
        _require_known(module, shapes)
        rest = {name: None for name in required_names(module) if name not in shapes}
        ordered = [name for name in input_names(module) if name in shapes or name in rest]
        ordered += [name for name in shapes if name not in ordered]
        return Inputs({name: _shape(shapes[name]) if name in shapes else None for name in ordered}, open=True)
    many = [shapes] if all(dim is None or isinstance(dim, int) for dim in shapes) else list(shapes)
    names = _names(module, len(many))
    found: dict[str, Shape | None] = {name: _shape(shape) for name, shape in zip(names, many, strict=True)}
    found |= {name: None for name in required_names(module) if name not in found}
    return Inputs(found, open=True)


def _from_examples(module: Any, examples: Any) -> Inputs:
    if not isinstance(examples, Mapping):
        many = list(examples) if isinstance(examples, (list, tuple)) else [examples]
        examples = dict(zip(_names(module, len(many)), many, strict=True))
    _require_known(module, examples)
    shapes = {name: tuple(value.shape) for name, value in examples.items() if hasattr(value, "shape")}
    return Inputs(shapes, dict(examples))


def _names(module: Any, count: int) -> list[str]:
    """The parameters that get so many inputs; what ``*more`` takes is called ``more_0``, ``more_1``, ..."""
    names = input_names(module)
    plain = [name for name in names if not name.startswith("*")]
    several = next((name[1:] for name in names if name.startswith("*")), None)
    if count > len(plain) and several is None:
        raise BadInput(f"forward takes {len(plain)} input(s), not {count}", WHERE, advice=f"give {', '.join(plain)}")
    before = names.index(f"*{several}") if several is not None else len(plain)
    more = [f"{several}_{number}" for number in range(count - before)]
    return [*plain[:before], *more][:count]


def _require_known(module: Any, given: Mapping[str, Any]) -> None:
    names = input_names(module)
    unknown = [name for name in given if name not in names]
    if unknown and not any(name.startswith("**") for name in names):
        wanted = ", ".join(name for name in names if not name.startswith("*"))
        raise BadInput(f"forward has no input {unknown[0]}", WHERE, advice=f"its inputs are {wanted}")


def _holds_tensors(given: Any) -> bool:
    if isinstance(given, Mapping):
        return any(_is_tensor(value) for value in given.values())
    return _is_tensor(given) or (isinstance(given, (list, tuple)) and any(_is_tensor(value) for value in given))


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _shape(given: Sequence[Any] | None) -> Shape | None:
    """A shape as given, with a batch of two where its size is left open: sizes are then numbers throughout."""
    if given is None:
        return None
    shape = tuple(None if dim is None or dim == -1 else int(dim) for dim in given)
    return (BATCH, *shape[1:]) if shape[:1] == (None,) else shape
