"""Resizing of images, lines and volumes, and sampling at given points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Maybe
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedAtLeast, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Dim, Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some, spell

INTERPOLATE_RANK = Rule(
    "interpolate-rank",
    "Interpolation gets an input whose number of axes does not suit the mode",
    "{received} axes {input} with mode={mode}",
    "{wanted} axes (batch, channels, then one to three spatial axes)",
    "linear interpolates lines (3 axes), bilinear and bicubic images (4 axes), trilinear volumes (5 axes); the batch "
    "axis cannot be left out.",
)
INTERPOLATE_SIZE = Rule(
    "interpolate-size-ambiguous",
    "Interpolation needs either a size or a factor",
    "size={size} and scale_factor={scale_factor}",
    "one of the two, with one number for each of the {spatial} spatial axes",
    "The output size is either given or computed from the factor; it cannot be both, and every spatial axis needs one.",
)
INTERPOLATE_EMPTY = Rule(
    "interpolate-empty",
    "Interpolation would make an empty output",
    "{size} cells along axis {axis} of {input}, which become {result}",
    "at least one cell",
    "A small factor, or a size of zero, leaves no cell.",
)
INTERPOLATE_ALIGN = Rule(
    "interpolate-align-corners",
    "align_corners does not go with this mode",
    "align_corners={align_corners} with mode={mode}",
    "align_corners only with linear, bilinear, bicubic or trilinear",
    "Only the modes that blend neighbours can align the corners.",
)
INTERPOLATE_ANTIALIAS = Rule(
    "interpolate-antialias",
    "Antialiasing does not go with this mode, or is missing where it must be",
    "antialias={antialias} with mode={mode}",
    "antialias with bilinear, bicubic and lanczos only, and always with lanczos",
    "Antialiasing is defined for the smooth modes of images; Lanczos has no form without it.",
)
RANKS = {"linear": (3, 3), "bilinear": (4, 4), "bicubic": (4, 4), "lanczos": (4, 4), "trilinear": (5, 5)}
BLENDING = ("linear", "bilinear", "bicubic", "trilinear")
PARAMETERS = "size scale_factor mode align_corners recompute_scale_factor"


@layer
class Interpolate(Declaration):
    """Resize the spatial axes (channels first) to ``size`` or by ``scale_factor``, rounded down.

    Source: PyTorch ``torch.nn.functional.interpolate``, ``torch.nn.Upsample``.
    """

    kind = "interpolate"
    arguments = (
        Argument("size", Anything((None, 2, 6)), None, "free", "cells along each spatial axis"),
        Argument("scale_factor", Anything((None, 2, 0.5, 3.0)), None, "free", "factor for each spatial axis"),
        Argument("mode", Choice(("nearest", "nearest-exact", "area", *RANKS)), "nearest", "meaning"),
        Argument("align_corners", Maybe(Bool()), None, "meaning"),
        Argument("recompute_scale_factor", Maybe(Bool(), 0.0), None, "meaning"),
        Argument("antialias", Maybe(Bool(), 0.0), False, "meaning"),
    )
    rules = (INTERPOLATE_RANK, INTERPOLATE_SIZE, INTERPOLATE_EMPTY, INTERPOLATE_ALIGN, INTERPOLATE_ANTIALIAS,
             EMPTY_AXIS)  # fmt: skip
    spellings = (
        spell("layer", "Upsample", PARAMETERS),
        spell("layer", "UpsamplingNearest2d", "size scale_factor"),
        spell("layer", "UpsamplingBilinear2d", "size scale_factor", fixed={"mode": "bilinear", "align_corners": True}),
        spell("function", "interpolate", f"{PARAMETERS} antialias", tensors="input", aliases=("upsample",)),
        spell("function", "upsample_bilinear", "size scale_factor", tensors="input",
              fixed={"mode": "bilinear", "align_corners": True}),
        spell("function", "upsample_nearest", "size scale_factor", tensors="input"),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 4),), {"scale_factor": 2}, (2, 3, 8), framework="torch"),
        Example(((2, 3, 4, 5),), {"size": 7}, (2, 3, 7, 7), framework="torch"),
        Example(((2, 3, 4, 5),), {"size": (7, 2)}, (2, 3, 7, 2), framework="torch"),
        Example(((2, 3, 4, 5),), {"scale_factor": (1.5, 0.25)}, (2, 3, 6, 1), framework="torch"),
        Example(((2, 3, 4, 4),), {"scale_factor": 2.0, "mode": "bilinear", "align_corners": True}, (2, 3, 8, 8),
                framework="torch"),
        Example(((2, 0, 4),), {"size": 2}, breaks="axis-without-cells", framework="torch"),
        Example(((2, 3, 4),), {"scale_factor": 2, "mode": "bilinear"}, breaks="interpolate-rank",
                expected="3 axes (2, 3, 4)", framework="torch"),
        Example(((3, 4),), {"scale_factor": 2}, breaks="interpolate-rank", framework="torch"),
        Example(((2, 3, 4, 4),), {}, breaks="interpolate-size-ambiguous", framework="torch"),
        Example(((2, 3, 4, 4),), {"scale_factor": 0.25}, (2, 3, 1, 1), framework="torch"),
        Example(((2, 3, 4, 4),), {"scale_factor": 0.24}, breaks="interpolate-empty", framework="torch"),
        Example(((2, 3, 4, 4),), {"size": 2, "mode": "bilinear", "antialias": True}, (2, 3, 2, 2), framework="torch"),
        Example(((2, 3, 4, 4),), {"size": 2, "mode": "lanczos"}, breaks="interpolate-antialias", framework="torch"),
        Example(((2, 3, 4, 4),), {"scale_factor": 2, "align_corners": True}, breaks="interpolate-align-corners",
                framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        needs: list[Need]
        if a.align_corners is not None and a.mode not in BLENDING:
            needs = [NeedArgument("align_corners", (None,)), NeedArgument("mode")]
            c.fault(INTERPOLATE_ALIGN, needs, ("align_corners", "mode"), align_corners=a.align_corners, mode=a.mode)
        smooth = a.mode in ("bilinear", "bicubic", "lanczos")
        if (a.antialias and not smooth) or (a.mode == "lanczos" and not a.antialias):
            needs = [NeedArgument("antialias", (a.mode == "lanczos",)), NeedArgument("mode", ("bilinear",))]
            c.fault(INTERPOLATE_ANTIALIAS, needs, ("antialias", "mode"), antialias=a.antialias, mode=a.mode)
        low, high = RANKS.get(a.mode, (3, 5))
        if not low <= len(shape) <= high:
            wanted = str(low) if low == high else f"{low} to {high}"
            modes = {3: ("linear", "nearest"), 4: ("bilinear", "nearest"), 5: ("trilinear", "nearest")}
            needs = [NeedRank(0, low, high), NeedArgument("mode", modes.get(len(shape), ()))]
            c.fault(INTERPOLATE_RANK, needs, ("mode",), received=len(shape), mode=a.mode, wanted=wanted)
            return (*shape[:2], *(None,) * (len(shape) - 2))
        spatial = shape[2:]
        sizes = _resized(c, spatial, a)
        if a.mode != "area" or len(shape) == 5:
            require_some(c, shape, 1)
        elif not all(ar.is_concrete(size) and size == 1 for size in sizes):
            require_some(c, shape, 2)
        for place, (before, after) in enumerate(zip(spatial, sizes, strict=True)):
            if not c.holds(ar.at_least(after, 0 if a.mode == "area" else 1)):
                axis = place + 2
                needs_size: list[Need] = [NeedArgument("size"), NeedArgument("scale_factor")]
                factor = _each(a.scale_factor, len(spatial))[place]
                if isinstance(factor, (int, float)) and factor > 0:
                    needs_size.insert(0, NeedAtLeast(0, axis, int(-(-1 // factor))))
                c.fault(INTERPOLATE_EMPTY, needs_size, ("size", "scale_factor"), size=before, axis=axis, result=after)
        return (*shape[:2], *sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        y = x[0]
        if a.antialias:
            raise NotImplementedError("the reference has no antialiasing")
        spatial = y.shape[2:]
        sizes = _each(a.size, len(spatial))
        factors = _each(a.scale_factor, len(spatial))
        for place, before in enumerate(spatial):
            after = sizes[place] if a.size is not None else int(before * factors[place])
            step = before / after if a.size is not None or a.recompute_scale_factor else 1 / factors[place]
            y = np.moveaxis(_line(np.moveaxis(y, place + 2, -1), after, step, a), -1, place + 2)
        return y


def _each(value: Any, count: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * count


def _resized(c: Context, spatial: Shape, a: Args) -> list[Dim]:
    sizes, factors = _each(a.size, len(spatial)), _each(a.scale_factor, len(spatial))
    given = (a.size is not None) + (a.scale_factor is not None)
    if given != 1 or len(sizes) != len(spatial) or len(factors) != len(spatial):
        values = {"size": a.size, "scale_factor": a.scale_factor, "spatial": len(spatial)}
        needs: list[Need] = [NeedArgument("size"), NeedArgument("scale_factor", (None,) if a.size is not None else ())]
        c.fault(INTERPOLATE_SIZE, needs, ("size", "scale_factor"), **values)
        return [None] * len(spatial)
    if a.size is not None:
        return list(sizes)
    return [_scaled(size, factor) for size, factor in zip(spatial, factors, strict=True)]


def _scaled(size: ar.Term, factor: Any) -> ar.Term:
    """The size times the factor, rounded down; exact integer arithmetic for terms, through the factor's fraction."""
    if size is None or factor is None:
        return None
    if isinstance(size, int):
        return int(size * factor)
    top, bottom = float(factor).as_integer_ratio()
    return ar.floordiv(ar.mul(size, top), bottom)


