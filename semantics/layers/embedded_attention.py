"""PyTorch's multi-head attention, whose inputs come in another order and whose heads share the embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Float, Int, Maybe
from repairnn.semantics.faults import NeedAgree, NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

EMBED_RANK = Rule(
    "embedded-attention-rank",
    "An attention gets tensors with the wrong number of axes",
    "{inputs}",
    "3 axes each with a batch, or 2 each without",
    "Queries, keys and values are sequences of feature vectors.",
)
EMBED_FEATURES = Rule(
    "embedded-attention-features",
    "An attention gets another number of features than it is made for",
    "{received} features (last axis of the {role}, {inputs})",
    "{declared} features, as {argument} says",
    "The projections are made for a fixed number of features.",
)
EMBED_HEADS = Rule(
    "embedded-attention-heads",
    "The embedding does not divide into the heads of an attention",
    "embed_dim={size} in {heads} heads",
    "a multiple of {heads}",
    "Each head works on an equal share of the embedding.",
)
EMBED_STEPS = Rule(
    "embedded-attention-sizes",
    "Query, key and value of an attention do not fit together",
    "{left} and {right} along axis {axis} of {first} and {second} ({inputs})",
    "equal sizes there",
    "There is one value for each key, and all belong to the samples of one batch.",
)
ROLES = ("query", "key", "value")


@layer
class EmbeddedAttention(Declaration):
    """Multi-head attention on (query, key, value); outputs are the result and the weights averaged over the heads.

    Axes are (steps, batch, features) unless ``batch_first``. Source: PyTorch ``torch.nn.MultiheadAttention``.
    """

    kind = "embedded_attention"
    inputs = (3, 3)
    arguments = (
        Argument("embed_dim", Int(1, likely=8), REQUIRED, "derived", "features of the query and the result"),
        Argument("num_heads", Int(1, likely=2), REQUIRED, "free"),
        Argument("use_bias", Bool(), True, "meaning"),
        Argument("dropout", Float(), 0.0, "meaning"),
        Argument("kdim", Maybe(Int(1)), None, "derived", "features of the key"),
        Argument("vdim", Maybe(Int(1)), None, "derived", "features of the value"),
        Argument("add_bias_kv", Bool(), False, "meaning", "one more step of keys and values, which is learned"),
        Argument("add_zero_attn", Bool(), False, "meaning", "one more step of keys and values, which is zero"),
        Argument("batch_first", Bool(), False, "order"),
        Argument("need_weights", Bool(), True, "free"),
        Argument("average_attn_weights", Bool(), True, "free"),
    )
    rules = (EMBED_RANK, EMBED_FEATURES, EMBED_HEADS, EMBED_STEPS)
    spellings = (
        Spelling("torch", "MultiheadAttention", ("embed_dim", "num_heads", "dropout", "bias", "add_bias_kv",
                 "add_zero_attn", "kdim", "vdim", "batch_first", "device", "dtype"), renames={"bias": "use_bias"},
                 ignored=frozenset({"device", "dtype"})),
    )  # fmt: skip
    examples = (
        Example(((3, 2, 8), (5, 2, 8), (5, 2, 8)), {"embed_dim": 8, "num_heads": 2}, [(3, 2, 8), (2, 3, 5)],
                framework="torch"),
        Example(((2, 3, 8), (2, 5, 6), (2, 5, 7)), {"embed_dim": 8, "num_heads": 2, "kdim": 6, "vdim": 7,
                "batch_first": True}, [(2, 3, 8), (2, 3, 5)], framework="torch"),
        Example(((3, 8), (5, 8), (5, 8)), {"embed_dim": 8, "num_heads": 2}, [(3, 8), (3, 5)], framework="torch"),
        Example(((3, 8), (5, 8), (5, 8)), {"embed_dim": 8, "num_heads": 2, "add_bias_kv": True, "add_zero_attn": True},
                [(3, 8), (3, 7)], framework="torch"),
        Example(((8,), (5, 2, 8), (5, 2, 8)), {"embed_dim": 8, "num_heads": 2}, breaks="embedded-attention-rank",
                framework="torch"),
        Example(((3, 2, 7), (5, 2, 8), (5, 2, 8)), {"embed_dim": 8, "num_heads": 2},
                breaks="embedded-attention-features", expected="7 features (last axis of the query", framework="torch"),
        Example(((3, 2, 8), (5, 2, 8), (5, 2, 8)), {"embed_dim": 8, "num_heads": 3}, breaks="embedded-attention-heads",
                expected="embed_dim=8 in 3 heads", framework="torch"),
        Example(((3, 2, 8), (5, 2, 8), (6, 2, 8)), {"embed_dim": 8, "num_heads": 2}, breaks="embedded-attention-sizes",
                expected="5 and 6 along axis 0 of key and value", framework="torch"),
        Example(((3, 3, 8), (5, 2, 8), (5, 2, 8)), {"embed_dim": 8, "num_heads": 2}, breaks="embedded-attention-sizes",
                framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        query, key, value = x
        assert query is not None
        assert key is not None
        assert value is not None
        if not c.holds(ar.eq(ar.mod(a.embed_dim, a.num_heads), 0)):
            arguments = ("embed_dim", "num_heads")
            c.fault(EMBED_HEADS, [*map(NeedArgument, arguments)], arguments, size=a.embed_dim, heads=a.num_heads)
        if len(query) not in (2, 3) or len(key) != len(query) or len(value) != len(query):
            good = 2 if len(query) == 2 else 3
            c.fault(EMBED_RANK, [NeedRank(i, good, good) for i in range(3)])
            return [(*query[:-1], a.embed_dim), None]
        _require_features(c, x, a)
        batched = len(query) == 3
        steps = 1 if batched and a.batch_first else 0
        pairs = [(1, 2, steps), *([(0, 1, 1 - steps), (1, 2, 1 - steps)] if batched else [])]
        for first, second, axis in pairs:
            left, right = (x[first] or ())[axis], (x[second] or ())[axis]
            if not c.holds(ar.eq(left, right)):
                values = {"left": left, "right": right, "axis": axis, "first": ROLES[first], "second": ROLES[second]}
                c.fault(EMBED_STEPS, [NeedAgree((first, second), (axis,))], ("batch_first",), **values)
        batch = (query[1 - steps],) if batched else ()
        heads = () if a.average_attn_weights else (a.num_heads,)
        attended = ar.add(key[steps], int(a.add_bias_kv), int(a.add_zero_attn))
        scores = (*batch, *heads, query[steps], attended) if a.need_weights else None
        return [(*query[:-1], a.embed_dim), scores]

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        size = a.embed_dim
        if (a.kdim or size) == size and (a.vdim or size) == size:
            weights: dict[str, Shape] = {"in_proj_weight": (ar.mul(3, size), size)}
        else:
            weights = {"q_proj_weight": (size, size), "k_proj_weight": (size, a.kdim or size),
                       "v_proj_weight": (size, a.vdim or size)}  # fmt: skip
        if a.use_bias:
            weights |= {"in_proj_bias": (ar.mul(3, size),), "out_proj.bias": (size,)}
        if a.add_bias_kv:
            weights |= {"bias_k": (1, 1, size), "bias_v": (1, 1, size)}
        return weights | {"out_proj.weight": (size, size)}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics.numeric import softmax

        batched = x[0].ndim == 3
        parts = [y[None] if not batched else y if a.batch_first else y.swapaxes(0, 1) for y in x]
        kernels = np.split(w["in_proj_weight"], 3) if "in_proj_weight" in w else [w[f"{n}_proj_weight"] for n in "qkv"]
        biases = np.split(w["in_proj_bias"], 3) if a.use_bias else [0, 0, 0]
        q, k, v = (y @ kernel.T + bias for y, kernel, bias in zip(parts, kernels, biases, strict=True))
        rest = (len(k), 1, a.embed_dim)
        if a.add_bias_kv:
            k, v = (np.append(y, np.broadcast_to(w[name], rest), 1) for y, name in ((k, "bias_k"), (v, "bias_v")))
        if a.add_zero_attn:
            k, v = (np.append(y, np.zeros(rest), 1) for y in (k, v))
        q, k, v = (y.reshape(*y.shape[:2], a.num_heads, -1).swapaxes(1, 2) for y in (q, k, v))
        scores = softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))
        result = (scores @ v).swapaxes(1, 2).reshape(*parts[0].shape[:2], a.embed_dim)
        result = result @ w["out_proj.weight"].T + w.get("out_proj.bias", 0)
        scores = scores.mean(1) if a.average_attn_weights else scores
        if not batched:
            return [result[0], scores[0]]
        return [result if a.batch_first else result.swapaxes(0, 1), scores]

    @staticmethod
    def output_count(a: Args) -> int:
        return 2


def _require_features(c: Context, x: Sequence[Shape | None], a: Args) -> None:
    names = ("embed_dim", "kdim" if a.kdim is not None else "embed_dim", "vdim" if a.vdim is not None else "embed_dim")
    for index, (shape, argument) in enumerate(zip(x, names, strict=True)):
        declared = getattr(a, argument)
        size = shape[-1] if shape else None
        if not c.holds(ar.eq(size, declared)):
            needs = [NeedDim(index, -1, declared, argument)]
            values = {"received": size, "declared": declared, "role": ROLES[index], "argument": argument}
            c.fault(EMBED_FEATURES, needs, (argument,), **values)
