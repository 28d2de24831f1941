"""NumPy arrays as values: attributes, indexing, iteration, operators, and how other values become arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.library import ELEMENTS, ITEMS, OPERATORS, attribute
from repairnn.frontends.source.values import Array, Known, Listing, Slice, Table, Unknown, Value, known
from repairnn.semantics.ir import Dim, Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

ELEMENTS_LISTED = 16
COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def size_of(value: Value | None) -> Dim:
    """An integer where it is known; ``None`` otherwise."""
    number = known(value, int, float)
    return int(number) if number is not None and number == int(number) else None


def shape_of_value(value: Value | None) -> Shape | None:
    """A shape argument (a number, a tuple or list of numbers); ``None`` when even the rank is not known."""
    if isinstance(value, Known) and isinstance(value.value, int) and not isinstance(value.value, bool):
        return (value.value,)
    if isinstance(value, Listing) and not value.open:
        return tuple(size_of(item) for item in value.items)
    if isinstance(value, Array) and value.values is not None and len(value.shape or ()) == 1:
        return tuple(v if isinstance(v, int) else None for v in value.values)
    return None


def as_array(value: Value | None) -> Array:
    """``np.array(value)``: nested lists get their shape, numbers the empty one, everything else an unknown one."""
    if isinstance(value, Array):
        return value
    if isinstance(value, Listing):
        return _of_listing(value)
    if isinstance(value, Known) and isinstance(value.value, (int, float)):
        return Array((), values=(value.value,), span=value.span)
    if isinstance(value, Table):
        return Array(())
    return Array(None, span=value.span if value else None)


def _of_listing(value: Listing) -> Array:
    count = None if value.open else len(value.items)
    if not value.items:
        return Array((count,) if count is not None else None, span=value.span)
    if all(isinstance(item, Known) for item in value.items):
        numbers = tuple(item.value for item in value.items if isinstance(item, Known))
        return Array((count,), values=numbers if count is not None and count <= 64 else None, span=value.span)
    shapes = [as_array(item).shape for item in value.items[:64] if not isinstance(item, Unknown)]
    if not shapes:
        return Array(None, span=value.span)
    inner = shapes[0]
    if inner is None or any(shape != inner for shape in shapes):
        inner = merged(shapes)
    return Array(None if inner is None else (count, *inner), span=value.span)


def merged(shapes: list[Shape | None]) -> Shape | None:
    """The shape that all have, with ``None`` where they differ or do not say; ``None`` when ranks differ."""
    known_shapes = [shape for shape in shapes if shape is not None]
    if len(known_shapes) < len(shapes) or len({len(shape) for shape in known_shapes}) != 1:
        return None
    return tuple(column[0] if len(set(column)) == 1 else None for column in zip(*known_shapes, strict=True))


def broadcast(a: Shape | None, b: Shape | None) -> Shape | None:
    """NumPy's broadcasting; unknown where it cannot be said."""
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a, b = b, a
    b = (1,) * (len(a) - len(b)) + b
    return tuple(_broadcast_dim(x, y) for x, y in zip(a, b, strict=True))


def _broadcast_dim(a: Dim, b: Dim) -> Dim:
    if a == 1:
        return b
    return a if b in (1, a) or b is None else None if a is None else a


@attribute(Array, "shape")
def shape(machine: Machine, array: Array) -> Value:
    """A tuple of numbers that remember the array they came from."""
    if array.shape is None:
        return Unknown(f"the shape of {array.describe()}")
    return Listing([machine.dimension(array, axis) for axis in range(len(array.shape))], "tuple")


@attribute(Array, "ndim")
def ndim(machine: Machine, array: Array) -> Value:
    """The rank."""
    return Unknown(f"the rank of {array.describe()}") if array.shape is None else Known(len(array.shape))


@attribute(Array, "size")
def size(machine: Machine, array: Array) -> Value:
    """The number of elements."""
    total = count(array.shape)
    return Unknown(f"the size of {array.describe()}") if total is None else Known(total)


@attribute(Array, "T")
def transposed(machine: Machine, array: Array) -> Value:
    """The array with its axes in reverse order."""
    return Array(None if array.shape is None else array.shape[::-1], array.dtype)


@attribute(Array, "dtype")
def dtype(machine: Machine, array: Array) -> Value:
    """The name of the element type."""
    return Known(array.dtype) if array.dtype else Unknown(f"the dtype of {array.describe()}")


@attribute(Array, "values", "real", "flat", "data")
def values(machine: Machine, array: Array) -> Value:
    """A pandas object's array; the array itself."""
    return array