def _line(y: Any, after: int, step: float, a: Args) -> Any:
    """Resample the last axis to ``after`` cells, a cell of the output being ``step`` cells of the input wide."""
    import numpy as np

    size, places = y.shape[-1], np.arange(after)
    if a.mode in ("nearest", "nearest-exact"):  # in single precision, as PyTorch does: 3 * (10 / 6) is 5 there
        starts = places.astype(np.float32) + np.float32(0.5 if a.mode == "nearest-exact" else 0)
        return y[..., np.minimum(np.floor(starts * np.float32(step)).astype(int), size - 1)]
    if a.mode == "area":
        bounds = [(i * size // after, -(-(i + 1) * size // after)) for i in range(after)]
        return np.stack([y[..., low:high].mean(axis=-1) for low, high in bounds], axis=-1) if after else y[..., :0]
    if a.align_corners:
        at = places * ((size - 1) / (after - 1)) if after > 1 else places * 0.0
    else:
        at = (places + 0.5) * step - 0.5
        at = at if a.mode == "bicubic" else np.maximum(at, 0)
    low = np.floor(at).astype(int)
    part = at - low
    if a.mode == "bicubic":
        return sum(
            y[..., np.clip(low + k, 0, size - 1)] * _cubic(np.abs(part - k)) for k in (-1, 0, 1, 2)
        )  # fmt: skip
    low = np.minimum(low, size - 1)
    return y[..., low] * (1 - part) + y[..., np.minimum(low + 1, size - 1)] * part


def _cubic(distance: Any, a: float = -0.75) -> Any:
    """Keys' cubic convolution kernel with PyTorch's coefficient."""
    import numpy as np

    near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
    far = a * distance**3 - 5 * a * distance**2 + 8 * a * distance - 4 * a
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))


