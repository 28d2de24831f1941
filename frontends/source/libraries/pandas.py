"""pandas: tables read from files have two axes of unknown size; columns picked by name have a known number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.libraries.arrays import as_array
from repairnn.frontends.source.library import COMMON, ITEMS, attribute, function, method
from repairnn.frontends.source.values import Array, Known, Listing, Slice, Table, Unknown, Value
from repairnn.semantics.ir import Dim

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

COMMON.update({"pd": "pandas", "pandas": "pandas"})
READERS = ("read_csv", "read_table", "read_excel", "read_pickle", "read_json", "read_hdf", "read_parquet", "read_sql")


class Frame(Array):
    """A table: two axes, rows and columns. ``iloc`` and names pick columns."""


class Locator(Array):
    """``table.iloc`` or ``table.loc``: indexing by position or by label."""


@function(*(f"pandas.{reader}" for reader in READERS))
def read(machine: Machine, call: Call) -> Value:
    """A table from a file."""
    names = call.get(None, "usecols") or call.get(None, "names")
    columns = len(names.items) if isinstance(names, Listing) and not names.open else None
    return Frame((None, columns), span=call.span)


@function("pandas.DataFrame")
def frame(machine: Machine, call: Call) -> Value:
    """A table of columns, rows or an array."""
    data = call.get(0, "data")
    if isinstance(data, Table):
        columns = [as_array(value).shape for _, value in data.entries.values()]
        rows: Dim = columns[0][0] if columns and columns[0] else None
        return Frame((rows, None if data.open else len(columns)), span=call.span)
    shape = as_array(data).shape
    return Frame(shape if shape is not None and len(shape) == 2 else (None, None), span=call.span)


@function("pandas.Series")
def series(machine: Machine, call: Call) -> Value:
    """A column."""
    shape = as_array(call.get(0, "data")).shape
    return Frame(shape if shape is not None and len(shape) == 1 else (None,), span=call.span)


@function("pandas.get_dummies")
def dummies(machine: Machine, call: Call) -> Value:
    """One column a category: their number is not known."""
    shape = as_array(call.get(0, "data")).shape
    return Frame((shape[0] if shape else None, None), form="one_hot")


@function("pandas.concat")
def concat(machine: Machine, call: Call) -> Value:
    """Tables end to end: only the rank is known."""
    return Frame((None, None))


def item(machine: Machine, table: Frame, key: Value) -> Value:
    """``table["a"]`` is a column, ``table[["a", "b"]]`` two, a mask or slice some rows."""
    if table.shape is None or len(table.shape) != 2:
        return _frame_of(machine, Array(table.shape), key)
    if isinstance(key, Known) and isinstance(key.value, (str, int)):
        return Frame((table.shape[0],), label=str(key.value))
    if isinstance(key, Listing) and not key.open and key.kind == "list":
        return Frame((table.shape[0], len(key.items)))
    if isinstance(key, (Slice, Array)):
        return Frame((None, table.shape[1]))
    return Frame(None)


def located(machine: Machine, locator: Locator, key: Value) -> Value:
    """``table.iloc[rows, columns]``; with labels only the number of picked axes is known."""
    keys = key.items if isinstance(key, Listing) and key.kind == "tuple" else [key]
    strings = any(isinstance(k, Known) and isinstance(k.value, str) for k in keys)
    if strings or any(_by_label(k) for k in keys):
        rest = [k for k in keys if not (isinstance(k, Known))]
        rank = len(rest) + (len(locator.shape or ()) - len(keys))
        return Frame((None,) * max(rank, 0))
    return _frame_of(machine, Array(locator.shape), key)


def _by_label(key: Value) -> bool:
    return isinstance(key, Slice) and any(
        isinstance(part, Known) and isinstance(part.value, str) for part in (key.lower, key.upper)
    )


def _frame_of(machine: Machine, array: Array, key: Value) -> Value:
    from repairnn.frontends.source.libraries import arrays

    found = arrays.item(machine, array, key)
    return Frame(found.shape, found.dtype, found.form) if isinstance(found, Array) else found


ITEMS[Frame] = item
ITEMS[Locator] = located


@attribute(Frame, "iloc", "loc", "ix", "iat", "at")
def locator(machine: Machine, table: Frame) -> Value:
    """Indexing by position or label."""
    return Locator(table.shape)


@attribute(Frame, "values", "array")
def values(machine: Machine, table: Frame) -> Value:
    """The table as an array."""
    return Array(table.shape, form=table.form, label=table.label, span=table.span)


@attribute(Frame, "columns", "index")
def columns(machine: Machine, table: Frame) -> Value:
    """Names of the columns; their number where it is known."""
    return Array((table.shape[1] if table.shape and len(table.shape) == 2 else None,))


@method(Frame, "to_numpy", "as_matrix")
def to_numpy(machine: Machine, table: Frame, call: Call) -> Value:
    """The table as an array."""
    return Array(table.shape, form=table.form, label=table.label, span=table.span)


@method(Frame, "drop")
def drop(machine: Machine, table: Frame, call: Call) -> Value:
    """Some columns or rows less."""
    names = call.get(None, "columns") or call.get(0, "labels")
    axis = call.get(1, "axis")
    by_column = call.get(None, "columns") is not None or (isinstance(axis, Known) and axis.value in (1, "columns"))
    if table.shape is None or len(table.shape) != 2:
        return Frame(table.shape)
    if by_column:
        count = (
            len(names.items)
            if isinstance(names, Listing) and not names.open
            else 1
            if isinstance(names, Known)
            else None
        )
        width = table.shape[1]
        return Frame((table.shape[0], None if width is None or count is None else width - count))
    return Frame((None, table.shape[1]))


@method(Frame, "pop")
def pop(machine: Machine, table: Frame, call: Call) -> Value:
    """A column, taken out of the table."""
    if table.shape is not None and len(table.shape) == 2:
        rows, width = table.shape
        table.shape = (rows, None if width is None else width - 1)
        return Frame((rows,))
    return Frame((None,))


@method(Frame, "head", "tail", "sample", "dropna", "drop_duplicates", "query", "filter")
def rows(machine: Machine, table: Frame, call: Call) -> Value:
    """Some of the rows."""
    return Frame(None if table.shape is None else (None, *table.shape[1:]))


@method(
    Frame, "astype", "copy", "fillna", "reset_index", "sort_values", "set_index", "apply", "replace", "map", "shift"
)
def same(machine: Machine, table: Frame, call: Call) -> Value:
    """A table of the same size."""
    return Frame(table.shape, label=table.label)


@method(Frame, "corr", "describe", "groupby", "merge", "join", "mean", "sum", "max", "min", "std", "unique", "nunique")
def computed(machine: Machine, table: Frame, call: Call) -> Value:
    """Something computed of the values."""
    return Unknown("a value computed from the data")
