"""What Keras makes of a program around a model: arrays fed to an entry, predictions compared with targets."""

from __future__ import annotations

import random
import warnings
from typing import Any

import keras
import numpy as np

from repairnn.semantics.declaration import bind_arguments
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import declaration_of
from tests.conformance.keras_runner import REFUSALS

SAMPLES = 5
LOSSES = ("mean_squared_error", "mean_absolute_error", "binary_crossentropy", "categorical_crossentropy",
          "sparse_categorical_crossentropy", "hinge", "kl_divergence", "huber", "cosine_similarity", "poisson",
          "categorical_focal_crossentropy", "binary_focal_crossentropy", "log_cosh", "categorical_hinge",
          "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "squared_hinge", "dice",
          "tversky")  # fmt: skip


def feed(data: Shape, entry: Shape) -> str | None:
    """Feed an array to a model that has a weight for each element; the complaint, or ``None``."""
    inputs = keras.Input(batch_shape=entry)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))
    return _refusal(lambda: model.predict(np.ones(data, "float32"), verbose=0, batch_size=2))


def loss(name: str, prediction: Shape, target: Shape, highest: int = 1) -> str | None:
    """Evaluate a model with predictions of this shape on targets with values from 0 to ``highest``; the complaint."""
    inputs = keras.Input(batch_shape=prediction)
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    model.compile(loss=name)
    x = np.random.default_rng(0).uniform(0.1, 0.9, size=(SAMPLES, *prediction[1:])).astype("float32")
    y = np.arange(np.prod(target)).reshape(target).astype("float32") % (highest + 1)
    return _refusal(lambda: model.evaluate(x, y, verbose=0, batch_size=3))


def values_of_loss(name: str, rng: np.random.Generator) -> tuple[float, float]:
    """A loss of random predictions and targets, scores or probabilities: by the reference, and by Keras."""
    shape = tuple(rng.integers(2, 5, size=rng.integers(1, 4)))
    prediction = rng.uniform(0.05, 0.95, size=shape)
    target = rng.integers(0, 2, size=shape).astype(float) if rng.random() < 0.5 else rng.uniform(size=shape)
    if name.startswith("sparse"):
        target = rng.integers(0, shape[-1], size=shape[:-1])
    scores = bool("crossentropy" in name and rng.random() < 0.5)
    declaration = declaration_of("loss")
    assert declaration is not None
    args = bind_arguments(declaration, {"name": name, "from_logits": scores})
    ours = declaration.compute([prediction, target], {}, args)
    function = keras.losses.get(name)
    theirs = function(target, prediction, from_logits=True) if scores else function(target, prediction)
    return float(ours), float(np.mean(np.asarray(theirs)))


def _refusal(run: Any) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run()
        except REFUSALS as refusal:
            return f"{type(refusal).__name__}: {str(refusal)[:300]}"
    return None


def some_feed(rng: random.Random) -> tuple[Shape, Shape]:
    """An array's shape and an entry's: equal, or different by an axis or a size."""
    entry = tuple(rng.choice((1, 2, 3, 4)) for _ in range(rng.randint(1, 3)))
    return (SAMPLES, *_near(entry, rng)), (None, *entry)


def some_loss(rng: random.Random) -> tuple[str, Shape, Shape]:
    """A loss, a prediction's shape and a target's: equal, or different by an axis or a size."""
    name = rng.choice(LOSSES)
    prediction = tuple(rng.choice((1, 2, 3, 4)) for _ in range(rng.randint(1, 3)))
    target = prediction[:-1] if name.startswith("sparse") and rng.random() < 0.6 else _near(prediction, rng)
    return name, (None, *prediction), (SAMPLES, *target)


def _near(shape: Shape, rng: random.Random) -> Shape:
    axis = rng.randrange(len(shape))
    other = rng.choice((1, 2, 3))
    return rng.choice(
        (shape, shape[:-1], (*shape, 1), (*shape, other), (*shape[:axis], other, *shape[axis + 1 :]), shape[axis + 1 :])
    )
