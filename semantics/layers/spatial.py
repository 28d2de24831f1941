"""What the layers that slide over spatial axes share: how an input is laid out, and sizes along one axis.

No declaration lives here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedRank, Remedy, Rule
from repairnn.semantics.ir import Shape

AXES = {
    1: "(batch, steps, channels)",
    2: "(batch, height, width, channels)",
    3: "(batch, depth, height, width, channels)",
}
FIRST = {
    1: "(batch, channels, steps)",
    2: "(batch, channels, height, width)",
    3: "(batch, channels, depth, height, width)",
}


NO_CHANNELS = Rule(
    "convolution-without-channels",
    "A convolution gets an input without channels",
    "0 along axis {axis} of {input}, which is read as channels",
    "at least 1 channel",
    "The kernel has no weights where there are no channels; the convolution fails when the model runs.",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an input's axes are: the shape as read, batch part, channel axis and spatial axes (as indices).

    ``assumed`` says that the input has another rank, and this is the likeliest reading of it.
    """

    shape: Shape
    batch: Shape
    channel: int
    spatial: tuple[int, ...]
    first: bool
    assumed: bool = False

    @property
    def sizes(self) -> tuple[ar.Term, ...]:
        """The spatial sizes."""
        return tuple(self.shape[axis] for axis in self.spatial)

    @property
    def channels(self) -> ar.Term:
        """The number of channels."""
        return self.shape[self.channel]

    @property
    def other_format(self) -> str:
        """The name of the other data format."""
        return "channels_last" if self.first else "channels_first"

    @property
    def other_sizes(self) -> tuple[ar.Term, ...]:
        """What the spatial sizes would be in the other data format."""
        inner = self.shape[len(self.batch) :]
        return tuple(inner[:-1] if self.first else inner[1:])

    def arranged(self, sizes: Sequence[ar.Term], channels: ar.Term) -> Shape:
        """An output shape in the same layout."""
        return (*self.batch, channels, *sizes) if self.first else (*self.batch, *sizes, channels)


def require_some_channels(c: Context, layout: Layout) -> None:
    """Keras makes kernels without weights, and fails when it uses them."""
    if c.framework == "keras" and not c.holds(ar.at_least(layout.channels, 1)):
        needs: list[Need] = [NeedAtLeast(0, layout.channel, 1), NeedArgument("data_format", (layout.other_format,))]
        c.fault(NO_CHANNELS, needs, ("data_format",), axis=layout.channel)


def all_hold(sizes: Sequence[ar.Term], spans: Sequence[int]) -> bool:
    """Whether every size is at least a span, as far as plain numbers say."""
    return all(
        size is None or (isinstance(size, int) and size >= span) for size, span in zip(sizes, spans, strict=True)
    )


def spread(value: Any, rank: int) -> tuple[Any, ...]:
    """One number for each spatial axis: ``3`` becomes ``(3, 3)``, and so does PyTorch's ``(3,)``."""
    if not isinstance(value, (tuple, list)):
        return (value,) * rank
    return tuple(value) * rank if len(value) == 1 else tuple(value)


def pairs(value: Any, rank: int) -> tuple[tuple[Any, Any], ...]:
    """Cells before and after each axis, from ``1``, ``(1, 2)`` or ``((1, 1), (2, 2))``; for one axis, from a pair."""
    if rank == 1 and isinstance(value, (tuple, list)) and len(value) == 2:
        value = (tuple(value),)
    return tuple(
        (pair[0], pair[-1]) if isinstance(pair, (tuple, list)) else (pair, pair) for pair in spread(value, rank)
    )


def paddings(padding: Any, rank: int) -> tuple[Any, ...]:
    """Padding of each spatial axis: a mode, or a pair of cells before and after."""
    if isinstance(padding, str):
        return (padding.lower(),) * rank
    return tuple(pair if isinstance(pair, (tuple, list)) else (pair, pair) for pair in spread(padding, rank))


def spatial_output(size: ar.Term, kernel: ar.Term, stride: ar.Term, padding: Any, dilation: ar.Term) -> ar.Term:
    """Output size along one axis; ``padding`` is a mode or the pair of numbers of cells added on both sides."""
    if isinstance(padding, str):
        return ar.window_output(size, kernel, stride, padding, dilation)
    return ar.add(ar.floordiv(ar.sub(ar.add(size, *padding), (kernel - 1) * dilation + 1), stride), 1)


def read_layout(c: Context, rule: Rule, shape: Shape, rank: int, data_format: str | None) -> Layout | None:
    """How the input is laid out, or ``None`` where its rank is wrong and no likely reading exists.

    Breaks ``rule`` on a wrong rank. One axis too few is then read as a missing channel axis of size 1, one axis of
    size 1 too many as if it were not there. PyTorch takes an input without its batch axis too.
    """
    first = data_format == "channels_first"
    if c.framework == "torch" and len(shape) == rank + 1:
        return _layout(shape, (), rank, first)
    if len(shape) != rank + 2:
        needs: list[Need] = [NeedRank(0, rank + 2, rank + 2)]
        if len(shape) - 2 in (1, 2, 3):
            needs.append(NeedArgument("rank", (len(shape) - 2,)))
        axes = (FIRST if first else AXES)[rank]
        c.fault(rule, needs, ("rank",), received=len(shape), wanted=rank + 2, axes=axes)
        likely = _likely(shape, rank, first)
        if likely is None:
            return None
        return replace(_layout(likely, likely[:1], rank, first), assumed=True)
    return _layout(shape, shape[:1], rank, first)


class Quiet(Context):
    """Goes through the rules without a word: what an input would come to whose rank is wrong is no fault of its own."""

    __slots__ = ()

    def holds(self, truth: ar.Truth) -> bool:
        return not isinstance(truth, bool) or truth

    def fault(self, rule: Rule, needs: Sequence[Remedy] = (), arguments: Sequence[str] = (), **values: Any) -> None:
        pass


def judge(c: Context, layout: Layout) -> Context:
    """The context to go on with: one fault about the rank is enough."""
    return Quiet(c.framework, c.node, c.inputs) if layout.assumed else c


def _layout(shape: Shape, batch: Shape, rank: int, first: bool) -> Layout:
    start = len(batch)
    channel = start if first else len(shape) - 1
    spatial = tuple(range(start + first, start + first + rank))
    return Layout(shape, batch, channel, spatial, first)


def _likely(shape: Shape, rank: int, first: bool) -> Shape | None:
    if len(shape) == rank + 1:
        return (shape[0], 1, *shape[1:]) if first else (*shape, 1)
    if len(shape) == rank + 3:
        for axis in (len(shape) - 1, *range(1, len(shape) - 1)):
            if ar.is_concrete(shape[axis]) and shape[axis] == 1:
                return (*shape[:axis], *shape[axis + 1 :])
    return None
