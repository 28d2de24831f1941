"""Layers that rearrange axes and keep every element: flatten, reshape, permute, repeat vector."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Int
from repairnn.semantics.faults import Need, NeedArgument, NeedRank, NeedSize, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

FLATTEN_RANK = Rule(
    "flatten-rank",
    "A tensor without the axes to flatten is flattened",
    "{input}",
    "at least {minimum} axes",
    "The axes from the first to the last that are flattened must be there.",
)
RESHAPE_SIZE = Rule(
    "reshape-size",
    "A reshape does not keep the number of elements",
    "{size} elements in {input}",
    "{needed}, for the target {target}",
    "Reshaping only regroups elements; it neither drops nor invents any.",
)
RESHAPE_BATCH = Rule(
    "reshape-mixes-samples",
    "A reshape with a free first axis mixes the elements of different samples",
    "{size} elements for each sample of {input}",
    "{needed} elements for each row of the target {target}",
    "The rows of the target do not hold whole samples: for most batch sizes the reshape fails, for the others the "
    "number of rows is not the number of samples.",
)
PERMUTE_RANK = Rule(
    "permute-rank",
    "A permutation is for another number of axes",
    "{received} axes {input}",
    "{wanted} axes, the batch and the {count} that the permutation names",
    "Every axis but the batch must be named exactly once.",
)
VIEW_BATCH = Rule(
    "view-mixes-batch",
    "A view changes the number of samples without a word",
    "{samples} samples of {size} elements in {input}",
    "{needed} elements for each of {samples} rows, as the target {target} has them",
    "The free first axis takes whatever is left: the rows of the result are not the samples that came in, and the "
    "batch no longer has the size of the labels. Usually the number of features in the view is wrong.",
    "suspicious",
)
FLATTEN_BATCH = Rule(
    "flatten-folds-batch",
    "Flattening takes the batch axis along",
    "{input} flattened from axis 0 on",
    "start_dim=1, so that each sample stays a row of its own",
    "torch.flatten starts with axis 0 unless told otherwise, nn.Flatten with axis 1. All samples become one vector.",
    "suspicious",
)
REPEAT_RANK = Rule(
    "repeat-vector-rank",
    "The layer that repeats a vector gets something else",
    "{received} axes {input}",
    "2 axes (batch, features)",
    "The layer turns a vector for each sample into a sequence of equal vectors.",
)


@dataclass(frozen=True, slots=True)
class Target:
    """A target shape: sizes, one of which may be -1 (the rest); ``None`` stands for a size that is not known."""

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if not isinstance(value, (tuple, list)):
            return not isinstance(value, (int, float, str))
        sizes = [size for size in value if isinstance(size, int)]
        return all(size >= -1 for size in sizes) and sizes.count(-1) <= 1

    def describe(self, args: Mapping[str, Any]) -> str:
        return "a tuple of sizes, at most one of them -1"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        sizes = [rng.choice((1, 2, 2, 3, 4, 6)) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.5:
            sizes[rng.randrange(len(sizes))] = -1
        return tuple(sizes)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        yield (-1, 2, -1)
        yield (-2, 2)


@dataclass(frozen=True, slots=True)
class Permutation:
    """The axes 1 .. n, each once."""

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if not isinstance(value, (tuple, list)):
            return not isinstance(value, (int, float, str))
        return any(v is None for v in value) or sorted(value) == list(range(1, len(value) + 1))

    def describe(self, args: Mapping[str, Any]) -> str:
        return "the axes 1, 2, ... in another order (the batch is axis 0 and stays)"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        axes = list(range(1, rng.randint(2, 4)))
        rng.shuffle(axes)
        return tuple(axes)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        yield (0, 1)
        yield (1, 3)
        yield (1, 1)


@layer
class Flatten(Declaration):
    """Axes from ``start_axis`` to ``end_axis`` become one. Sources: Keras ``Flatten``; PyTorch ``torch.nn.Flatten``."""

    kind = "flatten"
    arguments = (
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order",
                 "channels_first moves the channels last before flattening (Keras)"),
        Argument("start_axis", Int(None, likely=2), 1, "order", "first axis that is flattened (PyTorch)"),
        Argument("end_axis", Int(None, likely=2), -1, "order", "last axis that is flattened (PyTorch)"),
    )  # fmt: skip
    rules = (FLATTEN_RANK, FLATTEN_BATCH)
    spellings = (
        *torch_layer_names.FLATTEN,
        Spelling("keras", "Flatten", ("data_format",)),
        Spelling("torch", "Flatten", ("start_dim", "end_dim"),
                 renames={"start_dim": "start_axis", "end_dim": "end_axis"}),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 4, 3),), {}, (None, 48)),
        Example(((None,),), {}, (None, 1)),
        Example(((None, None, 3),), {}, (None, None)),
        Example(((2, 3, 4, 5),), {"start_axis": 1, "end_axis": 2}, (2, 12, 5), framework="torch"),
        Example(((784,),), {"start_axis": 0}, (784,), framework="torch"),
        Example(((784,),), {}, breaks="flatten-rank", expected="at least 2 axes", framework="torch"),
        Example(((8, 3, 4, 4),), {"start_axis": 0}, (384,), "flatten-folds-batch", "flattened from axis 0", "torch"),
        Example(((),), {}, breaks="flatten-rank", expected="at least 1 axes"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        if c.framework == "keras":
            if not shape:
                c.fault(FLATTEN_RANK, [NeedRank(0, 1, None)], minimum=1)
                return (None, 1)
            return (shape[0], None if None in shape[1:] else ar.product(shape[1:]))
        rank = max(1, len(shape))
        start, end = (axis + rank if axis < 0 else axis for axis in (a.start_axis, a.end_axis))
        if not (0 <= start < rank and 0 <= end < rank and start <= end):
            minimum = max(axis + 1 if axis >= 0 else -axis for axis in (a.start_axis, a.end_axis))
            axes: list[Need] = [NeedArgument("start_axis", (0,))] if 0 <= end < rank else []
            if 0 <= start < rank and end != rank - 1:
                axes.append(NeedArgument("end_axis", (-1,)))
            c.fault(FLATTEN_RANK, [NeedRank(0, minimum, None), *axes], ("start_axis", "end_axis"), minimum=minimum)
            return shape
        if start == 0 and end == rank - 1 and _surely_batched(shape):
            c.fault(FLATTEN_BATCH, [NeedArgument("start_axis", (1,))], ("start_axis",))
        return (*shape[:start], ar.product(shape[start : end + 1]), *shape[end + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        y = x[0]
        if a.data_format == "channels_first" and y.ndim > 1:
            y = np.moveaxis(y, 1, -1)
        rank = max(1, y.ndim)
        start, end = a.start_axis % rank if a.start_axis < 0 else a.start_axis, a.end_axis % rank
        return y.reshape((*y.shape[:start], -1, *y.shape[end + 1 :]))


@layer
class Reshape(Declaration):
    """The same elements in another shape.

    Sources: Keras ``Reshape`` (the batch stays), PyTorch ``torch.Tensor.view`` (the target includes the batch).
    """

    kind = "reshape"
    partial = True
    arguments = (
        Argument("target_shape", Target(), REQUIRED, "order", "sizes that come out; one may be -1"),
        Argument("batch_included", Bool(), False, "order", "whether the target includes the batch axis"),
    )
    rules = (RESHAPE_SIZE, RESHAPE_BATCH, VIEW_BATCH)
    spellings = (
        *torch_layer_names.RESHAPE,
        Spelling("keras", "Reshape", ("target_shape",), legacy={"dims": "target_shape"}),
    )
    examples = (
        Example(((None, 784),), {"target_shape": (28, 28, 1)}, (None, 28, 28, 1)),
        Example(((None, 3, 4),), {"target_shape": (2, -1)}, (None, 2, 6)),
        Example(((None, None, 4),), {"target_shape": (2, -1)}, (None, 2, None)),
        Example(((8, 16, 5, 5),), {"target_shape": (-1, 400), "batch_included": True}, (8, 400), framework="torch"),
        Example(((None, 16, 5, 5),), {"target_shape": (-1, 400), "batch_included": True}, (None, 400),
                framework="torch"),
        Example(((None, 7, 32),), {"target_shape": (-1, 32), "batch_included": True}, (None, 32), framework="torch"),
        Example(((None, 785),), {"target_shape": (28, 28, 1)}, breaks="reshape-size", expected="784 elements"),
        Example(((None, 3, 4),), {"target_shape": (5, -1)}, breaks="reshape-size", expected="a multiple of 5 elements"),
        Example(((7, 16, 5, 5),), {"target_shape": (-1, 401), "batch_included": True}, breaks="reshape-size",
                expected="a multiple of 401 elements", framework="torch"),
        Example(((None, 16, 5, 5),), {"target_shape": (-1, 320), "batch_included": True},
                breaks="reshape-mixes-samples", expected="320 elements for each row", framework="torch"),
        Example(((25, 16, 4, 4),), {"target_shape": (-1, 256), "batch_included": True}, (25, 256), framework="torch"),
        Example(((25, 16, 4, 4),), {"target_shape": (-1, 400), "batch_included": True}, (16, 400), "view-mixes-batch",
                "25 samples of 256 elements", "torch"),
        Example(((16, 8, 16, 16),), {"target_shape": (-1, 512), "batch_included": True}, (64, 512), "view-mixes-batch",
                "16 samples of 2048 elements", "torch"),
        Example(((3, 32, 32),), {"target_shape": (-1, 3, 32, 32), "batch_included": True}, (1, 3, 32, 32),
                framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        if shape is None:  # the target says the rank all the same
            known_part = tuple(None if _free(dim) else dim for dim in a.target_shape)
            return known_part if a.batch_included else (None, *known_part)
        skip = 0 if a.batch_included else 1
        batch, target = shape[:skip], tuple(a.target_shape)
        size = ar.product(shape[skip:])
        known = ar.product(dim for dim in target if not _free(dim))
        if not any(map(_free, target)):
            if not c.holds(ar.eq(size, known)):
                needs: list[Need] = [NeedSize(0, known, skip), *_targets(size, target)]
                needed = f"{known} elements"
                c.fault(RESHAPE_SIZE, needs, ("target_shape",), size=size, needed=needed, target=target)
            return (*batch, *target)
        if ar.is_concrete(known) and known == 0:
            c.fault(RESHAPE_SIZE, _targets(size, target), ("target_shape",), size=size,
                    needed="no size of 0 beside the free one", target=target)  # fmt: skip
            return (*batch, *(None if _free(dim) else dim for dim in target))
        if not c.holds(ar.eq(ar.mod(size, known), 0)):
            rows = a.batch_included and _free(target[0]) and len(shape) > 1
            needs = [NeedSize(0, known, 1), *_targets(ar.product(shape[1:]), target, keep_free=True)] if rows else []
            c.fault(RESHAPE_SIZE, needs or _targets(size, target), ("target_shape",), size=size,
                    needed=f"a multiple of {known} elements", target=target)  # fmt: skip
            rest = None
        else:
            rest = None if c.framework == "keras" and None in shape[skip:] else ar.floordiv(size, known)
            if a.batch_included:
                rest = _require_whole_samples(c, shape, target, known, rest)
        return (*batch, *(rest if _free(dim) else dim for dim in target))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        target = tuple(a.target_shape)
        return x[0].reshape(target if a.batch_included else (x[0].shape[0], *target))


@layer
class Permute(Declaration):
    """The axes besides the batch in another order. Source: Keras ``Permute``."""

    kind = "permute"
    arguments = (Argument("dims", Permutation(), REQUIRED, "order", "axes in their new order, counted from 1"),)
    rules = (PERMUTE_RANK,)
    spellings = (Spelling("keras", "Permute", ("dims",)),)
    examples = (
        Example(((None, 3, 32, 32),), {"dims": (2, 3, 1)}, (None, 32, 32, 3)),
        Example(((None, 3, 32),), {"dims": (2, 3, 1)}, breaks="permute-rank",
                expected="4 axes, the batch and the 3 that the permutation names"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        wanted = len(a.dims) + 1
        if len(shape) != wanted:
            needs: list[Need] = [NeedRank(0, wanted, wanted)]
            if len(shape) == 3:
                needs.append(NeedArgument("dims", ((2, 1),)))
            elif len(shape) > 3:
                axes = tuple(range(1, len(shape)))
                needs.append(NeedArgument("dims", ((*axes[1:], 1), (axes[-1], *axes[:-1]))))
            c.fault(PERMUTE_RANK, needs, ("dims",), received=len(shape), wanted=wanted, count=len(a.dims))
            return None
        return (shape[0], *(shape[axis] for axis in a.dims))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0].transpose((0, *a.dims))


@layer
class RepeatVector(Declaration):
    """A vector for each sample, repeated ``n`` times. Source: Keras ``RepeatVector``."""

    kind = "repeat_vector"
    arguments = (Argument("n", Int(1, strict=True), REQUIRED, "free", "how often"),)
    rules = (REPEAT_RANK,)
    spellings = (Spelling("keras", "RepeatVector", ("n",)),)
    examples = (
        Example(((None, 8),), {"n": 3}, (None, 3, 8)),
        Example(((None, 5, 8),), {"n": 3}, breaks="repeat-vector-rank", expected="3 axes (None, 5, 8)"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        if len(shape) != 2:
            c.fault(REPEAT_RANK, [NeedRank(0, 2, 2)], received=len(shape))
        return (shape[0], a.n, shape[-1]) if len(shape) > 1 else None

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0][:, None, :].repeat(a.n, axis=1)


def _require_whole_samples(c: Context, shape: Shape, target: Shape, known: ar.Term, rest: ar.Term) -> ar.Term:
    """The size of a free first axis where the batch is unknown: the batch again where each row is one sample."""
    if not _free(target[0]) or not shape:
        return rest
    sample = ar.product(shape[1:])
    if shape[0] is not None:
        _require_same_samples(c, shape, target, known, sample)
        return rest
    if sample is None or known is None:
        return rest
    empty = ar.is_concrete(sample) and sample == 0
    whole = ar.any_of(ar.eq(ar.mod(sample, known), 0), ar.eq(ar.mod(known, sample), 0))
    if empty or not c.holds(whole):
        needs: list[Need] = [NeedSize(0, known, 1), *_targets(sample, (-1, *target[1:]), keep_free=True)]
        c.fault(RESHAPE_BATCH, needs, ("target_shape",), size=sample, needed=known, target=target)
    return None


def _require_same_samples(c: Context, shape: Shape, target: Shape, known: ar.Term, sample: ar.Term) -> None:
    """Rows that hold no whole sample, nor whole parts of one, are hardly meant; an added batch axis is."""
    if len(shape) < 2 or (ar.is_concrete(sample) and sample == 0) or tuple(target[1:]) == tuple(shape):
        return
    if c.holds(ar.eq(ar.mod(sample, known), 0)) and not _tears_maps(shape, target, known):
        return
    needs: list[Need] = [NeedSize(0, known, 1), *_targets(sample, (-1, *target[1:]), keep_free=True)]
    values = {"samples": shape[0], "size": sample, "needed": known, "target": target}
    c.fault(VIEW_BATCH, needs, ("target_shape",), **values)


def _tears_maps(shape: Shape, target: Shape, known: ar.Term) -> bool:
    """Whether rows of features are parts of a sample's maps that no axis of the input bounds.

    Rows of whole trailing axes, or of parts of the last one, are meant: a vector for each step, place or head.
    """
    if len(shape) < 4 or len(target) != 2 or not isinstance(known, int) or known == 1:
        return False
    sizes = [dim for dim in shape[1:] if isinstance(dim, int)]
    if len(sizes) != len(shape) - 1 or sizes[-1] % known == 0:
        return False
    return all(math.prod(sizes[at:]) != known for at in range(len(sizes)))


def _free(size: ar.Term) -> bool:
    """Whether a size of a target is left open: -1."""
    return ar.is_concrete(size) and size == -1


def _surely_batched(shape: Shape) -> bool:
    """Whether a tensor surely has a batch axis: four axes, or three with an open first one, and several cells."""
    several = not (ar.is_concrete(ar.product(shape[1:])) and ar.product(shape[1:]) == 1)
    return several and (len(shape) >= 4 or (len(shape) == 3 and shape[0] is None))


def _targets(size: ar.Term, target: Shape, keep_free: bool = False) -> list[Need]:
    """Targets of the same rank that hold ``size`` elements: one size changed, the others kept."""
    if not ar.is_concrete(size) or size < 1:
        return [NeedArgument("target_shape")]
    good: list[Shape] = []
    for axis in range(len(target) - 1, -1, -1):
        if keep_free and target[axis] == -1:
            continue
        others = ar.product(dim for other, dim in enumerate(target) if other != axis and dim != -1)
        if ar.is_concrete(others) and others > 0 and size % others == 0:
            free = -1 in target and target[axis] != -1 and not keep_free
            good.append((*target[:axis], 1 if free else size // others, *target[axis + 1 :]))
    return [NeedArgument("target_shape", tuple(dict.fromkeys(good)))]
