"""Helpers of model libraries that programs import: regularisers, initialisers, small functions on sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import function, rewrite
from repairnn.frontends.source.torch.layers import construct
from repairnn.frontends.source.values import NONE, Known, Listing, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Modules that give back a tensor of the shape they get.
SAME = (
    "timm.layers.DropPath", "timm.layers.LayerScale", "timm.layers.LayerScale2d", "torchvision.ops.StochasticDepth",
    "torchvision.ops.DropBlock2d", "torchvision.ops.SqueezeExcitation", "torchvision.ops.FrozenBatchNorm2d",
)  # fmt: skip


@rewrite
def canonical(path: str) -> str:
    """The older homes of timm's and torchvision's helpers."""
    for old in ("timm.models.layers.", "timm.layers."):
        if path.startswith(old):
            return f"timm.layers.{path.rpartition('.')[2]}"
    if path.startswith("torchvision.ops."):
        return f"torchvision.ops.{path.rpartition('.')[2]}"
    return path


@function(*SAME)
def same(machine: Machine, call: Call) -> Value:
    """A module that keeps the shape."""
    return construct(machine, "Identity", Call(span=call.span, node=call.node))


@function("timm.layers.trunc_normal_", "timm.layers.lecun_normal_", "timm.layers.named_apply")
def initialised(machine: Machine, call: Call) -> Value:
    """What fills a tensor in place."""
    return NONE


@function("timm.layers.to_2tuple", "timm.layers.to_3tuple", "timm.layers.to_ntuple_")
def pair(machine: Machine, call: Call) -> Value:
    """One number for each axis."""
    value = call.get(0)
    if isinstance(value, Listing):
        return Listing(list(value.items), "tuple", value.open)
    if not isinstance(value, Known):
        return Unknown("a pair")
    name = getattr(getattr(call.node, "func", None), "id", getattr(getattr(call.node, "func", None), "attr", ""))
    return Listing([value] * (3 if "3" in name else 2), "tuple")


@function("timm.layers.make_divisible")
def divisible(machine: Machine, call: Call) -> Value:
    """The nearest multiple of a divisor that is not more than a tenth below the number."""
    numbers = [call.get(0, "v"), call.get(1, "divisor") or Known(8), call.get(2, "min_value") or NONE]
    value, divisor, least = (n.value if isinstance(n, Known) else None for n in numbers)
    if not isinstance(value, (int, float)) or not isinstance(divisor, int) or divisor < 1:
        return Unknown("make_divisible()")
    floor = least if isinstance(least, int) and least else divisor
    found = max(floor, int(value + divisor / 2) // divisor * divisor)
    return Known(found + divisor if found < 0.9 * value else found)
