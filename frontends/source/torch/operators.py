"""Operators between tensors: element by element with broadcasting, and ``@``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.torch.drawing import as_tensor, data, draw, known_as, opaque
from repairnn.frontends.source.torch.values import Returned, Tensor
from repairnn.frontends.source.values import Array, Known, Listing, Unknown, Value
from repairnn.semantics.ir import Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Operator to PyTorch's function for it.
FUNCTIONS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floor_divide", "%": "remainder", "**": "pow", "@": "matmul",
    "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "&": "logical_and", "|": "logical_or",
    "^": "logical_xor",
}  # fmt: skip
#: Functions that combine element by element, to what the merge is called; all that matters is how shapes fit.
MERGES = {
    "add": "add", "sub": "subtract", "mul": "multiply", "maximum": "maximum", "minimum": "minimum", "max": "maximum",
    "min": "minimum", "subtract": "subtract", "multiply": "multiply",
    **dict.fromkeys(("div", "divide", "true_divide", "floor_divide", "remainder", "pow", "eq", "ne", "lt", "le", "gt",
                     "ge", "logical_and", "logical_or", "logical_xor", "fmod", "atan2", "hypot", "bitwise_and",
                     "bitwise_or"),
                    "multiply"),
}  # fmt: skip
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


def operated(machine: Machine, tensor: Tensor, op: str, other: Value, reflected: bool) -> Value | None:
    """``tensor op other``, or ``other op tensor`` when reflected."""
    if op.startswith("unary"):
        return tensor.like(tensor.dtype)
    dtype = "bool" if op in COMPARISONS else None
    if isinstance(other, Returned) and op not in COMPARISONS and op not in ("in", "not in"):
        other = other.whole(machine)
    if isinstance(other, (Known, Listing)) and op != "@":
        return None if op in ("in", "not in") or _is_text(other) else tensor.like(dtype or tensor.dtype)
    if isinstance(other, Unknown) and op != "@" and _is_number(other):
        return tensor.like(dtype or tensor.dtype)
    second = as_tensor(machine, other, "operand")
    if second is None:
        return None
    left, right = (second, tensor) if reflected else (tensor, second)
    result = combined(machine, FUNCTIONS.get(op, "add"), left, right, name=op, span=None)
    if isinstance(result, Tensor):
        result.dtype = dtype or (tensor.dtype if isinstance(other, (Tensor, Array)) else "")
    return result


def _is_number(value: Unknown) -> bool:
    """Whether something that is not known is a number: a size, an option, a setting that a module was made with."""
    made_with = value.reason.startswith("parameter ") and value.reason.endswith("of __init__()")
    return value.symbol is not None or value.opted or "size" in value.reason or made_with


def _is_text(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.value, (str, bytes))


def combined(machine: Machine, function: str, left: Tensor, right: Tensor, name: str, span: Span | None) -> Value:
    """Two tensors combined by a function of PyTorch."""
    site = Site(span or machine.here)
    found = known_as(function, "function")
    if found is not None:
        return draw(machine, found[0].kind, {}, [left, right], spelling=function, name=name, site=site)[0]
    if function not in MERGES:
        return opaque(machine, [left, right], spelling=function, name=name, site=site)[0]
    args = {"op": MERGES[function], "align": "last"}
    return draw(machine, "merge", args, [left, right], spelling=function, name=name, site=site)[0]


def joined(machine: Machine, one: Tensor, other: Value) -> Value | None:
    """A tensor or another value, depending on a condition that is not known: both ways are drawn and checked.

    Where both have the same shape, either stands for the result; where they differ, the result is not known.
    """
    if not isinstance(other, Tensor):
        return None
    if one.ref == other.ref:
        return one
    shapes = one.shape(machine), other.shape(machine)
    if shapes[0] is not None and shapes[0] == shapes[1]:
        return other
    if (
        None not in shapes
        and len(shapes[0] or ()) == len(shapes[1] or ())
        and machine.graph.nodes[one.ref.node].kind == "data"
    ):
        return other
    why = "which way a condition on the data goes is not known"
    if None in shapes:
        return data(machine, None, name="either", span=machine.here, key=(one.ref, other.ref))
    return opaque(machine, [one, other], spelling="either", name="either", site=Site(machine.here), why=why)[0]