def count(shape: Shape | None) -> Dim:
    """The number of elements, where all sizes are known."""
    if shape is None or any(dim is None for dim in shape):
        return None
    total = 1
    for dim in shape:
        total *= dim or 0
    return total


def item(machine: Machine, array: Array, key: Value) -> Value:
    """``array[key]``: numbers drop an axis, slices shorten it, ``None`` adds one, arrays of indices replace it."""
    if isinstance(key, Known) and isinstance(key.value, str):
        return Array(None if array.shape is None else array.shape[:1], label=key.value)
    if array.shape is None:
        return Array(None)
    keys = list(key.items) if isinstance(key, Listing) and key.kind == "tuple" else [key]
    result = _indexed(array.shape, keys)
    if result == () and array.values is not None and len(keys) == 1 and isinstance(keys[0], Known):
        position = keys[0].value
        if isinstance(position, int) and -len(array.values) <= position < len(array.values):
            return Known(array.values[position])
    kept_form = array.form if not keys or not isinstance(keys[0], Known) or keys[0].value is None else ""
    if len([k for k in keys if not (isinstance(k, Slice) and _is_all(k))]) > 1 or len(keys) > 1:
        kept_form = ""
    return Array(result, array.dtype, kept_form)


def _is_all(key: Slice) -> bool:
    return all(isinstance(part, Known) and part.value is None for part in (key.lower, key.upper, key.step))


def _indexed(shape: Shape, keys: list[Value]) -> Shape | None:
    used = sum(1 for key in keys if not _adds_axis(key) and not _is_ellipsis(key))
    result: list[Dim] = []
    axis = 0
    for key in keys:
        if _adds_axis(key):
            result.append(1)
        elif _is_ellipsis(key):
            rest = len(shape) - used
            result.extend(shape[axis : axis + rest])
            axis += max(rest, 0)
        elif axis >= len(shape):
            return None
        elif isinstance(key, Slice):
            result.append(sliced(shape[axis], key))
            axis += 1
        elif isinstance(key, Known):
            axis += 1
        elif isinstance(key, (Array, Listing)):
            picked = as_array(key).shape
            if picked is None:
                return None
            if len(picked) == 1:
                result.append(None if isinstance(key, Array) and key.form == "mask" else picked[0])
            else:
                result.extend(picked)
            axis += len(picked) if isinstance(key, Array) and key.form == "mask" and len(picked) > 1 else 1
        else:
            return None
    return (*result, *shape[axis:])


def _adds_axis(key: Value) -> bool:
    return isinstance(key, Known) and key.value is None


def _is_ellipsis(key: Value) -> bool:
    return isinstance(key, Known) and key.value is Ellipsis


def sliced(dim: Dim, key: Slice) -> Dim:
    """How many elements ``lower:upper:step`` leaves of an axis of ``dim``."""
    parts: list[int | None] = []
    for part in (key.lower, key.upper, key.step):
        if isinstance(part, Known) and part.value is None:
            parts.append(None)
        else:
            number = size_of(part)
            if number is None:
                return None
            parts.append(number)
    lower, upper, step = parts
    if dim is not None:
        return len(range(*slice(lower, upper, step or None).indices(dim)))
    return None


def elements(machine: Machine, array: Array) -> list[Value] | None:
    """The rows of an array that has few of them."""
    if not array.shape or array.shape[0] is None or array.shape[0] > ELEMENTS_LISTED:
        return None
    return [item(machine, array, Known(index)) for index in range(array.shape[0])]


def operate(machine: Machine, array: Array, op: str, other: Value, reflected: bool) -> Value | None:
    """Arithmetic and comparison, element by element; ``@`` multiplies matrices."""
    if op.startswith("unary"):
        return Array(array.shape, array.dtype)
    operand = as_array(other) if isinstance(other, (Array, Listing, Known)) else Array(None)
    if op == "@":
        return matmul(operand, array) if reflected else matmul(array, operand)
    if isinstance(other, Unknown):
        # data times a number that is not known is the normal case; the shape stays
        return Array(array.shape, array.dtype)
    result = Array(broadcast(array.shape, operand.shape), array.dtype)
    if op in COMPARISONS:
        result.form, result.dtype = "mask", "bool"
    return result


def matmul(a: Array, b: Array) -> Array:
    """The product of matrices (or of stacks of them)."""
    if not a.shape or not b.shape:
        return Array(None)
    if len(a.shape) == len(b.shape) == 2:
        return Array((a.shape[0], b.shape[1]))
    return Array((*a.shape[:-1], b.shape[-1]) if len(b.shape) == 2 else None)


ITEMS[Array] = item
ELEMENTS[Array] = elements
OPERATORS[Array] = operate
