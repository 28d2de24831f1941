"""A tuple where PyTorch wants a tensor: what a recurrent or attention module returns, given on as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Declaration, Example
from repairnn.semantics.faults import Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer

TUPLE_AS_TENSOR = Rule(
    "tuple-as-tensor",
    "A tuple is used where a tensor is needed",
    "a tuple of {count}",
    "one tensor, the first of them as a rule",
    "nn.LSTM and nn.GRU return their output together with the last states, nn.MultiheadAttention its output together "
    "with the weights. The output alone is the first of the tuple: output, _ = self.lstm(x), or self.lstm(x)[0]. In an "
    "nn.Sequential a small module has to take it out.",
)


@layer
class Tuple(Declaration):
    """Tensors that are held as one value. It counts as the first of them from there on.

    Source: PyTorch, the return values of ``torch.nn.LSTM``, ``GRU``, ``RNN`` and ``MultiheadAttention``.
    """

    kind = "tuple"
    inputs = (1, None)
    rules = (TUPLE_AS_TENSOR,)
    examples = (
        Example(((2, 5, 8),), {}, (2, 5, 8), framework="torch"),
        Example(((2, 5, 8), (1, 2, 8)), {}, breaks="tuple-as-tensor", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        if len(x) > 1:
            c.fault(TUPLE_AS_TENSOR, count=len(x))
        return x[0]

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0]
