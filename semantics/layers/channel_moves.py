"""Moving cells between channels and space: pixel shuffle and its inverse, channel shuffle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Int
from repairnn.semantics.faults import Need, NeedArgument, NeedMultiple, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import spell

SHUFFLE_RANK = Rule(
    "shuffle-rank",
    "A shuffle of channels and cells needs channels and cells",
    "{received} axes {input}",
    "at least 3 axes (.., channels, height, width)",
    "Cells move between the channel axis and the spatial axes, so all of them must be there.",
)
SHUFFLE_CHANNELS = Rule(
    "shuffle-channels",
    "The channels do not divide into the groups of a shuffle",
    "{channels} channels (axis {axis} of {input})",
    "a multiple of {divisor} channels",
    "Pixel shuffle makes each square of upscale_factor by upscale_factor cells from as many channels; channel shuffle "
    "deals the channels out to groups.",
)
UNSHUFFLE_SIZE = Rule(
    "unshuffle-size",
    "The image does not divide into the squares of a pixel unshuffle",
    "{size} cells along axis {axis} of {input}",
    "a multiple of {divisor} cells",
    "Each square of downscale_factor by downscale_factor cells becomes as many channels.",
)


def _require_rank(c: Context, shape: Shape) -> bool:
    if len(shape) >= 3:
        return True
    c.fault(SHUFFLE_RANK, [NeedRank(0, 3, None)], received=len(shape))
    return False


@layer
class PixelShuffle(Declaration):
    """Channels become space: (.., c * r * r, h, w) to (.., c, h * r, w * r).

    Source: PyTorch ``torch.nn.PixelShuffle``.
    """

    kind = "pixel_shuffle"
    arguments = (Argument("factor", Int(1), REQUIRED, "free"),)
    rules = (SHUFFLE_RANK, SHUFFLE_CHANNELS)
    spellings = (
        spell("layer", "PixelShuffle", "upscale_factor", renames={"upscale_factor": "factor"}),
        spell("function", "pixel_shuffle", "upscale_factor", tensors="input", renames={"upscale_factor": "factor"}),
    )
    examples = (
        Example(((2, 8, 3, 4),), {"factor": 2}, (2, 2, 6, 8), framework="torch"),
        Example(((4, 3, 4),), {"factor": 2}, (1, 6, 8), framework="torch"),
        Example(((2, 7, 3, 4),), {"factor": 2}, breaks="shuffle-channels", expected="7 channels", framework="torch"),
        Example(((3, 4),), {"factor": 2}, breaks="shuffle-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not _require_rank(c, shape):
            return (None,) * len(shape)
        channels, square = shape[-3], a.factor * a.factor
        if not c.holds(ar.eq(ar.mod(channels, square), 0)):
            needs: list[Need] = [NeedMultiple(0, -3, square), NeedArgument("factor")]
            c.fault(SHUFFLE_CHANNELS, needs, ("factor",), channels=channels, axis=-3, divisor=square)
        sizes = (ar.mul(shape[-2], a.factor), ar.mul(shape[-1], a.factor))
        return (*shape[:-3], ar.floordiv(channels, square), *sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        *lead, channels, height, width = x[0].shape
        r = a.factor
        cells = x[0].reshape(*lead, channels // r**2, r, r, height, width)
        return np.moveaxis(cells, (-4, -3), (-3, -1)).reshape(*lead, channels // r**2, height * r, width * r)


@layer
class PixelUnshuffle(Declaration):
    """Space becomes channels: (.., c, h * r, w * r) to (.., c * r * r, h, w).

    Source: PyTorch ``torch.nn.PixelUnshuffle``.
    """

    kind = "pixel_unshuffle"
    arguments = (Argument("factor", Int(1), REQUIRED, "free"),)
    rules = (SHUFFLE_RANK, UNSHUFFLE_SIZE)
    spellings = (
        spell("layer", "PixelUnshuffle", "downscale_factor", renames={"downscale_factor": "factor"}),
        spell("function", "pixel_unshuffle", "downscale_factor", tensors="input",
              renames={"downscale_factor": "factor"}),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 4, 6),), {"factor": 2}, (2, 12, 2, 3), framework="torch"),
        Example(((2, 3, 4, 7),), {"factor": 2}, breaks="unshuffle-size", expected="7 cells", framework="torch"),
        Example(((4, 6),), {"factor": 2}, breaks="shuffle-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not _require_rank(c, shape):
            return (None,) * len(shape)
        for axis in (-2, -1):
            if not c.holds(ar.eq(ar.mod(shape[axis], a.factor), 0)):
                needs: list[Need] = [NeedMultiple(0, axis, a.factor), NeedArgument("factor")]
                c.fault(UNSHUFFLE_SIZE, needs, ("factor",), size=shape[axis], axis=axis, divisor=a.factor)
        sizes = (ar.floordiv(shape[-2], a.factor), ar.floordiv(shape[-1], a.factor))
        return (*shape[:-3], ar.mul(shape[-3], a.factor * a.factor), *sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        *lead, channels, height, width = x[0].shape
        r = a.factor
        cells = x[0].reshape(*lead, channels, height // r, r, width // r, r)
        return np.moveaxis(cells, (-3, -1), (-4, -3)).reshape(*lead, channels * r**2, height // r, width // r)


@layer
class ChannelShuffle(Declaration):
    """Deal the channels (axis 1) out to groups.

    Source: PyTorch ``torch.nn.ChannelShuffle``.
    """

    kind = "channel_shuffle"
    arguments = (Argument("groups", Int(1), REQUIRED, "free"),)
    rules = (SHUFFLE_RANK, SHUFFLE_CHANNELS)
    spellings = (
        spell("layer", "ChannelShuffle", "groups"),
        spell("function", "channel_shuffle", "groups", tensors="input", aliases=("native_channel_shuffle",)),
    )
    examples = (
        Example(((2, 6, 4),), {"groups": 3}, (2, 6, 4), framework="torch"),
        Example(((2, 5, 4),), {"groups": 2}, breaks="shuffle-channels", expected="5 channels", framework="torch"),
        Example(((2, 6),), {"groups": 2}, breaks="shuffle-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if _require_rank(c, shape) and not c.holds(ar.eq(ar.mod(shape[1], a.groups), 0)):
            needs: list[Need] = [NeedMultiple(0, 1, a.groups), NeedArgument("groups")]
            c.fault(SHUFFLE_CHANNELS, needs, ("groups",), channels=shape[1], axis=1, divisor=a.groups)
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        shape = x[0].shape
        return x[0].reshape(shape[0], a.groups, shape[1] // a.groups, -1).swapaxes(1, 2).reshape(shape)
