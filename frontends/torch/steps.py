"""Edits to the calls of a traced module: further steps, fewer, in another order, with other arguments."""

from __future__ import annotations

import copy
from typing import Any

from repairnn.frontends.errors import CannotBuild, CannotEmit
from repairnn.frontends.torch.calls import split
from repairnn.frontends.torch.functions import apply_function, function_of
from repairnn.semantics.ir import Arith, DimOf, Network, Node, Ref
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import Spelling, bind

OPERATORS = {"+": "add", "-": "sub", "*": "mul", "//": "floordiv", "%": "mod"}


class Steps:
    """The steps of a module while they are changed; ``root`` holds the modules that they call."""

    def __init__(self, root: Any, graph: Any) -> None:
        import torch

        self.torch = torch
        self.root = root
        self.graph = copy.deepcopy(graph)
        for step in self.graph.nodes:
            step.type = None  # annotations that are text could not be stored with the module
        self.by_node = {step.name: step for step in self.graph.nodes}
        if any(step.op == "call_module" and not step.target for step in self.graph.nodes):
            raise CannotEmit("a module that is one layer has no place for another")

    def module(self) -> Any:
        """The traced module, with all parts of ``root``."""
        self.graph.lint()
        traced = self.torch.fx.GraphModule(self.root, self.graph, type(self.root).__name__)
        for name in ("_modules", "_parameters", "_buffers", "_non_persistent_buffers_set", "training"):
            vars(traced)[name] = vars(self.root)[name]
        return traced

    def change(self, before: Node, after: Node) -> None:
        """Other arguments for a function or a method."""
        step = self._step(after.id)
        if step.op not in ("call_function", "call_method"):
            raise CannotEmit(f"{after.name or after.id} cannot be changed in a module")
        if before.kind != after.kind:
            self._replace(step, after)
            return
        found = spelled("torch", after.spelling, "method" if step.op == "call_method" else "function")
        if found is None:
            raise CannotEmit(f"{after.spelling} has no such argument")
        for argument, value in after.args.items():
            if argument in before.args and before.args[argument] == value:
                continue
            with self.graph.inserting_before(step):
                self._give(step, found[1], argument, self._written(value), after)

    def _replace(self, step: Any, node: Node) -> None:
        """Another function in the place of one."""
        tracer = self.torch.fx.proxy.GraphAppendingTracer(self.graph)
        proxies = [self.torch.fx.Proxy(self._tensor(ref), tracer) for ref in node.inputs]
        with self.graph.inserting_before(step):
            try:
                new = apply_function(self.torch, node, proxies, self._written(dict(node.args))).node
            except CannotBuild as error:
                raise CannotEmit(error.reason) from error
        step.replace_all_uses_with(new)
        self.graph.erase_node(step)
        self.by_node[node.id] = new

    def _give(self, step: Any, spelling: Spelling, argument: str, value: Any, node: Node) -> None:
        parameter = spelling.parameter(argument).lstrip("*")
        steps = [Ref(a.name) if _is_step(a) and a.name in {r.node for r in node.inputs} else a for a in step.args]
        if node.kind == "slice":
            raise CannotEmit("an index cannot be changed in a module")
        if f"*{parameter}" in spelling.parameters:
            leading = tuple(a for a, ref in zip(step.args, steps, strict=True) if isinstance(ref, Ref))
            if node.kind == "reshape" and node.args.get("batch_included") is False:  # the batch is read from the tensor
                leading = (*leading, self._first_size(step, len(leading)))
            step.args = (*leading, *(value if isinstance(value, tuple) else (value,)))
            return
        _, rest, named = split(spelling, steps, step.kwargs)
        places = bind(spelling, [item for _, item in rest], named).places
        place = places.get(argument, parameter)
        if isinstance(place, int):
            at = rest[place][0]
            step.args = (*step.args[:at], value, *step.args[at + 1 :])
        elif parameter in (*spelling.parameters, *spelling.keywords):
            step.kwargs = {**step.kwargs, place: value}
        else:
            raise CannotEmit(f"{node.spelling} takes no {parameter}")

    def _first_size(self, step: Any, place: int) -> Any:
        """What the program gives as the size of the batch, by itself or as the first of a tuple."""
        size = step.args[place]
        return size[0] if isinstance(size, (tuple, list)) else size

    def insert(self, network: Network, after: Network, node: Node, module: Any) -> None:
        """A new step in front of those that read the new node; with ``module``, a call of that."""
        source = self._tensor(node.inputs[0])
        readers = [(reader, index) for reader, index in after.consumers()[node.id]]
        steps = [self._step(reader) for reader, _ in readers]
        order = {step: number for number, step in enumerate(self.graph.nodes)}
        first = min(steps, key=order.__getitem__, default=None) or next(s for s in order if s.op == "output")
        with self.graph.inserting_before(first):
            if module is not None:
                name = node.id.replace(".", "_")
                self.root.add_module(name, module)
                new = self.graph.call_module(name, (source,))
            else:
                function, keywords = self._function(node)
                new = self.graph.call_function(function, (source,), self._written(keywords))
        for (reader, index), step in zip(readers, steps, strict=True):
            self._read_instead(step, network[reader] if reader in network.nodes else after[reader], index, source, new)
        self.by_node[node.id] = new

    def remove(self, node: Node) -> None:
        """One step less: its readers read what it read."""
        if not node.inputs:
            raise CannotEmit(f"{node.name or node.id} is given from outside the module")
        step, source = self._step(node.id), self._tensor(node.inputs[0])
        step.replace_all_uses_with(source)
        self.graph.erase_node(step)

    def rewire(self, node: Node, index: int, after: Ref) -> None:
        """Let an input of a step come from another step."""
        step, new = self._step(node.id), self._tensor(after)
        order = {step: number for number, step in enumerate(self.graph.nodes)}
        if order[new] > order[step]:
            raise CannotEmit("what it would read comes later")
        self._read_instead(step, node, index, self._tensor(node.inputs[index]), new)

    def swap(self, first: Node, second: Node) -> None:
        """Exchange a step with its only reader."""
        one, two, source = self._step(first.id), self._step(second.id), self._tensor(first.inputs[0])
        two.replace_all_uses_with(one, lambda user: user is not one)
        two.replace_input_with(one, source)
        one.replace_input_with(source, two)
        one.prepend(two)

    def _read_instead(self, step: Any, node: Node, index: int, before: Any, new: Any) -> None:
        """Let one input of a step be another; where the same tensor comes in several times, only that one."""
        same = [i for i, ref in enumerate(node.inputs) if ref == node.inputs[index]]
        if len(same) == 1:
            step.replace_input_with(before, new)
            return
        wanted, seen = same.index(index), 0

        def replaced(item: Any) -> Any:
            nonlocal seen
            if item is not before:
                return item
            seen += 1
            return new if seen - 1 == wanted else item

        step.args, step.kwargs = self.torch.fx.node.map_arg((step.args, step.kwargs), replaced)

    def _step(self, node: str) -> Any:
        if node not in self.by_node:
            raise CannotEmit("the place is outside of the module")
        return self.by_node[node]

    def _tensor(self, ref: Ref) -> Any:
        """The step that gives one output of a node."""
        step = self._step(ref.node)
        picks = [user for user in step.users if getattr(user.target, "__name__", "") == "getitem"]
        if ref.output == 0 and not picks:
            return step
        found = next((user for user in picks if user.args[1] == ref.output), None)
        if found is None:
            if ref.output == 0:
                return step
            raise CannotEmit("one of several results has no name in the module")
        return found

    def _function(self, node: Node) -> tuple[Any, dict[str, Any]]:
        try:
            return function_of(self.torch, node)
        except CannotBuild as error:
            raise CannotEmit(error.reason) from error

    def _written(self, value: Any) -> Any:
        """A value with a traced ``size`` call for every size that is read from a tensor."""
        if isinstance(value, DimOf):
            return self.graph.call_method("size", (self._tensor(value.ref), value.axis))
        if isinstance(value, Arith):
            if value.op not in OPERATORS:
                raise CannotEmit("a computed size has no form in a traced module")
            import operator

            parts = (self._written(value.left), self._written(value.right))
            return self.graph.call_function(getattr(operator, OPERATORS[value.op]), parts)
        if isinstance(value, dict):
            return {key: self._written(item) for key, item in value.items()}
        if isinstance(value, (tuple, list)):
            return tuple(self._written(item) for item in value)
        return value


def _is_step(value: Any) -> bool:
    return type(value).__module__ == "torch.fx.node"
