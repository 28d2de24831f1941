"""Where a Keras layer or function needs more than its arguments and random arrays to be run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow

from repairnn.semantics.layers.images import SAME as AUGMENTATIONS
from repairnn.semantics.spelling import Spelling

#: Canonical arguments that describe the program rather than a parameter of the layer.
KNOWLEDGE: Mapping[str, tuple[str, ...]] = {
    "augment": ("channels",),
    # A cell draws its mask once and keeps it, so it cannot be called by itself twice.
    "recurrent_cell": ("dropout", "recurrent_dropout"),
    "matmul": ("minimum", "maximum"),
}
#: Kinds whose several inputs are separate arguments of the call, not one list.
SPREAD_INPUTS: frozenset[str] = frozenset({"matmul", "tensordot", "take"})
#: Arguments that are given when the layer is called, not when it is made.
CALL_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "attention": ("return_attention_scores",),
    "additive_attention": ("return_attention_scores",),
    "multi_head_attention": ("return_attention_scores", "use_causal_mask"),
    "group_query_attention": ("return_attention_scores",),
    "reversible_embedding": ("reverse",),
}
#: Kinds that feed their output back: large weights would let rounding errors grow without bound.
WEIGHT_SCALE: Mapping[str, float] = {"recurrent": 0.3, "conv_recurrent": 0.2}
#: Names that are not run: wrappers, vocabularies, and what needs packages that are not installed.
NOT_RUN = frozenset({"Bidirectional", "RNN", "StackedRNNCells", "TimeDistributed", "SpectralNormalization",
                     "StringLookup", "IntegerLookup", "TextVectorization", "STFTSpectrogram", "MaxNumBoundingBoxes",
                     "tf.reduce_any", "tf.reduce_all", "Wrapper", "Lambda"})  # fmt: skip
#: Kinds whose weights are told apart by the path of their names.
NESTED_WEIGHTS: frozenset[str] = frozenset({"multi_head_attention", "group_query_attention"})
#: Kinds whose inputs are not floating point numbers.
DTYPES: Mapping[str, str] = {"embedding": "int32", "category_encoding": "int64", "hashing": "int64",
                             "one_hot_axis": "int32", "hashed_crossing": "int64"}  # fmt: skip

#: Kinds of recurrences of convolutions; Keras compiles each convolution of channels first anew, for seconds.
CONVOLUTIONS_REPEATED = frozenset({"conv_recurrent"})
#: Kinds that are computed in a graph, as training does, because they bring the process down otherwise.
GRAPHS = frozenset({"adaptive_pool"})


def find(spelling: Spelling) -> Any:
    """The class or function that a spelling names in the installed Keras, or ``None``."""
    if spelling.name in NOT_RUN or spelling.form == "method":
        return None
    head, _, rest = spelling.name.partition(".")
    if head in MODULES and rest:
        found: Any = MODULES[head]()
        for part in rest.split("."):
            found = getattr(found, part, None)
        return found
    if spelling.name == "getitem":
        return getitem
    for place in (keras.layers,) if spelling.form == "layer" else (keras.layers, keras.ops):
        found = getattr(place, spelling.name, None)
        if found is not None:
            return found
    return None


MODULES: Mapping[str, Any] = {"ops": lambda: keras.ops, "tf": lambda: tensorflow, "K": lambda: None}


def getitem(x: Any, index: Any) -> Any:
    """``x[index]`` for an index as the declaration of ``slice`` writes it."""
    words = {"ellipsis": Ellipsis, "newaxis": None}
    parts = index if isinstance(index, tuple) and (not index or index[0] not in ("slice", "tensor")) else (index,)
    return x[tuple(_index(part, words) for part in parts)]


def _index(part: Any, words: Mapping[str, Any]) -> Any:
    if isinstance(part, tuple):
        return np.zeros(part[1], int) if part[0] == "tensor" else slice(*part[1:])
    return words.get(part, part)


def called(kind: str, target: Any, inputs: list[Any], settings: dict[str, Any]) -> Any:
    """The result of a layer or function whose inputs are not just one list or separate arguments."""
    match kind:
        case "recurrent" | "conv_recurrent":
            return target(inputs[0], initial_state=inputs[1:] or None, **settings)
        case "recurrent_cell":
            return target(inputs[0], inputs[1:], **settings)
        case "attention" | "additive_attention":
            return target(inputs, **settings)
        case "einsum":
            return target(settings.get("equation") or settings["subscripts"], *inputs)
    return target(*inputs, **settings)


@contextmanager
def convolutions_compiled_once() -> Iterator[None]:
    """Let Keras compile what it compiles of a convolution once for equal shapes and settings, not at every call."""
    backend = keras.src.backend.nn
    plain = backend.conv
    compiled = tensorflow.function(plain, jit_compile=True, autograph=False)

    def conv(inputs: Any, kernel: Any, *settings: Any, **named: Any) -> Any:
        given = inspect.signature(plain).bind(inputs, kernel, *settings, **named).arguments
        first = len(inputs.shape) == 5 and given.get("data_format") == "channels_first"
        return (compiled if first else plain)(inputs, tensorflow.convert_to_tensor(kernel), *settings, **named)

    backend.conv = conv
    try:
        yield
    finally:
        backend.conv = plain


#: Kinds that :func:`called` calls.
CALLED = frozenset({"recurrent", "conv_recurrent", "recurrent_cell", "einsum", *CALL_ARGUMENTS})


def make(spelling: Spelling, target: Any, named: dict[str, Any]) -> Any:
    """A layer with these parameters; those of an augmentation that must be given get a small factor."""
    if spelling.name in AUGMENTATIONS:
        missing = [
            name
            for name, parameter in inspect.signature(target.__init__).parameters.items()
            if parameter.default is parameter.empty and name not in ("self", "kwargs", "args")
        ]
        named = {**dict.fromkeys(missing, 4 if spelling.name == "RandomPosterization" else 0.2), **named}
    return target(**named)


def array(kind: str, index: int, shape: tuple[int, ...], a: Any, rng: np.random.Generator) -> Any:
    """Random values for input ``index`` of a layer of this kind."""
    if kind == "embedding" or (kind == "reversible_embedding" and not a.reverse):
        return rng.integers(0, a.input_dim, size=shape)
    if kind in ("category_encoding", "hashing", "one_hot_axis", "hashed_crossing"):
        return rng.integers(0, getattr(a, "num_tokens", 4), size=shape)
    if kind == "take" and index == 1:
        return np.zeros(shape, "int32")
    if kind == "augment":
        return rng.uniform(0, 255, size=shape).astype("float32")
    return rng.normal(size=shape).astype("float32")
