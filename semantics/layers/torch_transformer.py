"""PyTorch's transformer: encoder and decoder layers, stacks of them, and the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Float, Int
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedDim, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_domains import FunctionName
from repairnn.semantics.torch_rules import of_size, spell

TRANSFORMER_RANK = Rule(
    "transformer-rank",
    "A transformer gets a tensor with the wrong number of axes",
    "{inputs}",
    "3 axes each with a batch, or 2 each without",
    "The inputs are sequences of feature vectors: (steps, batch, features), with batch_first (batch, steps, features).",
)
TRANSFORMER_FEATURES = Rule(
    "transformer-features",
    "A transformer gets another number of features than it is made for",
    "{received} features (last axis of input {position} of {inputs})",
    "{declared} features, as d_model says",
    "Attention and feed-forward layers keep d_model features throughout.",
)
TRANSFORMER_HEADS = Rule(
    "transformer-heads",
    "The features do not divide into the heads of a transformer",
    "d_model={size} in {heads} heads",
    "a multiple of {heads}",
    "Each head works on an equal share of the features.",
)
TRANSFORMER_BATCH = Rule(
    "transformer-batch",
    "The two sequences of a transformer belong to different numbers of samples",
    "{left} and {right} along axis {axis} of {inputs}",
    "equal sizes there, the batch axis{hint}",
    "Each sample of the target attends to its own sample of the memory. Without batch_first the batch is axis 1.",
)
TRANSFORMER_MASK = Rule(
    "transformer-mask",
    "The mask of a transformer encoder does not fit its sequence",
    "a mask {mask} for {input}",
    "{wanted}",
    "The mask says which step may attend to which: one number for each pair of steps.",
)
BLOCK = "d_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias"
IGNORED = "dropout layer_norm_eps norm_first bias norm enable_nested_tensor mask_check custom_encoder"


@layer
class Transformer(Declaration):
    """Attention, feed-forward layers and norms: one sequence in (encoder) or two (decoder; the whole: source, target).

    ``block`` holds the arguments of the layer that a stack repeats. The decoder takes (target, memory), the whole
    transformer (source, target). Source: PyTorch ``torch.nn.TransformerEncoderLayer``, ``TransformerDecoderLayer``,
    ``TransformerEncoder``, ``TransformerDecoder``, ``Transformer``.
    """

    kind = "transformer"
    inputs = (1, 2)
    arguments = (
        Argument("part", Choice(("encoder", "decoder", "whole")), "encoder", "meaning"),
        Argument("d_model", Int(1, likely=8), 512, "derived", "features of both sequences"),
        Argument("nhead", Int(1, likely=2), 8, "free"),
        Argument("dim_feedforward", Int(0), 2048, "capacity"),
        Argument("num_layers", Int(1), 1, "capacity"),
        Argument("num_decoder_layers", Int(1), 6, "capacity"),
        Argument("batch_first", Bool(), False, "order"),
        Argument("dropout", Float(0.0), 0.1, "meaning"),
        Argument("activation", FunctionName(("relu", "gelu")), "relu", "meaning"),
        Argument("block", Anything((None,)), None, "derived", "arguments of the repeated layer, by their names here"),
    )
    rules = (TRANSFORMER_RANK, TRANSFORMER_FEATURES, TRANSFORMER_HEADS, TRANSFORMER_BATCH, TRANSFORMER_MASK)
    spellings = (
        spell("layer", "TransformerEncoderLayer", BLOCK, fixed={"part": "encoder"}, ignored=IGNORED,
              required="d_model nhead"),
        spell("layer", "TransformerDecoderLayer", BLOCK, fixed={"part": "decoder"}, ignored=IGNORED,
              required="d_model nhead"),
        spell("layer", "TransformerEncoder", "encoder_layer num_layers norm enable_nested_tensor mask_check",
              renames={"encoder_layer": "block"}, fixed={"part": "encoder"}, ignored=IGNORED, required="num_layers"),
        spell("layer", "TransformerDecoder", "decoder_layer num_layers norm", renames={"decoder_layer": "block"},
              fixed={"part": "decoder"}, ignored=IGNORED, required="num_layers"),
        spell("layer", "Transformer",
              "d_model nhead num_encoder_layers num_decoder_layers dim_feedforward dropout activation custom_encoder "
              "custom_decoder layer_norm_eps batch_first norm_first bias",
              renames={"num_encoder_layers": "num_layers"}, fixed={"part": "whole"}, defaults={"num_layers": 6},
              ignored=f"{IGNORED} custom_decoder"),
    )  # fmt: skip
    examples = (
        Example(((5, 2, 8),), {"d_model": 8, "nhead": 2, "dim_feedforward": 4}, (5, 2, 8), framework="torch"),
        Example(((5, 8),), {"d_model": 8, "nhead": 2, "dim_feedforward": 4}, (5, 8), framework="torch"),
        Example(((5, 2, 8), (6, 2, 8)), {"part": "decoder", "d_model": 8, "nhead": 2, "dim_feedforward": 4}, (5, 2, 8),
                framework="torch"),
        Example(((5, 2, 8), (6, 2, 8)), {"part": "whole", "d_model": 8, "nhead": 2, "dim_feedforward": 4,
                                         "num_layers": 1, "num_decoder_layers": 1}, (6, 2, 8), framework="torch"),
        Example(((2, 5, 8),), {"block": {"d_model": 8, "nhead": 2, "dim_feedforward": 4, "batch_first": True},
                               "num_layers": 2}, (2, 5, 8), framework="torch"),
        Example(((5, 2, 8), (5, 5)), {"d_model": 8, "nhead": 2, "dim_feedforward": 4}, (5, 2, 8), framework="torch"),
        Example(((5, 2, 8), (4, 5)), {"d_model": 8, "nhead": 2, "dim_feedforward": 4}, breaks="transformer-mask",
                framework="torch"),
        Example(((5, 2, 7),), {"d_model": 8, "nhead": 2, "dim_feedforward": 4}, breaks="transformer-features",
                framework="torch"),
        Example(((5, 2, 8, 8),), {"d_model": 8, "nhead": 2, "dim_feedforward": 4}, breaks="transformer-rank",
                framework="torch"),
        Example(((5, 2, 8),), {"d_model": 8, "nhead": 3, "dim_feedforward": 4}, breaks="transformer-heads",
                framework="torch"),
        Example(((5, 2, 8), (6, 3, 8)), {"part": "decoder", "d_model": 8, "nhead": 2, "dim_feedforward": 4},
                breaks="transformer-batch", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        model, heads, first = _settings(a)
        own = "d_model" if a.block is None else None
        result = x[-1] if a.part == "whole" else x[0]
        assert result is not None
        if not c.holds(ar.eq(ar.mod(model, heads), 0)):
            needs_heads = [NeedArgument("nhead"), NeedArgument("d_model")] if own else [NeedArgument("block")]
            c.fault(
                TRANSFORMER_HEADS, needs_heads, ("d_model", "nhead") if own else ("block",), size=model, heads=heads
            )
        if a.part == "encoder" and len(x) == 2:
            _require_mask_of_steps(c, x[0] or (), x[1] or (), heads, bool(first))
            x = x[:1]
        ranks = [len(shape or ()) for shape in x]
        if any(rank not in (2, 3) for rank in ranks) or len(set(ranks)) > 1:
            good = 2 if ranks[0] == 2 else 3
            c.fault(TRANSFORMER_RANK, [NeedRank(index, good, good) for index in range(len(x))])
            return (*result[:-1], model) if result else None
        for position, shape in enumerate(x):
            if shape and not c.holds(ar.eq(shape[-1], model)):
                needs_size: list[Need] = [NeedDim(position, -1, model, own)]
                if not own and isinstance(shape[-1], int):
                    needs_size.append(NeedArgument("block", ({**a.block, "d_model": shape[-1]},)))
                values = {"received": shape[-1], "position": position, "declared": model}
                c.fault(TRANSFORMER_FEATURES, needs_size, ("d_model",) if own else ("block",), **values)
        if len(x) == 2 and ranks[0] == 3:
            _require_batch(c, x[0] or (), x[1] or (), 0 if first else 1, own is not None)
        return (*result[:-1], model)


def _require_mask_of_steps(c: Context, shape: Shape, mask: Shape, heads: Any, first: bool) -> None:
    """The second input of an encoder: (steps, steps), or one such square for each sample and head."""
    if len(shape) not in (2, 3):
        return
    steps = shape[1 if first and len(shape) == 3 else 0]
    samples = ar.mul(heads, 1 if len(shape) == 2 else shape[0 if first else 1])
    wanted = (steps, steps) if len(mask) != 3 else (samples, steps, steps)
    if len(mask) != len(wanted) or not all(c.holds(ar.eq(m, n)) for m, n in zip(mask, wanted, strict=True)):
        c.fault(TRANSFORMER_MASK, [NeedShape(1, wanted)], mask=mask, wanted=wanted)


def _settings(a: Args) -> tuple[Any, Any, Any]:
    """Features, heads and whether the batch comes first, of the layer itself or of the block it repeats."""
    block = a.block if isinstance(a.block, Mapping) else {}
    if a.block is not None:
        return block.get("d_model"), block.get("nhead"), block.get("batch_first", False)
    return a.d_model, a.nhead, a.batch_first


def _require_batch(c: Context, left: Shape, right: Shape, axis: int, own: bool) -> None:
    if c.holds(ar.eq(left[axis], right[axis])):
        return
    needs: list[Need] = [NeedAgree((0, 1), (axis,))]
    swapped = ar.eq(left[1 - axis], right[1 - axis])
    if own and c.holds(swapped):
        needs.append(NeedArgument("batch_first", (axis == 1,)))
    values = {"left": left[axis], "right": right[axis], "axis": axis, "hint": " when batch_first" if axis == 0 else ""}
    c.fault(TRANSFORMER_BATCH, needs, ("batch_first",) if own else (), **values)


SDPA_RANK = Rule(
    "attention-product-rank",
    "A scaled dot product gets a tensor with too few axes",
    "{inputs}",
    "at least 2 axes each (.., steps, features)",
    "Queries, keys and values are sequences of feature vectors.",
)
SDPA_SIZE = Rule(
    "attention-product-sizes",
    "Query, key and value of a scaled dot product do not fit together",
    "{left} and {right} in {inputs}",
    "{wanted}",
    "Queries are compared with keys feature by feature, there is one value for each key, and the leading axes (batch, "
    "heads) are equal or 1.",
)
SDPA_MASK = Rule(
    "attention-product-two-masks",
    "A scaled dot product gets a mask and is to be causal as well",
    "is_causal=True with a mask {mask}",
    "one of the two",
    "Causal attention is a mask already; PyTorch refuses another beside it.",
)


@layer
class AttentionProduct(Declaration):
    """``softmax(q k' / sqrt(features)) v``, with an optional mask as fourth input.

    Source: PyTorch ``torch.nn.functional.scaled_dot_product_attention``.
    """

    kind = "attention_product"
    inputs = (3, 4)
    arguments = (
        Argument("is_causal", Bool(), False, "meaning"),
        Argument("enable_gqa", Bool(), False, "meaning"),
        Argument("scale", Anything((None, 0.5)), None, "meaning"),
    )
    rules = (SDPA_RANK, SDPA_SIZE, SDPA_MASK)
    spellings = (
        spell("function", "scaled_dot_product_attention", "dropout_p is_causal", keywords="scale enable_gqa",
              tensors="query key value attn_mask", ignored="dropout_p"),
    )  # fmt: skip
    examples = (
        Example(((2, 4, 5, 8), (2, 4, 6, 8), (2, 4, 6, 7)), {}, (2, 4, 5, 7), framework="torch"),
        Example(((5, 8), (6, 8), (6, 7)), {}, (5, 7), framework="torch"),
        Example(((2, 4, 5, 8), (2, 2, 6, 8), (2, 2, 6, 8)), {"enable_gqa": True}, (2, 4, 5, 8), framework="torch"),
        Example(((2, 5, 8), (2, 6, 8), (2, 6, 8), (5, 6)), {}, (2, 5, 8), framework="torch"),
        Example(((2, 5, 8), (2, 6, 7), (2, 6, 8)), {}, breaks="attention-product-sizes", framework="torch"),
        Example(((2, 5, 8), (2, 6, 8), (2, 5, 8)), {}, breaks="attention-product-sizes", framework="torch"),
        Example(((2, 5, 8), (2, 6, 8), (2, 6, 8), (6, 5)), {}, breaks="attention-product-sizes", framework="torch"),
        Example(((8,), (6, 8), (6, 8)), {}, breaks="attention-product-rank", framework="torch"),
        Example(((2, 5, 8), (2, 6, 8), (2, 6, 8), (5, 6)), {"is_causal": True}, breaks="attention-product-two-masks",
                framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shapes = [shape or () for shape in x]
        query, key, value = shapes[:3]
        least = 3 if a.enable_gqa else 2
        short = [i for i, shape in enumerate(shapes[:3]) if len(shape) < least]
        if short:
            c.fault(SDPA_RANK, [NeedRank(i, least, None) for i in short])
            return None
        if a.is_causal and len(shapes) == 4:
            c.fault(SDPA_MASK, [NeedArgument("is_causal", (False,))], ("is_causal",), mask=shapes[3])
        checks = (((0, -1), (1, -1), "queries and keys of equal features"),
                  ((1, -2), (2, -2), "as many values as keys"))  # fmt: skip
        for (i, p), (j, q), wanted in checks:
            left, right = shapes[i][p], shapes[j][q]
            if not c.holds(ar.eq(left, right)):
                c.fault(SDPA_SIZE, [*of_size(i, p, right), *of_size(j, q, left)], left=left, right=right, wanted=wanted)
        lead = _leading(c, query, key, value, a)
        if len(shapes) == 4:
            _require_mask(c, shapes[3], (*lead, query[-2], key[-2]))
        return (*lead, query[-2], value[-1])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics.numeric import softmax

        q, k, v = x[:3]
        if a.enable_gqa:
            k, v = (np.repeat(y, q.shape[-3] // y.shape[-3], axis=-3) for y in (k, v))
        scores = q @ k.swapaxes(-1, -2) * (a.scale if a.scale is not None else 1 / np.sqrt(q.shape[-1]))
        if len(x) == 4:
            scores = scores + x[3]
        if a.is_causal:
            scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
        return softmax(scores) @ v


def _leading(c: Context, query: Shape, key: Shape, value: Shape, a: Args) -> Shape:
    """Batch and heads of the result; in grouped attention the heads of the keys divide those of the queries."""
    from repairnn.semantics.layers.torch_loss import joined_shape

    lead = query[:-2]
    for index, other in ((1, key[:-2]), (2, value[:-2])):
        mine = lead
        if a.enable_gqa and lead and other:
            if not c.holds(ar.eq(ar.mod(lead[-1], other[-1]), 0)):
                wanted = "a number of heads that the heads of keys and values divide"
                c.fault(SDPA_SIZE, [NeedAgree((0, index))], left=lead[-1], right=other[-1], wanted=wanted)
            mine, other = lead[:-1], other[:-1]
        joined = joined_shape(c, mine, other)
        if joined is None:
            wanted = "leading axes (batch, heads) that are equal, or 1"
            c.fault(SDPA_SIZE, [NeedAgree((0, index), None, True)], left=mine, right=other, wanted=wanted)
            continue
        lead = (*joined, lead[-1]) if a.enable_gqa and lead and len(lead) > len(mine) else joined
    return lead


def _require_mask(c: Context, mask: Shape, scores: Shape) -> None:
    tail = scores[len(scores) - len(mask) :] if len(mask) <= len(scores) else None
    if tail is None or not all(c.holds(ar.any_of(ar.eq(m, n), ar.eq(m, 1))) for m, n in zip(mask, tail, strict=True)):
        wanted = "a mask that broadcasts to one number for each query and key"
        c.fault(SDPA_SIZE, [NeedAgree((0, 3), None, True)], left=mask, right=scores, wanted=wanted)
