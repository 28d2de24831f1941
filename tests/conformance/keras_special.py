"""Where a Keras layer or function needs more than its arguments and random arrays to be run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from repairnn.semantics.spelling import Spelling

#: Canonical arguments that describe the program rather than a parameter of the layer.
KNOWLEDGE: Mapping[str, tuple[str, ...]] = {}
#: Kinds whose several inputs are separate arguments of the call, not one list.
SPREAD_INPUTS: frozenset[str] = frozenset()
#: Kinds whose weights are told apart by the path of their names.
NESTED_WEIGHTS: frozenset[str] = frozenset()
#: Kinds whose inputs are not floating point numbers.
DTYPES: Mapping[str, str] = {"embedding": "int32"}

#: Kinds that are computed in a graph, as training does, because they bring the process down otherwise.
GRAPHS = frozenset({"adaptive_pool"})


def find(spelling: Spelling) -> Any:
    """The class or function that a spelling names in the installed Keras, or ``None``."""
    for place in (keras.layers,) if spelling.form == "layer" else (keras.layers, keras.ops):
        found = getattr(place, spelling.name, None)
        if found is not None:
            return found
    return None


def make(spelling: Spelling, target: Any, named: dict[str, Any]) -> Any:
    """A layer with these parameters."""
    return target(**named)


def array(kind: str, index: int, shape: tuple[int, ...], a: Any, rng: np.random.Generator) -> Any:
    """Random values for input ``index`` of a layer of this kind."""
    if kind == "embedding":
        return rng.integers(0, a.input_dim, size=shape)
    return rng.normal(size=shape).astype("float32")
