"""What the interpreter computes with: Python values as far as the text makes them known.

Every value is a :class:`Value`. What can be done with it (attributes, calls, items, iteration, truth, operators) are
its methods, so that a library adds a kind of value without touching the interpreter. The default of each is
"not known", an :class:`Unknown` with a reason, or ``None`` where the docstring says so.

``span`` is where the value was born: the literal, display or operation that made it. It travels with the value through
variables, parameters and containers, so that an edit can find the text that decides an argument.
"""

from __future__ import annotations

from repairnn.frontends.source.values.basic import NONE, Known, Native, Pending, Slice, Symbol, Unknown, Value, known
from repairnn.frontends.source.values.containers import Listing, Table, hashed, wrap
from repairnn.frontends.source.values.data import Array, Batches, Object
from repairnn.frontends.source.values.program import Class, Function, Instance, Method

__all__ = [
    "NONE", "Array", "Batches", "Class", "Function", "Instance", "Known", "Listing", "Method", "Native", "Object",
    "Pending", "Slice", "Symbol", "Table", "Unknown", "Value", "hashed", "known", "wrap",
]  # fmt: skip
