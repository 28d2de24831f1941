"""Layers to put on an edge so that a tensor becomes what its reader needs: other rank, sizes or order of axes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from repairnn.search.costs import PENALTY
from repairnn.search.values import factored, known_product
from repairnn.semantics.ir import Arith, OperandDim, Shape
from repairnn.semantics.registry import declaration_of, spellings
from repairnn.semantics.spelling import Spelling

#: Bits by which a reshape is less likely where the sizes are those of a permutation.
SCRAMBLED = 4.0
#: Bits by which a reshape to the same rank is less likely: it cuts through axes instead of merging or splitting them.
TORN = 5.0
#: Bits by which maps are less likely padded to twice their size: borders are padded, not halves.
EMPTY = 1.5


@dataclass(frozen=True, slots=True)
class Adapter:
    """A layer that could be put in: kind, canonical arguments, the way's row in the cost table, further cost."""

    kind: str
    args: Mapping[str, Any]
    way: str
    extra: float = 0.0


def spelling_of(framework: str, kind: str, args: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The framework's name of a layer with these arguments, and the arguments that the name does not imply.

    Layers come before functions and methods. ``None`` when the framework has no such layer.
    """
    for name, fixed, known in _names(framework, kind):
        if known >= args.keys() and all(args.get(key, value) == value for key, value in fixed.items()):
            return name, {key: value for key, value in args.items() if key not in fixed}
    declaration = declaration_of(kind)
    return ("", dict(args)) if declaration is not None and not declaration.spellings else None


@cache
def _names(framework: str, kind: str) -> list[tuple[str, Mapping[str, Any], frozenset[str]]]:
    """The framework's names of a kind of layer, layers before functions before methods.

    Each with the arguments that it implies, and all that it takes or implies.
    """
    found = [
        (("layer", "function", "method").index(form), name, spelling)
        for (form, name), (declaration, spelling) in spellings(framework).items()
        if declaration.kind == kind and name == spelling.name
    ]
    return [(name, spelling.fixed, _taken(spelling)) for _, name, spelling in sorted(found, key=lambda item: item[0])]


def _taken(spelling: Spelling) -> frozenset[str]:
    parameters = (spelling.canonical(parameter) for parameter in (*spelling.parameters, *spelling.keywords))
    return frozenset([*parameters, *spelling.fixed])


def reshaped(
    shape: Shape, target: Sequence[int], framework: str, way: str = "insert.reshape", extra: float = 0.0
) -> Adapter:
    """A reshape of everything but the batch. One that only reorders sizes mixes the axes up: that is hardly meant."""
    if scrambles(shape[1:], target):
        extra += SCRAMBLED
    if framework == "torch":
        batch = -1 if -1 not in target else shape[0]
        return Adapter("reshape", {"target_shape": (batch, *target), "batch_included": True}, way, extra)
    return Adapter("reshape", {"target_shape": tuple(target)}, way, extra)


def scrambles(shape: Sequence[int | None], target: Sequence[int]) -> bool:
    """Whether a reshape gives the same sizes in another order, ones aside: what a permutation is for."""
    have, want = [dim for dim in shape if dim != 1], [dim for dim in target if dim != 1]
    return have != want and None not in have and sorted(map(str, have)) == sorted(map(str, want))


def other_rank(shape: Shape, minimum: int, maximum: int | None, framework: str) -> Iterator[Adapter]:
    """Adapters that bring a tensor to a rank within bounds."""
    rank = len(shape)
    if maximum is not None and rank > maximum:
        yield from _lower_rank(shape, minimum, maximum, framework)
    elif rank < minimum:
        yield from _higher_rank(shape, minimum, framework)


def _lower_rank(shape: Shape, minimum: int, maximum: int, framework: str) -> Iterator[Adapter]:
    rank, rest = len(shape), shape[1:]
    if minimum <= 2 <= maximum:
        yield Adapter("flatten", {}, "insert.flatten")
        if rank in (3, 4, 5):
            yield Adapter("global_pool", {"rank": rank - 2}, "insert.global-pool")
    goal = maximum - 1
    if framework == "torch" and shape[0] == 1 and rank == maximum + 1:
        yield Adapter("squeeze", {"axis": 0}, "insert.reshape", -0.3)
    if goal < 1 or any(dim is None for dim in rest) or len(rest) <= goal:
        return
    ones = [dim for dim in rest if dim != 1]
    if len(ones) <= goal:
        yield reshaped(shape, [dim or 1 for dim in ones] + [1] * (goal - len(ones)), framework)
    targets = list(groupings([dim or 1 for dim in rest], goal)) if goal > 1 or minimum > 2 else []
    if rank == 5 and goal == 2 and framework == "keras":
        targets.reverse()  # pictures in time: a row for each step, as LSTM after layers applied to every step needs
    for number, target in enumerate(targets):
        yield reshaped(shape, target, framework, extra=0.3 + 0.2 * number)
    if goal > 1:
        for number, target in enumerate(groupings([dim or 1 for dim in rest], goal - 1)):
            yield reshaped(shape, [*target, 1], framework, extra=1.5 + 0.2 * number)


def groupings(sizes: Sequence[int], parts: int) -> Iterator[list[int]]:
    """Neighbouring sizes multiplied together so that so many are left; the last axes are kept longest."""
    for cuts in itertools.combinations(range(len(sizes) - 1, 0, -1), parts - 1):
        edges = [0, *sorted(cuts), len(sizes)]
        yield [math.prod(sizes[start:end]) for start, end in itertools.pairwise(edges)]


def _higher_rank(shape: Shape, minimum: int, framework: str) -> Iterator[Adapter]:
    rest = shape[1:]
    if sum(dim is None for dim in rest) > 1:
        return
    known = [-1 if dim is None else dim for dim in rest]
    missing = minimum - len(shape)
    yield reshaped(shape, [*known, *([1] * missing)], framework)
    total = known_product(rest)
    if len(rest) == 1 and total is not None:
        for target in factored(total):
            if len(target) == minimum - 1:
                yield reshaped(shape, target, framework, extra=-0.4)
    for front in range(1, missing + 1):
        yield reshaped(shape, [*([1] * front), *known, *([1] * (missing - front))], framework, extra=0.3 * front)
    if framework == "torch" and missing == 1:
        yield Adapter("expand_dims", {"axis": 0}, "insert.reshape", 0.6)
    if len(rest) == 1 and minimum == 3:
        yield Adapter("repeat_vector", {"n": 1}, "insert.repeat")


def wider(shape: Shape, axis: int, minimum: int, framework: str) -> Iterator[Adapter]:
    """Adapters that make an axis at least so long."""
    rank, axis = len(shape), axis % len(shape)
    have = shape[axis]
    if have is None or have < 1:
        return
    yield from _orders(shape, lambda turned: (turned[axis] or minimum) >= minimum, framework)
    spatial = rank - 2
    if spatial in (1, 2, 3):
        for first in (False, True):
            place = axis - (2 if first else 1)
            if 0 <= place < spatial:
                yield from _padded(spatial, {place: minimum - have}, first, framework)
                factor = -(-minimum // have)
                yield _scaled("upsampling", "size", spatial, {place: factor}, first, framework, "insert.upsample")


def exactly(shape: Shape, axis: int, value: int, framework: str) -> Iterator[Adapter]:
    """Adapters that give an axis a certain length."""
    axis %= len(shape)
    wanted = tuple(value if at == axis else None for at in range(len(shape)))
    rest = known_product(shape[1:])
    if axis == len(shape) - 1 and len(shape) > 2 and rest == value:
        yield Adapter("flatten", {}, "insert.flatten")
    if axis == len(shape) - 1 and 3 <= len(shape) <= 5 and shape[-1] == value:
        yield Adapter("global_pool", {"rank": len(shape) - 2}, "insert.global-pool")
    if rest is not None and value and axis > 0 and rest % value == 0 and rest != value and len(shape) > 2:
        for target in _regrouped(shape, axis, value, rest):
            yield reshaped(shape, target, framework, extra=TORN)
    yield from toward(shape, wanted, framework)


def _regrouped(shape: Shape, axis: int, value: int, total: int) -> Iterator[list[int]]:
    """Targets of the same rank with a certain length on one axis, another axis taking up the rest."""
    rest = list(shape[1:])
    for other in range(len(rest)):
        if other == axis - 1:
            continue
        fixed = known_product([dim for at, dim in enumerate(rest) if at not in (axis - 1, other)])
        if fixed and total % (fixed * value) == 0:
            target = [dim or 1 for dim in rest]
            target[axis - 1], target[other] = value, total // (fixed * value)
            yield target


def toward(shape: Shape, wanted: Shape, framework: str) -> Iterator[Adapter]:
    """Adapters that bring a tensor to a shape, or nearer to it; ``None`` in the wanted shape fits anything."""
    if len(shape) != len(wanted):
        yield from _other_shape(shape, wanted, framework)
        return
    wrong = {
        axis: (have, want)
        for axis, (have, want) in enumerate(zip(shape, wanted, strict=True))
        if axis > 0 and have is not None and want is not None and have != want
    }
    if not wrong:
        return
    yield from _orders(shape, lambda turned: _same(turned, wanted), framework)
    if None not in wanted[1:] and known_product(shape[1:]) == known_product(wanted[1:]) is not None:
        yield reshaped(shape, [dim or 1 for dim in wanted[1:]], framework)
    yield from _spatial(shape, wrong, framework)
    yield from _projected(shape, wrong, framework)


def matched(shape: Shape, pivot: Shape, other: int) -> Iterator[Adapter]:
    """A tensor resampled to the spatial size that input ``other`` of its reader has, whatever that is (PyTorch)."""
    rank = len(shape)
    if rank != len(pivot) or not 3 <= rank <= 5:
        return
    sizes = [(a, b) for a, b in zip(shape[2:], pivot[2:], strict=True) if a is not None and b is not None]
    if all(have == want for have, want in sizes):
        return
    shrinks = any(have > want for have, want in sizes)
    size = tuple(OperandDim(other, axis) for axis in range(2, rank))
    yield Adapter("interpolate", {"size": size}, "insert.match", 0.4 if shrinks else 0.0)


def shortcut(
    shape: Shape, pivot: Shape, index: int, other: int, framework: str, strided: bool = False
) -> Iterator[Adapter]:
    """A 1x1 convolution with the channels and strides that bring input ``index`` to the shape of input ``other``,
    whatever they are: one text for all blocks that share it. For rows of features a dense layer.

    ``strided`` says that other blocks of that text need strides, whether this one does or not.
    """
    torch = framework == "torch"
    rank = len(shape) - 2
    if torch and len(shape) == len(pivot) == 2 and shape[1] is not None and pivot[1] not in (None, shape[1]):
        widths = {"in_features": OperandDim(index, 1), "units": OperandDim(other, 1)}
        yield Adapter("dense", widths, "insert.project", 0.3)
    if len(shape) != len(pivot) or not 1 <= rank <= 3 or any(dim is None for dim in (*shape[1:], *pivot[1:])):
        return
    channels, first = (1, 2) if torch else (-1, 1)
    last = len(shape) if torch else -1
    sizes = [(a or 0, b or 0) for a, b in zip(shape[first:last], pivot[first:last], strict=True)]
    if shape[channels] == pivot[channels] or any(
        -(-have // -(-have // want)) != want if want else True for have, want in sizes
    ):
        return
    args: dict[str, Any] = {"rank": rank, "filters": OperandDim(other, channels), "kernel_size": 1}
    if torch:
        args["in_channels"] = OperandDim(index, channels)
    if strided or any(have != want for have, want in sizes):
        size, target = OperandDim(index, first), OperandDim(other, first)
        args["strides"] = Arith("//", Arith("-", Arith("+", size, target), 1), target)
    yield Adapter("conv", args, "insert.conv", 0.3)


def _other_shape(shape: Shape, wanted: Shape, framework: str) -> Iterator[Adapter]:
    if framework == "torch" and len(shape) == 1 and len(wanted) == 2 and wanted[1] == 1:
        yield Adapter("expand_dims", {"axis": 1}, "label.reshape")
    have, want = known_product(shape[1:]), known_product(wanted[1:])
    if have is not None and have == want and len(wanted) > 1:
        if len(wanted) == 2:
            yield Adapter("flatten", {}, "insert.flatten")
        yield reshaped(shape, [dim or 1 for dim in wanted[1:]], framework)
        return
    if len(wanted) == 1 and len(shape) == 2 and shape[1] == 1:
        yield Adapter("squeeze", {"axis": 1}, "label.reshape")
    yield from _tails(shape, wanted, framework)
    if len(wanted) < len(shape):
        yield from _lower_rank(shape, len(wanted), len(wanted), framework)
        return
    missing = len(wanted) - len(shape)
    known = [-1 if dim is None else dim for dim in shape[1:]]
    if known.count(-1) > 1:
        return
    for front in range(missing, -1, -1):
        yield reshaped(
            shape, [*([1] * front), *known, *([1] * (missing - front))], framework, extra=0.2 * (missing - front)
        )
    if len(wanted) == 3 and len(shape) == 2 and wanted[1] is not None:
        yield Adapter("repeat_vector", {"n": wanted[1]}, "insert.repeat")


def _tails(shape: Shape, wanted: Shape, framework: str) -> Iterator[Adapter]:
    """Where axes are aligned from the last on, only those that both have need to be brought together."""
    if len(wanted) > len(shape) > 1:
        yield from toward(shape, (None, *wanted[len(wanted) - len(shape) + 1 :]), framework)
    elif len(wanted) > 1:
        yield from toward(shape, (None,) * (len(shape) - len(wanted) + 1) + tuple(wanted[1:]), framework)


def _orders(shape: Shape, fits: Any, framework: str) -> Iterator[Adapter]:
    """Permutations of the axes but the batch, where few enough."""
    rank = len(shape)
    if not 3 <= rank <= 5:
        return
    for order in itertools.permutations(range(1, rank)):
        if order == tuple(range(1, rank)):
            continue
        turned = (shape[0], *(shape[axis] for axis in order))
        if turned != shape and fits(turned):
            if framework == "torch":
                yield Adapter("transpose", {"axes": (0, *order)}, "insert.permute")
            else:
                yield Adapter("permute", {"dims": order}, "insert.permute")


def _same(shape: Shape, wanted: Shape) -> bool:
    return all(want is None or have is None or have == want for have, want in zip(shape[1:], wanted[1:], strict=True))


def _spatial(shape: Shape, wrong: Mapping[int, tuple[int, int]], framework: str) -> Iterator[Adapter]:
    spatial = len(shape) - 2
    if spatial not in (1, 2, 3):
        return
    for first in (False, True):
        places = {axis - (2 if first else 1): pair for axis, pair in wrong.items()}
        places = {place: pair for place, pair in places.items() if 0 <= place < spatial}
        if not places:
            continue
        grow = {place: want - have for place, (have, want) in places.items()}
        if all(more > 0 for more in grow.values()):
            growth = max(want / (have or 1) for have, want in places.values())
            yield from _padded(spatial, grow, first, framework, growth)
        if all(more < 0 for more in grow.values()):
            yield _cropped(spatial, {place: -more for place, more in grow.items()}, first, framework)
        ups = {place: want // have for place, (have, want) in places.items() if have and want % have == 0}
        if len(ups) == len(places):
            yield _scaled("upsampling", "size", spatial, ups, first, framework, "insert.upsample")
        downs = {place: have // want for place, (have, want) in places.items() if want and have % want == 0}
        if len(downs) == len(places):
            yield _scaled("pool", "pool_size", spatial, downs, first, framework, "insert.pool")


def _layout(first: bool, framework: str) -> dict[str, Any]:
    return {"data_format": "channels_first"} if first and framework == "keras" else {}


def _padded(
    spatial: int, grow: Mapping[int, int], first: bool, framework: str, growth: float = 1.0
) -> Iterator[Adapter]:
    pairs = tuple((more // 2, more - more // 2) for more in (grow.get(place, 0) for place in range(spatial)))
    padding: Any = pairs if spatial > 1 else pairs[0]
    args = {"rank": spatial, "padding": padding, **_layout(first, framework)}
    yield Adapter("zero_padding", args, "insert.pad", EMPTY * math.log2(growth))


def _cropped(spatial: int, shrink: Mapping[int, int], first: bool, framework: str) -> Adapter:
    pairs = tuple((less // 2, less - less // 2) for less in (shrink.get(place, 0) for place in range(spatial)))
    cropping: Any = pairs if spatial > 1 else pairs[0]
    return Adapter("cropping", {"rank": spatial, "cropping": cropping, **_layout(first, framework)}, "insert.crop")


def _scaled(
    kind: str, argument: str, spatial: int, factors: Mapping[int, int], first: bool, framework: str, way: str
) -> Adapter:
    sizes: Any = tuple(factors.get(place, 1) for place in range(spatial))
    if spatial == 1:
        sizes = sizes[0]
    function = {"function": "max"} if kind == "pool" else {}
    return Adapter(kind, {"rank": spatial, **function, argument: sizes, **_layout(first, framework)}, way)


def _projected(shape: Shape, wrong: Mapping[int, tuple[int, int]], framework: str) -> Iterator[Adapter]:
    """Learned projections: a dense layer over the last axis, a convolution where a picture also changes size."""
    rank, last = len(shape), len(shape) - 1
    channel = 1 if framework == "torch" and rank > 2 else last
    if last in wrong:
        have, want = wrong[last]
        extra = PENALTY["parameters"] * math.log2(max(have * want, 1))
        declared = {"in_features": have} if framework == "torch" else {}
        yield Adapter("dense", {"units": want, **declared}, "insert.project", extra)
    if rank not in (3, 4, 5):
        return
    filters = wrong[channel][1] if channel in wrong else shape[channel]
    if filters is None:
        return
    have = shape[channel] or 1
    extra = PENALTY["parameters"] * math.log2(max(have * filters, 1))
    declared = {"in_channels": have} if framework == "torch" else {}
    spatial = {axis: pair for axis, pair in wrong.items() if axis != channel}
    for kind, args in _convolutions(rank, spatial, channel):
        grows = 1.5 if kind == "conv_transpose" else 0.0  # shortcuts are brought down to what they meet, not up
        yield Adapter(kind, {"rank": rank - 2, "filters": filters, **args, **declared}, "insert.conv", extra + grows)


def _convolutions(
    rank: int, wrong: Mapping[int, tuple[int, int]], channel: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Convolutions that bring the spatial axes to the sizes wanted: by strides, by their kernel, or transposed."""
    places = [axis for axis in range(1, rank) if axis != channel]
    strides = _strides(rank, wrong, channel)
    if strides is not None:
        args: dict[str, Any] = {"kernel_size": 1}
        if any(stride != 1 for stride in strides):
            args["strides"] = strides if rank > 3 else strides[0]
        yield "conv", args
    if not wrong:
        return
    shrink = [wrong[axis][0] - wrong[axis][1] if axis in wrong else 0 for axis in places]
    for kind, sign in (("conv", 1), ("conv_transpose", -1)):
        if all(sign * less >= 0 for less in shrink):
            kernel: Any = tuple(sign * less + 1 for less in shrink)
            yield kind, {"kernel_size": kernel if rank > 3 else kernel[0]}


def _strides(rank: int, wrong: Mapping[int, tuple[int, int]], channel: int) -> tuple[int, ...] | None:
    """Strides of a convolution with kernel 1 that shrink each wrong axis to what is wanted."""
    found = []
    for axis in range(1, rank):
        if axis == channel:
            continue
        have, want = wrong.get(axis, (1, 1))
        stride = -(-have // want) if want else 0
        if not stride or -(-have // stride) != want:
            return None
        found.append(stride)
    return tuple(found)


def known_kind(kind: str) -> bool:
    """Whether the semantics has such a layer."""
    return declaration_of(kind) is not None
