"""What comes out of an operation that nobody declared: PyTorch is asked, on tensors that have a shape and no values."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from repairnn.frontends.torch.copying import valueless
from repairnn.semantics.ir import Ref, Shape, resolve

Form = Callable[[str | None], Any]


def run_unknown(
    root: Any, step: Any, values: Mapping[Any, Any], shape_of: Callable[[Ref], Shape | None]
) -> tuple[tuple[Shape, ...], Form] | None:
    """The shapes that a traced step returns, and what makes its value of a node's id; ``None`` where it is not known.

    Not known are steps whose inputs are not, and those whose result hangs on the numbers in a tensor.
    """
    import torch

    with no_values() as mode:
        try:
            args, keywords = torch.fx.node.map_arg(
                (step.args, step.kwargs), lambda item: _stand_in(torch, values.get(item), shape_of)
            )
            result = _called(root, step, args, keywords, mode)
        except Exception:  # whatever PyTorch raises, it does not say what comes out
            return None
    shapes: list[Shape] = []
    form = _form(torch, result, shapes)
    return None if form is None else (tuple(shapes), form)


@contextmanager
def no_values() -> Iterator[Any]:
    """In this context new tensors have a shape and no values, and no log tells what PyTorch refuses; gives the mode."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    log = logging.getLogger("torch._subclasses.fake_tensor")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with FakeTensorMode(allow_non_fake_inputs=True) as mode, torch.no_grad():
            yield mode
    finally:
        log.setLevel(level)


def _stand_in(torch: Any, value: Any, shape_of: Callable[[Ref], Shape | None]) -> Any:
    if isinstance(value, Ref):
        shape = shape_of(value)
        if shape is None or None in shape:
            raise ValueError("not known")
        return torch.empty(shape)
    if isinstance(value, (tuple, list)):
        return tuple(_stand_in(torch, part, shape_of) for part in value)
    value = resolve(value, lambda ref, axis: (shape_of(ref) or ())[axis])
    if isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError("not known")


def _called(root: Any, step: Any, args: Any, keywords: Any, mode: Any) -> Any:
    match step.op:
        case "call_module":
            return valueless(root.get_submodule(step.target), mode)(*args, **keywords)
        case "call_function":
            return step.target(*args, **keywords)
        case _:
            return getattr(args[0], step.target)(*args[1:], **keywords)


def _form(torch: Any, result: Any, shapes: list[Shape]) -> Form | None:
    """How a result is nested; its tensors' shapes go to ``shapes``."""
    if isinstance(result, torch.Tensor):
        number = len(shapes)
        shapes.append(tuple(int(size) for size in result.shape))
        return lambda node: Ref(str(node), number)
    if isinstance(result, (tuple, list)):
        parts = [_form(torch, part, shapes) for part in result]
        if any(part is None for part in parts):
            return None
        return lambda node: tuple(part(node) for part in parts if part is not None)
    if result is None or isinstance(result, (bool, int, float, str)):
        return lambda node: result
    return None
