"""``x[...]`` on tensors, and iterating over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.torch.drawing import UNREAD, draw, opaque, plain
from repairnn.frontends.source.torch.values import Tensor
from repairnn.frontends.source.values import Array, Known, Listing, Slice, Unknown, Value
from repairnn.semantics.ir import Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

MAX_ROWS = 64


def indexed(machine: Machine, tensor: Tensor, key: Value) -> Value:
    """``tensor[key]``."""
    parts = key.items if isinstance(key, Listing) and key.kind == "tuple" else [key]
    index = [_part(machine, part) for part in parts]
    index = _one_tensor(index)
    site = Site(machine.here)
    if any(part is UNREAD for part in index):
        return opaque(machine, [tensor], spelling="getitem", name="[...]", site=site, why="an index that is not known")[
            0
        ]
    result = draw(machine, "slice", {"index": tuple(index)}, [tensor], spelling="getitem", name="[...]", site=site)[0]
    result.dtype, result.form = tensor.dtype, tensor.form if len(index) == 1 else ""
    return result


def _part(machine: Machine, part: Value) -> Any:
    """One part of an index in the form the semantics reads (see the declaration of ``slice``)."""
    if isinstance(part, Slice):
        ends = [plain(end) for end in (part.lower, part.upper, part.step)]
        return ("slice", *(("?" if end is UNREAD else end) for end in ends)) if UNREAD not in ends else UNREAD
    if isinstance(part, Known) and part.value is None:
        return "newaxis"
    if isinstance(part, Known) and part.value is Ellipsis:
        return "ellipsis"
    if isinstance(part, Known) and isinstance(part.value, bool):
        return UNREAD
    if isinstance(part, Known) and isinstance(part.value, int):
        return plain(part)
    if isinstance(part, (Tensor, Array)):
        return _by_tensor(machine, part)
    if isinstance(part, Listing) and not part.open:
        return ("tensor", (len(part.items),))
    return UNREAD


def _by_tensor(machine: Machine, part: Tensor | Array) -> Any:
    shape: Shape | None = part.shape(machine) if isinstance(part, Tensor) else part.shape
    if shape is None:
        return UNREAD
    if part.dtype == "bool":
        return ("tensor", (None,)) if len(shape) == 1 else UNREAD
    return ("tensor", shape)


def _one_tensor(index: list[Any]) -> list[Any]:
    """Several adjacent index tensors pick together: the first carries the shape, the others use up an axis each."""
    places = [i for i, part in enumerate(index) if isinstance(part, tuple) and part[0] == "tensor"]
    if len(places) < 2:
        return index
    shapes = [index[i][1] for i in places]
    adjacent = places[-1] - places[0] == len(places) - 1
    if not adjacent or any(len(shape) != len(shapes[0]) for shape in shapes):
        return [UNREAD]
    joined = tuple(next((d for d in dims if d not in (1, None)), dims[0]) for dims in zip(*shapes, strict=True))
    return [("tensor", joined) if i == places[0] else 0 if i in places else part for i, part in enumerate(index)]


def rows(machine: Machine, tensor: Tensor) -> list[Value] | None:
    """What iterating over a tensor yields; ``None`` when its length is not known or it is long."""
    shape = tensor.shape(machine)
    if not shape or shape[0] is None or shape[0] > MAX_ROWS:
        return None
    return [indexed(machine, tensor, Known(number)) for number in range(shape[0])]


def first_row(machine: Machine, tensor: Tensor) -> Value:
    """What one step of a loop over a tensor sees."""
    shape = tensor.shape(machine)
    if shape is None or not shape:
        return Unknown("a row of a tensor")
    return indexed(machine, tensor, Known(0))
