"""``einops``: ``rearrange``, ``repeat`` and ``reduce`` as the reshapes, permutations and reductions they stand for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import function
from repairnn.frontends.source.torch.drawing import UNREAD, as_tensor, draw, plain
from repairnn.frontends.source.torch.values import Tensor
from repairnn.frontends.source.values import Known, Native, Unknown, Value
from repairnn.semantics.ir import Arith, DimOf

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

Groups = list[list[str]]


@function("einops.rearrange", "einops.einops.rearrange")
def rearrange(machine: Machine, call: Call) -> Value:
    """``rearrange(x, 'b c (h p) w -> b h (p w c)', p=2)``."""
    return _applied(machine, "rearrange", call)


@function("einops.repeat", "einops.reduce", "einops.einops.repeat", "einops.einops.reduce")
def repeat(machine: Machine, call: Call) -> Value:
    """``repeat`` and ``reduce``: the result has the sizes that the right side names, where they are known."""
    name = "reduce" if isinstance(call.get(2, "reduction"), Known) else "repeat"
    return _applied(machine, name, call)


@function("einops.layers.torch.Rearrange", "einops.layers.torch.Reduce")
def layer(machine: Machine, call: Call) -> Value:
    """``Rearrange('b c h w -> b (c h w)')`` in a ``Sequential``."""
    name = "reduce" if len(call.positional) > 1 else "rearrange"

    def later(machine: Machine, applied: Call) -> Value:
        made = Call((*applied.positional[:1], *call.positional), call.keywords, call.span, None)
        return _applied(machine, name, made)

    return Native(name, later)


def _applied(machine: Machine, name: str, call: Call) -> Value:
    tensor, pattern = as_tensor(machine, call.get(0, "tensor")), call.get(1, "pattern")
    if tensor is None:
        return Unknown(f"{name}()")
    decided = Argument(Unknown("what a pattern says"))  # no argument of the call gives these
    site = Site(call.span, arguments={"target_shape": decided, "axes": decided})
    sides = _sides(pattern.value) if isinstance(pattern, Known) and isinstance(pattern.value, str) else None
    shape = tensor.shape(machine)
    if sides is not None and shape is not None:
        left = _expanded(sides[0], sides, len(shape))
        right = _expanded(sides[1], sides, len(shape))
        if left is not None and right is not None and len(left) == len(shape):
            sizes = {key: plain(argument.value) for key, argument in call.keywords.items() if key != "reduction"}
            return _drawn(machine, name, tensor, left, right, sizes, site)
    why = f"{name} of a tensor whose axes are not known"
    told = sides is not None and not any("…" in group for group in sides[0])
    args = {"rank": len(sides[0])} if sides is not None and told else {}  # for whoever looks for a shape that fits
    return draw(machine, "opaque", args, [tensor], spelling=name, name=name, site=site, unread=why)[0]


def _sides(pattern: str) -> tuple[Groups, Groups] | None:
    """Both sides of a pattern as groups of names: ``b (h p) -> b h p`` gives ``[[b], [h, p]]`` and so on."""
    halves = pattern.split("->")
    if len(halves) != 2 or not re.fullmatch(r"[\w\s().…]*", "".join(halves).replace("...", "…")):
        return None
    found = []
    for half in halves:
        parts = re.findall(r"\(([^()]*)\)|(\S+)", half.replace("...", " … ").replace("(", " (").replace(")", ") "))
        found.append([inner.split() if not single else [single] for inner, single in parts])
    return found[0], found[1]


def _expanded(side: Groups, sides: tuple[Groups, Groups], rank: int) -> Groups | None:
    """A side with names in place of the ellipsis."""
    rest = rank - sum(group != ["…"] for group in sides[0])
    if any("…" in group and len(group) > 1 for group in side) or rest < 0:
        return None
    result: Groups = []
    for group in side:
        result.extend([[f"…{index}"] for index in range(rest)] if group == ["…"] else [group])
    return result


def _drawn(
    machine: Machine, name: str, tensor: Tensor, left: Groups, right: Groups, sizes: dict[str, Any], site: Site
) -> Value:
    """Split the axes of the left side, order (or drop, or add) them, and join them as the right side says."""
    names = [key for group in left for key in group if key != "1"]
    known: dict[str, Any] = {}
    for axis, group in enumerate(left):
        known.update(_sizes(machine, tensor, axis, group, sizes))
    if name == "rearrange" and sorted(names) == sorted(k for g in right for k in g if k != "1"):
        return _reordered(machine, tensor, left, right, names, known, site)
    known.update({key: None if size is UNREAD else size for key, size in sizes.items() if key not in known})
    target = tuple(_product([1 if key.isdigit() else known.get(key) for key in group]) for group in right)
    return draw(machine, "data", {"shape": target}, (), name=name, site=site, key=tensor.ref)[0]


def _sizes(machine: Machine, tensor: Tensor, axis: int, group: list[str], sizes: dict[str, Any]) -> dict[str, Any]:
    """The size of each name of a group: given, or what is left of the axis."""
    keys = [key for key in group if key != "1"]
    open_ = [key for key in keys if key not in sizes]
    found = {key: None if sizes[key] is UNREAD else sizes[key] for key in keys if key in sizes}
    if len(open_) == 1:
        rest: Any = DimOf(tensor.ref, axis)
        for size in found.values():
            rest = None if size is None or rest is None else Arith("//", rest, size)
        found[open_[0]] = rest
    return found | {key: None for key in open_ if key not in found}


def _product(parts: list[Any]) -> Any:
    total: Any = 1
    for part in parts:
        total = None if part is None or total is None else part if total == 1 else Arith("*", total, part)
    return total


def _reordered(
    machine: Machine, tensor: Tensor, left: Groups, right: Groups, names: list[str], known: dict[str, Any], site: Site
) -> Value:
    keeps = {"batch_included": True}
    if any(len(group) != 1 or group == ["1"] for group in left):
        split = tuple(known[key] for key in names)
        free = [i for i, size in enumerate(split) if not isinstance(size, int) and not _plain_dim(size)]
        split = tuple(-1 if i in free and len(free) == 1 else size for i, size in enumerate(split))
        tensor = draw(machine, "reshape", {"target_shape": split, **keeps}, [tensor], spelling="reshape",
                      name="rearrange", site=site)[0]  # fmt: skip
    order = [names.index(key) for group in right for key in group if key != "1"]
    if order != sorted(order):
        tensor = draw(machine, "transpose", {"axes": tuple(order)}, [tensor], spelling="permute", name="rearrange",
                      site=site)[0]  # fmt: skip
    if any(len(group) != 1 or group == ["1"] for group in right):
        target = tuple(_product([known[key] for key in group if key != "1"]) for group in right)
        tensor = draw(machine, "reshape", {"target_shape": target, **keeps}, [tensor], spelling="reshape",
                      name="rearrange", site=site)[0]  # fmt: skip
    return tensor


def _plain_dim(size: Any) -> bool:
    return isinstance(size, DimOf)
