"""What the installed PyTorch makes of a declared layer, function or method: a verdict, shapes and values.

Real tensors on the CPU are used for everything: the meta functions of PyTorch leave some checks out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch.nn import functional

from repairnn.semantics.declaration import Declaration, bind_arguments
from repairnn.semantics.ir import Shape
from repairnn.semantics.spelling import Spelling
from tests.conformance import torch_special
from tests.conformance.outcome import Ran

torch.set_num_threads(1)  # which routine computes, and what it refuses, may depend on the number of threads

#: What PyTorch raises when it refuses a configuration.
REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, AssertionError, ZeroDivisionError)

#: An unknown dimension is run with these sizes first.
STAND_INS = (2, 3, 4)


def run(
    declaration: type[Declaration], spelling: Spelling, args: Mapping[str, Any], inputs: Sequence[Shape], seed: int = 0
) -> Ran:
    """Call what ``spelling`` names with canonical arguments on random tensors of these shapes.

    Never raises for a configuration that PyTorch refuses; that is the verdict. Layers run in evaluation mode. Open
    sizes stand for any number: PyTorch accepts when it accepts one, and what differs between two numbers is open.
    """
    if declaration.kind in torch_special.SIZED_BY_VALUES:
        return _by_values(declaration, spelling, args, inputs, seed)
    numbers = _stand_ins(inputs)
    runs = (_run(declaration, spelling, args, inputs, seed, number) for number in numbers)
    first = next(runs)
    tried = [first]
    while len(tried) < len(numbers) and sum(ran.accepted for ran in tried) < 2:
        tried.append(next(runs))
    taken = [ran for ran in tried if ran.accepted]
    if len(taken) < 2 or len(taken[0].shapes) != len(taken[1].shapes):
        return taken[0] if taken else first
    return replace(taken[0], shapes=tuple(map(_stated, taken[0].shapes, taken[1].shapes)))


def _by_values(
    declaration: type[Declaration], spelling: Spelling, args: Mapping[str, Any], inputs: Sequence[Shape], seed: int
) -> Ran:
    """The outcome for several values: a size is open where it differs between them."""
    first, *others = (_run(declaration, spelling, args, inputs, seed + extra, 2) for extra in range(12))
    shapes = first.shapes
    for other in others:
        shapes = tuple(map(_stated, shapes, other.shapes)) if len(shapes) == len(other.shapes) else shapes
    return replace(first, shapes=shapes)


def _stand_ins(inputs: Sequence[Shape]) -> list[int]:
    """Numbers to try for open sizes: small ones, and every size that occurs."""
    if all(None not in shape for shape in inputs):
        return [2]
    sizes = {size for shape in inputs for size in shape if size is not None}
    return list(dict.fromkeys((*STAND_INS, *sorted(sizes))))


def _stated(one: Shape, two: Shape) -> Shape:
    return tuple(a if a == b else None for a, b in zip(one, two, strict=True)) if len(one) == len(two) else one


def _run(
    declaration: type[Declaration],
    spelling: Spelling,
    args: Mapping[str, Any],
    inputs: Sequence[Shape],
    seed: int,
    stand_in: int,
    precise: bool = False,
) -> Ran:
    generator = torch.Generator().manual_seed(seed)
    complete = bind_arguments(declaration, args, {**spelling.defaults, **spelling.fixed})
    concrete = [tuple(stand_in if dim is None else dim for dim in shape) for shape in inputs]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        try:
            tensors = [
                torch_special.tensor(declaration.kind, index, shape, complete, generator, concrete)
                for index, shape in enumerate(concrete)
            ]
            if precise:
                tensors = [tensor.double() if tensor.is_floating_point() else tensor for tensor in tensors]
            call, weights_of = _callable(declaration, spelling, args, complete, concrete)
            result = call([tensor.clone() for tensor in tensors])
            if result is NotImplemented:
                return Ran(False, message="TypeError: not implemented for these operands")
            outputs = flat(result)
            weights = weights_of()
        except REFUSALS as refusal:
            return Ran(False, message=f"{type(refusal).__name__}: {refusal}")
    shapes = tuple(tuple(output.shape) for output in outputs)
    return Ran(True, shapes, tuple(map(_array, outputs)), tuple(map(_array, tensors)), weights)


def in_double(
    declaration: type[Declaration], spelling: Spelling, args: Mapping[str, Any], inputs: Sequence[Shape], seed: int = 0
) -> Ran:
    """The same run in double precision: what differs in single precision only is rounding."""
    given = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return _run(declaration, spelling, args, inputs, seed, STAND_INS[0], precise=True)
    finally:
        torch.set_default_dtype(given)


def flat(result: Any) -> list[torch.Tensor]:
    """Every tensor of a nested result, in order."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, (tuple, list)):
        return [tensor for part in result for tensor in flat(part)]
    return []


