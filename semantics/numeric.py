"""NumPy building blocks of the reference semantics: short and obviously right rather than fast.

Loaded only when a reference is computed, so that checking a network needs no NumPy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def activate(name: Any, x: np.ndarray, **options: Any) -> np.ndarray:
    """Apply a named activation (Keras' names); ``None`` and ``linear`` leave the input as it is.

    ``options`` are the settings of activation layers: ``negative_slope``, ``max_value``, ``threshold``, ``alpha``, and
    ``options`` for PyTorch's remaining one. Raises ``KeyError`` for a name without a reference.
    """
    if name in (None, "linear"):
        return x
    return ACTIVATIONS[name](x, **options)


def softmax(x: np.ndarray, axis: int | tuple[int, ...] = -1) -> np.ndarray:
    """Exponentials that sum to one along ``axis``, shifted by the maximum for stability."""
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-x))


def softplus(x: np.ndarray, options: float = 1.0, threshold: float = np.inf) -> np.ndarray:
    """``log(1 + exp(beta x)) / beta``; ``options`` is beta. Above the threshold PyTorch uses the identity."""
    return np.where(options * x > threshold, x, np.logaddexp(0, options * x) / options)


def relu(
    x: np.ndarray, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> np.ndarray:
    """Source: Keras ``ReLU``."""
    y = np.where(x > threshold, x, negative_slope * (x - threshold))
    return y if max_value is None else np.minimum(y, max_value)


def elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """Exponential below zero, the identity above."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def gelu(x: np.ndarray, options: Any = "none") -> np.ndarray:
    """``x`` times the normal distribution function at ``x``; ``options`` "tanh" is the approximation of that name."""
    if options == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))


def sparsemax(x: np.ndarray) -> np.ndarray:
    """Projection of the last axis onto the simplex. Source: Martins and Astudillo (2016)."""
    ordered = -np.sort(-x, axis=-1)
    sums = np.cumsum(ordered, axis=-1)
    count = np.arange(1, x.shape[-1] + 1)
    support = (1 + count * ordered > sums).sum(axis=-1, keepdims=True)
    tau = (np.take_along_axis(sums, support - 1, axis=-1) - 1) / support
    return np.maximum(x - tau, 0)


def _softshrink(x: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0)


def _hard_tanh(x: np.ndarray, options: float = -1.0, max_value: float = 1.0) -> np.ndarray:
    return np.clip(x, options, max_value)


ACTIVATIONS: dict[str, Any] = {
    "relu": relu,
    "glu": lambda x: np.split(x, 2, -1)[0] * sigmoid(np.split(x, 2, -1)[1]),
    "leaky_relu": lambda x, negative_slope=0.2: np.where(x > 0, x, negative_slope * x),
    "rrelu": lambda x, options=1 / 8, max_value=1 / 3: np.where(x >= 0, x, x * (options + max_value) / 2),
    "relu6": lambda x: np.clip(x, 0, 6),
    "thresholded_relu": lambda x, threshold=1.0: np.where(x > threshold, x, 0),
    "elu": elu,
    "selu": lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772),
    "celu": lambda x, alpha=1.0: np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha),
    "gelu": gelu,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "log_sigmoid": lambda x: -softplus(-x),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "mish": lambda x: x * np.tanh(softplus(x)),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "exponential": np.exp,
    "hard_tanh": _hard_tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
    "hard_shrink": lambda x, threshold=0.5: np.where(np.abs(x) > threshold, x, 0),
    "soft_shrink": _softshrink,
    "threshold": lambda x, threshold=0.0, options=0.0: np.where(x > threshold, x, options),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "sparse_plus": lambda x: np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x)),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": sparsemax,
    "softmax": softmax,
    "softmax2d": lambda x: softmax(x, axis=-3),
    "softmin": lambda x: softmax(-x),
    "log_softmax": lambda x: np.log(softmax(x)),
}
