"""Running a repaired module forward, on tensors that have a shape and no values: PyTorch itself has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repairnn.frontends.torch.copying import valueless
from repairnn.frontends.torch.inputs import Inputs
from repairnn.frontends.torch.opaque import no_values
from repairnn.frontends.torch.tracing import input_names
from repairnn.semantics.ir import Network, Shape
from repairnn.semantics.lookups import whole_numbers


def refusal(module: Any, inputs: Inputs, network: Network) -> str | None:
    """Why PyTorch refuses to run a module on such inputs; ``None`` where it does not, or where it cannot be asked.

    ``network`` tells which inputs hold whole numbers. Nothing in the module changes.
    """
    import torch
    from torch.nn.parameter import is_lazy

    shapes = inputs.shapes
    unknown = any(shape is None or None in shape[1:] for shape in shapes.values())
    if not shapes or unknown or any(map(is_lazy, module.parameters())):
        return None
    reason = None
    with no_values() as mode:
        copies = (
            valueless(module, mode),
            valueless(module, mode).eval(),
        )  # in training some layers refuse a batch of one
        whole = frozenset(network[node].name for node in whole_numbers(network))
        positional, keywords = arguments(torch, module, shapes, inputs.examples, whole)
        for copy in copies:
            try:
                copy(*positional, **keywords)
            except Exception as error:  # whatever PyTorch raises is its verdict
                kind = type(error).__name__
                if "DataDependent" in kind or "DynamicOutput" in kind or isinstance(error, NotImplementedError):
                    return None  # without values it cannot be run
                reason = reason or f"{kind}: {' '.join(str(error).split())[:200]}"
                continue
            return None
    return reason


def arguments(
    torch: Any, module: Any, shapes: Mapping[str, Shape | None], examples: Mapping[str, Any], whole: frozenset[str]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call: a tensor for each shape, of whole numbers for some, and other examples as they are."""
    names = input_names(module)
    several = any(name.startswith("*") and not name.startswith("**") for name in names)
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    like = next(iter(module.parameters()), None)
    number = like.dtype if like is not None and like.is_floating_point() else torch.get_default_dtype()
    place = None if like is None else like.device
    for name, shape in shapes.items():
        example = examples.get(name)
        kind = example.dtype if isinstance(example, torch.Tensor) else torch.long if name in whole else number
        tensor = torch.empty([2 if dim is None else dim for dim in shape or ()], dtype=kind, device=place)
        in_order = name in names and names.index(name) == len(positional) and not keywords
        if in_order or (name not in names and several):
            positional.append(tensor)
        else:
            keywords[name] = tensor
    return positional, keywords | {name: value for name, value in examples.items() if name not in shapes}
