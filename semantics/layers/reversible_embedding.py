"""An embedding that can be read backwards: from vectors to scores of indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Float, Int, Maybe
from repairnn.semantics.faults import NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

REVERSE_FEATURES = Rule(
    "reverse-embedding-features",
    "An embedding that is read backwards gets vectors of another size than it makes",
    "{input}",
    "a last axis of {wanted}, as output_dim says",
    "Backwards the layer multiplies a vector with the vectors of all indices.",
)


@layer
class ReversibleEmbedding(Declaration):
    """A vector for each index; with ``reverse``, a score of each index for a vector.

    Source: Keras ``ReversibleEmbedding``.
    """

    kind = "reversible_embedding"
    arguments = (
        Argument("input_dim", Int(1, strict=True), REQUIRED, "capacity", "how many indices there are"),
        Argument("output_dim", Int(1, strict=True), REQUIRED, "capacity", "size of a vector"),
        Argument("tie_weights", Bool(), True, "meaning", "whether one matrix serves both ways"),
        Argument("mask_zero", Bool(), False, "meaning", "index 0 means no entry"),
        Argument("logit_soft_cap", Maybe(Float()), None, "meaning", "bound of the scores"),
        Argument("reverse", Bool(), False, "free", "given when the layer is called"),
    )
    rules = (REVERSE_FEATURES,)
    spellings = (
        Spelling("keras", "ReversibleEmbedding", ("input_dim", "output_dim", "tie_weights", "embeddings_initializer",
                 "embeddings_regularizer", "embeddings_constraint", "mask_zero", "reverse_dtype", "logit_soft_cap")),
    )  # fmt: skip
    examples = (
        Example(((None, 7),), {"input_dim": 9, "output_dim": 4}, (None, 7, 4)),
        Example(((None, 7, 4),), {"input_dim": 9, "output_dim": 4, "reverse": True}, (None, 7, 9)),
        Example(((None, 7, 5),), {"input_dim": 9, "output_dim": 4, "reverse": True},
                breaks="reverse-embedding-features", expected="a last axis of 4"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not a.reverse:
            return (*shape, a.output_dim)
        if not shape or not c.holds(ar.eq(shape[-1], a.output_dim)):
            c.fault(REVERSE_FEATURES, [NeedDim(0, -1, a.output_dim, "output_dim"), NeedRank(0, 1, None)],
                    ("output_dim",), wanted=a.output_dim)  # fmt: skip
        return (*shape[:-1], a.input_dim)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        weights: dict[str, Shape] = {"embeddings": (a.input_dim, a.output_dim)}
        return weights if a.tie_weights else {**weights, "reverse_embeddings": (a.output_dim, a.input_dim)}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if not a.reverse:
            return w["embeddings"][x[0].astype(int)]
        scores = x[0] @ (w["embeddings"].T if a.tie_weights else w["reverse_embeddings"])
        return scores if a.logit_soft_cap is None else np.tanh(scores / a.logit_soft_cap) * a.logit_soft_cap
