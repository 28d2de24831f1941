"""Arguments of one layer, drawn from the domains of its declaration with an eye to the tensor that comes in."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from generated_nets.catalogue import Choice
from repairnn.semantics.declaration import Argument
from repairnn.semantics.ir import Shape
from repairnn.semantics.spelling import KERAS_COMMON

WIDTHS = (1, 2, 3, 4, 4, 6, 8, 8, 12, 16)
#: How often an argument that has a default is given all the same, by what a repair may do with it.
GIVEN = {"free": 0.35, "derived": 0.9, "capacity": 0.3, "order": 0.2, "meaning": 0.08}
#: Arguments that are left at their default: formats that processors do not run, and flags that change the call.
NEVER = frozenset({
    "data_format", "stateful", "return_state", "return_attention_scores", "around_cell", "unroll", "other", "alpha",
    "attention_axes", "output_shape", "shared_axes", "return_indices", "positions", "device", "dtype", "input_length",
    "divisor_override", "recompute_scale_factor", "antialias", "align_corners", "mode", "padding_mode",
    "track_running_stats", "average_attn_weights", "ord", "block", "options", "proj_size", "mask_zero",
    "use_causal_mask", "bias_axes",
})  # fmt: skip
#: What a framework asks for although no shape depends on it, by the beginning of the name.
ASKED_FOR: tuple[tuple[str, dict[str, Any]], ...] = (
    ("LPPool1d", {"norm_type": 2.0, "pool_size": 2, "strides": 2}),
    ("LPPool", {"norm_type": 2.0}),
    ("ConstantPad", {"value": 0.0}),
    ("Threshold", {"threshold": 0.1, "options": 0.0}),
    ("ConvTranspose", {"output_padding": 0}),
)


def arguments(
    choice: Choice, shapes: Sequence[Shape], rng: random.Random, wishes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Canonical arguments for a layer on inputs of these shapes, likely but not sure to fit.

    ``wishes`` are values for the arguments of that name, where the layer has them.
    """
    declaration, spelling = choice.declaration, choice.spelling
    everything = {a.name: None if a.required else a.default for a in declaration.arguments}
    everything.update({**spelling.defaults, **spelling.fixed, "torch": spelling.framework == "torch"})
    given: dict[str, Any] = {}
    torch = spelling.framework == "torch"
    asked = next((more for name, more in ASKED_FOR if choice.name.startswith(name)), {})
    wishes = {**asked, **(wishes or {})}
    for argument in settable(choice):
        if argument.name in wishes:
            given[argument.name] = everything[argument.name] = wishes[argument.name]
            continue
        likely = 1.0 if argument.name == "axes" or (torch and argument.role == "derived") else GIVEN[argument.role]
        if not argument.required and (argument.name in NEVER or rng.random() > likely):
            continue
        value = _value(argument, shapes[0], everything, rng, declaration.kind)
        if value is None and everything.get(argument.name) is None and not argument.required:
            continue
        given[argument.name] = everything[argument.name] = value
    return given


def settable(choice: Choice) -> list[Argument]:
    """The arguments that can be given under this name."""
    spelling = choice.spelling
    known = {spelling.canonical(parameter) for parameter in (*spelling.parameters, *spelling.keywords)}
    hidden = {spelling.canonical(parameter) for parameter in spelling.ignored | KERAS_COMMON} | set(spelling.fixed)
    return [a for a in choice.declaration.arguments if a.name in known and a.name not in hidden]


def _value(argument: Argument, shape: Shape, everything: Mapping[str, Any], rng: random.Random, kind: str) -> Any:
    sizes = [size for size in shape[1:] if size is not None]
    if argument.name == "target_shape":
        target = factors(math.prod(sizes), rng.randint(1, 4), rng)
        return target if not everything.get("batch_included") else (shape[0], *target)
    if argument.name == "normalized_shape":
        return tuple(sizes[-rng.randint(1, min(2, len(sizes))) :])
    if argument.name == "sizes":
        return factors(rng.choice(sizes), 2, rng)
    if kind == "softmax" and argument.name == "axis":
        return -1
    if argument.name == "axes" and kind == "transpose":
        return (0, *rng.sample(range(1, len(shape)), len(shape) - 1))
    if kind == "reduce" and argument.name == "axis":
        return rng.randrange(1, len(shape))
    if kind == "interpolate" and argument.name == "scale_factor":
        return rng.choice((2, 2, 3))
    if kind == "interpolate" and argument.name == "size":
        return None
    if argument.name in ("in_channels", "num_features", "num_channels") and rng.random() < 0.9:
        return sizes[0]
    if argument.role == "derived" and sizes and rng.random() < 0.8:
        return sizes[-1]
    if argument.role == "derived" and sizes:
        return rng.choice((sizes[0], sizes[-1], rng.choice(sizes)))
    if argument.role == "capacity":
        accepted = [width for width in WIDTHS if argument.domain.accepts(width, everything)]
        if accepted:
            return rng.choice(accepted)
    if argument.name == "padding" and everything.get("torch") and kind in ("conv", "conv_transpose", "pool"):
        return rng.choice((0, 1, 1, 2))
    if argument.name in ("groups", "num_groups"):
        return rng.choice((1, 2, 4, sizes[0], sizes[-1])) if sizes else 1
    return argument.domain.sample(rng, everything)


def factors(total: int, count: int, rng: random.Random) -> tuple[int, ...]:
    """A random product of ``count`` numbers that is ``total``."""
    found = [1] * count
    left = total
    divisor = 2
    while left > 1:
        while left % divisor:
            divisor += 1 if divisor * divisor <= left else left - divisor
        found[rng.randrange(count)] *= divisor
        left //= divisor
    return tuple(found)
