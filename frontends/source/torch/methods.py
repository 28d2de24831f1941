"""Attributes and methods of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from repairnn.frontends.source import operators
from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.library import method
from repairnn.frontends.source.torch.drawing import as_tensor, data, known_as, plain
from repairnn.frontends.source.torch.functions import call_declared, undeclared
from repairnn.frontends.source.torch.operators import MERGES, combined
from repairnn.frontends.source.torch.tables import LOGICAL, SAME_SHAPE
from repairnn.frontends.source.torch.values import Size, Tensor
from repairnn.frontends.source.values import NONE, Known, Listing, Native, Symbol, Unknown, Value
from repairnn.semantics.ir import Arith

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Methods that give the same tensor: copies, casts, moves. The value is the dtype it has afterwards, "" as before.
SAME = {
    "contiguous": "", "clone": "", "detach": "", "detach_": "", "to": "", "cuda": "", "cpu": "", "requires_grad_": "",
    "type": "", "type_as": "", "data_ptr_": "", "pin_memory": "", "share_memory_": "", "retain_grad": "",
    "half": "float16",
    "float": "float32", "double": "float64", "bfloat16": "bfloat16", "long": "int64", "int": "int32", "bool": "bool",
    "byte": "uint8", "short": "int16", "as_subclass": "", "rename": "", "refine_names": "", "align_to_": "",
    "coalesce": "",
    "to_dense": "", "dequantize": "", "numpy": "", "resolve_neg": "", "fill_diagonal_": "", "char": "int8",
}  # fmt: skip
#: Methods whose result is no tensor and no size.
SILENT = frozenset({"backward", "register_hook", "item", "tolist", "data_ptr", "is_contiguous", "get_device", "stride",
                    "element_size", "storage", "is_floating_point", "is_complex", "storage_offset", "equal",
                    "allclose"})  # fmt: skip
BINARY = {"eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor"}
NEW = {"new_zeros", "new_ones", "new_empty", "new_full", "new_tensor", "new", "new_randn"}


def tensor_attribute(machine: Machine, tensor: Tensor, name: str) -> Value:
    """``tensor.name``."""
    if name == "shape":
        return sizes(machine, tensor)
    if name in ("data", "grad", "real", "imag", "values_"):
        return tensor
    if name in ("T", "mT", "H", "mH"):
        return _transposed(machine, tensor, name)
    if name in ("ndim", "device", "dtype", "is_cuda", "requires_grad", "layout", "itemsize", "names", "grad_fn",
                "is_leaf", "training"):  # fmt: skip
        return rank(machine, tensor) if name == "ndim" else Unknown(f"tensor.{name}")
    return Native(name, lambda machine, call: call_method(machine, tensor, name, call))


def sizes(machine: Machine, tensor: Tensor) -> Value:
    """``tensor.shape``: numbers that remember the tensor."""
    if tensor.shape(machine) is None:
        return Size(tensor)
    return tensor.dimensions(machine)


def rank(machine: Machine, tensor: Tensor) -> Value:
    """``tensor.dim()``."""
    shape = tensor.shape(machine)
    return Unknown("the rank of a tensor") if shape is None else Known(len(shape))


def _transposed(machine: Machine, tensor: Tensor, name: str) -> Value:
    """``x.T`` turns all axes round, the others the last two."""
    shape = tensor.shape(machine)
    if name == "T" and shape is not None and len(shape) < 2:
        return tensor
    turned = known_as("permute", "method")
    if name == "T" and shape is not None and len(shape) > 2 and turned is not None:
        axes = Call.of(*map(Known, reversed(range(len(shape)))), span=machine.here)
        return call_declared(machine, *turned, axes, "permute", tensor) or tensor
    found = known_as("transpose", "method") or known_as("transpose", "function")
    first, second = (0, 1) if shape is not None and len(shape) == 2 else (-2, -1)
    call = Call.of(Known(first), Known(second), span=machine.here)
    return call_declared(machine, *found, call, "transpose", tensor) or tensor if found else tensor


def call_method(machine: Machine, tensor: Tensor, name: str, call: Call) -> Value:
    """``tensor.name(...)``."""
    own = OWN.get(name)
    if own is not None:
        return own(machine, tensor, call)
    if name in SAME:
        return tensor.like(SAME[name] or None)
    if name in SILENT:
        return Unknown(f"tensor.{name}()")
    if name in NEW:
        return _new(machine, tensor, name, call)
    if name.endswith("_") and not name.startswith("_"):
        return _in_place(machine, tensor, name, call)
    return _computed(machine, tensor, name, call)


def _computed(machine: Machine, tensor: Tensor, name: str, call: Call) -> Value:
    shown = _shown(call, name)
    for form in ("method", "function"):
        found = known_as(name, form)
        if found is not None:
            result = call_declared(machine, *found, call, shown, tensor)
            if isinstance(result, Tensor) and (name in LOGICAL or name in BINARY):
                result.dtype = "bool"
            return result if result is not None else tensor.like()
    if (name in MERGES and name not in ("max", "min")) or name == "matmul":
        other = as_tensor(machine, call.get(0, "other"))
        if other is None:
            return tensor.like("bool" if name in BINARY else None)
        result = combined(machine, name, tensor, other, shown, call.span)
        if isinstance(result, Tensor) and name in BINARY:
            result.dtype = "bool"
        return result
    return undeclared(machine, name, shown, [tensor], call)


def _shown(call: Call, name: str) -> str:
    """How a message calls the operation: ``x.view``."""
    import ast

    function = call.node.func if call.node is not None else None
    owner = function.value if isinstance(function, ast.Attribute) else None
    text = ast.unparse(owner) if isinstance(owner, (ast.Name, ast.Attribute)) else "tensor"
    return f"{text if len(text) <= 20 else 'tensor'}.{name}"


def _in_place(machine: Machine, tensor: Tensor, name: str, call: Call) -> Value:
    """``x.relu_()``: what it gives, and ``x`` is that from now on."""
    plain = name.removesuffix("_")
    if plain == "random":  # whole numbers below the last argument
        most = call.positional[-1].value if call.positional else None
        tensor.form = f"classes:{most.value}" if isinstance(most, Known) else ""
        return tensor
    if plain in SAME_SHAPE or plain in ("add", "mul", "sub", "div", "pow", "copy", "set", "resize"):
        tensor.form = ""
        return tensor
    result = call_method(machine, tensor, plain, call)
    if isinstance(result, Tensor):
        tensor.ref = result.ref
        return tensor
    return result


def _new(machine: Machine, tensor: Tensor, name: str, call: Call) -> Value:
    from repairnn.frontends.source.torch.creation import sized

    if name == "new_tensor":
        return data(machine, None, name="tensor", span=call.span, key=call.span)
    return sized(machine, "new_full" if name == "new_full" else name, call)


def _size(machine: Machine, tensor: Tensor, call: Call) -> Value:
    axis = call.get(0, "dim")
    return sizes(machine, tensor) if axis is None else sizes(machine, tensor).item(machine, axis)


def _numel(machine: Machine, tensor: Tensor, call: Call) -> Value:
    found = sizes(machine, tensor)
    if not isinstance(found, Listing):
        return Unknown("how many elements a tensor has")
    total: Value = Known(1)
    for item in found.items:
        total = operators.binary(machine, "*", total, item)
    return total


def _expand_as(machine: Machine, tensor: Tensor, call: Call) -> Value:
    other = as_tensor(machine, call.get(0, "other"))
    if other is None or (shape := sizes(machine, other)) is None or not isinstance(shape, Listing):
        return tensor.like()
    return call_method(machine, tensor, "expand", Call((Argument(shape),), {}, call.span, None))


def _view_as(machine: Machine, tensor: Tensor, call: Call) -> Value:
    other = as_tensor(machine, call.get(0, "other"))
    if other is None:
        return tensor.like()
    shape = sizes(machine, other)
    if not isinstance(shape, Listing):
        return other.like()
    return call_method(machine, tensor, "view", Call((Argument(shape),), {}, call.span, None))


def _view(machine: Machine, tensor: Tensor, call: Call) -> Value:
    first = call.get(0, "dtype")
    if isinstance(first, Symbol):
        return tensor.like("")
    if isinstance(first, Size):
        return first.tensor.like()
    return _computed(machine, tensor, "view" if known_as("view", "method") else "reshape", call)


def _apply(machine: Machine, tensor: Tensor, call: Call) -> Value:
    return tensor.like()


OWN: dict[str, Callable[[Machine, Tensor, Call], Value]] = {
    "size": _size, "dim": lambda machine, tensor, call: rank(machine, tensor), "numel": _numel, "nelement": _numel,
    "ndimension": lambda machine, tensor, call: rank(machine, tensor), "expand_as": _expand_as, "view_as": _view_as,
    "reshape_as": _view_as, "view": _view, "apply_": _apply, "map_": _apply,
    "__len__": lambda machine, tensor, call: sizes(machine, tensor).item(machine, Known(0)),
}  # fmt: skip


def _of_unknown(machine: Machine, value: Unknown, name: str, call: Call) -> Value | None:
    """A tensor's method on a value that is not known: in a PyTorch program it is a tensor."""
    if "torch" not in machine.roots:
        return None
    if value.symbol is not None:
        return Unknown(value.reason)
    tensor = as_tensor(machine, value, "data")
    if tensor is None:
        return Unknown(value.reason)
    if name in ("view", "reshape"):
        sizes_ = plain(Listing([a.value for a in call.positional], "tuple"))
        sizes_ = sizes_[0] if len(sizes_) == 1 and isinstance(sizes_[0], tuple) else sizes_
        if len(sizes_) > 1 and all(isinstance(size, int) for size in sizes_):
            shape = tuple(None if size == -1 else size for size in sizes_)
            return data(machine, shape, name=name, span=call.span, key=(call.span, id(value)))
    return call_method(machine, tensor, name, call)


for _name in (
    "view",
    "reshape",
    "unsqueeze",
    "permute",
    "contiguous",
    "cuda",
    "long",
    "float",
    "double",
    "half",
    "detach",
):
    method(Unknown, _name)(lambda machine, value, call, name=_name: _of_unknown(machine, value, name, call))


@method(Size, "numel")
def _size_numel(machine: Machine, size: Size, call: Call) -> Value:
    return Unknown("how many elements a tensor has")


def sizes_product(machine: Machine, listing: Listing) -> Value:
    """``x.shape[1:].numel()``."""
    total: Value = Known(1)
    for item in listing.items:
        total = operators.binary(machine, "*", total, item)
    return total


@method(Listing, "numel")
def _listing_numel(machine: Machine, listing: Listing, call: Call) -> Value:
    return Unknown("numel()") if listing.open else sizes_product(machine, listing)


__all__ = ["NONE", "Arith", "call_method", "rank", "sizes", "tensor_attribute"]
