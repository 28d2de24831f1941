"""Attention with learned projections into several heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import as_axes, known_int
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Float, Int, Ints, Maybe
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.names import KERNEL_SETTINGS
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

HEADS_RANK = Rule(
    "heads-rank",
    "Multi-head attention gets tensors with the wrong number of axes",
    "{inputs}",
    "{wanted}, equally many for query, value and key",
    "Queries, values and keys are sequences of feature vectors: (batch, steps, features).",
)
HEADS_FEATURES_UNKNOWN = Rule(
    "heads-features-unknown",
    "Multi-head attention needs known numbers of features",
    "{inputs}, where the last axis of input {index} is not known",
    "last axes with a fixed size",
    "The projections have one row for each feature.",
)
HEADS_STEPS = Rule(
    "heads-steps-differ",
    "There is another number of keys than of values in a multi-head attention",
    "{left} and {right} along axis {axis} of value and key ({inputs})",
    "one key for each value",
    "The score of a key is the weight of the value in the same place.",
)
HEADS_BATCH = Rule(
    "heads-batch",
    "Query and value of a multi-head attention differ on an axis that is not attended",
    "{left} and {right} along axis {axis} of query and value ({inputs})",
    "equal sizes there",
    "Queries attend to the values of their own sample, and only along the attention axes.",
)
HEADS_AXES = Rule(
    "heads-attention-axes",
    "An attention axis is not one of the axes between the batch and the features",
    "attention_axes={axes} for {inputs}",
    "axes from 1 to {last}",
    "Attention runs along axes of steps; batch and features keep their place.",
)
HEADS_OUTPUT = Rule(
    "heads-features-differ",
    "Query and value of a grouped attention have different numbers of features",
    "{inputs}",
    "equal last axes",
    "Keras requires it although the projections would allow more.",
)
SETTINGS = ("dropout", "use_bias")


@layer
class MultiHeadAttention(Declaration):
    """Queries, values and keys projected into heads, attention in each, and the heads projected back.

    Inputs are (query, value) or (query, value, key). With ``return_attention_scores`` the scores are a second output.
    Source: Keras ``MultiHeadAttention`` after Vaswani et al., "Attention is all you need" (2017).
    """

    kind = "multi_head_attention"
    inputs = (2, 3)
    arguments = (
        Argument("num_heads", Int(1, likely=3), REQUIRED, "capacity"),
        Argument("key_dim", Int(1), REQUIRED, "capacity", "features of a query and a key in each head"),
        Argument("value_dim", Maybe(Int(1)), None, "capacity", "features of a value in each head"),
        Argument("dropout", Float(0.0, 1.0), 0.0, "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
        Argument("output_shape", Maybe(Ints(None)), None, "capacity", "last axes of the result"),
        Argument("attention_axes", Anything((None,)), None, "order"),
        Argument("use_gate", Bool(), False, "meaning"),
        Argument("use_causal_mask", Bool(), False, "meaning"),
        Argument("return_attention_scores", Bool(), False, "free"),
    )
    rules = (HEADS_RANK, HEADS_FEATURES_UNKNOWN, HEADS_STEPS, HEADS_BATCH, HEADS_AXES)
    spellings = (
        Spelling("keras", "MultiHeadAttention", ("num_heads", "key_dim", "value_dim", *SETTINGS, "output_shape",
                 "attention_axes", "sliding_window", "flash_attention", *KERNEL_SETTINGS, "use_gate", "seed")),
    )  # fmt: skip
    examples = (
        Example(((None, 3, 4), (None, 5, 6)), {"num_heads": 2, "key_dim": 3}, (None, 3, 4)),
        Example(((2, 3, 4), (2, 5, 6)), {"num_heads": 2, "key_dim": 3, "return_attention_scores": True},
                [(2, 3, 4), (2, 2, 3, 5)]),
        Example(((2, 3, 4), (2, 5, 6)), {"num_heads": 2, "key_dim": 3, "output_shape": (7, 8)}, (2, 3, 7, 8)),
        Example(((2, 2, 3, 4), (2, 2, 5, 6)), {"num_heads": 2, "key_dim": 3, "attention_axes": (2,)}, (2, 2, 3, 4)),
        Example(((None, 4), (None, 4)), {"num_heads": 2, "key_dim": 3}, breaks="heads-rank", expected="(None, 4)"),
        Example(((None, 3, None), (None, 5, 4)), {"num_heads": 2, "key_dim": 3}, breaks="heads-features-unknown",
                expected="input 0"),
        Example(((None, 3, 4), (None, 6, 4), (None, 5, 4)), {"num_heads": 2, "key_dim": 3}, breaks="heads-steps-differ",
                expected="6 and 5 along axis 1"),
        Example(((3, 3, 4), (2, 5, 4)), {"num_heads": 2, "key_dim": 3}, breaks="heads-batch"),
        Example(((2, 2, 3, 4), (2, 4, 5, 6)), {"num_heads": 2, "key_dim": 3, "attention_axes": (2,)},
                breaks="heads-batch"),
        Example(((2, 3, 4), (2, 5, 6)), {"num_heads": 2, "key_dim": 3, "attention_axes": (2,)},
                breaks="heads-attention-axes"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        query, value = x[0], x[1]
        assert query is not None
        assert value is not None
        last = as_axes(a.output_shape) if a.output_shape is not None else query[-1:]
        axes = _checked(c, x, a)
        if axes is None:
            result = (*query[:-1], *last) if query else None
            return [result, None] if a.return_attention_scores else result
        rest = [i for i in range(len(query) - 1) if i not in axes]
        for axis in rest:
            if not c.holds(ar.eq(query[axis], value[axis])):
                needs = [NeedAgree(tuple(range(len(x))), (axis,))]
                c.fault(HEADS_BATCH, needs, left=query[axis], right=value[axis], axis=axis)
        result = (*query[:-1], *last)
        if not a.return_attention_scores:
            return result
        scores = (*(query[i] for i in rest), a.num_heads, *(query[i] for i in axes), *(value[i] for i in axes))
        return [result, scores]

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        query, value, key = x[0], x[1], x[-1]
        width = a.value_dim or a.key_dim
        last = as_axes(a.output_shape) if a.output_shape is not None else (query or (None,))[-1:]
        features = [shape[-1] if shape else None for shape in (query, key, value)]
        weights: dict[str, Shape] = {}
        for name, size, dim in zip(("query", "key", "value"), features, (a.key_dim, a.key_dim, width), strict=True):
            weights |= _projection(name, (size,), (a.num_heads, dim), a.use_bias)
        if a.use_gate:
            weights |= _projection("gate", (features[0],), (a.num_heads, width), a.use_bias)
        return weights | _projection("attention_output", (a.num_heads, width), tuple(last), a.use_bias)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics.numeric import softmax

        axes = _attention_axes(x[0].ndim, a.attention_axes)
        query, key, value = (_heads(x[i], w, name, axes) for i, name in ((0, "query"), (-1, "key"), (1, "value")))
        scores = query @ key.swapaxes(-1, -2) / np.sqrt(a.key_dim)
        if a.use_causal_mask:
            scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, np.finfo(scores.dtype).min)
        scores = softmax(scores)
        rest = [i for i in range(x[0].ndim - 1) if i not in axes]
        shape = [*(x[0].shape[i] for i in rest), a.num_heads, *(x[0].shape[i] for i in axes)]
        result = np.moveaxis((scores @ value).reshape(*shape, -1), range(len(shape)), [*rest, x[0].ndim - 1, *axes])
        if a.use_gate:
            gate = np.tensordot(x[0], w["gate/kernel"], 1) + w.get("gate/bias", 0)
            result = result / (1 + np.exp(-gate))
        result = np.tensordot(result, w["attention_output/kernel"], 2) + w.get("attention_output/bias", 0)
        steps = [x[1].shape[i] for i in axes]
        return [result, scores.reshape(*shape, *steps)] if a.return_attention_scores else result

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.return_attention_scores else 1


def _projection(name: str, inside: Shape, out: Shape, use_bias: bool) -> dict[str, Shape]:
    return {f"{name}/kernel": (*inside, *out), **({f"{name}/bias": out} if use_bias else {})}


def _heads(x: Any, w: Mapping[str, Any], name: str, axes: Sequence[int]) -> Any:
    """A projected input as (rest of the axes, heads, cells along the attention axes, features)."""
    import numpy as np

    y = np.tensordot(x, w[f"{name}/kernel"], 1) + w.get(f"{name}/bias", 0)
    rest = [i for i in range(x.ndim - 1) if i not in axes]
    y = y.transpose([*rest, x.ndim - 1, *axes, x.ndim])
    return y.reshape(*y.shape[: len(rest) + 1], -1, y.shape[-1])


def _attention_axes(rank: int, axes: Any) -> list[int]:
    if axes is None:
        return list(range(1, rank - 1))
    return [axis % rank if known_int(axis) else 1 for axis in as_axes(axes)]


def _checked(c: Context, x: Sequence[Shape | None], a: Args) -> list[int] | None:
    """The attention axes when ranks and sizes are as they must be."""
    ranks = [len(shape or ()) for shape in x]
    if min(ranks) < 3 or len(set(ranks)) > 1:
        good = max(max(ranks), 3)
        c.fault(
            HEADS_RANK, [NeedRank(i, good, good) for i, r in enumerate(ranks) if r != good], wanted="at least 3 axes"
        )
        return None
    for index, shape in enumerate(x):
        if shape and shape[-1] is None and c.framework == "keras":
            c.fault(HEADS_FEATURES_UNKNOWN, index=index)
    last = ranks[0] - 2
    axes = _attention_axes(ranks[0], a.attention_axes)
    if any(not 1 <= axis <= last for axis in axes) or len(set(axes)) < len(axes):
        needs: list[Need] = [NeedArgument("attention_axes", (None,))]
        c.fault(HEADS_AXES, needs, ("attention_axes",), axes=as_axes(a.attention_axes), last=last)
        return None
    require_paired(c, x)
    return axes


def require_paired(c: Context, x: Sequence[Shape | None]) -> None:
    """Value and key must agree on every axis but the first and the last; the batch must agree as well."""
    if len(x) < 3 or x[1] is None or x[2] is None:
        return
    for axis, (left, right) in enumerate(zip(x[1][:-1], x[2][:-1], strict=True)):
        if not c.holds(ar.eq(left, right)):
            c.fault(HEADS_STEPS, [NeedAgree((1, 2), (axis,))], left=left, right=right, axis=axis)


GROUP_HEADS = Rule(
    "grouped-heads",
    "The query heads do not divide into the key heads of a grouped attention",
    "{query} query heads for {key} key and value heads",
    "a multiple of {key} query heads",
    "Each key and value head serves an equal number of query heads.",
)


@layer
class GroupQueryAttention(Declaration):
    """Multi-head attention in which several query heads share one head of keys and values.

    Source: Keras ``GroupQueryAttention`` after Ainslie et al. (2023).
    """

    kind = "group_query_attention"
    inputs = (2, 3)
    arguments = (
        Argument("head_dim", Int(1), REQUIRED, "capacity"),
        Argument("num_query_heads", Int(1, likely=4), REQUIRED, "capacity"),
        Argument("num_key_value_heads", Int(1, likely=2), REQUIRED, "capacity"),
        Argument("dropout", Float(0.0, 1.0), 0.0, "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
        Argument("use_gate", Bool(), False, "meaning"),
        Argument("return_attention_scores", Bool(), False, "free"),
    )
    rules = (HEADS_RANK, HEADS_FEATURES_UNKNOWN, HEADS_STEPS, HEADS_BATCH, HEADS_OUTPUT, GROUP_HEADS)
    spellings = (
        Spelling("keras", "GroupQueryAttention", ("head_dim", "num_query_heads", "num_key_value_heads", *SETTINGS,
                 "sliding_window", "flash_attention", *KERNEL_SETTINGS, "use_gate", "seed"),
                 aliases=("GroupedQueryAttention",)),
    )  # fmt: skip
    examples = (
        Example(((None, 3, 4), (None, 5, 4)), {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
                (None, 3, 4)),
        Example(((None, 3, 4), (None, 5, 4)), {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 3},
                breaks="grouped-heads", expected="4 query heads"),
        Example(((None, 3, 4), (None, 5, 6)), {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
                breaks="heads-features-differ"),
        Example(((None, 4), (None, 4)), {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
                breaks="heads-rank"),
        Example(((None, 3, None), (None, 5, None)), {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2,
                "return_attention_scores": True}, breaks="heads-features-unknown"),
        Example(((None, 3, 4), (None, 6, 4), (None, 5, 4)), {"head_dim": 3, "num_query_heads": 4,
                "num_key_value_heads": 2}, breaks="heads-steps-differ"),
        Example(((3, 3, 4), (2, 5, 4)), {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
                breaks="heads-batch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        query, value = x[0], x[1]
        assert query is not None
        assert value is not None
        if not c.holds(ar.eq(ar.mod(a.num_query_heads, a.num_key_value_heads), 0)):
            needs = [NeedArgument("num_query_heads"), NeedArgument("num_key_value_heads")]
            values = {"query": a.num_query_heads, "key": a.num_key_value_heads}
            c.fault(GROUP_HEADS, needs, ("num_query_heads", "num_key_value_heads"), **values)
        wrong = [i for i, shape in enumerate(x) if len(shape or ()) != 3]
        if wrong:
            c.fault(HEADS_RANK, [NeedRank(i, 3, 3) for i in wrong], wanted="3 axes")
            return [None] * GroupQueryAttention.output_count(a)
        unknown = [i for i, shape in enumerate(x) if shape and shape[-1] is None]
        if unknown:
            c.fault(HEADS_FEATURES_UNKNOWN, index=unknown[0])
        if not c.holds(ar.eq(query[-1], value[-1])):
            needs_size = [NeedDim(i, -1, size) for i, size in ((0, value[-1]), (1, query[-1])) if size is not None]
            c.fault(HEADS_OUTPUT, needs_size)
        require_paired(c, x)
        if not c.holds(ar.eq(query[0], value[0])):
            c.fault(HEADS_BATCH, [NeedAgree(tuple(range(len(x))), (0,))], left=query[0], right=value[0], axis=0)
        scores = (query[0], a.num_query_heads, query[1], value[1])
        return [query, scores] if a.return_attention_scores else query

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        query, value, key = ((shape or (None,))[-1] for shape in (x[0], x[1], x[-1]))
        own, shared = (a.num_query_heads, a.head_dim), (a.num_key_value_heads, a.head_dim)
        weights = _projection("query", (query,), own, a.use_bias) | _projection("key", (key,), shared, a.use_bias)
        weights |= _projection("value", (value,), shared, a.use_bias)
        if a.use_gate:
            weights |= _projection("gate", (query,), own, a.use_bias)
        return weights | _projection("attention_output", own, (query,), a.use_bias)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics.numeric import softmax

        query, key, value = (_heads(x[i], w, name, [1]) for i, name in ((0, "query"), (-1, "key"), (1, "value")))
        times = a.num_query_heads // a.num_key_value_heads
        key, value = key.repeat(times, axis=1), value.repeat(times, axis=1)
        scores = softmax(query @ key.swapaxes(-1, -2) / np.sqrt(a.head_dim))
        result = (scores @ value).swapaxes(1, 2)
        if a.use_gate:
            result = result / (1 + np.exp(-(np.tensordot(x[0], w["gate/kernel"], 1) + w.get("gate/bias", 0))))
        result = np.tensordot(result, w["attention_output/kernel"], 2) + w.get("attention_output/bias", 0)
        return [result, scores] if a.return_attention_scores else result

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.return_attention_scores else 1
