"""Operators between tensors: element by element with broadcasting, and ``@``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.torch.drawing import as_tensor, draw, known_as, opaque
from repairnn.frontends.source.torch.values import Tensor
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
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


def operated(machine: Machine, tensor: Tensor, op: str, other: Value, reflected: bool) -> Value | None:
    """``tensor op other``, or ``other op tensor`` when reflected."""
    if op.startswith("unary"):
        return tensor.like()
    dtype = "bool" if op in COMPARISONS else None
    if isinstance(other, (Known, Listing)) and op != "@":
        return None if op in ("in", "not in") or _is_text(other) else tensor.like(dtype)
    if isinstance(other, Unknown) and (other.symbol is not None or "size" in other.reason) and op != "@":
        return tensor.like(dtype)
    second = as_tensor(machine, other, "operand")
    if second is None:
        return None
    left, right = (second, tensor) if reflected else (tensor, second)
    result = combined(machine, FUNCTIONS.get(op, "add"), left, right, name=op, span=None)
    if isinstance(result, Tensor):
        result.dtype = dtype or (tensor.dtype if isinstance(other, (Tensor, Array)) else "")
    return result


def _is_text(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.value, (str, bytes))


def combined(machine: Machine, function: str, left: Tensor, right: Tensor, name: str, span: Span | None) -> Value:
    """Two tensors combined by a function of PyTorch."""
    site = Site(span or machine.here)
    found = known_as(function, "function")
    if found is None:
        found_merge = known_as("add", "function")
        if found_merge is None or function == "matmul":
            return opaque(machine, [left, right], spelling=function, name=name, site=site)[0]
        found = found_merge
    return draw(machine, found[0].kind, dict(found[1].fixed), [left, right], spelling=function, name=name, site=site)[0]
