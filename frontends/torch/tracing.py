"""Symbolic tracing of live modules: no shape is checked, so that invalid modules can be read."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from repairnn.frontends.torch.constructors import library_class


def traced(module: Any, inputs: Sequence[str]) -> Any:
    """The graph of a module's ``forward`` with a placeholder for each input; other parameters keep their defaults.

    Raises whatever ``forward`` raises when its inputs have no values.
    """
    import torch.fx

    if library_class(module) is not None:
        return _single(torch.fx.Graph(), module, inputs)

    class Tracer(torch.fx.Tracer):
        """Stops at PyTorch's own modules, classes of the user's that run their ``forward`` included."""

        proxy_buffer_attributes = True

        def is_leaf_module(self, inner: Any, name: str) -> bool:
            return is_leaf(inner)

    if any(name not in input_names(module) for name in inputs):
        raise TypeError("forward takes any number of inputs")
    fixed = {one.name: one.default for one in _parameters(module) if one.default is not one.empty}
    fixed = {name: value for name, value in fixed.items() if name not in inputs}
    return Tracer(param_shapes_constant=True).trace(module, fixed or None)


def is_leaf(module: Any) -> bool:
    """Whether a module is one operation: what PyTorch has ready-made, and what is compiled."""
    import torch

    if library_class(module) is not None or isinstance(module, torch.jit.ScriptModule):
        return True
    home = type(module).__module__
    return home.startswith("torch.ao.nn") and not isinstance(module, torch.nn.Sequential)


def input_names(module: Any) -> list[str]:
    """The parameters of a module's ``forward``, in order: ``*more`` and ``**rest`` for those that take any number."""
    stars = [(inspect.Parameter.VAR_POSITIONAL, "*"), (inspect.Parameter.VAR_KEYWORD, "**")]
    return ["".join(star for kind, star in stars if one.kind is kind) + one.name for one in _parameters(module)]


def required_names(module: Any) -> list[str]:
    """The parameters of ``forward`` without a default, those that take any number left out."""
    return [
        one.name
        for one in _parameters(module)
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]


def _parameters(module: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(module.forward).parameters.values())


def _single(graph: Any, module: Any, wanted: Sequence[str]) -> Any:
    """A module that is one operation itself."""
    entries = {name: graph.placeholder(name) for name in wanted}
    names = input_names(module)
    positional: list[Any] = []
    while len(positional) < len(names) and names[len(positional)] in entries:
        positional.append(entries[names[len(positional)]])
    keywords = {name: step for name, step in entries.items() if step not in positional}
    graph.output(graph.call_module("", tuple(positional), keywords))
    return graph
