"""Embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Int
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling


@layer
class Embedding(Declaration):
    """A vector for each index. Sources: Keras ``Embedding``; PyTorch ``torch.nn.Embedding``."""

    kind = "embedding"
    arguments = (
        Argument("input_dim", Int(1), REQUIRED, "capacity", "how many indices there are"),
        Argument("output_dim", Int(1), REQUIRED, "capacity", "size of a vector", torch=Int(0)),
        Argument("mask_zero", Bool(), False, "meaning", "index 0 means no entry"),
        Argument("input_length", Anything(), None, "derived", "understood for old programs, ignored today"),
        Argument("padding_idx", Anything(), None, "meaning", "PyTorch only"),
    )
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
        Example(
            ((None, 7),), {"input_dim": 0, "output_dim": 8}, breaks="argument-out-of-domain", expected="input_dim=0"
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        return (*shape, a.output_dim)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        return {"embeddings": (a.input_dim, a.output_dim)}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return w["embeddings"][x[0].astype(int)]
