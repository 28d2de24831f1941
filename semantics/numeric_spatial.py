"""NumPy building blocks of the reference semantics over spatial axes: windows, convolutions, pooling, resizing.

Images are arrays of shape (batch, *spatial, channels) of any spatial rank. Written for clarity, not for speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from repairnn.semantics.numeric import activate

PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def channels_last(x: np.ndarray, rank: int, data_format: str | None) -> tuple[np.ndarray, Callable[[Any], Any]]:
    """The input as (batch, *spatial, channels), and the way back for the output; a missing batch axis is added."""
    batched = x.ndim == rank + 2
    first = data_format == "channels_first"
    image = x if batched else x[None]
    if first:
        image = np.moveaxis(image, 1, -1)

    def restore(y: np.ndarray) -> np.ndarray:
        if first:
            y = np.moveaxis(y, -1, 1)
        return y if batched else y[0]

    return image, restore


def finished(y: np.ndarray, w: Mapping[str, Any], a: Any, restore: Callable[[Any], Any]) -> np.ndarray:
    """Bias added to the channels, which are last, the layout restored, and the activation applied in that layout."""
    return activate(a.activation, restore(y + w["bias"] if a.use_bias else y))


def windows(image: np.ndarray, kernel: Sequence[int], strides: Sequence[int], rates: Sequence[int]) -> np.ndarray:
    """Every window: shape (batch, *places, *kernel, channels)."""
    rank = len(kernel)
    spans = [(k - 1) * rate + 1 for k, rate in zip(kernel, rates, strict=True)]
    view = sliding_window_view(image, spans, axis=tuple(range(1, rank + 1)))
    view = np.moveaxis(view, rank + 1, -1)
    places = tuple(slice(None, None, stride) for stride in strides)
    cells = tuple(slice(None, None, rate) for rate in rates)
    return view[(slice(None), *places, *cells)]


def pad_pairs(
    sizes: Sequence[int], kernel: Sequence[int], strides: Sequence[int], padding: Sequence[Any], rates: Sequence[int]
) -> list[tuple[int, int]]:
    """Cells before and after each axis for a padding mode or explicit pairs.

    Source: TensorFlow's notes on padding (``tf.nn``): for ``same`` the total is what the last window lacks, the
    smaller half before; ``causal`` puts all of it before.
    """
    pairs = []
    for size, k, stride, pad, rate in zip(sizes, kernel, strides, padding, rates, strict=True):
        span = (k - 1) * rate + 1
        if pad == "valid":
            pairs.append((0, 0))
        elif pad == "causal":
            pairs.append((span - 1, 0))
        elif pad == "same":
            total = max((math.ceil(size / stride) - 1) * stride + span - size, 0)
            pairs.append((total // 2, total - total // 2))
        else:
            pairs.append((int(pad[0]), int(pad[1])))
    return pairs


def padded(image: np.ndarray, pairs: Sequence[tuple[int, int]], mode: str = "zeros", fill: float = 0.0) -> np.ndarray:
    """The image with cells added around its spatial axes; ``mode`` is PyTorch's name."""
    inner = tuple(slice(-min(before, 0), min(after, 0) or None) for before, after in pairs)
    image = image[(slice(None), *inner, slice(None))]
    around = ((0, 0), *((max(before, 0), max(after, 0)) for before, after in pairs), (0, 0))
    if mode == "zeros":
        return np.pad(image, around, constant_values=fill)
    return np.pad(image, around, mode=PAD_MODES[mode])  # type: ignore[call-overload]


def convolve(
    image: np.ndarray,
    kernel: np.ndarray,
    strides: Sequence[int],
    padding: Sequence[Any],
    rates: Sequence[int],
    groups: int = 1,
) -> np.ndarray:
    """Cross-correlation with a kernel of shape (*size, channels / groups, filters)."""
    rank = len(strides)
    size = kernel.shape[:rank]
    around = padded(image, pad_pairs(image.shape[1:-1], size, strides, padding, rates))
    seen = windows(around, size, strides, rates)
    axes = (list(range(rank + 1, 2 * rank + 2)), list(range(rank + 1)))
    shares = np.split(seen, groups, axis=-1), np.split(kernel, groups, axis=-1)
    return np.concatenate([np.tensordot(part, k, axes=axes) for part, k in zip(*shares, strict=True)], axis=-1)


def convolve_transposed(
    image: np.ndarray,
    kernel: np.ndarray,
    strides: Sequence[int],
    rates: Sequence[int],
    cuts: Sequence[int],
    sizes: Sequence[int],
    groups: int = 1,
) -> np.ndarray:
    """Each cell spreads a kernel of shape (*size, filters / groups, channels).

    Of what comes out, ``sizes`` cells remain along each axis after ``cuts`` in front.
    """
    rank = len(strides)
    extent = [
        max((n - 1) * stride + (k - 1) * rate + 1, cut + size)
        for n, stride, k, rate, cut, size in zip(
            image.shape[1:-1], strides, kernel.shape, rates, cuts, sizes, strict=False
        )
    ]
    filters = kernel.shape[rank] * groups
    spread = np.zeros((len(image), *extent, filters), image.dtype)
    parts, kernels = np.split(image, groups, axis=-1), np.split(kernel, groups, axis=-1)
    for place in product(*map(range, kernel.shape[:rank])):
        target = tuple(
            slice(p * rate, p * rate + (n - 1) * stride + 1, stride)
            for p, rate, n, stride in zip(place, rates, image.shape[1:-1], strides, strict=True)
        )
        added = [part @ k[place].T for part, k in zip(parts, kernels, strict=True)]
        spread[(slice(None), *target)] += np.concatenate(added, axis=-1)
    kept = tuple(slice(cut, cut + size) for cut, size in zip(cuts, sizes, strict=True))
    return spread[(slice(None), *kept)]


