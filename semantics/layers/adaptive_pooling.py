"""Adaptive pooling: windows chosen so that a given size comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Ints
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.layers.spatial import Layout, judge, read_layout, spread
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Sizes
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some

ADAPTIVE_RANK = Rule(
    "adaptive-pool-rank",
    "An adaptive pooling layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "Adaptive pooling divides a fixed number of spatial axes into equal windows, besides the batch and the channels.",
)
ADAPTIVE_WINDOW = Rule(
    "adaptive-pool-window-exceeds-input",
    "Keras cannot pool an axis into a single window",
    "{size} along axis {axis} of {input}, to become {output}",
    "windows that fit with one cell to spare: sizes above 1 on both sides (global pooling makes a single window)",
    "Keras on TensorFlow computes each adaptive pooling with two windows, the second a cell longer than the first; "
    "where the axis is to become 1, or is 1, the longer one does not fit, and the model fails when it runs.",
)
ADAPTIVE_MEAN = Rule(
    "adaptive-pool-mean-of-last-axes",
    "An adaptive pooling to size 1 takes the mean of the last axes, whatever the axes before them are",
    "{received} axes {input}",
    "the batch, the channels and {rank} spatial axes",
    "PyTorch does not look at the number of axes where the output size is 1; with an axis too few, samples or channels "
    "are mixed.",
    "suspicious",
)


def _fixed(rank: int, function: str) -> dict[str, Any]:
    return {"rank": rank, "function": function}


@layer
class AdaptivePool(Declaration):
    """Pooling of each axis into ``output_size`` windows, of which number ``i`` covers ``i s/n .. (i + 1) s/n``.

    Sources: Keras ``AdaptiveAveragePooling2D`` and its likes; PyTorch ``torch.nn.AdaptiveAvgPool2d`` and its likes.
    """

    kind = "adaptive_pool"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("function", Choice(("max", "average")), "average", "meaning"),
        Argument("output_size", Ints("rank"), REQUIRED, "free", "None keeps an axis' size (PyTorch)",
                 torch=Sizes("rank", 0, single=False, open=True)),
        Argument("data_format", Choice((None, "channels_last", "channels_first"), exact=True), None, "order"),
        Argument("return_indices", Bool(), False, "meaning", "also return where the maxima are (PyTorch)"),
    )  # fmt: skip
    rules = (ADAPTIVE_RANK, ADAPTIVE_WINDOW, ADAPTIVE_MEAN, EMPTY_AXIS)
    spellings = (
        *torch_layer_names.ADAPTIVE_POOL,
        *(
            Spelling("keras", f"Adaptive{name}Pooling{rank}D", ("output_size", "data_format"),
                     fixed=_fixed(rank, function))
            for rank in (1, 2, 3)
            for name, function in (("Average", "average"), ("Max", "max"))
        ),
        *(
            Spelling("torch", f"Adaptive{name}Pool{rank}d", parameters,
                     fixed={**_fixed(rank, function), "data_format": "channels_first"})
            for rank in (1, 2, 3)
            for name, function, parameters in (("Avg", "average", ("output_size",)),
                                               ("Max", "max", ("output_size", "return_indices")))
        ),
    )  # fmt: skip
    examples = (
        Example(((None, 7, 5, 3),), {"rank": 2, "output_size": (3, 2)}, (None, 3, 2, 3)),
        Example(((4, 3, 7, 5),), {"rank": 2, "output_size": (None, 1), "data_format": "channels_first"}, (4, 3, 7, 1),
                framework="torch"),
        Example(((4, 3, 0),), {"rank": 1, "output_size": 2, "data_format": "channels_first"},
                breaks="axis-without-cells", framework="torch"),
        Example(((4, 7),), {"rank": 2, "output_size": 1, "data_format": "channels_first"},
                breaks="adaptive-pool-mean-of-last-axes", expected="2 axes (4, 7)", framework="torch"),
        Example(((None, 7, 3),), {"rank": 2, "output_size": 3}, breaks="adaptive-pool-rank", expected="3 axes"),
        Example(((None, 7, 1, 3),), {"rank": 2, "output_size": (3, 2)}, breaks="adaptive-pool-window-exceeds-input",
                expected="1 along axis 2"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        (shape,) = x
        assert shape is not None
        if _is_mean(c, shape, a):
            c.fault(ADAPTIVE_MEAN, [NeedRank(0, a.rank + 1, a.rank + 2)], (), received=len(shape), rank=a.rank)
            return (*shape[: -a.rank], *(1,) * a.rank)
        layout = read_layout(c, ADAPTIVE_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return [None, None] if a.return_indices else None
        c = judge(c, layout)
        sizes = _sizes(layout, a)
        if c.framework == "keras":
            _require_windows(c, layout, sizes)
        elif a.function == "max" or not all(ar.is_concrete(size) and size == 1 for size in sizes):
            require_some(c, layout.shape, 1 if a.function == "max" or a.rank == 3 else len(layout.shape) - a.rank)
        output = layout.arranged(sizes, layout.channels)
        return [output, output] if a.return_indices else output

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.return_indices else 1

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        if a.return_indices:
            raise NotImplementedError("the reference does not say where the maxima are")
        from repairnn.semantics import numeric_spatial as ns

        if x[0].ndim - a.rank not in (1, 2):
            return x[0].mean(axis=tuple(range(-a.rank, 0)), keepdims=True)
        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        sizes = spread(a.output_size, a.rank)
        sizes = tuple(
            image.shape[axis + 1] if size is None and a.output_size is not None else size
            for axis, size in enumerate(sizes)
        )
        return restore(ns.adaptive_pool(image, a.function, sizes))


def _require_windows(c: Context, layout: Layout, sizes: Sequence[Any]) -> None:
    for axis, output in zip(layout.spatial, sizes, strict=True):
        window = ar.add(ar.ceildiv(layout.shape[axis], output), 1)
        if not c.holds(ar.at_least(layout.shape[axis], window)):
            size = layout.shape[axis]
            needs: list[Need] = [NeedAtLeast(0, axis, 2)] if ar.is_concrete(output) and output > 1 else []
            if isinstance(size, int) and size > 1 and all(map(ar.is_concrete, sizes)):
                needs.append(NeedArgument("output_size", (tuple(max(2, size) for size in sizes),)))
            c.fault(ADAPTIVE_WINDOW, needs, ("output_size",), size=layout.shape[axis], axis=axis, output=output)


def _is_mean(c: Context, shape: Shape, a: Args) -> bool:
    """Whether PyTorch takes the mean of the last axes, of an input with another number of axes than there should be."""
    if c.framework != "torch" or a.function != "average" or a.rank == 1 or len(shape) - a.rank in (1, 2):
        return False
    sizes = spread(a.output_size, a.rank)
    last = shape[max(len(shape) - a.rank, 0) :]
    listed = isinstance(a.output_size, (tuple, list))  # then PyTorch asks for an axis more
    return len(shape) >= a.rank + listed and all(
        size == 1 or (size is None and own == 1) for size, own in zip(sizes, last, strict=True)
    )


def _sizes(layout: Layout, a: Args) -> list[Any]:
    return [
        layout.shape[axis] if size is None else size
        for axis, size in zip(layout.spatial, spread(a.output_size, a.rank), strict=True)
    ]
