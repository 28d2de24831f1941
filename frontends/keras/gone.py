"""Layers that Keras has no more, built from their definitions with what it still has.

Keras itself then makes the weights, infers the shapes and runs them; :func:`stood_in` says which they are, so that
nobody takes the result for Keras' own layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any

from repairnn.semantics.ir import Network, Node

#: Layers by the name they had, with what stands in for them.
GONE = {
    "LocallyConnected1D": "a layer of the same definition",
    "LocallyConnected2D": "a layer of the same definition",
    "ThresholdedReLU": "ReLU with a threshold",
}


def stood_in(network: Network) -> list[str]:
    """The names of layers in a network that Keras has no more, each once."""
    return sorted({node.spelling for node in network if network.framework == "keras" and node.spelling in GONE})


def replacement(keras: Any, node: Node) -> Callable[[Mapping[str, Any]], Any] | None:
    """What makes the layer of a node from its arguments, where this Keras has no such layer."""
    if node.spelling not in GONE or hasattr(keras.layers, node.spelling):
        return None
    if node.spelling == "ThresholdedReLU":
        return lambda args: keras.layers.ReLU(threshold=args.get("threshold", 1.0))
    rank = int(node.spelling[-2])
    return lambda args: _locally_connected(keras)(rank, **{k: v for k, v in args.items() if k in _ARGUMENTS})


_ARGUMENTS = ("filters", "kernel_size", "strides", "data_format", "activation", "use_bias")


@cache
def _locally_connected(keras: Any) -> Any:
    """A convolution without weight sharing, as Keras 2 documents it: a kernel of its own for every place."""

    class LocallyConnected(keras.layers.Layer):
        def __init__(
            self,
            rank: int,
            filters: int,
            kernel_size: Any,
            strides: Any = 1,
            data_format: str | None = None,
            activation: Any = None,
            use_bias: bool = True,
        ) -> None:
            super().__init__()
            self.rank, self.filters, self.use_bias = rank, filters, use_bias
            self.kernel_size, self.strides = _spread(kernel_size, rank), _spread(strides, rank)
            self.first = (data_format or keras.config.image_data_format()) == "channels_first"
            self.activation = keras.activations.get(activation)

        def build(self, shape: Sequence[Any]) -> None:
            places = self._places(shape)
            channels = shape[1] if self.first else shape[-1]
            size = (prod(places), prod(self.kernel_size) * channels, self.filters)
            self.kernel = self.add_weight(shape=size, name="kernel")
            self.bias = self.add_weight(shape=(*places, self.filters), name="bias") if self.use_bias else None

        def call(self, x: Any) -> Any:
            ops = keras.ops
            x = ops.moveaxis(x, 1, -1) if self.first else x
            places = self._places((None, *x.shape[1:]), last=True)
            for axis in range(self.rank):  # (batch, place, offset, ..., channels), an axis for each after another
                starts = ops.arange(places[axis]) * self.strides[axis]
                offsets = ops.arange(self.kernel_size[axis])
                x = ops.take(x, starts[:, None] + offsets[None, :], axis=1 + 2 * axis)
            order = [0, *(1 + 2 * axis for axis in range(self.rank)), *(2 + 2 * axis for axis in range(self.rank)), -1]
            order[-1] = 1 + 2 * self.rank
            rows = ops.reshape(ops.transpose(x, order), (-1, prod(places), self.kernel.shape[1]))
            y = ops.reshape(ops.einsum("bpk,pkf->bpf", rows, self.kernel), (-1, *places, self.filters))
            y = y if self.bias is None else y + self.bias
            return self.activation(ops.moveaxis(y, -1, 1) if self.first else y)

        def compute_output_shape(self, shape: Sequence[Any]) -> tuple[Any, ...]:
            places = self._places(shape)
            return (shape[0], self.filters, *places) if self.first else (shape[0], *places, self.filters)

        def _places(self, shape: Sequence[Any], last: bool = False) -> tuple[int, ...]:
            """How many places a window has on each axis; the layer needs to know them when it is built."""
            if len(shape) != self.rank + 2 or None in shape[1:]:
                raise ValueError(f"a locally connected layer needs {self.rank + 2} axes of known sizes, not {shape}")
            sizes = shape[2:] if self.first and not last else shape[1:-1]
            pairs = zip(sizes, self.kernel_size, self.strides, strict=True)
            places = tuple((size - window) // stride + 1 for size, window, stride in pairs)
            if min(places) < 1:
                raise ValueError(f"the window {self.kernel_size} does not fit into {tuple(sizes)}")
            return places

    return LocallyConnected


def _spread(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