@dataclass(frozen=True, slots=True)
class Pooling:
    """Settings of a pooling layer, one value for each axis where there are several."""

    function: str
    size: Sequence[int]
    strides: Sequence[int]
    padding: Sequence[Any]
    rates: Sequence[int]
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor: int | None = None


def pool(image: np.ndarray, options: Pooling) -> np.ndarray:
    """Maxima or means of windows. Padded cells never win a maximum; means count them as PyTorch's settings say."""
    sizes = image.shape[1:-1]
    pairs = pad_pairs(sizes, options.size, options.strides, options.padding, options.rates)
    overflow = [
        _overflow(size + sum(pair), size + pair[0], k, stride, rate) if options.ceil_mode else 0
        for size, pair, k, stride, rate in zip(sizes, pairs, options.size, options.strides, options.rates, strict=True)
    ]
    beyond = [(0, extra) for extra in overflow]
    window_axes = tuple(range(len(sizes) + 1, 2 * len(sizes) + 1))

    def seen(array: np.ndarray) -> np.ndarray:
        return windows(array, options.size, options.strides, options.rates)

    if options.function == "max":
        around = padded(padded(image, pairs, fill=-np.inf), beyond, fill=-np.inf)
        return seen(around).max(axis=window_axes)
    total = seen(padded(padded(image, pairs), beyond)).sum(axis=window_axes)
    explicit = options.count_include_pad and not isinstance(options.padding[0], str)
    counted = padded(padded(np.ones_like(image), pairs, fill=1.0 if explicit else 0.0), beyond)
    return total / (seen(counted).sum(axis=window_axes) if options.divisor is None else options.divisor)


def _overflow(size: int, last_start: int, kernel: int, stride: int, rate: int) -> int:
    """Cells that the last window of a rounded-up count lacks; it must start inside the input or its left padding."""
    span = (kernel - 1) * rate + 1
    count = math.ceil((size - span) / stride) + 1
    if (count - 1) * stride >= last_start:
        count -= 1
    return max((count - 1) * stride + span - size, 0)


def adaptive_pool(image: np.ndarray, function: str, sizes: Sequence[int]) -> np.ndarray:
    """Maxima or means of windows chosen so that ``sizes`` come out."""
    result = np.empty((len(image), *sizes, image.shape[-1]), image.dtype)
    for place in product(*map(range, sizes)):
        cells: tuple[Any, ...] = tuple(
            slice(i * n // size, -(-(i + 1) * n // size))
            for i, n, size in zip(place, image.shape[1:-1], sizes, strict=True)
        )
        window = image[(slice(None), *cells)]
        axes = tuple(range(1, image.ndim - 1))
        at: tuple[Any, ...] = (slice(None), *place)
        result[at] = window.max(axis=axes) if function == "max" else window.mean(axis=axes)
    return result


def resize(image: np.ndarray, sizes: Sequence[int], interpolation: str, antialias: bool = False) -> np.ndarray:
    """Spatial axes resampled, with centres of cells at half coordinates. Source: ``tf.image.resize`` (version 2).

    With ``antialias`` a kernel that makes an axis smaller is as much wider.
    """
    for axis, size in enumerate(sizes, start=1):
        weights = _resampling(image.shape[axis], size, interpolation, antialias)
        image = np.moveaxis(np.tensordot(weights, image, axes=(1, axis)), 0, axis)
    return image


def with_ratio(image: np.ndarray, height: int, width: int, crop: bool, fill: float) -> np.ndarray:
    """The middle of an image, or the image with ``fill`` around it, so that its sides are as ``height`` to ``width``.

    Source: ``keras.ops.image.resize`` (``crop_to_aspect_ratio``, ``pad_to_aspect_ratio``), rounding included.
    """
    old = image.shape[1:3]
    ratio = (int(np.float32(old[1] * height) / np.float32(width)), int(np.float32(old[0] * width) / np.float32(height)))
    if crop:
        new = [max(min(size, other), 1) for size, other in zip(old, ratio, strict=True)]
        starts = [(size - kept) // 2 for size, kept in zip(old, new, strict=True)]
        return image[:, starts[0] : starts[0] + new[0], starts[1] : starts[1] + new[1]]
    around = [(max(size, other) - size) // 2 for size, other in zip(old, ratio, strict=True)]
    return padded(image, [(cells, cells) for cells in around], fill=fill)


def _resampling(old: int, new: int, interpolation: str, antialias: bool) -> np.ndarray:
    """The matrix that maps ``old`` cells to ``new`` ones; rows sum to one."""
    places = (np.arange(new) + 0.5) * old / new - 0.5
    if interpolation == "nearest":
        return np.eye(old)[np.minimum(np.floor(places + 0.5).astype(int), old - 1)]
    width = max(old / new, 1.0) if antialias else 1.0
    weights: np.ndarray = KERNELS[interpolation](np.abs(places[:, None] - np.arange(old)[None, :]) / width)
    return weights / weights.sum(axis=1, keepdims=True)


def _cubic(distance: np.ndarray) -> np.ndarray:
    """Keys' kernel with parameter -0.5."""
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda distance: np.where(distance <= radius, np.sinc(distance) * np.sinc(distance / radius), 0.0)


KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bilinear": lambda distance: np.maximum(1 - distance, 0),
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
