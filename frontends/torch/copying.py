"""Copies of live modules: to be repaired (values of their own), or only to be read (values shared)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any


def copied(module: Any) -> Any:
    """A copy with values of its own; what was shared or tied inside stays so. Raises what a part that refuses raises.

    Parameters of lazy modules that have no shape yet stay without; tensors computed from others (by the hooks of
    ``torch.nn.utils.weight_norm``, say), which PyTorch does not copy, are given by value.
    """
    memo = _open(module)
    for tensor in _tensors(module):
        if id(tensor) not in memo and tensor.grad_fn is not None:
            memo[id(tensor)] = tensor.detach().clone()
    return copy.deepcopy(module, memo)


def read_only(module: Any) -> Any:
    """A copy that shares all values with the module, so that running its ``forward`` leaves no trace in the module."""
    return copy.deepcopy(module, {id(tensor): tensor for tensor in _tensors(module)} | _open(module))


def valueless(module: Any, mode: Any) -> Any:
    """A copy whose tensors have a shape and no values, for a run in a ``FakeTensorMode``."""
    lazy = _open(module)
    rest = {id(one): mode.from_tensor(one) for one in _tensors(module) if id(one) not in lazy}
    return copy.deepcopy(module, rest | lazy)


def _open(module: Any) -> dict[int, Any]:
    """New parameters without a shape for those that have none yet."""
    from torch.nn.parameter import is_lazy

    lazy = [tensor for tensor in _tensors(module) if is_lazy(tensor)]
    return {id(one): type(one)(one.requires_grad, device=one.device, dtype=one.dtype) for one in lazy}


def _tensors(module: Any) -> Iterator[Any]:
    import torch

    for part in module.modules():
        for held in (vars(part), vars(part).get("_parameters", {}), vars(part).get("_buffers", {})):
            yield from (value for value in held.values() if isinstance(value, torch.Tensor))
