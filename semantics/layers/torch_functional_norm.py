"""PyTorch's functions of activation and normalisation that look at the weights they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.faults import Need, NeedAtLeast, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_domains import Number
from repairnn.semantics.torch_rules import both, of_size, spell

SLOPES = Rule(
    "prelu-slopes",
    "The slopes given to prelu are neither one nor one for each channel",
    "slopes {slopes} for {input}",
    "a single slope, or {channels}, the channels of the input",
    "The channels are axis 1. A rectifier has one slope for all of them, or one for each.",
)


@layer
class PreluFunction(Declaration):
    """A rectifier with given slopes; inputs are x and the slopes. Source: PyTorch ``torch.nn.functional.prelu``."""

    kind = "prelu_function"
    inputs = (2, 2)
    rules = (SLOPES,)
    spellings = both("prelu", tensors="input weight")
    examples = (
        Example(((2, 3, 5), (3,)), {}, (2, 3, 5), framework="torch"),
        Example(((2, 3, 5), (1,)), {}, (2, 3, 5), framework="torch"),
        Example(((2, 4, 5), (3,)), {}, breaks="prelu-slopes", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, slopes = x[0] or (), x[1] or ()
        channels = shape[1] if len(shape) > 1 else 1
        count = ar.product(slopes)
        if len(slopes) > 1 or not c.holds(ar.any_of(ar.eq(count, 1), ar.eq(count, channels))):
            needs: list[Need] = [NeedShape(1, (channels,)), NeedShape(1, (1,))]
            if len(shape) > 1 and len(slopes) == 1:
                needs += of_size(0, 1, count)
            c.fault(SLOPES, needs, slopes=slopes, channels=channels)
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        slopes = x[1].reshape((-1, *(1,) * (x[0].ndim - 2))) if x[0].ndim > 1 and x[1].size > 1 else x[1].reshape(-1)[0]
        return np.where(x[0] > 0, x[0], slopes * x[0])


CELLS = Rule(
    "instance-norm-function-input",
    "An instance normalisation gets a tensor without several cells in each channel",
    "{received} axes {input}",
    "at least {least} axes (batch, channels, ..) and more than one cell in each channel",
    "Each channel of each sample is normalised over its cells.",
)


@layer
class InstanceNormFunction(Declaration):
    """Each channel of each sample normalised over its cells, any number of spatial axes.

    Source: PyTorch ``torch.nn.functional.instance_norm``.
    """

    kind = "instance_norm_function"
    arguments = (Argument("epsilon", Number(), 1e-5, "meaning"),)
    rules = (CELLS,)
    spellings = (
        spell("function", "instance_norm", "running_mean running_var weight bias use_input_stats momentum eps",
              tensors="input", renames={"eps": "epsilon"},
              ignored="running_mean running_var weight bias use_input_stats momentum"),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 4),), {}, (2, 3, 4), framework="torch"),
        Example(((2, 3, 1),), {}, breaks="instance-norm-function-input", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        cells = ar.product(shape[2:])
        if len(shape) < 2 or (cells is not None and not c.holds(cells != 1)):
            needs: list[Need] = [NeedRank(0, 3, None), *(NeedAtLeast(0, axis, 2) for axis in range(2, len(shape)))]
            c.fault(CELLS, needs, received=len(shape), least=3)
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        axes = tuple(range(2, x[0].ndim))
        return (x[0] - x[0].mean(axes, keepdims=True)) / np.sqrt(x[0].var(axes, keepdims=True) + a.epsilon)
