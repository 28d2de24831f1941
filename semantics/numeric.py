"""NumPy building blocks of the reference semantics: short and obviously right rather than fast.

Loaded only when a reference is computed, so that checking a network needs no NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def activate(name: Any, x: np.ndarray) -> np.ndarray:
    """Apply a named activation (Keras' names); ``None`` and ``linear`` leave the input as it is."""
    if name in (None, "linear"):
        return x
    return ACTIVATIONS[name](x)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Exponentials that sum to one along ``axis``, shifted by the maximum for stability."""
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": softmax,
}
