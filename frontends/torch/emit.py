"""A repaired PyTorch module: a copy with other layers in it, and where the calls change, with another ``forward``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from repairnn.frontends.errors import CannotBuild, CannotEmit
from repairnn.frontends.torch.build import layer_spelling
from repairnn.frontends.torch.constructors import make_module
from repairnn.frontends.torch.copying import copied
from repairnn.frontends.torch.lower import Origin, without_compiler
from repairnn.frontends.torch.refit import refit, settled
from repairnn.frontends.torch.rows import Rows
from repairnn.frontends.torch.running import refusal
from repairnn.frontends.torch.steps import Steps
from repairnn.semantics.checker import check, dim_reader
from repairnn.semantics.edits import (
    ChangeArgument,
    Edit,
    InsertLayer,
    RemoveLayer,
    ReplaceLayer,
    Rewire,
    Swap,
    apply_all,
)
from repairnn.semantics.ir import Network, Node, is_symbolic, resolve


def emit(module: Any, network: Network, edits: Sequence[Edit]) -> Any:
    """A module with the edits in it; ``module`` itself is not changed.

    It is of the same class where all edits are to modules, or to rows of modules (``nn.Sequential``), and otherwise a
    ``torch.fx.GraphModule`` with the same parts. Parameters and buffers keep their values wherever their shapes stay,
    and device, precision, mode, ``requires_grad``, hooks and what is shared or tied always. Raises :class:`CannotEmit`.
    """
    origin, module = network.origin, without_compiler(module)
    if not isinstance(origin, Origin) or origin.graph is None:
        raise CannotEmit("the module could not be followed")
    edits = [part for edit in edits for part in getattr(edit, "changes", (edit,))]
    try:
        root = copied(module)
    except Exception as error:  # whatever a part raises that refuses to be copied
        raise CannotEmit(f"the module cannot be copied: {error}") from error
    final = apply_all(network, edits)
    if Rows(root, network, origin).take(edits):
        repaired = _in_place(root, network, final, edits, Rows(root, network, origin))
    elif origin.run:
        raise CannotEmit("forward has control flow that was only followed for these shapes, and must itself change")
    else:
        repaired = _rebuilt(root, network, final, edits, origin)
    reason = refusal(repaired, origin.inputs, network)
    if reason is not None and not network.incomplete:
        raise CannotEmit(f"PyTorch does not run it: {reason}")
    return repaired


def _in_place(root: Any, network: Network, final: Network, edits: Sequence[Edit], rows: Rows) -> Any:
    """The copy itself, its own class, with modules changed, put in and taken out."""
    _change_modules(root, network, final)
    for edit in edits:
        match edit:
            case InsertLayer() if edit.identifier in final.nodes:
                rows.insert(edit, made(final[edit.identifier], root, final))
            case RemoveLayer():
                rows.remove(edit.node)
            case Swap():
                rows.swap(edit)
    return root


def _rebuilt(root: Any, network: Network, final: Network, edits: Sequence[Edit], origin: Origin) -> Any:
    """A traced module with the parts of the copy, changed, and with changed calls."""
    _change_modules(root, network, final)
    steps = Steps(root, origin.graph)
    for edit in edits:
        after = edit.apply(network)
        match edit:
            case ChangeArgument() | ReplaceLayer():
                for node in after:
                    before = network[node.id]
                    if node is not before and not node.layer and node.kind != "data" and node.id in origin.steps:
                        steps.change(before, node)
            case InsertLayer():
                for node in after:
                    if node.id not in network.nodes:
                        now = final.nodes.get(node.id, node)
                        new = made(now, root, final) if layer_spelling(_torch(), now) is not None else None
                        steps.insert(network, after, now, new)
                    elif node.args != network[node.id].args:  # sizes are read behind the new step
                        steps.change(network[node.id], node)
            case RemoveLayer():
                for node in network:
                    if node.id not in after.nodes:
                        steps.remove(node)
            case Rewire():
                steps.rewire(network[edit.node], edit.index, edit.after)
            case Swap():
                steps.swap(network[edit.first], network[edit.second])
            case _:
                raise CannotEmit(f"{edit.kind} has no form in a module")
        network = after
    return steps.module()


def _change_modules(root: Any, network: Network, final: Network) -> None:
    """Give every module that is another in the end its new arguments: all at once, since one may need the other."""
    done: set[str] = set()
    for now in final:
        before = network.nodes.get(now.id)
        if before is not None and now.kind == "data" and now.args != before.args:
            _reshape(root, now)
        elif before is not None and now is not before and now.layer and now.layer not in done:
            if (now.args, now.kind, now.spelling) != (before.args, before.kind, before.spelling):
                _change(root, "" if now.name == now.spelling else now.name, before, now, final)
            done.add(now.layer)


def _reshape(root: Any, node: Node) -> None:
    """A parameter of the module's own in another shape, with new values as large as those before."""
    torch = _torch()
    path, _, name = node.name.rpartition(".")
    parent = root.get_submodule(path)
    held = parent._parameters.get(name)
    if held is None:
        raise CannotEmit(f"{node.name} is given from outside the module")
    spread = 0.0 if held.is_meta or held.numel() < 2 else float(held.detach().float().std())
    values = torch.randn(node.args["shape"], generator=torch.Generator().manual_seed(0)) * spread
    parent._parameters[name] = torch.nn.Parameter(values.to(held.device, held.dtype), held.requires_grad)


def _change(root: Any, target: str, before: Node, now: Node, final: Network) -> None:
    """Give the module at a path other arguments, or put another in its place."""
    torch = _torch()
    module = root.get_submodule(target)
    if isinstance(module, torch.jit.ScriptModule):
        raise CannotEmit(f"{target} is compiled")
    like = next(root.parameters(), None)
    if before.kind == now.kind and before.spelling == now.spelling:
        spelling = layer_spelling(torch, now)
        if spelling is None or any(is_symbolic(value) for value in now.args.values()):
            raise CannotEmit(f"{now.spelling or now.kind} has no form as a module")
        try:
            refit(module, lambda new: make_module(torch, spelling, (now if new else before).args), like)
        except (TypeError, ValueError, RuntimeError, AssertionError, CannotBuild) as error:
            raise CannotEmit(f"PyTorch refuses {spelling.name}: {error}") from error
        return
    other = made(now, root, final).train(module.training)
    values = module.state_dict()
    fitting = {n: v for n, v in other.state_dict().items() if n in values and values[n].shape == v.shape}
    other.load_state_dict({**other.state_dict(), **{name: values[name] for name in fitting}})
    if not target:
        raise CannotEmit("the module itself would be another")
    parent, _, name = target.rpartition(".")
    root.get_submodule(parent)._modules[name] = other


def made(node: Node, root: Any, network: Network) -> Any:
    """A new module for a node, on the device, with the precision and in the mode of the others.

    Arguments that are sizes of tensors in ``network`` are given as numbers.
    """
    torch = _torch()
    spelling = layer_spelling(torch, node)
    if any(is_symbolic(value) for value in node.args.values()):
        dim_of = dim_reader(check(network).shapes)
        node = node.with_(args={name: resolve(value, dim_of) for name, value in node.args.items()})
    if spelling is None:
        raise CannotEmit(f"{node.spelling or node.kind} has no form as a module")
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # new values are the same every time
            module = make_module(torch, spelling, node.args)
    except (TypeError, ValueError, RuntimeError, AssertionError, CannotBuild) as error:
        raise CannotEmit(f"PyTorch refuses {spelling.name}: {error}") from error
    return settled(module, next(root.parameters(), None)).train(root.training)


def _torch() -> Any:
    import torch

    return torch
