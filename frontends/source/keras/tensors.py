"""What programs do with Keras tensors themselves: arithmetic, indexing, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.arguments import MISSING, plain
from repairnn.frontends.source.library import ELEMENTS, ITEMS, OPERATORS, attribute, method
from repairnn.frontends.source.models import Tensor
from repairnn.frontends.source.values import Array, Known, Listing, Slice, Unknown, Value
from repairnn.semantics.ir import Ref, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

OWNER = "keras.Tensor"
OPS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "multiply", "//": "multiply", "%": "multiply", "**": "multiply",
    "<": "multiply", "<=": "multiply", ">": "multiply", ">=": "multiply", "==": "multiply", "!=": "multiply",
    "&": "multiply", "|": "multiply", "^": "multiply",
}  # fmt: skip


def draw(
    machine: Machine,
    kind: str,
    args: dict[str, Any],
    inputs: Sequence[Ref],
    *,
    spelling: str,
    site: Site,
    name: str = "",
) -> list[Value]:
    """Add an operation on tensors to the graph."""
    refs = machine.graph.add(kind, args, inputs, "keras", spelling=spelling, name=name or spelling, site=site)
    return [Tensor(ref) for ref in refs]


def unknown(machine: Machine, inputs: Sequence[Ref], name: str, span: Span | None, why: str) -> Value:
    """The result of an operation that could not be read."""
    return Tensor(machine.graph.opaque(inputs, "keras", spelling=name, name=name, site=Site(span), why=why)[0])


def ref_of(machine: Machine, value: Value | None) -> Ref | None:
    """The tensor behind a value: a tensor, or an array of the program."""
    if isinstance(value, Tensor):
        return value.ref
    return machine.graph.data(value) if isinstance(value, Array) else None


def _operate(machine: Machine, tensor: Tensor, op: str, other: Value, reflected: bool) -> Value | None:
    site = Site(machine.here)
    if op == "@":
        ref = ref_of(machine, other)
        if ref is None:
            return unknown(machine, [tensor.ref], "matmul", machine.here, "a product with something not known")
        pair = (ref, tensor.ref) if reflected else (tensor.ref, ref)
        return draw(machine, "matmul", {}, pair, spelling="matmul", site=site)[0]
    if op not in OPS:
        return (
            draw(machine, "identity", {}, [tensor.ref], spelling=op, site=site)[0] if op.startswith("unary") else None
        )
    if isinstance(other, Known) and isinstance(other.value, (int, float)):
        return Tensor(scaled(machine, tensor.ref, site))
    ref = ref_of(machine, other)
    if ref is None:
        return unknown(machine, [tensor.ref], OPS[op], machine.here, f"arithmetic with {other.describe()}")
    pair = (ref, tensor.ref) if reflected else (tensor.ref, ref)
    name = {"+": "add", "-": "subtract", "*": "multiply"}.get(op, op)
    return draw(machine, "merge", {"op": OPS[op], "align": "last"}, pair, spelling=name, name=name, site=site)[0]


def scaled(machine: Machine, ref: Ref, site: Site) -> Ref:
    """Arithmetic with a number keeps the shape."""
    return machine.graph.add("identity", {}, [ref], "keras", spelling="scale", name="scale", site=site, hidden=True)[0]


def _item(machine: Machine, tensor: Tensor, key: Value) -> Value:
    parts = key.items if isinstance(key, Listing) and key.kind == "tuple" else [key]
    index = [_part(machine, part) for part in parts]
    if MISSING in index:
        return unknown(machine, [tensor.ref], "getitem", machine.here, "an index that is not known")
    return draw(machine, "slice", {"index": tuple(index)}, [tensor.ref], spelling="getitem", site=Site(machine.here))[0]


def _part(machine: Machine, part: Value) -> Any:
    """One part of an index as the declaration of ``slice`` reads it."""
    if isinstance(part, Slice):
        ends = [plain(end) for end in (part.lower, part.upper, part.step)]
        return MISSING if MISSING in ends else ("slice", *ends)
    if isinstance(part, Known):
        if part.value is None:
            return "newaxis"
        if part.value is Ellipsis:
            return "ellipsis"
        return plain(part) if isinstance(part.value, int) and not isinstance(part.value, bool) else MISSING
    name = getattr(part, "path", "")
    return "newaxis" if name.endswith("newaxis") else MISSING


def _elements(machine: Machine, tensor: Tensor) -> list[Value] | None:
    shape = tensor.shape(machine)
    if not shape or shape[0] is None or shape[0] > 64:
        return None
    return [_item(machine, tensor, Known(i)) for i in range(shape[0])]


OPERATORS[OWNER] = _operate
ITEMS[OWNER] = _item
ELEMENTS[OWNER] = _elements


@attribute(OWNER, "shape", "_keras_shape")
def _shape(machine: Machine, tensor: Tensor) -> Value:
    return tensor.dimensions(machine)


@method(OWNER, "get_shape")
def _get_shape(machine: Machine, tensor: Tensor, call: Call) -> Value:
    return tensor.dimensions(machine)


@attribute(OWNER, "ndim")
def _ndim(machine: Machine, tensor: Tensor) -> Value:
    shape = tensor.shape(machine)
    return Unknown("the rank of a tensor") if shape is None else Known(len(shape))


@method(OWNER, "numpy")
def _numpy(machine: Machine, tensor: Tensor, call: Call) -> Value:
    return Array(tensor.shape(machine))


@method(Listing, "as_list")
def _as_list(machine: Machine, listing: Listing, call: Call) -> Value:
    return Listing(list(listing.items), "list", listing.open)