def available(spelling: Spelling) -> bool:
    """Whether the installed PyTorch has what the spelling names."""
    if spelling.form == "layer":
        return hasattr(torch.nn, spelling.name)
    if spelling.form == "method":
        return hasattr(torch.Tensor, spelling.name)
    known = (spelling.form, spelling.name) in torch_special.CALLS
    return known or hasattr(functional, spelling.name) or hasattr(torch, spelling.name)


def _array(tensor: torch.Tensor) -> Any:
    return tensor.detach().to(torch.float32 if tensor.dtype is torch.bfloat16 else tensor.dtype).numpy()


def _callable(
    declaration: type[Declaration], spelling: Spelling, args: Mapping[str, Any], complete: Any, inputs: list[Shape]
) -> tuple[Callable[[list[torch.Tensor]], Any], Callable[[], Mapping[str, Any]]]:
    """The call, and what reads the weights of a module once it has run (lazy modules make them then)."""
    known = torch_special.KNOWLEDGE.get(declaration.kind, ())
    given = {name: v for name, v in args.items() if spelling.fixed.get(name) != v and name not in known}
    special = torch_special.CALLS.get((spelling.form, spelling.name)) or torch_special.CALLS.get(
        (spelling.form, declaration.kind)
    )
    named = {spelling.parameter(name): value for name, value in given.items()}
    if spelling.form == "layer":
        make = torch_special.MAKERS.get(spelling.name)
        module = make(named) if make else _constructed(getattr(torch.nn, spelling.name), spelling, named)
        module.eval()
        run_module = special(module, named, complete) if special else (lambda x: module(*x))
        return run_module, lambda: torch_special.weights(declaration.kind, module, complete)
    if special:
        return special(None, named, complete), dict
    if spelling.form == "function":
        function = getattr(functional, spelling.name, None) or getattr(torch, spelling.name)
        return _function_call(function, spelling, named), dict
    return _method_call(spelling, named), dict


def _constructed(cls: Any, spelling: Spelling, named: dict[str, Any]) -> torch.nn.Module:
    positional, keywords = _split(spelling, named)
    return cls(*positional, **keywords)


def _split(spelling: Spelling, named: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Variadic parameters become positional arguments, all others keywords."""
    positional: list[Any] = []
    keywords = dict(named)
    for parameter in spelling.parameters:
        plain = parameter.removeprefix("*")
        if parameter != plain and plain in keywords:
            value = keywords.pop(plain)
            positional.extend(value if isinstance(value, (tuple, list)) else [value])
    return positional, keywords


def _function_call(function: Any, spelling: Spelling, named: Mapping[str, Any]) -> Callable[..., Any]:
    positional, keywords = _split(spelling, named)
    if spelling.tensors and spelling.tensors[0].startswith("*"):
        return lambda x: function(list(x), *positional, **keywords)
    return lambda x: function(*x, *positional, **keywords)


def _method_call(spelling: Spelling, named: Mapping[str, Any]) -> Callable[..., Any]:
    positional, keywords = _split(spelling, named)

    def call(x: list[torch.Tensor]) -> Any:
        found = getattr(x[0], spelling.name)
        return found(*x[1:], *positional, **keywords) if callable(found) else found

    return call
