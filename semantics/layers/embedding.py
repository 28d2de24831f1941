"""Embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Int, Maybe
from repairnn.semantics.faults import NeedArgument, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

PADDING_INDEX = Rule(
    "embedding-padding-index",
    "The padding index of an embedding lies outside its table",
    "padding_idx={index} in a table of {count} rows",
    "an index from -{count} up to, and without, {count}",
    "The row of that index is the one that stays as it is.",
)


@layer
class Embedding(Declaration):
    """A vector for each index. Sources: Keras ``Embedding``; PyTorch ``torch.nn.Embedding``."""

    kind = "embedding"
    arguments = (
        Argument("input_dim", Int(1, strict=True), REQUIRED, "capacity", "how many indices there are"),
        Argument("output_dim", Int(1, strict=True), REQUIRED, "capacity", "size of a vector", torch=Int(0)),
        Argument("mask_zero", Bool(), False, "meaning", "index 0 means no entry"),
        Argument("input_length", Anything(), None, "derived", "understood for old programs, ignored today"),
        Argument("padding_idx", Anything(), None, "meaning", "PyTorch only", torch=Maybe(Int(None, likely=6))),
    )
    rules = (PADDING_INDEX,)
    spellings = (
        Spelling("keras", "Embedding", ("input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer",
                                        "embeddings_constraint", "mask_zero", "weights", "lora_rank", "lora_alpha",
                                        "quantization_config"),
                 keywords=("input_length",), legacy={"init": "embeddings_initializer"},
                 ignored=frozenset({"W_regularizer", "W_constraint", "dropout"})),
        Spelling("torch", "Embedding", ("num_embeddings", "embedding_dim", "padding_idx", "max_norm", "norm_type",
                                        "scale_grad_by_freq", "sparse", "_weight", "_freeze", "device", "dtype"),
                 renames={"num_embeddings": "input_dim", "embedding_dim": "output_dim"}),
    )  # fmt: skip
    examples = (
        Example(((None, 7),), {"input_dim": 100, "output_dim": 8}, (None, 7, 8)),
        Example(((None,),), {"input_dim": 100, "output_dim": 8}, (None, 8)),
        Example(((2, 7),), {"input_dim": 5, "output_dim": 8, "padding_idx": -5}, (2, 7, 8), framework="torch"),
        Example(
            ((2, 7),),
            {"input_dim": 5, "output_dim": 8, "padding_idx": 5},
            breaks="embedding-padding-index",
            expected="padding_idx=5 in a table of 5 rows",
            framework="torch",
        ),
        Example(
            ((None, 7),), {"input_dim": 0, "output_dim": 8}, breaks="argument-out-of-domain", expected="input_dim=0"
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        if isinstance(a.padding_idx, int) and c.framework == "torch":
            inside = ar.all_of(
                ar.at_least(a.padding_idx, ar.sub(0, a.input_dim)), ar.at_least(a.input_dim, a.padding_idx + 1)
            )
            if not c.holds(inside):
                needs = [NeedArgument("padding_idx"), NeedArgument("input_dim", (abs(a.padding_idx) + 1,))]
                c.fault(PADDING_INDEX, needs, ("padding_idx",), index=a.padding_idx, count=a.input_dim)
        return (*shape, a.output_dim)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        return {"embeddings": (a.input_dim, a.output_dim)}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return w["embeddings"][x[0].astype(int)]
