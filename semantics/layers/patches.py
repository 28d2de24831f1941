"""Sliding patches laid out as columns, and columns laid back into an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Int, Ints
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedDim, NeedMultiple, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import EMPTY_AXIS, axis_in, require_some, spell, spread

PATCH_RANK = Rule(
    "patches-rank",
    "Patches are taken of images, and columns are laid back from matrices",
    "{received} axes {input}",
    "{wanted}",
    "Unfold reads (batch, channels, height, width), Fold reads (batch, columns, patches); the batch may be left out.",
)
PATCH_WINDOW = Rule(
    "patches-window-exceeds-input",
    "The window is larger than the image it slides over",
    "{size} along axis {axis} of {input}, under a window that spans {window}",
    "at least {window} along that axis",
    "The window must fit into the padded image at least once.",
)
FOLD_COLUMNS = Rule(
    "fold-columns",
    "The columns do not divide into windows",
    "{columns} columns of {input} for windows of {cells} cells",
    "a multiple of {cells} columns",
    "Each column holds one window of every channel, so its length is channels times cells of a window.",
)
FOLD_PATCHES = Rule(
    "fold-patches",
    "The number of patches does not suit the output size",
    "{patches} patches of {input}",
    "{needed} patches, as many as windows fit into output_size",
    "Fold lays every patch back to where it was taken from, so there must be as many as places.",
)
WINDOW = (
    Argument("kernel_size", Ints(2), REQUIRED, "free"),
    Argument("dilation", Ints(2), 1, "free"),
    Argument("padding", Ints(2, 0), 0, "free"),
    Argument("stride", Ints(2), 1, "free"),
)


def places(size: ar.Term, kernel: int, dilation: int, padding: int, stride: int) -> ar.Term:
    """How many windows fit along one axis."""
    return ar.add(ar.floordiv(ar.sub(ar.add(size, 2 * padding), dilation * (kernel - 1) + 1), stride), 1)


def _windows(a: Args) -> list[tuple[int, int, int, int]]:
    return list(zip(*(spread(value, 2) for value in (a.kernel_size, a.dilation, a.padding, a.stride)), strict=True))


@layer
class Unfold(Declaration):
    """Every patch of an image as a column: (batch, channels * cells of a window, patches).

    Source: PyTorch ``torch.nn.Unfold``.
    """

    kind = "unfold"
    arguments = WINDOW
    rules = (PATCH_RANK, PATCH_WINDOW, EMPTY_AXIS)
    spellings = (
        spell("layer", "Unfold", "kernel_size dilation padding stride"),
        spell("function", "unfold", "kernel_size dilation padding stride", tensors="input"),
    )
    examples = (
        Example(((2, 3, 4, 5),), {"kernel_size": 2}, (2, 12, 12), framework="torch"),
        Example(((3, 4, 5),), {"kernel_size": (4, 5)}, (60, 1), framework="torch"),
        Example(((2, 3, 4, 5),), {"kernel_size": 5}, breaks="patches-window-exceeds-input",
                expected="4 along axis 2", framework="torch"),
        Example(((2, 0, 4, 5),), {"kernel_size": 2}, breaks="axis-without-cells", framework="torch"),
        Example(((4, 5),), {"kernel_size": 2}, breaks="patches-rank", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(shape) not in (3, 4):
            wanted = "4 axes (batch, channels, height, width)"
            c.fault(PATCH_RANK, [NeedRank(0, 3, 4)], received=len(shape), wanted=wanted)
            return (shape[0] if shape else None, None, None)
        require_some(c, shape, len(shape) - 3)
        batch, channels, spatial = shape[:-3], shape[-3], shape[-2:]
        counts: list[ar.Term] = []
        for place, (size, (kernel, dilation, padding, stride)) in enumerate(zip(spatial, _windows(a), strict=True)):
            count = places(size, kernel, dilation, padding, stride)
            if not c.holds(ar.at_least(count, 1)):
                axis, window = place + len(shape) - 2, dilation * (kernel - 1) + 1 - 2 * padding
                needs: list[Need] = [NeedAtLeast(0, axis, window)]
                arguments = ("kernel_size", "dilation", "padding")
                c.fault(PATCH_WINDOW, needs, arguments, size=size, axis=axis, window=window)
                count = None
            counts.append(count)
        return (*batch, ar.mul(channels, *spread(a.kernel_size, 2)), ar.mul(*counts))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        batched = x[0].ndim == 4
        image = x[0] if batched else x[0][None]
        (kh, dh, ph, sh), (kw, dw, pw, sw) = _windows(a)
        image = np.pad(image, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
        rows = places(x[0].shape[-2], kh, dh, ph, sh)
        columns = places(x[0].shape[-1], kw, dw, pw, sw)
        taps = [
            image[:, :, i * dh : i * dh + sh * (rows - 1) + 1 : sh, j * dw : j * dw + sw * (columns - 1) + 1 : sw]
            for i in range(kh)
            for j in range(kw)
        ]
        y = np.stack(taps, axis=2).reshape(len(image), image.shape[1] * kh * kw, rows * columns)
        return y if batched else y[0]


@layer
class Fold(Declaration):
    """Lay patches back into an image, adding where they overlap: (batch, channels, *output_size).

    Source: PyTorch ``torch.nn.Fold``.
    """

    kind = "fold"
    arguments = (Argument("output_size", Ints(2), REQUIRED, "free", "height and width that come out"), *WINDOW)
    rules = (PATCH_RANK, FOLD_COLUMNS, FOLD_PATCHES, EMPTY_AXIS)
    spellings = (
        spell("layer", "Fold", "output_size kernel_size dilation padding stride"),
        spell("function", "fold", "output_size kernel_size dilation padding stride", tensors="input"),
    )
    examples = (
        Example(((2, 12, 9),), {"output_size": 4, "kernel_size": 2}, (2, 3, 4, 4), framework="torch"),
        Example(((12, 4),), {"output_size": (4, 4), "kernel_size": 2, "stride": 2}, (3, 4, 4), framework="torch"),
        Example(((2, 0, 9),), {"output_size": 4, "kernel_size": 2}, breaks="axis-without-cells", framework="torch"),
        Example(((2, 13, 9),), {"output_size": 4, "kernel_size": 2}, breaks="fold-columns", framework="torch"),
        Example(((2, 12, 8),), {"output_size": 4, "kernel_size": 2}, breaks="fold-patches", expected="8 patches",
                framework="torch"),
        Example(((2, 12, 9, 1),), {"output_size": 4, "kernel_size": 2}, breaks="patches-rank", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        size, kernel = spread(a.output_size, 2), spread(a.kernel_size, 2)
        if len(shape) not in (2, 3):
            wanted = "3 axes (batch, columns, patches)"
            c.fault(PATCH_RANK, [NeedRank(0, 2, 3)], received=len(shape), wanted=wanted)
            return (shape[0] if shape else None, None, *size)
        require_some(c, shape, len(shape) - 2)
        batch, columns, patches = shape[:-2], shape[-2], shape[-1]
        cells = kernel[0] * kernel[1]
        if not c.holds(ar.eq(ar.mod(columns, cells), 0)):
            needs: list[Need] = [NeedMultiple(0, -2, cells), NeedArgument("kernel_size")]
            c.fault(FOLD_COLUMNS, needs, ("kernel_size",), columns=columns, cells=cells)
        counts = [places(cell, *window) for cell, window in zip(size, _windows(a), strict=True)]
        needed = ar.mul(*counts)
        if any(not c.holds(ar.at_least(count, 1)) for count in counts) or not c.holds(ar.eq(patches, needed)):
            arguments = ("output_size", "kernel_size", "dilation", "padding", "stride")
            fitting = all(c.holds(ar.at_least(count, 1)) for count in counts)
            needs_patches = [NeedDim(0, -1, needed, "output_size")] if fitting else [NeedArgument("output_size")]
            c.fault(FOLD_PATCHES, needs_patches, arguments, patches=patches, needed=needed)
        return (*batch, ar.floordiv(columns, cells), *size)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        batched = x[0].ndim == 3
        columns = x[0] if batched else x[0][None]
        size = spread(a.output_size, 2)
        (kh, dh, ph, sh), (kw, dw, pw, sw) = windows = _windows(a)
        rows, cols = (places(cell, *window) for cell, window in zip(size, windows, strict=True))
        patches = columns.reshape(len(columns), -1, kh, kw, rows, cols)
        image = np.zeros((len(columns), patches.shape[1], size[0] + 2 * ph, size[1] + 2 * pw), columns.dtype)
        for i in range(kh):
            for j in range(kw):
                down = slice(i * dh, i * dh + sh * (rows - 1) + 1, sh)
                right = slice(j * dw, j * dw + sw * (cols - 1) + 1, sw)
                image[:, :, down, right] += patches[:, :, i, j]
        image = image[:, :, ph : ph + size[0], pw : pw + size[1]]
        return image if batched else image[0]


WINDOWS_SIZE = Rule(
    "windows-exceed-axis",
    "Windows are longer than the axis they are taken from",
    "windows of {size} along axis {axis} of {input}, which has {length}",
    "at most {length}",
    "A window must fit into the axis.",
)


@layer
class Windows(Declaration):
    """Overlapping windows along one axis, their cells on a new last axis.

    Source: PyTorch ``torch.Tensor.unfold``.
    """

    kind = "windows"
    arguments = (
        Argument("axis", Int(None), REQUIRED, "order"),
        Argument("size", Int(0), REQUIRED, "free", "cells of a window"),
        Argument("step", Int(1), REQUIRED, "free", "cells between windows"),
    )
    rules = (AXIS_RANGE, WINDOWS_SIZE)
    spellings = (spell("method", "unfold", "dimension size step", tensors="input", renames={"dimension": "axis"}),)
    examples = (
        Example(((2, 7),), {"axis": 1, "size": 3, "step": 2}, (2, 3, 3), framework="torch"),
        Example(((2, 7),), {"axis": -1, "size": 7, "step": 1}, (2, 1, 7), framework="torch"),
        Example(((2, 7),), {"axis": 1, "size": 8, "step": 1}, breaks="windows-exceed-axis", framework="torch"),
        Example(((2, 7),), {"axis": 2, "size": 2, "step": 1}, breaks="axis-out-of-range", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        axis = axis_in(c, shape, a.axis)
        if axis is None:
            return (*(None,) * len(shape), a.size)
        length = shape[axis] if shape else 1
        if not c.holds(ar.at_least(length, a.size)):
            needs: list[Need] = [NeedAtLeast(0, axis, a.size), NeedArgument("size")]
            c.fault(WINDOWS_SIZE, needs, ("size",), size=a.size, axis=axis, length=length)
            return (*shape[:axis], None, *shape[axis + 1 :], a.size)
        if not shape:
            return (a.size,)
        count = ar.add(ar.floordiv(ar.sub(length, a.size), a.step), 1)
        return (*shape[:axis], count, *shape[axis + 1 :], a.size)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if not x[0].ndim:
            return x[0].reshape(1)[: a.size]
        count = (x[0].shape[a.axis] - a.size) // a.step + 1
        taken = [np.take(x[0], range(i * a.step, i * a.step + a.size), axis=a.axis) for i in range(count)]
        return np.stack([np.moveaxis(part, a.axis, -1) for part in taken], axis=a.axis if a.axis >= 0 else a.axis - 1)
