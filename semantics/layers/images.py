"""Layers that prepare and augment images: (height, width, channels), with a batch axis in front or without.

Those that keep the shape are one declaration with a table of names; what they draw at random has no reference values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Float, Int, Numbers
from repairnn.semantics.faults import NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

IMAGE_RANK = Rule(
    "image-rank",
    "A layer for images gets something else",
    "{received} axes {input}",
    "3 axes (height, width, channels), or 4 with the batch in front",
    "The layer works on the height and width of images.",
)
IMAGE_CHANNELS = Rule(
    "image-channels",
    "A layer that changes colours gets images that have none",
    "{channels} channels (axis {axis} of {input})",
    "{wanted} channels",
    "Hue, saturation and shades of grey are computed from red, green and blue.",
)
RANGE, SEED, FORMAT = "value_range", "seed", "data_format"
FILL = ("fill_mode", "interpolation", "seed", "fill_value", "data_format")
#: What keeps the shape of an image: name, parameters in order.
SAME: dict[str, tuple[str, ...]] = {
    "AugMix": (RANGE, "num_chains", "chain_depth", "factor", "alpha", "all_ops", "interpolation", SEED, FORMAT),
    "AutoContrast": (RANGE,),
    "ContrastLimitedAdaptiveHistogramEqualization": (RANGE, "clip_limit", "tile_grid_size", FORMAT),
    "CutMix": ("factor", SEED, FORMAT),
    "Equalization": (RANGE, "bins", FORMAT),
    "MixUp": ("alpha", FORMAT, SEED),
    "RandAugment": (RANGE, "num_ops", "factor", "interpolation", SEED, FORMAT),
    "RandomBrightness": ("factor", RANGE, SEED),
    "RandomColorDegeneration": ("factor", RANGE, FORMAT, SEED),
    "RandomColorJitter": (RANGE, "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor", SEED,
                          FORMAT),
    "RandomContrast": ("factor", RANGE, SEED),
    "RandomElasticTransform": ("factor", "scale", "interpolation", "fill_mode", "fill_value", RANGE, SEED, FORMAT),
    "RandomErasing": ("factor", "scale", "fill_value", RANGE, SEED, FORMAT),
    "RandomFlip": ("mode", SEED, FORMAT),
    "RandomGaussianBlur": ("factor", "kernel_size", "sigma", RANGE, FORMAT, SEED),
    "RandomGrayscale": ("factor", FORMAT, SEED),
    "RandomHue": ("factor", RANGE, FORMAT, SEED),
    "RandomInvert": ("factor", RANGE, SEED, FORMAT),
    "RandomPerspective": ("factor", "scale", "interpolation", "fill_value", SEED, FORMAT),
    "RandomPosterization": ("factor", RANGE, FORMAT, SEED),
    "RandomRotation": ("factor", *FILL),
    "RandomSaturation": ("factor", RANGE, FORMAT, SEED),
    "RandomSharpness": ("factor", RANGE, FORMAT, SEED),
    "RandomShear": ("x_factor", "y_factor", "interpolation", "fill_mode", "fill_value", FORMAT, SEED),
    "RandomTranslation": ("height_factor", "width_factor", *FILL),
    "RandomZoom": ("height_factor", "width_factor", *FILL),
    "Solarization": ("addition_factor", "threshold_factor", RANGE, SEED),
}  # fmt: skip
#: Numbers of channels that those take which look at colours.
COLOURS = {"AugMix": (1, 3), "RandAugment": (1, 3), "RandomColorDegeneration": (3,), "RandomGrayscale": (1, 3),
           "RandomHue": (3,), "RandomSaturation": (3,)}  # fmt: skip


def channel_axis(shape: Shape, data_format: Any) -> int:
    """The axis of channels of an image or a batch of images."""
    return len(shape) - (3 if data_format == "channels_first" else 1)


def require_image(c: Context, shape: Shape) -> bool:
    """Whether the input is an image or a batch of them; otherwise a fault is reported."""
    if len(shape) in (3, 4):
        return True
    c.fault(IMAGE_RANK, [NeedRank(0, 3, 4)], received=len(shape))
    return False


@layer
class Augment(Declaration):
    """An augmentation that keeps the shape of an image.
    What they draw at random has no reference values.

    Source: Keras, "Image augmentation layers". ``channels`` are the numbers of channels that the layer takes.
    """

    kind = "augment"
    arguments = (
        Argument("channels", Anything((None,)), None, "meaning"),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
    )
    rules = (IMAGE_RANK, IMAGE_CHANNELS)
    spellings = tuple(
        Spelling("keras", name, parameters, fixed={"channels": COLOURS.get(name)})
        for name, parameters in SAME.items()
    )  # fmt: skip
    examples = (
        Example(((None, 8, 8, 3),), {"channels": (3,)}, (None, 8, 8, 3)),
        Example(((8, 8, 2),), {}, (8, 8, 2)),
        Example(((None, 8),), {}, breaks="image-rank", expected="2 axes (None, 8)"),
        Example(((None, 8, 8, 2),), {"channels": (1, 3)}, breaks="image-channels", expected="1 or 3 channels"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if require_image(c, shape) and a.channels is not None:
            axis = channel_axis(shape, a.data_format)
            if not c.holds(ar.any_of(*(ar.eq(shape[axis], n) for n in a.channels))):
                wanted = " or ".join(map(str, a.channels))
                needs = [NeedDim(0, axis, n) for n in a.channels]
                c.fault(IMAGE_CHANNELS, needs, ("data_format",), channels=shape[axis], axis=axis, wanted=wanted)
        return shape


@layer
class Crop(Declaration):
    """Images cut to ``height`` times ``width``, in the middle or at random.

    A crop larger than the image is resized first. Sources: Keras ``CenterCrop``, ``RandomCrop``.
    """

    kind = "image_crop"
    arguments = (
        Argument("height", Int(1), REQUIRED, "free"),
        Argument("width", Int(1), REQUIRED, "free"),
        Argument("mode", Choice(("center", "random")), "center", "meaning"),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
    )
    rules = (IMAGE_RANK,)
    spellings = (
        Spelling("keras", "CenterCrop", ("height", "width", "data_format"), fixed={"mode": "center"}),
        Spelling("keras", "RandomCrop", ("height", "width", "seed", "data_format"), fixed={"mode": "random"}),
    )
    examples = (
        Example(((None, 6, 8, 3),), {"height": 4, "width": 5}, (None, 4, 5, 3)),
        Example(((3, 6, 8),), {"height": 4, "width": 5, "data_format": "channels_first"}, (3, 4, 5)),
        Example(((None, 6),), {"height": 4, "width": 5}, breaks="image-rank", expected="4 with the batch in front"),
        Example(((None, 2, 6, 8, 3),), {"height": 4, "width": 5}, breaks="image-rank"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not require_image(c, shape):
            return None
        if a.data_format == "channels_first":
            return (*shape[:-2], a.height, a.width)
        return (*shape[:-3], a.height, a.width, shape[-1])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        first = -2 if a.data_format == "channels_first" else -3
        spare = x[0].shape[first] - a.height, x[0].shape[first + 1] - a.width
        if a.mode == "random" or min(spare) < 0:
            raise NotImplementedError("a crop at random, or of a smaller image, has no reference")
        rows = slice(spare[0] // 2, spare[0] // 2 + a.height)
        columns = slice(spare[1] // 2, spare[1] // 2 + a.width)
        return x[0][..., rows, columns] if first == -2 else x[0][..., rows, columns, :]


RESCALE_CELLS = Rule(
    "rescale-cells",
    "A rescaling layer has another number of factors than its input has cells",
    "{argument} of {count} numbers for {size} cells along the last axis of {input}",
    "one number, or {size} of them",
    "Factors and offsets that are given as a sequence belong to the cells of the last axis, which is the channels.",
)


@layer
class Rescale(Declaration):
    """``x * scale + offset``, with one number for all cells or one for each channel. Source: Keras ``Rescaling``."""

    kind = "rescale"
    arguments = (
        Argument("scale", Numbers(), REQUIRED, "meaning"),
        Argument("offset", Numbers(), 0.0, "meaning"),
    )
    rules = (RESCALE_CELLS,)
    spellings = (Spelling("keras", "Rescaling", ("scale", "offset")),)
    examples = (
        Example(((None, 8, 8, 3),), {"scale": 0.5}, (None, 8, 8, 3)),
        Example(((None, 8, 8, 3),), {"scale": (0.5, 0.6, 0.7)}, (None, 8, 8, 3)),
        Example(((None, 8, 8, 3),), {"scale": 1.0, "offset": (0.5, 0.6)}, breaks="rescale-cells",
                expected="offset of 2 numbers for 3 cells"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        size = shape[-1] if shape else None
        for argument, value in (("scale", a.scale), ("offset", a.offset)):
            plain = isinstance(value, (tuple, list)) and not any(isinstance(part, (tuple, list)) for part in value)
            if not plain or not shape:
                continue
            if not c.holds(ar.broadcasts(size, len(value))):
                needs = [NeedDim(0, len(shape) - 1, len(value), argument), NeedArgument(argument)]
                c.fault(RESCALE_CELLS, needs, (argument,), argument=argument, count=len(value), size=size)
            elif ar.is_concrete(size):
                size = ar.broadcast(size, len(value))
        return (*shape[:-1], size) if shape else shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return x[0] * np.asarray(a.scale) + np.asarray(a.offset)


BOXES_RANK = Rule(
    "boxes-rank",
    "A layer for bounding boxes gets something else",
    "{received} axes {input}",
    "2 axes (boxes, 4), or 3 with the batch in front",
    "The layer pads or cuts the list of boxes of each image.",
)


@layer
class MaxBoxes(Declaration):
    """The boxes of each image padded or cut to ``max_number``. Source: Keras ``MaxNumBoundingBoxes``."""

    kind = "max_boxes"
    arguments = (
        Argument("max_number", Int(1), REQUIRED, "free"),
        Argument("fill_value", Float(), -1.0, "meaning"),
    )
    rules = (BOXES_RANK,)
    spellings = (Spelling("keras", "MaxNumBoundingBoxes", ("max_number", "fill_value")),)
    examples = (
        Example(((None, 7, 4),), {"max_number": 3}, (None, 3, 4)),
        Example(((4,),), {"max_number": 3}, breaks="boxes-rank", expected="1 axes (4,)"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(shape) not in (2, 3):
            c.fault(BOXES_RANK, [NeedRank(0, 2, 3)], received=len(shape))
            return shape
        return (*shape[:-2], a.max_number, shape[-1])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        kept = x[0][..., : a.max_number, :]
        missing = a.max_number - kept.shape[-2]
        pad = [(0, 0)] * (x[0].ndim - 2) + [(0, missing), (0, 0)]
        return np.pad(kept, pad, constant_values=a.fill_value)
