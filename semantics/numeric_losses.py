"""NumPy building blocks of the reference semantics: the losses of Keras, as ``model.evaluate`` reports them.

Every loss is one number for each sample (or place), averaged over all of them. Source: the documentation of
``keras.losses``; settings are its defaults. Loaded only when a reference is computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from repairnn.semantics.numeric import sigmoid, softmax, softplus

#: What Keras keeps probabilities and divisors away from.
EPSILON = 1e-7
#: Balance and sharpness of the focal losses.
ALPHA, GAMMA = 0.25, 2.0


def loss(name: str, prediction: np.ndarray, target: np.ndarray, from_logits: bool = False) -> np.ndarray:
    """The loss called ``name`` (canonical) of predictions against targets, as a scalar.

    Raises ``KeyError`` for a name without a reference.
    """
    if name == "sparse_categorical_crossentropy":
        return np.mean(_class_numbers(prediction, target, from_logits))
    prediction, target = _same_rank(prediction, target)
    if name in FROM_SCORES:
        return np.mean(FROM_SCORES[name](prediction, target, from_logits))
    return np.mean(LOSSES[name](prediction, target))


def _same_rank(p: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A last axis of size 1 that only one of the two has is dropped, or given to the other where that has one axis."""
    if p.ndim == t.ndim + 1 and p.shape[-1] == 1:
        return (p, t[..., None]) if t.ndim == 1 else (p[..., 0], t)
    if t.ndim == p.ndim + 1 and t.shape[-1] == 1:
        return (p[..., None], t) if p.ndim == 1 else (p, t[..., 0])
    return p, t


def _class_numbers(p: np.ndarray, t: np.ndarray, from_logits: bool) -> np.ndarray:
    if t.ndim == p.ndim and t.shape[-1] == 1:
        t = t[..., 0]
    logits = p if from_logits else np.log(np.clip(p, EPSILON, 1 - EPSILON))
    return -np.take_along_axis(np.log(softmax(logits)), t.astype(int)[..., None], axis=-1)[..., 0]


def _shares(p: np.ndarray, from_logits: bool) -> np.ndarray:
    """Probabilities of classes: scores through a softmax, or what is given, scaled to a sum of 1."""
    return np.clip(softmax(p) if from_logits else p / p.sum(axis=-1, keepdims=True), EPSILON, 1 - EPSILON)


def _categorical(p: np.ndarray, t: np.ndarray, from_logits: bool) -> np.ndarray:
    return -(t * np.log(_shares(p, from_logits))).sum(axis=-1)


def _categorical_focal(p: np.ndarray, t: np.ndarray, from_logits: bool) -> np.ndarray:
    shares = _shares(p, from_logits)
    return (ALPHA * (1 - shares) ** GAMMA * -t * np.log(shares)).sum(axis=-1)


def _yes_or_no(p: np.ndarray, t: np.ndarray, from_logits: bool) -> np.ndarray:
    """Cross-entropy of each cell."""
    if from_logits:
        return np.maximum(p, 0) - p * t + softplus(-np.abs(p))
    p = np.clip(p, EPSILON, 1 - EPSILON)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def _binary(p: np.ndarray, t: np.ndarray, from_logits: bool) -> np.ndarray:
    return _yes_or_no(p, t, from_logits).mean(axis=-1)


def _binary_focal(p: np.ndarray, t: np.ndarray, from_logits: bool) -> np.ndarray:
    p = sigmoid(p) if from_logits else p
    right = t * p + (1 - t) * (1 - p)
    return ((1 - right) ** GAMMA * _yes_or_no(p, t, False)).mean(axis=-1)


def _percentage(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    return 100 * np.abs((t - p) / np.maximum(np.abs(t), EPSILON)).mean(axis=-1)


def _logarithmic(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    return ((np.log1p(np.maximum(p, EPSILON)) - np.log1p(np.maximum(t, EPSILON))) ** 2).mean(axis=-1)


def _cosine(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    return -(_of_length_one(p) * _of_length_one(t)).sum(axis=-1)


def _of_length_one(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt(np.maximum((x**2).sum(axis=-1, keepdims=True), 1e-12))


def _huber(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    error = np.abs(t - p)
    return np.where(error <= 1, 0.5 * error**2, error - 0.5).mean(axis=-1)


def _log_cosh(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    error = p - t
    return (error + softplus(-2 * error) - np.log(2)).mean(axis=-1)


def _margin(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """How far each cell is from being right by a margin of 1; targets of 0 and 1 are read as -1 and 1."""
    signs = 2 * t - 1 if np.isin(t, (0, 1)).all() else t
    return np.maximum(1 - signs * p, 0)


def _categorical_hinge(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.maximum(((1 - t) * p).max(axis=-1) - (t * p).sum(axis=-1) + 1, 0)


def _kl_divergence(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    p, t = np.clip(p, EPSILON, 1), np.clip(t, EPSILON, 1)
    return (t * np.log(t / p)).sum(axis=-1)


def _dice(p: np.ndarray, t: np.ndarray) -> Any:
    return 1 - (2 * (t * p).sum() + EPSILON) / (t.sum() + p.sum() + EPSILON)


def _tversky(p: np.ndarray, t: np.ndarray) -> Any:
    common = (t * p).sum()
    missed = 0.5 * (p.sum() - common) + 0.5 * (t.sum() - common)
    return 1 - (common + EPSILON) / (common + missed + EPSILON)


#: Losses of probabilities, which may be given as scores.
FROM_SCORES: dict[str, Any] = {
    "categorical_crossentropy": _categorical,
    "categorical_focal_crossentropy": _categorical_focal,
    "binary_crossentropy": _binary,
    "binary_focal_crossentropy": _binary_focal,
}
LOSSES: dict[str, Any] = {
    "mean_squared_error": lambda p, t: ((t - p) ** 2).mean(axis=-1),
    "mean_absolute_error": lambda p, t: np.abs(t - p).mean(axis=-1),
    "mean_absolute_percentage_error": _percentage,
    "mean_squared_logarithmic_error": _logarithmic,
    "cosine_similarity": _cosine,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "hinge": lambda p, t: _margin(p, t).mean(axis=-1),
    "squared_hinge": lambda p, t: (_margin(p, t) ** 2).mean(axis=-1),
    "categorical_hinge": _categorical_hinge,
    "kl_divergence": _kl_divergence,
    "poisson": lambda p, t: (p - t * np.log(p + EPSILON)).mean(axis=-1),
    "dice": _dice,
    "tversky": _tversky,
}
