"""``tf.data``: pipelines of batches whose shapes follow from the arrays they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.libraries.arrays import as_array, size_of
from repairnn.frontends.source.library import attribute, function, method
from repairnn.frontends.source.values import Array, Batches, Known, Listing, Table, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

DATASET = "tensorflow.data.Dataset"
KEPT = ("shuffle", "repeat", "prefetch", "cache", "take", "skip", "with_options", "shard", "filter", "apply",
        "as_numpy_iterator")  # fmt: skip


@function(f"{DATASET}.from_tensor_slices", f"{DATASET}.from_tensors")
def from_slices(machine: Machine, call: Call) -> Value:
    """One element a sample: the arrays without their first axis."""
    value = call.get(0, "tensors")
    peel = call.name == "from_tensor_slices"
    if isinstance(value, Listing) and value.kind == "tuple" and len(value.items) == 2 and not value.open:
        return Batches(_element(value.items[0], peel), _element(value.items[1], peel), span=call.span)
    return Batches(_element(value, peel), span=call.span) if value is not None else Unknown("a data set")


@function(f"{DATASET}.zip")
def zipped(machine: Machine, call: Call) -> Value:
    """Inputs and targets from two data sets."""
    value = call.get(0, "datasets")
    pair = value.items if isinstance(value, Listing) else [a.value for a in call.positional]
    if len(pair) == 2 and all(isinstance(p, Batches) for p in pair):
        one, two = pair
        return Batches(one.x, two.x, span=call.span)  # type: ignore[attr-defined]
    return Unknown("a data set")


def _element(value: Value, peel: bool) -> Value:
    if isinstance(value, Table):
        return Table({k: (key, _element(item, peel)) for k, (key, item) in value.entries.items()})
    if isinstance(value, Listing) and value.kind == "tuple":
        return Listing([_element(item, peel) for item in value.items], "tuple")
    array = as_array(value)
    if array.shape is None or (peel and not array.shape):
        return Array(None, array.dtype, array.form, label=array.label)
    shape = array.shape[1:] if peel else array.shape
    return Array(shape, array.dtype, array.form, label=array.label, span=array.span)


@method(Batches, *KEPT)
def same(machine: Machine, batches: Batches, call: Call) -> Value:
    """The elements keep their shapes."""
    return batches


@method(Batches, "batch", "padded_batch")
def batch(machine: Machine, batches: Batches, call: Call) -> Value:
    """A new first axis; the last batch may be smaller unless the remainder is dropped."""
    dropped = call.get(1, "drop_remainder")
    size = size_of(call.get(0, "batch_size")) if dropped is not None and dropped.truth() else None
    return _each(batches, lambda shape: (size, *shape))


@method(Batches, "unbatch")
def unbatch(machine: Machine, batches: Batches, call: Call) -> Value:
    """The first axis is gone."""
    return _each(batches, lambda shape: shape[1:] if shape else None)


def _each(batches: Batches, change) -> Batches:  # type: ignore[no-untyped-def]
    def changed(value: Value | None) -> Value | None:
        if isinstance(value, Array):
            shape = None if value.shape is None else change(value.shape)
            return Array(shape, value.dtype, value.form, label=value.label, span=value.span)
        if isinstance(value, Listing):
            return Listing([changed(item) or item for item in value.items], value.kind)
        if isinstance(value, Table):
            return Table({k: (key, changed(item) or item) for k, (key, item) in value.entries.items()})
        return value

    return Batches(changed(batches.x) or batches.x, changed(batches.y), span=batches.span)


@method(Batches, "map")
def mapped(machine: Machine, batches: Batches, call: Call) -> Value:
    """What the function makes of one element."""
    run = call.get(0, "map_func")
    if run is None:
        return batches
    parts = [batches.x] if batches.y is None else [batches.x, batches.y]
    result = run.call(machine, Call.of(*parts, span=call.span))
    if isinstance(result, Listing) and len(result.items) == 2 and not result.open:
        return Batches(*(_known(item) for item in result.items), span=call.span)
    return Batches(_known(result), span=call.span)


def _known(value: Value) -> Value:
    return value if isinstance(value, (Array, Listing, Table)) else Unknown("what a pipeline's function returns")


@attribute(Batches, "element_spec")
def element_spec(machine: Machine, batches: Batches) -> Value:
    """The shapes of one element, as the arrays themselves."""
    return batches.x if batches.y is None else Listing([batches.x, batches.y], "tuple")


@attribute(Batches, "output_shapes")
def output_shapes(machine: Machine, batches: Batches) -> Value:
    """The shapes of one element."""
    shape = batches.x.shape if isinstance(batches.x, Array) else None
    return Unknown("a shape") if shape is None else Listing([_size(d) for d in shape], "tuple")


def _size(dim: int | None) -> Value:
    return Unknown("a batch size") if dim is None else Known(dim)
