"""NumPy functions and methods that make one array of others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.libraries.arrays import as_array, broadcast, count, merged, shape_of_value, size_of
from repairnn.frontends.source.library import family, function, method
from repairnn.frontends.source.values import Array, Known, Listing, Unknown, Value, known
from repairnn.semantics.ir import Dim, Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine


def reshaped(shape: Shape | None, target: Shape | None) -> Shape | None:
    """The shape after ``reshape(target)``: one ``-1`` is what is left, unknown when that cannot be computed."""
    if target is None:
        return None
    if -1 not in target:
        return target
    total, known_part = count(shape), 1
    for dim in target:
        if dim is None:
            return tuple(None if d == -1 else d for d in target)
        known_part *= dim if dim != -1 else 1
    if total is not None and known_part and total % known_part == 0:
        return tuple(total // known_part if d == -1 else d for d in target)
    return tuple(_left(shape, target, position) if d == -1 else d for position, d in enumerate(target))


def _left(shape: Shape | None, target: Shape, position: int) -> Dim:
    """``-1`` in first place beside axes that are as large as the old ones: the number of samples, still unknown.
    In another place it is what the old axes leave when the number of samples stands in the target too."""
    if shape is None or position == 0:
        return None
    old, new = count(shape[1:]), 1
    for dim in target[1:]:
        new *= 1 if dim in (-1, None) else dim or 1
    return old // new if old is not None and target[0] == shape[0] and old % new == 0 else None


def _target(call: Call, first: int) -> Shape | None:
    given = call.positional[first:]
    if len(given) == 1:
        return shape_of_value(given[0].value)
    if given:
        return tuple(size_of(argument.value) for argument in given)
    return shape_of_value(call.get(None, "newshape", "shape"))


@function("numpy.reshape")
def reshape_function(machine: Machine, call: Call) -> Value:
    """``np.reshape(a, shape)``."""
    array = as_array(call.get(0, "a"))
    return Array(reshaped(array.shape, shape_of_value(call.get(1, "newshape", "shape"))), array.dtype, span=call.span)


@method(Array, "reshape")
def reshape_method(machine: Machine, array: Array, call: Call) -> Value:
    """``a.reshape(shape)`` or ``a.reshape(size, size, ...)``. A reshape keeps what is known of labels."""
    target = reshaped(array.shape, None if call.open else _target(call, 0))
    return Array(target, array.dtype, array.form, span=call.span)


@method(Array, "astype", "copy", "round", "clip", "fillna", "sort_values", "to_numpy", "numpy")
def same(machine: Machine, array: Array, call: Call) -> Value:
    """Values change, the shape does not."""
    return Array(
        array.shape, array.dtype, array.form, values=array.values, id=array.id, label=array.label, span=array.span
    )


@method(Array, "dropna", "drop_duplicates", "sample")
def fewer_rows(machine: Machine, array: Array, call: Call) -> Value:
    """Some rows less, it is not known how many."""
    return Array(None if array.shape is None else (None, *array.shape[1:]), array.dtype)


@method(Array, "flatten", "ravel")
def ravel_method(machine: Machine, array: Array, call: Call) -> Value:
    """All elements in one axis."""
    return Array((count(array.shape),), array.dtype, array.form)


@function("numpy.ravel")
def ravel(machine: Machine, call: Call) -> Value:
    """All elements in one axis."""
    return ravel_method(machine, as_array(call.get(0, "a")), call)


@method(Array, "tolist", "item")
def tolist(machine: Machine, array: Array, call: Call) -> Value:
    """A nested list of the same shape is an array to whoever asks."""
    return array


@method(Array, "squeeze")
def squeeze_method(machine: Machine, array: Array, call: Call) -> Value:
    """Axes of size one dropped."""
    return _squeezed(array, call.get(0, "axis"))


@function("numpy.squeeze")
def squeeze(machine: Machine, call: Call) -> Value:
    """Axes of size one dropped."""
    return _squeezed(as_array(call.get(0, "a")), call.get(1, "axis"))


def _squeezed(array: Array, axis: Value | None) -> Array:
    if array.shape is None:
        return Array(None)
    if axis is None:
        return Array(None if None in array.shape[1:] else tuple(d for d in array.shape if d != 1), array.dtype)
    axes = shape_of_value(axis)
    if axes is None:
        return Array(None)
    dropped = {a % len(array.shape) for a in axes if a is not None and array.shape}
    return Array(tuple(d for i, d in enumerate(array.shape) if i not in dropped), array.dtype, array.form)


@function("numpy.expand_dims")
def expand_dims(machine: Machine, call: Call) -> Value:
    """A new axis of size one."""
    array, axes = as_array(call.get(0, "a")), shape_of_value(call.get(1, "axis"))
    if array.shape is None or axes is None or None in axes:
        return Array(None, span=call.span)
    rank = len(array.shape) + len(axes)
    places = {axis % rank for axis in axes if axis is not None}
    rest = iter(array.shape)
    return Array(tuple(1 if i in places else next(rest) for i in range(rank)), array.dtype, span=call.span)


@function("numpy.transpose")
def transpose_function(machine: Machine, call: Call) -> Value:
    """Axes in another order."""
    return _transposed(as_array(call.get(0, "a")), shape_of_value(call.get(1, "axes")))


@method(Array, "transpose")
def transpose_method(machine: Machine, array: Array, call: Call) -> Value:
    """Axes in another order."""
    return _transposed(array, _target(call, 0) if call.positional else None)


def _transposed(array: Array, axes: Shape | None) -> Array:
    if array.shape is None:
        return Array(None)
    if axes is None:
        return Array(array.shape[::-1], array.dtype)
    if sorted(a % len(array.shape) for a in axes if a is not None and array.shape) != list(range(len(array.shape))):
        return Array(None)
    return Array(tuple(array.shape[axis or 0] for axis in axes), array.dtype)


@function("numpy.swapaxes", "numpy.moveaxis", "numpy.rollaxis")
def moved(machine: Machine, call: Call) -> Value:
    """Axes in another order."""
    array = as_array(call.get(0, "a"))
    first, second = (
        size_of(call.get(1, "axis1", "source", "axis")),
        size_of(call.get(2, "axis2", "destination", "start")),
    )
    if array.shape is None or first is None or second is None:
        return Array(None, span=call.span)
    order = list(range(len(array.shape)))
    if call.name == "swapaxes":
        order[first], order[second] = order[second], order[first]
    else:
        axis = order.pop(first)
        order.insert(second if second >= 0 else len(array.shape) + second, axis)
    return _transposed(array, tuple(order))


@function("numpy.concatenate", "numpy.append")
def concatenate(machine: Machine, call: Call) -> Value:
    """Arrays end to end."""
    if call.name == "append":
        arrays = [as_array(call.get(0, "arr")), as_array(call.get(1, "values"))]
        axis = size_of(call.get(2, "axis"))
        if axis is None:
            return Array((_total([count(a.shape) for a in arrays]),))
        return joined(arrays, axis)
    given = call.get(1, "axis")
    axis = 0 if given is None else size_of(given)
    return joined(parts(call.get(0, "arrays")), axis)


def parts(value: Value | None) -> list[Array]:
    """The arrays of a list of arrays; a single unknown one when the list is not known."""
    if isinstance(value, Listing) and not value.open and value.items:
        return [as_array(item) for item in value.items]
    return [Array(None)]


def joined(arrays: list[Array], axis: Dim) -> Array:
    """Arrays end to end along ``axis``."""
    shapes = [array.shape for array in arrays]
    if axis is None or any(not shape for shape in shapes):
        return Array(None)
    total = _total([shape[axis] if -len(shape) <= axis < len(shape) else None for shape in shapes if shape])
    whole = merged(shapes)
    if whole is None:
        return Array(None)
    place = axis % len(whole)
    form = arrays[0].form if place == 0 and len({array.form for array in arrays}) == 1 else ""
    return Array(tuple(total if i == place else d for i, d in enumerate(whole)), arrays[0].dtype, form)


def _total(sizes: list[Dim]) -> Dim:
    return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)


@function(
    "numpy.vstack", "numpy.hstack", "numpy.dstack", "numpy.column_stack", "numpy.row_stack", "numpy.c_", "numpy.r_"
)
def stacked(machine: Machine, call: Call) -> Value:
    """Arrays joined along the first, second or third axis, vectors made matrices first."""
    arrays = parts(call.get(0, "tup"))
    shapes = [array.shape for array in arrays]
    if any(shape is None for shape in shapes):
        return Array(None)
    if call.name in ("vstack", "row_stack"):
        return joined([Array((1, *s)) if s is not None and len(s) == 1 else Array(s) for s in shapes], 0)
    if call.name == "column_stack":
        return joined([Array((*s, 1)) if s is not None and len(s) == 1 else Array(s) for s in shapes], 1)
    if call.name == "dstack":
        return joined([Array((*s, 1)) if s is not None and len(s) == 2 else Array(s) for s in shapes], 2)
    return joined(arrays, 0 if all(s is not None and len(s) == 1 for s in shapes) else 1)


@function("numpy.stack")
def stack(machine: Machine, call: Call) -> Value:
    """Arrays side by side along a new axis."""
    arrays = parts(call.get(0, "arrays"))
    given = call.get(1, "axis")
    axis = 0 if given is None else size_of(given)
    inner = merged([array.shape for array in arrays])
    if inner is None or axis is None:
        return Array(None)
    place = axis % (len(inner) + 1)
    return Array((*inner[:place], len(arrays), *inner[place:]))


@function("numpy.repeat", "numpy.tile")
def repeated(machine: Machine, call: Call) -> Value:
    """Elements or the whole array several times."""
    array = as_array(call.get(0, "a", "A"))
    times = shape_of_value(call.get(1, "repeats", "reps"))
    if array.shape is None or times is None:
        return Array(None)
    if call.name == "repeat":
        axis = size_of(call.get(2, "axis"))
        if axis is None:
            total = count(array.shape)
            return Array((None if total is None or times[0] is None else total * times[0],))
        return Array(
            tuple(_times(d, times[0]) if i == axis % len(array.shape) else d for i, d in enumerate(array.shape))
        )
    rank = max(len(times), len(array.shape))
    sizes = (1,) * (rank - len(array.shape)) + array.shape
    factors = (1,) * (rank - len(times)) + times
    return Array(tuple(_times(d, t) for d, t in zip(sizes, factors, strict=True)))


def _times(dim: Dim, factor: Dim) -> Dim:
    return None if dim is None or factor is None else dim * factor


@function("numpy.pad")
def pad(machine: Machine, call: Call) -> Value:
    """Cells added on both ends of each axis."""
    array, widths = as_array(call.get(0, "array")), call.get(1, "pad_width")
    if array.shape is None or not isinstance(widths, Listing) or len(widths.items) != len(array.shape):
        return Array(None if array.shape is None else (None,) * len(array.shape))
    added = [shape_of_value(pair) for pair in widths.items]
    return Array(
        tuple(
            None if d is None or a is None or None in a else d + sum(x or 0 for x in a)
            for d, a in zip(array.shape, added, strict=True)
        )
    )


_REDUCTIONS = (
    "mean", "sum", "max", "min", "std", "var", "prod", "median", "argmax", "argmin", "any", "all", "amax", "amin",
    "nanmean", "average",
)  # fmt: skip


@function(*(f"numpy.{name}" for name in _REDUCTIONS))
def reduction(machine: Machine, call: Call) -> Value:
    """One number for an axis, for several axes, or for everything."""
    return _reduced(
        as_array(call.get(0, "a")), call.get(1, "axis"), known(call.get(None, "keepdims")) is True, call.name
    )


def _reduction_method(name: str) -> None:
    @method(Array, name)
    def run(machine: Machine, array: Array, call: Call) -> Value:
        return _reduced(array, call.get(0, "axis"), known(call.get(None, "keepdims")) is True, name)


for _name in _REDUCTIONS:
    _reduction_method(_name)


def _reduced(array: Array, axis: Value | None, keep: bool, name: str) -> Value:
    if axis is None or (isinstance(axis, Known) and axis.value is None):
        folds: dict[str, Callable[..., Any]] = {
            "prod": math.prod,
            "sum": sum,
            "max": max,
            "min": min,
            "amax": max,
            "amin": min,
        }
        fold = folds.get(name)
        if fold and array.values and all(isinstance(v, (int, float)) for v in array.values):
            return Known(fold(array.values))
        return Unknown(f"the {name} of {array.describe()}")
    axes = shape_of_value(axis)
    if array.shape is None or axes is None or None in axes or not array.shape:
        return Array(None)
    gone = {a % len(array.shape) for a in axes if a is not None}
    shape = tuple(1 if i in gone else d for i, d in enumerate(array.shape) if keep or i not in gone)
    form = (
        f"classes:{array.shape[-1]}" if name == "argmax" and gone == {len(array.shape) - 1} and array.shape[-1] else ""
    )
    return Array(shape, form=form)


@function("numpy.dot", "numpy.matmul")
def dot(machine: Machine, call: Call) -> Value:
    """The product of matrices."""
    from repairnn.frontends.source.libraries.arrays import matmul

    return matmul(as_array(call.get(0, "a", "x1")), as_array(call.get(1, "b", "x2")))


@function("numpy.split", "numpy.array_split", "numpy.hsplit", "numpy.vsplit")
def split(machine: Machine, call: Call) -> Value:
    """An array in several parts along an axis."""
    array, sections = as_array(call.get(0, "ary")), call.get(1, "indices_or_sections")
    axis = {"hsplit": 1}.get(call.name, size_of(call.get(2, "axis")) or 0)
    number = size_of(sections)
    if number is not None:
        size = array.shape[axis] if array.shape and len(array.shape) > axis else None
        return Listing([_cut(array, axis, size // number if size is not None else None) for _ in range(number)], "list")
    cuts = len(sections.items) + 1 if isinstance(sections, Listing) else 0
    return Listing([_cut(array, axis, None) for _ in range(cuts)], "list", open=not cuts)


def _cut(array: Array, axis: int, size: Dim) -> Array:
    return Array(
        None if array.shape is None else tuple(size if i == axis else d for i, d in enumerate(array.shape)), array.dtype
    )


@function("numpy.where")
def where(machine: Machine, call: Call) -> Value:
    """A choice by a condition, or the places where it holds."""
    shapes = [as_array(argument.value).shape for argument in call.positional]
    if len(shapes) == 3:
        return Array(broadcast(broadcast(shapes[0], shapes[1]), shapes[2]))
    return Listing([Array((None,)) for _ in shapes[0] or ()], "tuple") if shapes and shapes[0] else Array(None)


@function("numpy.unique", "numpy.nonzero", "numpy.flatnonzero", "numpy.setdiff1d", "numpy.intersect1d", "numpy.union1d")
def unique(machine: Machine, call: Call) -> Value:
    """An unknown number of elements; further results on demand."""
    extra = [
        name for name in ("return_index", "return_inverse", "return_counts") if known(call.get(None, name)) is True
    ]
    return Listing([Array((None,)) for _ in range(1 + len(extra))], "tuple") if extra else Array((None,))


@family("numpy.")
def elementwise(machine: Machine, path: str, call: Call) -> Value | None:
    """Functions that work element by element (``exp``, ``log``, ``abs``, ...) keep the shape of an array."""
    if path.rpartition(".")[2] in ELEMENTWISE and call.positional:
        shape: Shape | None = ()
        for argument in call.positional[:2]:
            shape = broadcast(shape, as_array(argument.value).shape)
        return Array(shape)
    return None


ELEMENTWISE = frozenset(
    """exp log log2 log10 log1p expm1 sqrt square abs absolute fabs sin cos tan arcsin arccos arctan sinh cosh tanh sign
    floor ceil rint round round_ around clip power add subtract multiply divide true_divide maximum minimum mod
    nan_to_num logical_and logical_or logical_not isnan negative float32 float64 int32 int64 cumsum sort argsort flip
    fliplr flipud roll""".split()  # noqa: SIM905
)
CONVERSIONS = frozenset({"float32", "float64", "int32", "int64"})
