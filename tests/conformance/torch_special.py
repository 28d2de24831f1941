"""Where a PyTorch call needs more than its arguments: integer inputs, odd call forms, the layout of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from repairnn.semantics.ir import Shape

#: Inputs that hold indices: kind and position to the number of different values.
INDICES: dict[tuple[str, int], Callable[[Any], int]] = {}

#: How a call is made where tensors and arguments alone do not say it: (form, name or kind) to a maker of the call.
CALLS: dict[tuple[str, str], Callable[[Any, Mapping[str, Any], Any], Callable[[list[torch.Tensor]], Any]]] = {}

CALLS["function", "einsum"] = lambda module, named, args: lambda x: torch.einsum(named["equation"], *x)
CALLS["function", "getitem"] = CALLS["method", "__getitem__"] = lambda module, named, args: (
    lambda x: x[0][_index(args.index)]
)
for _name in ("T", "mT", "mH", "H"):
    CALLS["method", _name] = lambda module, named, args, name=_name: lambda x: getattr(x[0], name)

#: Parameters that a constructor demands although they decide no shape: filled in where they are not given.
FILLED: dict[str, dict[str, Any]] = {f"ConstantPad{rank}d": {"value": 0.0} for rank in (1, 2, 3)}

INDICES.update({("take", 1): lambda a: 1})


#: How a module is made where its constructor does not take the arguments by name.
MAKERS: dict[str, Callable[[Mapping[str, Any]], torch.nn.Module]] = {}

#: Weights of a module by our names and in our layout, by kind.
WEIGHTS: dict[str, Callable[[torch.nn.Module, Any], Mapping[str, Any]]] = {}


def tensor(kind: str, index: int, shape: Shape, args: Any, generator: torch.Generator) -> torch.Tensor:
    """A random tensor that suits input ``index`` of a kind: real numbers, or indices where the kind wants them."""
    high = INDICES.get((kind, index)) or INDICES.get((kind, -1))
    if high is not None:
        return torch.randint(0, max(high(args), 1), shape, generator=generator)
    return torch.randn(shape, generator=generator)


def weights(kind: str, module: torch.nn.Module, args: Any) -> Mapping[str, Any]:
    """The module's weights by our names, in our layout; nothing for kinds without a table entry."""
    found = WEIGHTS.get(kind)
    return found(module, args) if found else {}


def _index(index: Any) -> Any:
    """The index that a ``slice`` node holds, as Python writes it."""
    if isinstance(index, tuple) and (not index or index[0] not in ("slice", "tensor")):
        return tuple(_index(part) for part in index)
    match index:
        case ("slice", start, stop, step):
            return slice(start, stop, step)
        case ("tensor", shape):
            return torch.zeros(shape, dtype=torch.long)
        case "ellipsis":
            return Ellipsis
        case "newaxis":
            return None
    return index
