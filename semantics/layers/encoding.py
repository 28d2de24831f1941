"""Layers that turn words, numbers and categories into integers or into vectors with one cell for each category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Int, Maybe
from repairnn.semantics.faults import NeedAgree, NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Dim, Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

CROSSING_SHAPES = Rule(
    "crossing-shapes",
    "Features that are crossed have different shapes",
    "{inputs}",
    "two inputs of one shape, (batch,) or (batch, 1)",
    "A crossing looks at the pair of values that each sample has.",
)
TEXT_SHAPE = Rule(
    "text-shape",
    "A layer for texts gets more than one text for each sample",
    "{input}",
    "(batch,) or (batch, 1)",
    "Each sample is one string, which the layer splits into words.",
)
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


def encoded(shape: Shape, depth: ar.Term, mode: str) -> Shape:
    """The shape of encoded categories. Source: what Keras' encoding layers return.

    ``int`` keeps the shape; ``one_hot`` appends the categories or puts them in place of a last axis of size 1; the
    others count over the axis behind the batch, or over all samples when there is none.
    """
    if mode == "int":
        return shape
    if mode == "one_hot":
        single = len(shape) > 1 and isinstance(shape[-1], int) and shape[-1] == 1
        return (*(shape[:-1] if single else shape), depth)
    if len(shape) < 2:
        return (depth,)
    return (shape[0], *shape[2:], depth)


def encode(indices: Any, depth: int, mode: str) -> Any:
    """The values of :func:`encoded` for integer categories."""
    import numpy as np

    if mode == "int":
        return indices
    hot = (indices[..., None] == np.arange(depth)).astype(np.float32)
    if mode == "one_hot":
        return hot[..., 0, :] if indices.ndim > 1 and indices.shape[-1] == 1 else hot
    axis = 1 if indices.ndim > 1 else 0
    return hot.max(axis) if mode == "multi_hot" else hot.sum(axis)


def size_of(vocabulary: Any) -> Dim:
    """How many entries a vocabulary has, where it can be counted."""
    return len(vocabulary) if isinstance(vocabulary, (tuple, list)) else None


@layer
class CategoryEncoding(Declaration):
    """Integer categories as vectors. Source: Keras ``CategoryEncoding``."""

    kind = "category_encoding"
    exact = False
    arguments = (
        Argument("num_tokens", Int(1), REQUIRED, "free"),
        Argument("output_mode", Choice(("one_hot", "multi_hot", "count")), "multi_hot", "meaning"),
        Argument("sparse", Anything((False,)), False, "meaning"),
    )
    spellings = (Spelling("keras", "CategoryEncoding", ("num_tokens", "output_mode", "sparse")),)
    examples = (
        Example(((None, 3),), {"num_tokens": 4}, (None, 4)),
        Example(((None, 3),), {"num_tokens": 4, "output_mode": "one_hot"}, (None, 3, 4)),
        Example(((None, 1),), {"num_tokens": 4, "output_mode": "one_hot"}, (None, 4)),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        assert x[0] is not None
        return encoded(x[0], a.num_tokens, a.output_mode)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return encode(x[0].astype(int), a.num_tokens, a.output_mode)


DISCRETIZATION_BINS = Rule(
    "discretization-bins",
    "The bins of a discretisation are given twice or not at all",
    "bin_boundaries={boundaries}, num_bins={bins}",
    "one of the two",
    "Boundaries are either given, or learned from data for a number of bins.",
)


@layer
class Discretization(Declaration):
    """Numbers as the bins they fall into. Source: Keras ``Discretization``."""

    kind = "discretization"
    exact = False
    arguments = (
        Argument("bin_boundaries", Anything(((0.0, 1.0),)), None, "meaning"),
        Argument("num_bins", Maybe(Int(1)), None, "meaning"),
        Argument("output_mode", Choice(MODES[:4]), "int", "meaning"),
    )
    rules = (DISCRETIZATION_BINS,)
    spellings = (
        Spelling("keras", "Discretization", ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse")),
    )
    examples = (
        Example(((None, 3),), {"bin_boundaries": (0.0, 1.0)}, (None, 3)),
        Example(((None, 3),), {"bin_boundaries": (0.0, 1.0), "output_mode": "one_hot"}, (None, 3, 3)),
        Example(((None, 3),), {}, breaks="discretization-bins", expected="num_bins=None"),
        Example(((None, 3),), {"bin_boundaries": (0.0, 1.0), "num_bins": 3}, breaks="discretization-bins"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        assert x[0] is not None
        if (a.bin_boundaries is None) == (a.num_bins is None):
            arguments = ("bin_boundaries", "num_bins")
            values = {"boundaries": a.bin_boundaries, "bins": a.num_bins}
            c.fault(DISCRETIZATION_BINS, [*map(NeedArgument, arguments)], arguments, **values)
        bins = a.num_bins if a.bin_boundaries is None else ar.add(size_of(a.bin_boundaries), 1)
        return encoded(x[0], bins, a.output_mode)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return encode(np.digitize(x[0], a.bin_boundaries), len(a.bin_boundaries) + 1, a.output_mode)


@layer
class Hashing(Declaration):
    """Values hashed into bins. Source: Keras ``Hashing``. The hash itself has no reference."""

    kind = "hashing"
    exact = False
    arguments = (
        Argument("num_bins", Int(1), REQUIRED, "free"),
        Argument("output_mode", Choice(MODES[:4]), "int", "meaning"),
    )
    spellings = (Spelling("keras", "Hashing", ("num_bins", "mask_value", "salt", "output_mode", "sparse")),)
    examples = (
        Example(((None, 3),), {"num_bins": 4}, (None, 3)),
        Example(((None, 3),), {"num_bins": 4, "output_mode": "multi_hot"}, (None, 4)),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        assert x[0] is not None
        return encoded(x[0], a.num_bins, a.output_mode)


@layer
class HashedCrossing(Declaration):
    """Pairs of values hashed into bins. Source: Keras ``HashedCrossing``. The hash itself has no reference."""

    kind = "hashed_crossing"
    exact = False
    inputs = (2, 2)
    arguments = (
        Argument("num_bins", Int(0), REQUIRED, "free"),
        Argument("output_mode", Choice(("int", "one_hot")), "int", "meaning"),
    )
    rules = (CROSSING_SHAPES,)
    spellings = (Spelling("keras", "HashedCrossing", ("num_bins", "output_mode", "sparse")),)
    examples = (
        Example(((None, 1), (None, 1)), {"num_bins": 5, "output_mode": "one_hot"}, (None, 5)),
        Example(((None,), (None,)), {"num_bins": 5}, (None,)),
        Example(((None, 2), (None, 2)), {"num_bins": 5}, breaks="crossing-shapes", expected="(None, 2), (None, 2)"),
        Example(((None,), (None, 1)), {"num_bins": 5}, breaks="crossing-shapes"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        left, right = x
        assert left is not None
        assert right is not None
        fits = len(left) == len(right) and len(left) in (1, 2)
        if not (fits and all(c.holds(ar.eq(shape[-1], 1)) for shape in (left, right) if len(shape) == 2)):
            c.fault(CROSSING_SHAPES, [NeedAgree((0, 1))])
        return encoded(left, a.num_bins, a.output_mode)


@layer
class Lookup(Declaration):
    """Words or numbers as their places in a vocabulary, the unknown ones first.

    Sources: Keras ``StringLookup``, ``IntegerLookup``.
    """

    kind = "lookup"
    exact = False
    arguments = (
        Argument("vocabulary", Anything((("a", "b"),)), None, "meaning"),
        Argument("max_tokens", Maybe(Int(2)), None, "free"),
        Argument("num_oov_indices", Int(0), 1, "meaning"),
        Argument("mask_token", Anything(), None, "meaning"),
        Argument("output_mode", Choice(MODES), "int", "meaning"),
        Argument("pad_to_max_tokens", Anything((False,)), False, "meaning"),
        Argument("invert", Anything((False,)), False, "meaning"),
    )
    spellings = (
        Spelling("keras", "StringLookup", ("max_tokens", "num_oov_indices", "mask_token", "oov_token", "vocabulary",
                 "idf_weights", "invert", "output_mode", "pad_to_max_tokens", "sparse", "encoding", "name", "salt")),
        Spelling("keras", "IntegerLookup", ("max_tokens", "num_oov_indices", "mask_token", "oov_token", "vocabulary",
                 "vocabulary_dtype", "idf_weights", "invert", "output_mode", "sparse", "pad_to_max_tokens",
                 "oov_method", "salt")),
    )  # fmt: skip
    examples = (
        Example(((None, 3),), {"vocabulary": ("a", "b")}, (None, 3)),
        Example(((None, 3),), {"vocabulary": ("a", "b"), "output_mode": "multi_hot"}, (None, 3)),
        Example(((None,),), {"output_mode": "one_hot"}, (None, None)),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        assert x[0] is not None
        if a.pad_to_max_tokens:
            depth = a.max_tokens
        else:
            masks = 1 if a.mask_token is not None and a.output_mode == "int" else 0
            depth = ar.add(size_of(a.vocabulary), a.num_oov_indices, masks)
        return encoded(x[0], depth, a.output_mode)


@layer
class TextVectorization(Declaration):
    """Texts as sequences of word numbers, or as counts of words. Source: Keras ``TextVectorization``."""

    kind = "text_vectorization"
    arguments = (
        Argument("max_tokens", Maybe(Int(2)), None, "free"),
        Argument("output_mode", Choice(MODES), "int", "meaning"),
        Argument("output_sequence_length", Maybe(Int(1)), None, "free"),
        Argument("pad_to_max_tokens", Anything((False,)), False, "meaning"),
        Argument("vocabulary", Anything((("a", "b"),)), None, "meaning"),
        Argument("split", Anything(("whitespace",)), "whitespace", "meaning"),
    )
    rules = (TEXT_SHAPE,)
    spellings = (
        Spelling("keras", "TextVectorization", ("max_tokens", "standardize", "split", "ngrams", "output_mode",
                 "output_sequence_length", "pad_to_max_tokens", "vocabulary", "idf_weights", "sparse", "ragged",
                 "encoding")),
    )  # fmt: skip
    examples = (
        Example(((None,),), {"output_sequence_length": 7}, (None, 7)),
        Example(((None, 1),), {"vocabulary": ("a", "b"), "output_mode": "multi_hot"}, (None, 3)),
        Example(((None, 1),), {}, (None, None)),
        Example(((None, 3),), {}, breaks="text-shape", expected="(None, 3)"),
        Example(((None, 1, 1),), {}, breaks="text-shape"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.split is None and len(shape) == 2:
            length = shape[1] if a.output_sequence_length is None else a.output_sequence_length
        else:
            if len(shape) > 2:
                c.fault(TEXT_SHAPE, [NeedRank(0, 1, 2)])
            elif len(shape) == 2 and not c.holds(ar.eq(shape[1], 1)):
                c.fault(TEXT_SHAPE, [NeedDim(0, 1, 1), NeedRank(0, 1, 1)])
            length = a.output_sequence_length
        if a.output_mode == "int":
            return (*shape[:1], length)
        depth = a.max_tokens if a.pad_to_max_tokens else ar.add(size_of(a.vocabulary), 1)
        return (*shape[:1], depth)
