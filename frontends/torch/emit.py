"""A repaired PyTorch module: the traced module with other arguments, further layers, or fewer."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.frontends.errors import CannotBuild, CannotEmit
from repairnn.frontends.torch.build import layer_spelling, make_module
from repairnn.frontends.torch.functions import function_of
from repairnn.frontends.torch.lower import Origin
from repairnn.semantics.edits import ChangeArgument, Edit, InsertLayer, RemoveLayer
from repairnn.semantics.ir import DimOf, Network, Node, is_symbolic
from repairnn.semantics.registry import spelled


def emit(module: Any, network: Network, edits: Sequence[Edit]) -> Any:
    """A ``torch.fx.GraphModule`` with the edits in it; ``module`` itself is not changed.

    Parameters and buffers keep their values wherever their shapes stay. Raises :class:`CannotEmit`.
    """
    import torch

    if not isinstance(network.origin, Origin):
        raise CannotEmit("the module was not traced")
    traced = copy.deepcopy(network.origin.traced)
    _same_modes(module, traced)
    steps = {step.name: step for step in traced.graph.nodes}
    for edit in edits:
        after = edit.apply(network)
        match edit:
            case ChangeArgument():
                for node, _ in edit.affected(network):
                    _change(torch, traced, steps, after[node.id], edit.argument)
            case InsertLayer():
                _insert(torch, traced, steps, network, edit)
            case RemoveLayer():
                _remove(traced, steps, network[edit.node])
            case _:
                raise CannotEmit(f"{edit.kind} has no form in a traced module")
        network = after
    traced.graph.lint()
    traced.recompile()
    _keep_names(module, traced)
    return traced


def _same_modes(module: Any, traced: Any) -> None:
    """Training or evaluation, of each part as it was: frozen parts stay frozen."""
    modes = {name: inner.training for name, inner in module.named_modules(remove_duplicate=False)}
    for name, inner in traced.named_modules():
        inner.training = modes.get(name, modes[""])


def _keep_names(module: Any, traced: Any) -> None:
    """Give back the parts that tracing left out: other names of a shared part, and parts that were not called."""
    inside = dict(traced.named_modules(remove_duplicate=False))
    originals = list(module.named_modules(remove_duplicate=False))
    twins = {id(inner): inside[name] for name, inner in originals if name in inside}
    for name, inner in originals:
        if name in inside or any(True for _ in inner.children()) or not inner.state_dict():
            continue
        twins.setdefault(id(inner), copy.deepcopy(inner))
        traced.add_submodule(name, twins[id(inner)])


def _change(torch: Any, traced: Any, steps: Mapping[str, Any], node: Node, argument: str) -> None:
    step = steps.get(node.id)
    if step is None or step.op not in ("call_module", "call_function", "call_method"):
        raise CannotEmit(f"{node.name or node.id} is given from outside the module")
    if step.op == "call_module":
        _replace_module(torch, traced, step.target, node)
        return
    found = spelled("torch", node.spelling, "method" if step.op == "call_method" else "function")
    if found is None:
        raise CannotEmit(f"{node.spelling} has no such argument")
    spelling = found[1]
    with traced.graph.inserting_before(step):
        value = _written(traced, steps, node.args[argument])
    parameter = spelling.parameter(argument).lstrip("*")
    tensors = tuple(arg for arg in step.args if _is_step(arg) and arg.name in {ref.node for ref in node.inputs})
    if f"*{parameter}" in spelling.parameters:
        step.args = (*tensors, *(value if isinstance(value, tuple) else (value,)))
    elif parameter in spelling.parameters:
        place = len(spelling.tensors or ("input",)) + spelling.parameters.index(parameter)
        if place < len(step.args):
            step.args = (*step.args[:place], value, *step.args[place + 1 :])
        else:
            step.kwargs = {**step.kwargs, parameter: value}
    else:
        raise CannotEmit(f"{node.spelling} takes no {parameter}")


def _replace_module(torch: Any, traced: Any, target: str, node: Node) -> None:
    """Another module of the same class in the place of one, with the values of equal shape."""
    old = traced.get_submodule(target)
    new = _as_the_others(_made(torch, node), old if any(True for _ in old.parameters()) else traced)
    new.train(old.training)
    values = old.state_dict()
    kept = {
        name: values[name]
        for name, value in new.state_dict().items()
        if name in values and values[name].shape == value.shape
    }
    new.load_state_dict({**new.state_dict(), **kept})
    learned = dict(old.named_parameters())
    for name, value in new.named_parameters():
        value.requires_grad_(learned[name].requires_grad if name in learned else True)
    parent, _, name = target.rpartition(".")
    setattr(traced.get_submodule(parent), name, new)


def _as_the_others(module: Any, model: Any) -> Any:
    """A new module on the device and with the precision of a model's parameters."""
    like = next((value for value in model.parameters() if value.is_floating_point()), None)
    return module if like is None else module.to(device=like.device, dtype=like.dtype)


