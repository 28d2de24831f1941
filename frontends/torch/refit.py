"""Giving a live module other arguments: what they decide is made anew, everything else of the module stays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from repairnn.frontends.errors import CannotEmit

#: What a module carries that its constructor's arguments do not decide.
OWN = frozenset({"training", "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_flat_weights",
                 "_flat_weight_refs", "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks",
                 "_is_full_backward_hook", "_forward_hooks_with_kwargs", "_forward_hooks_always_called", "_hook",
                 "_forward_pre_hooks_with_kwargs", "_state_dict_hooks", "_state_dict_pre_hooks", "_load_hook",
                 "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks", "_initialize_hook"})  # fmt: skip


def refit(module: Any, make: Callable[[bool], Any], like: Any) -> None:
    """Change ``module`` into what ``make(True)`` makes, where that differs from what ``make(False)`` makes.

    Weights keep their values wherever their shapes stay, and new ones take device, precision and ``requires_grad`` of
    those in whose place they come (or, where there are none, of ``like``). Raises :class:`CannotEmit`.
    """
    import torch
    from torch.nn.parameter import is_lazy

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # new values are the same every time
        new = make(True)
    with torch.device("meta"):
        old = make(False)
    values = {name: value.detach().clone() for name, value in module.state_dict().items() if not is_lazy(value)}
    learned = {name: value.requires_grad for name, value in module.named_parameters()}
    wraps = _unwrapped(torch, module)
    _follow(torch, module, old, new, next(iter(module.parameters()), like))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for wrap in wraps:
            wrap()
    if wraps:
        _restored(torch, module, values, learned)


def _restored(torch: Any, module: Any, values: dict[str, Any], learned: dict[str, bool]) -> None:
    """What parametrisations compute from weights is not what they were: the values themselves come back."""
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if name in values and values[name].shape == value.shape:
                value.copy_(values[name])
    for name, value in module.named_parameters():
        value.requires_grad_(learned.get(name, True))


def settled(module: Any, like: Any) -> Any:
    """A module made anew, on the device and with the precision of a parameter."""
    if like is None or not like.is_floating_point():
        return module if like is None else module.to(device=like.device)
    return module.to(device=like.device, dtype=like.dtype)


def _follow(torch: Any, module: Any, old: Any, new: Any, like: Any) -> None:
    for name, value in vars(new).items():
        if name not in OWN and (name not in vars(old) or not _same(vars(old)[name], value)):
            vars(module)[name] = value
    for name, value in new._parameters.items():
        held = module._parameters.get(name)
        if _fits(held, value):
            continue
        if value is not None:
            value = torch.nn.Parameter(_placed(value, held, like), held is None or held.requires_grad)
        module._parameters[name] = value
    for name, value in new._buffers.items():
        held = module._buffers.get(name)
        if not _fits(held, value):
            module._buffers[name] = None if value is None else _placed(value, held, like)
    for name, part in new._modules.items():
        mine, before = module._modules.get(name), old._modules.get(name)
        if mine is None or before is None or part is None:
            module._modules[name] = None if part is None else settled(part, like).train(module.training)
        else:
            _follow(torch, mine, before, part, like)
    for held, wanted in ((module._parameters, new._parameters), (module._modules, new._modules)):
        before = old._parameters if held is module._parameters else old._modules
        for name in [name for name in held if name in before and name not in wanted]:
            del held[name]
    if hasattr(module, "_init_flat_weights"):  # recurrent layers list their weights a second time
        module._init_flat_weights()


def _fits(held: Any, value: Any) -> bool:
    from torch.nn.parameter import is_lazy

    if held is None or value is None:
        return held is value
    if is_lazy(held) or is_lazy(value):
        return is_lazy(held) == is_lazy(value)
    return bool(held.shape == value.shape)


def _placed(value: Any, held: Any, like: Any) -> Any:
    """A new value where, and of the type, that the one before was."""
    model = held if held is not None else like
    if model is None:
        return value.detach()
    kind = model.dtype if value.is_floating_point() and model.is_floating_point() else value.dtype
    return value.detach().to(device=model.device, dtype=kind)


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and repr(one) == repr(other))


def _unwrapped(torch: Any, module: Any) -> list[Callable[[], Any]]:
    """Take parametrisations (``weight_norm``, ``spectral_norm``, ..) off the weights; what puts them on again."""
    undo: list[Callable[[], Any]] = []
    if hasattr(module, "parametrizations"):  # they live in a class of the module's own, which its copies share
        own = type(module)
        module.__class__ = type(own.__name__, own.__bases__, dict(vars(own)))
    for name in list(getattr(module, "parametrizations", ())):
        undo.append(_parametrised(torch, module, name))
    for hook in list(module._forward_pre_hooks.values()):
        kind = type(hook).__name__
        if kind not in ("WeightNorm", "SpectralNorm") or not type(hook).__module__.startswith("torch.nn.utils"):
            continue
        wrap = "weight_norm" if kind == "WeightNorm" else "spectral_norm"
        more = {} if kind == "WeightNorm" else {"n_power_iterations": hook.n_power_iterations, "eps": hook.eps}
        getattr(torch.nn.utils, f"remove_{wrap}")(module, hook.name)
        undo.append(partial(getattr(torch.nn.utils, wrap), module, hook.name, dim=hook.dim, **more))
    return undo


def _parametrised(torch: Any, module: Any, name: str) -> Callable[[], None]:
    from torch.nn.utils import parametrizations, parametrize

    steps = list(module.parametrizations[name])
    parametrize.remove_parametrizations(module, name)

    def wrap() -> None:
        for step in steps:
            match type(step).__name__:
                case "_WeightNorm":
                    parametrizations.weight_norm(module, name, dim=step.dim)
                case "_SpectralNorm":
                    parametrizations.spectral_norm(module, name, step.n_power_iterations, step.eps, step.dim)
                case "_Orthogonal":
                    parametrizations.orthogonal(module, name)
                case other:
                    _registered(parametrize, module, name, step, other)

    return wrap


def _registered(parametrize: Any, module: Any, name: str, step: Any, kind: str) -> None:
    try:
        parametrize.register_parametrization(module, name, step)
    except (RuntimeError, ValueError, TypeError) as error:
        raise CannotEmit(f"the parametrisation {kind} does not fit another shape of {name}") from error
