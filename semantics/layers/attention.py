"""Attention without learned projections: dot products and sums of queries and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import broadcast
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Float
from repairnn.semantics.faults import NeedAgree, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

ATTENTION_RANK = Rule(
    "attention-rank",
    "Attention gets a tensor with too few axes",
    "{inputs}",
    "at least 2 axes each, usually 3: (batch, steps, features)",
    "Queries, values and keys are sequences of feature vectors.",
)
ATTENTION_FEATURES = Rule(
    "attention-features-differ",
    "Queries and keys have different numbers of features",
    "queries of {query} features and keys of {key} ({inputs})",
    "equal numbers of features",
    "A score compares a query with a key, feature by feature. Without a key of its own the value is the key.",
)
ATTENTION_STEPS = Rule(
    "attention-steps-differ",
    "There is another number of keys than of values",
    "{value} values and {key} keys ({inputs})",
    "one key for each value",
    "The score of a key is the weight of the value in the same place.",
)
ATTENTION_BATCH = Rule(
    "attention-batch",
    "The batches of an attention differ",
    "{left} and {right} along axis {axis} ({inputs})",
    "equal sizes there, or 1",
    "Queries attend to the values of their own sample.",
)
ATTENTION_FEATURES_UNKNOWN = Rule(
    "attention-features-unknown",
    "Additive attention needs a known number of features",
    "{input}, whose last axis is not known",
    "a last axis with a fixed size",
    "There is one learned scale for each feature.",
)
INPUTS = "(query, value) or (query, value, key)"


def attended(c: Context, x: Sequence[Shape | None], *, copies: bool) -> tuple[Shape, Shape] | None:
    """Result and scores for queries (..., T, d), values (..., S, v) and keys (..., S, d); the value is the default key.

    With ``copies`` queries and keys may have one feature that is used for all.
    """
    query, value, key = x[0], x[1], x[2] if len(x) == 3 else x[1]
    if query is None or value is None or key is None:
        return None
    short = [i for i, shape in enumerate(x) if shape is not None and len(shape) < 2]
    if short:
        c.fault(ATTENTION_RANK, [NeedRank(i, 2, None) for i in short])
        return None
    places = (0, len(x) - 1)
    one = ar.any_of(ar.eq(query[-1], 1), ar.eq(key[-1], 1)) if copies else False
    if not c.holds(ar.any_of(ar.eq(query[-1], key[-1]), one)):
        c.fault(ATTENTION_FEATURES, [NeedAgree(places, (-1,))], query=query[-1], key=key[-1])
    if not c.holds(ar.eq(value[-2], key[-2])):
        c.fault(ATTENTION_STEPS, [NeedAgree((1, 2), (-2,))], value=value[-2], key=key[-2])
    batch = broadcast(c, ATTENTION_BATCH, [query[:-2], value[:-2], key[:-2]], tail=2, inputs=len(x))
    return (*batch, query[-2], value[-1]), (*batch, query[-2], key[-2])


@layer
class Attention(Declaration):
    """Values averaged by how well their keys match the query. Inputs: (query, value) or (query, value, key).

    ``score_mode`` ``dot`` multiplies, ``concat`` adds and takes the hyperbolic tangent. Source: Keras ``Attention``.
    """

    kind = "attention"
    inputs = (2, 3)
    arguments = (
        Argument("use_scale", Bool(), False, "meaning"),
        Argument("score_mode", Choice(("dot", "concat")), "dot", "meaning"),
        Argument("dropout", Float(None, 1.0), 0.0, "meaning"),
        Argument("return_attention_scores", Bool(), False, "free"),
    )
    rules = (ATTENTION_RANK, ATTENTION_FEATURES, ATTENTION_STEPS, ATTENTION_BATCH)
    spellings = (Spelling("keras", "Attention", ("use_scale", "score_mode", "dropout", "seed")),)
    examples = (
        Example(((None, 3, 4), (None, 5, 4)), {}, (None, 3, 4)),
        Example(((None, 3, 4), (None, 5, 7), (None, 5, 4)), {}, (None, 3, 7)),
        Example(((2, 3, 4), (2, 5, 1)), {"score_mode": "concat"}, (2, 3, 1)),
        Example(((2, 3, 4), (2, 5, 4)), {"return_attention_scores": True}, [(2, 3, 4), (2, 3, 5)]),
        Example(((None, 3, 4), (None, 5, 6)), {}, breaks="attention-features-differ", expected="queries of 4 features"),
        Example(((None, 3, 4), (None, 6, 7), (None, 5, 4)), {}, breaks="attention-steps-differ"),
        Example(((3, 3, 4), (2, 5, 4)), {}, breaks="attention-batch", expected="3 and 2 along axis -3"),
        Example(((4,), (2, 5, 4)), {}, breaks="attention-rank"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        found = attended(c, x, copies=a.score_mode == "concat")
        if found is None:
            return [None] * Attention.output_count(a)
        return list(found) if a.return_attention_scores else found[0]

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        none: Shape = ()
        return ({"scale": none} if a.use_scale else {}) | (
            {"concat_score_weight": none} if a.score_mode == "concat" else {}
        )

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        query, value, key = x[0], x[1], x[-1]
        scale = w.get("scale", 1.0)
        if a.score_mode == "dot":
            scores = scale * (query @ key.swapaxes(-1, -2))
        else:
            together = query[..., :, None, :] + key[..., None, :, :]
            scores = w["concat_score_weight"] * np.tanh(scale * together).sum(-1)
        return _averaged(scores, value, a)

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.return_attention_scores else 1


@layer
class AdditiveAttention(Declaration):
    """Attention whose scores are a learned sum over ``tanh(query + key)``. Inputs as for :class:`Attention`.

    Source: Keras ``AdditiveAttention`` (Bahdanau's attention without its projections).
    """

    kind = "additive_attention"
    inputs = (2, 3)
    arguments = (
        Argument("use_scale", Bool(), True, "meaning"),
        Argument("dropout", Float(None, 1.0), 0.0, "meaning"),
        Argument("return_attention_scores", Bool(), False, "free"),
    )
    rules = (*Attention.rules, ATTENTION_FEATURES_UNKNOWN)
    spellings = (Spelling("keras", "AdditiveAttention", ("use_scale", "dropout")),)
    examples = (
        Example(((None, 3, 4), (None, 5, 4)), {}, (None, 3, 4)),
        Example(((2, 3, 4), (2, 5, 1)), {}, (2, 3, 1)),
        Example(((None, 3, 4), (None, 5, 6)), {}, breaks="attention-features-differ"),
        Example(((None, 3, 4), (None, 6, 7), (None, 5, 4)), {}, breaks="attention-steps-differ"),
        Example(((3, 3, 4), (2, 5, 4)), {}, breaks="attention-batch"),
        Example(((4,), (2, 5, 4)), {}, breaks="attention-rank"),
        Example(((None, 3, None), (None, 5, 4)), {}, breaks="attention-features-unknown"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        if a.use_scale and x[0] and x[0][-1] is None:
            c.fault(ATTENTION_FEATURES_UNKNOWN)
        found = attended(c, x, copies=True)
        if found is None:
            return [None] * AdditiveAttention.output_count(a)
        return list(found) if a.return_attention_scores else found[0]

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        return {"scale": (x[0][-1] if x[0] else None,)} if a.use_scale else {}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        query, value, key = x[0], x[1], x[-1]
        together = np.tanh(query[..., :, None, :] + key[..., None, :, :])
        return _averaged((w.get("scale", 1.0) * together).sum(-1), value, a)

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.return_attention_scores else 1


def _averaged(scores: Any, value: Any, a: Args) -> Any:
    from repairnn.semantics.numeric import softmax

    weights = softmax(scores)
    result = weights @ value
    return [result, weights] if a.return_attention_scores else result
