"""Live PyTorch modules as networks, by symbolic tracing: no shape is checked, so that invalid modules can be read."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.frontends.torch.arguments import bound_call, module_arguments
from repairnn.semantics.declaration import bind_arguments
from repairnn.semantics.ir import Arith, DimOf, Network, Node, Ref, Shape, Span
from repairnn.semantics.registry import spelled

WHERE = "<torch module>"
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%"}


@dataclass(frozen=True)
class ShapeOf:
    """What ``x.shape`` and ``x.size()`` stand for while a module is read."""

    ref: Ref


@dataclass(frozen=True)
class Origin:
    """What emission needs: the traced module."""

    traced: Any


def lower(module: Any, input_shapes: Any = None) -> Network:
    """The network of a module. ``input_shapes``: a full shape, a list of them in order, or a dict by parameter name.

    Raises :class:`BadInput` for a module that cannot be traced (data-dependent control flow).
    """
    import torch.fx

    try:
        traced = module if isinstance(module, torch.fx.GraphModule) else torch.fx.symbolic_trace(module)
    except (TypeError, ValueError, RuntimeError, AttributeError, KeyError, IndexError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(f"cannot be traced: {told}", WHERE, advice="give its source file") from error
    reader = _Reader(traced, input_shapes)
    for step in traced.graph.nodes:
        reader.read(step)
    name = type(module).__name__
    return Network("torch", reader.nodes, tuple(reader.outputs), name, None, tuple(reader.incomplete), Origin(traced))


class _Reader:
    """Goes through the traced steps in order; ``values`` holds what each stands for."""

    def __init__(self, traced: Any, input_shapes: Any) -> None:
        self.traced = traced
        self.shapes = input_shapes
        self.nodes: dict[str, Node] = {}
        self.values: dict[Any, Any] = {}
        self.outputs: list[Ref] = []
        self.incomplete: list[tuple[str, Span | None]] = []

    def read(self, step: Any) -> None:
        """Give one traced step its value."""
        args = [self._value(item) for item in step.args]
        keywords = {key: self._value(item) for key, item in step.kwargs.items()}
        match step.op:
            case "placeholder":
                self.values[step] = step.args[0] if step.args else self._input(step)
            case "call_module":
                self.values[step] = self._module(step, [*args, *keywords.values()])
            case "call_function":
                self.values[step] = self._function(step, args, keywords)
            case "call_method":
                self.values[step] = self._method(step, args, keywords)
            case "get_attr":
                self.values[step] = self._attribute(step)
            case "output":
                self.outputs = _refs(args)

    def _value(self, item: Any) -> Any:
        if isinstance(item, (list, tuple)):
            return tuple(self._value(part) for part in item)
        if isinstance(item, slice):
            return slice(*(self._value(part) for part in (item.start, item.stop, item.step)))
        return self.values[item] if type(item).__module__ == "torch.fx.node" else item

    def _input(self, step: Any) -> Ref:
        shape = self._shape(step.target, sum(node.kind == "input" for node in self.nodes.values()))
        if shape is None:
            self.incomplete.append((f"the shape of input {step.target}; input_shape gives it", None))
        return self._add(step, "input", {"shape": shape}, [], "", step.target)

    def _shape(self, name: str, number: int) -> Shape | None:
        given = self.shapes
        if isinstance(given, Mapping):
            given = given.get(name)
            return None if given is None else tuple(given)
        if given is not None and all(dim is None or isinstance(dim, int) for dim in given):
            given = [given]
        return tuple(given[number]) if given is not None and number < len(given) else None

    def _module(self, step: Any, args: Sequence[Any]) -> Any:
        module = self.traced.get_submodule(step.target)
        name = type(module).__name__
        found = spelled("torch", name, "layer") if type(module).__module__.startswith("torch.nn") else None
        if found is None:
            return self._opaque(step, name, _refs(args))
        declaration, spelling = found
        settings = module_arguments(module, spelling, declaration)
        first = self._add(step, declaration.kind, settings, _refs(args), spelling.name, step.target, step.target)
        count = declaration.output_count(bind_arguments(declaration, settings, {**spelling.defaults, **spelling.fixed}))
        refs = tuple(Ref(first.node, number) for number in range(count))
        if declaration.kind == "recurrent":
            return (refs[0], refs[1:] if count > 2 else refs[1])
        return refs if count > 1 else first

    def _function(self, step: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        name = getattr(step.target, "__name__", str(step.target))
        if step.target is getattr and args[1] == "shape":
            return ShapeOf(args[0])
        if step.target is operator.getitem and not isinstance(args[0], Ref):
            return self._item(args[0], args[1])
        if name in ARITHMETIC and not _refs(args):
            return Arith(ARITHMETIC[name], args[0], args[1])
        return self._call(step, name, "function", args, keywords)

    def _method(self, step: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        if step.target == "size":
            axis = args[1] if len(args) > 1 else keywords.get("dim")
            return ShapeOf(args[0]) if axis is None else DimOf(args[0], axis)
        if step.target in ("contiguous", "detach", "clone", "float"):
            return args[0]
        return self._call(step, step.target, "method", args, keywords)

    def _item(self, value: Any, index: Any) -> Any:
        if isinstance(value, ShapeOf):
            return DimOf(value.ref, index)
        return value[index] if isinstance(value, tuple) else None

    def _call(self, step: Any, name: str, form: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        found = spelled("torch", name, form) or spelled("torch", name, "method" if form == "function" else "function")
        refs = _refs([*args, *keywords.values()])
        if found is None:
            return self._opaque(step, name, refs)
        declaration, spelling = found
        settings = bound_call(spelling, declaration, args, keywords)
        if settings is None:
            return self._opaque(step, name, refs)
        first = self._add(step, declaration.kind, settings, refs, spelling.name, step.name)
        count = declaration.output_count(bind_arguments(declaration, settings, {**spelling.defaults, **spelling.fixed}))
        return tuple(Ref(first.node, number) for number in range(count)) if count > 1 else first

    def _attribute(self, step: Any) -> Ref:
        found: Any = self.traced
        for part in step.target.split("."):
            found = getattr(found, part)
        return self._add(step, "data", {"shape": tuple(getattr(found, "shape", ()))}, [], "", step.target)

    def _opaque(self, step: Any, spelling: str, refs: list[Ref]) -> Ref:
        self.incomplete.append((f"{spelling} {step.name}", None))
        return self._add(step, "opaque", {}, refs, spelling, step.name)

    def _add(
        self, step: Any, kind: str, args: Mapping[str, Any], refs: list[Ref], spelling: str, name: str, layer: str = ""
    ) -> Ref:
        self.nodes[step.name] = Node(step.name, kind, dict(args), tuple(refs), spelling, str(name), layer)
        return Ref(step.name)


def _refs(value: Any) -> list[Ref]:
    """The tensors in a value, in order."""
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, Mapping):
        return [ref for part in value.values() for ref in _refs(part)]
    return [ref for part in value for ref in _refs(part)] if isinstance(value, (list, tuple)) else []