GRID_SHAPE = Rule(
    "grid-sample-shape",
    "The grid does not suit the input that is sampled",
    "input {input} and grid {grid}",
    "the same batch, as many axes, and {spatial} coordinates on the last axis of the grid",
    "Every output cell says where in the input it reads: x and y for images, x, y and z for volumes.",
)

GRID_MODE = Rule(
    "grid-sample-mode",
    "A volume is sampled in a mode for images",
    "{received} axes {input} with mode=bicubic",
    "4 axes (batch, channels, height, width), or the mode bilinear or nearest",
    "Bicubic interpolation is made for two spatial axes.",
)


@layer
class GridSample(Declaration):
    """Read an input (batch, channels, spatial axes) at the points of a grid (batch, output spatial axes, coordinates).

    Source: PyTorch ``torch.nn.functional.grid_sample``.
    """

    kind = "grid_sample"
    inputs = (2, 2)
    arguments = (
        Argument("mode", Choice(("bilinear", "nearest", "bicubic")), "bilinear", "meaning"),
        Argument("padding_mode", Choice(("zeros", "border", "reflection")), "zeros", "meaning"),
        Argument("align_corners", Maybe(Bool()), None, "meaning"),
    )
    rules = (GRID_SHAPE, GRID_MODE)
    spellings = (spell("function", "grid_sample", "mode padding_mode align_corners", tensors="input grid"),)
    examples = (
        Example(((2, 3, 4, 5), (2, 6, 7, 2)), {}, (2, 3, 6, 7), framework="torch"),
        Example(((2, 3, 4, 5, 6), (2, 6, 7, 8, 3)), {}, (2, 3, 6, 7, 8), framework="torch"),
        Example(((2, 3, 4, 5), (2, 6, 7, 3)), {}, breaks="grid-sample-shape", framework="torch"),
        Example(((2, 3, 4, 5), (2, 6, 7, 2)), {"mode": "bicubic"}, (2, 3, 6, 7), framework="torch"),
        Example(
            ((2, 3, 4, 5, 6), (2, 6, 7, 8, 3)),
            {"mode": "bicubic"},
            breaks="grid-sample-mode",
            expected="5 axes",
            framework="torch",
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, grid = x
        assert shape is not None
        assert grid is not None
        spatial = len(shape) - 2
        fine = len(shape) in (4, 5) and len(grid) == len(shape) and c.holds(ar.eq(shape[0], grid[0]))
        if not fine or not c.holds(ar.eq(grid[-1], spatial)):
            needs: list[Need] = [NeedRank(0, 4, 5), NeedRank(1, len(shape), len(shape)), NeedAgree((0, 1), (0,))]
            needs.append(NeedDim(1, -1, spatial))
            c.fault(GRID_SHAPE, needs, grid=grid, spatial=spatial)
            return (*shape[:2], *(None,) * max(spatial, 0))
        if a.mode == "bicubic" and len(shape) != 4:
            needs_mode: list[Need] = [NeedArgument("mode", ("bilinear", "nearest")), NeedRank(0, 4, 4)]
            c.fault(GRID_MODE, needs_mode, ("mode",), received=len(shape))
        return (*shape[:2], *grid[1:-1])


AFFINE_SHAPE = Rule(
    "affine-grid-shape",
    "The matrices of an affine grid do not suit its size",
    "{input} for the size {size}",
    "(batch, {rows}, {columns})",
    "Each sample has one matrix that maps output coordinates to input coordinates.",
)


@layer
class AffineGrid(Declaration):
    """The sampling grid of affine maps: matrices (batch, 2, 3) or (batch, 3, 4) and an output size.

    Source: PyTorch ``torch.nn.functional.affine_grid``.
    """

    kind = "affine_grid"
    arguments = (
        Argument("size", Anything(((2, 3, 4, 5),)), REQUIRED, "order", "size of the output, batch and channels too"),
        Argument("align_corners", Maybe(Bool()), None, "meaning"),
    )
    rules = (AFFINE_SHAPE,)
    spellings = (spell("function", "affine_grid", "size align_corners", tensors="theta"),)
    examples = (
        Example(((2, 2, 3),), {"size": (2, 3, 4, 5)}, (2, 4, 5, 2), framework="torch"),
        Example(((2, 3, 4),), {"size": (2, 3, 4, 5, 6)}, (2, 4, 5, 6, 3), framework="torch"),
        Example(((2, 2, 4),), {"size": (2, 3, 4, 5)}, breaks="affine-grid-shape", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        size = tuple(a.size)
        rows = len(size) - 2
        wanted = (size[0] if size else None, rows, rows + 1)
        same = len(shape) == 3 and all(c.holds(ar.eq(d, e)) for d, e in zip(shape, wanted, strict=True))
        if rows not in (2, 3) or not same or not all(c.holds(ar.at_least(d, 1)) for d in size):
            needs: list[Need] = [NeedRank(0, 3, 3), NeedDim(0, 1, rows), NeedDim(0, 2, rows + 1), NeedArgument("size")]
            c.fault(AFFINE_SHAPE, needs, ("size",), size=size, rows=rows, columns=rows + 1)
        return (*size[:1], *size[2:], rows)
