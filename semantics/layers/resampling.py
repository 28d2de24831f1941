"""Layers that change spatial sizes without weights: zero padding, cropping, upsampling, resizing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Cells, Choice, Float, Int, Ints, Name
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.spatial import judge, pairs, read_layout, spread
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

ZERO_PADDING_RANK = Rule(
    "zero-padding-rank",
    "A zero padding layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The layer pads a fixed number of spatial axes, besides the batch and the channels.",
)
CROPPING_RANK = Rule(
    "cropping-rank",
    "A cropping layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The layer crops a fixed number of spatial axes, besides the batch and the channels.",
)
CROPPING_SIZE = Rule(
    "cropping-exceeds-input",
    "A cropping layer cuts away all of its input",
    "{size} along axis {axis} of {input}, from which {cut} are cut",
    "at least {needed} along that axis",
    "At least one cell must remain along every axis.",
)
UPSAMPLING_RANK = Rule(
    "upsampling-rank",
    "An upsampling layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The layer enlarges a fixed number of spatial axes, besides the batch and the channels.",
)
RESIZING_RANK = Rule(
    "resizing-rank",
    "A resizing layer gets something that is no image",
    "{received} axes {input}",
    "3 axes (one image) or 4 axes (a batch of images)",
    "The layer resizes the two spatial axes of images.",
)
RESIZING_MODES = Rule(
    "resizing-aspect-modes",
    "A resizing layer is told both to crop and to pad to the aspect ratio",
    "crop_to_aspect_ratio=True and pad_to_aspect_ratio=True",
    "at most one of the two",
    "The picture is either cut or filled up to get the wanted ratio of sides.",
)
RESIZE_EMPTY = Rule(
    "resizing-without-cells",
    "An image without cells is resized",
    "0 along axis {axis} of {input}",
    "at least 1 along that axis",
    "There is nothing to make the cells of the larger image of; Keras on TensorFlow fails when the model runs.",
)
DATA_FORMAT = Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


@dataclass(frozen=True, slots=True)
class Factors:
    """A positive factor for each spatial axis; for one axis Keras takes a plain number only."""

    def _numbers(self, args: Mapping[str, Any]) -> Int | Ints:
        return Int(1, likely=3) if args.get("rank") == 1 else Ints("rank")

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        return self._numbers(args).accepts(value, args)

    def describe(self, args: Mapping[str, Any]) -> str:
        return self._numbers(args).describe(args)

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        return self._numbers(args).sample(rng, args)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        if args.get("rank") == 1:
            yield (2,)
        yield from self._numbers(args).outside(args)


@layer
class ZeroPadding(Declaration):
    """Zeros around the spatial axes. Source: Keras ``ZeroPadding1D`` .. ``ZeroPadding3D``."""

    kind = "zero_padding"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("padding", Cells("rank"), 1, "free", "cells at both ends of each axis"),
        DATA_FORMAT,
    )
    rules = (ZERO_PADDING_RANK,)
    spellings = tuple(
        Spelling("keras", f"ZeroPadding{rank}D", ("padding", "data_format"), fixed={"rank": rank},
                 legacy={"dim_ordering": "data_format"})
        for rank in (1, 2, 3)
    )  # fmt: skip
    examples = (
        Example(((None, 4, 4, 3),), {"rank": 2, "padding": ((1, 0), (2, 2))}, (None, 5, 8, 3)),
        Example(((None, 4, 3),), {"rank": 1, "padding": (0, 2)}, (None, 6, 3)),
        Example(((None, 4, None, 3),), {"rank": 2, "data_format": "channels_first"}, (None, 4, None, 5)),
        Example(((None, 4, 4),), {"rank": 2}, breaks="zero-padding-rank", expected="4 axes (batch, height"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        layout = read_layout(c, ZERO_PADDING_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        sizes = [ar.add(size, *cells) for size, cells in zip(layout.sizes, pairs(a.padding, a.rank), strict=True)]
        return layout.arranged(sizes, layout.channels)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        none = ((0, 0),)
        cells = pairs(a.padding, a.rank)
        return np.pad(x[0], none * 2 + cells if a.data_format == "channels_first" else none + cells + none)


@layer
class Cropping(Declaration):
    """Cells cut from both ends of the spatial axes. Source: Keras ``Cropping1D`` .. ``Cropping3D``."""

    kind = "cropping"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("cropping", Cells("rank"), 1, "free", "cells at both ends of each axis"),
        DATA_FORMAT,
    )
    rules = (CROPPING_RANK, CROPPING_SIZE)
    spellings = (
        Spelling("keras", "Cropping1D", ("cropping",), fixed={"rank": 1}),
        Spelling("keras", "Cropping2D", ("cropping", "data_format"), fixed={"rank": 2}, defaults={"cropping": 0},
                 legacy={"dim_ordering": "data_format"}),
        Spelling("keras", "Cropping3D", ("cropping", "data_format"), fixed={"rank": 3},
                 legacy={"dim_ordering": "data_format"}),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 4, 3),), {"rank": 2, "cropping": ((1, 2), (0, 1))}, (None, 1, 3, 3)),
        Example(((None, None, 3),), {"rank": 1, "cropping": (2, 2)}, (None, None, 3)),
        Example(((None, 4, 4),), {"rank": 2}, breaks="cropping-rank", expected="4 axes (batch, height"),
        Example(((None, 4, 4, 3),), {"rank": 2, "cropping": ((1, 3), (0, 1))}, breaks="cropping-exceeds-input",
                expected="4 along axis 1 of (None, 4, 4, 3), from which 4 are cut"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        layout = read_layout(c, CROPPING_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        sizes = []
        for axis, cells in zip(layout.spatial, pairs(a.cropping, a.rank), strict=True):
            result = ar.sub(layout.shape[axis], sum(cells))
            if not c.holds(ar.at_least(result, 1)):
                cut = sum(cells)
                needs: list[Need] = [NeedAtLeast(0, axis, cut + 1), NeedArgument("cropping", (0,))]
                values = {"size": layout.shape[axis], "axis": axis, "cut": cut, "needed": cut + 1}
                c.fault(CROPPING_SIZE, needs, ("cropping", "data_format"), **values)
                result = layout.shape[axis]
            sizes.append(result)
        return layout.arranged(sizes, layout.channels)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        start = 2 if a.data_format == "channels_first" else 1
        sizes = x[0].shape[start : start + a.rank]
        cuts = [slice(cells[0], size - cells[1]) for size, cells in zip(sizes, pairs(a.cropping, a.rank), strict=True)]
        return x[0][(slice(None),) * start + tuple(cuts)]


@layer
class UpSampling(Declaration):
    """Each spatial axis enlarged by a whole factor. Source: Keras ``UpSampling1D`` .. ``UpSampling3D``."""

    kind = "upsampling"
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order", "spatial axes"),
        Argument("size", Factors(), 2, "free", "factor for each axis"),
        DATA_FORMAT,
        Argument(
            "interpolation",
            Name(INTERPOLATIONS, ("nearest", "bilinear"), any_case=True),
            "nearest",
            "meaning",
            "two axes only",
        ),
    )
    rules = (UPSAMPLING_RANK, RESIZE_EMPTY)
    spellings = (
        Spelling("keras", "UpSampling1D", ("size",), fixed={"rank": 1}, legacy={"length": "size"}),
        Spelling("keras", "UpSampling2D", ("size", "data_format", "interpolation"), fixed={"rank": 2},
                 legacy={"dim_ordering": "data_format"}),
        Spelling("keras", "UpSampling3D", ("size", "data_format"), fixed={"rank": 3},
                 legacy={"dim_ordering": "data_format"}),
    )  # fmt: skip
    examples = (
        Example(((None, 4, 4, 3),), {"rank": 2, "size": (2, 3)}, (None, 8, 12, 3)),
        Example(((None, 3, 4, None),), {"rank": 2, "data_format": "channels_first"}, (None, 3, 8, None)),
        Example(((None, 4, 3),), {"rank": 2}, breaks="upsampling-rank", expected="3 axes (None, 4, 3)"),
        Example(((None, 0, 4, 3),), {"rank": 2}, (None, 0, 8, 3)),
        Example(
            ((None, 0, 4, 3),),
            {"rank": 2, "interpolation": "bilinear"},
            breaks="resizing-without-cells",
            expected="0 along axis 1",
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        layout = read_layout(c, UPSAMPLING_RANK, shape, a.rank, a.data_format)
        if layout is None:
            return None
        c = judge(c, layout)
        if str(a.interpolation).lower() != "nearest":
            _require_cells(c, shape, 1)
        sizes = [ar.mul(size, factor) for size, factor in zip(layout.sizes, spread(a.size, a.rank), strict=True)]
        return layout.arranged(sizes, layout.channels)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics import numeric_spatial as ns

        image, restore = ns.channels_last(x[0], a.rank, a.data_format)
        factors = spread(a.size, a.rank)
        if a.interpolation.lower() == "nearest":
            for axis, factor in enumerate(factors, start=1):
                image = image.repeat(factor, axis=axis)
            return restore(image)
        sizes = [size * factor for size, factor in zip(image.shape[1:-1], factors, strict=True)]
        return restore(ns.resize(image, sizes, a.interpolation.lower()))


@layer
class Resizing(Declaration):
    """Images resized to a fixed height and width. Source: Keras ``Resizing``."""

    kind = "resizing"
    arguments = (
        Argument("height", Int(1), REQUIRED, "free", "height that comes out"),
        Argument("width", Int(1), REQUIRED, "free", "width that comes out"),
        Argument("interpolation", Name(INTERPOLATIONS, ("bilinear", "nearest")), "bilinear", "meaning"),
        Argument("crop_to_aspect_ratio", Bool(), False, "meaning"),
        Argument("pad_to_aspect_ratio", Bool(), False, "meaning"),
        Argument("fill_mode", Name(("constant",), ("constant",)), "constant", "meaning"),
        Argument("fill_value", Float(), 0.0, "meaning"),
        Argument("antialias", Bool(), False, "meaning"),
        DATA_FORMAT,
    )
    rules = (RESIZING_RANK, RESIZING_MODES, RESIZE_EMPTY)
    spellings = (
        Spelling("keras", "Resizing", ("height", "width", "interpolation", "crop_to_aspect_ratio",
                                       "pad_to_aspect_ratio", "fill_mode", "fill_value", "antialias", "data_format")),
    )  # fmt: skip
    examples = (
        Example(((None, 9, 9, 3),), {"height": 4, "width": 6}, (None, 4, 6, 3)),
        Example(((9, 9, 3),), {"height": 4, "width": 6}, (4, 6, 3)),
        Example(((None, None, None, 3),), {"height": 4, "width": 6}, (None, 4, 6, 3)),
        Example(
            ((None, 9, 0, 3),), {"height": 4, "width": 6}, breaks="resizing-without-cells", expected="0 along axis 2"
        ),
        Example(((None, 9),), {"height": 4, "width": 6}, breaks="resizing-rank", expected="2 axes (None, 9)"),
        Example(
            ((None, 9, 9, 3),),
            {"height": 4, "width": 6, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
            breaks="resizing-aspect-modes",
            expected="at most one of the two",
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        if len(shape) not in (3, 4):
            c.fault(RESIZING_RANK, [NeedRank(0, 3, 4)], received=len(shape))
            return None
        if a.crop_to_aspect_ratio and a.pad_to_aspect_ratio:
            modes = ("crop_to_aspect_ratio", "pad_to_aspect_ratio")
            c.fault(RESIZING_MODES, [NeedArgument(mode, (False,)) for mode in modes], modes)
        _require_cells(c, shape, len(shape) - 3)
        batch, image = shape[:-3], shape[-3:]
        if a.data_format == "channels_first":
            return (*batch, image[0], a.height, a.width)
        return (*batch, a.height, a.width, image[2])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics import numeric_spatial as ns

        image, restore = ns.channels_last(x[0], 2, a.data_format)
        if a.crop_to_aspect_ratio or a.pad_to_aspect_ratio:
            image = ns.with_ratio(image, a.height, a.width, bool(a.crop_to_aspect_ratio), a.fill_value)
        return restore(ns.resize(image, (a.height, a.width), a.interpolation, bool(a.antialias)))


def _require_cells(c: Context, shape: Shape, first: int) -> None:
    """No axis of an image, from the axis ``first`` on, is empty."""
    for axis, size in enumerate(shape[first:], start=first):
        if not c.holds(ar.at_least(size, 1)):
            c.fault(RESIZE_EMPTY, [NeedAtLeast(0, axis, 1)], axis=axis)
            return