def _insert(torch: Any, traced: Any, steps: dict[str, Any], network: Network, edit: InsertLayer) -> None:
    after = edit.apply(network)
    node = after[edit.identifier]
    consumer = steps.get(edit.consumer)
    source = steps.get(network[edit.consumer].inputs[edit.index].node)
    if consumer is None or source is None:
        raise CannotEmit("the place of a new layer is outside the module")
    place = next(iter(sorted(source.users, key=list(traced.graph.nodes).index))) if edit.fan_out else consumer
    with traced.graph.inserting_before(place):
        if layer_spelling(torch, node) is not None:
            name = edit.identifier.replace(".", "_")
            traced.add_submodule(name, _as_the_others(_made(torch, node), traced).train(traced.training))
            new = traced.graph.call_module(name, (source,))
        else:
            function, keywords = _function(torch, node)
            new = traced.graph.call_function(function, (source,), _written(traced, steps, keywords))
    if edit.fan_out:
        source.replace_all_uses_with(new, lambda user: user is not new)
    else:
        consumer.replace_input_with(source, new)
    steps[edit.identifier] = new


def _remove(traced: Any, steps: Mapping[str, Any], node: Node) -> None:
    step, source = steps.get(node.id), steps.get(node.inputs[0].node) if node.inputs else None
    if step is None or source is None:
        raise CannotEmit(f"{node.name or node.id} is given from outside the module")
    step.replace_all_uses_with(source)
    traced.graph.erase_node(step)


def _made(torch: Any, node: Node) -> Any:
    spelling = layer_spelling(torch, node)
    if spelling is None or any(is_symbolic(value) for value in node.args.values()):
        raise CannotEmit(f"{node.spelling or node.kind} has no form as a module")
    try:
        return make_module(torch, spelling, node.args)
    except (TypeError, ValueError) as error:
        raise CannotEmit(f"PyTorch refuses {spelling.name}: {error}") from error


def _function(torch: Any, node: Node) -> tuple[Any, dict[str, Any]]:
    try:
        return function_of(torch, node)
    except CannotBuild as error:
        raise CannotEmit(error.reason) from error


def _written(traced: Any, steps: Mapping[str, Any], value: Any) -> Any:
    """A value with a traced ``size`` call for every size that is read from a tensor."""
    if isinstance(value, DimOf):
        if value.ref.node not in steps:
            raise CannotEmit("a size is read from outside the module")
        return traced.graph.call_method("size", (steps[value.ref.node], value.axis))
    if isinstance(value, dict):
        return {key: _written(traced, steps, item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(_written(traced, steps, item) for item in value)
    if is_symbolic(value):
        raise CannotEmit("a computed size has no form in a traced module")
    return value


def _is_step(value: Any) -> bool:
    return type(value).__module__ == "torch.fx.node"
