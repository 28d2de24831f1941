"""TimeDistributed in its two forms: around one layer, and around anything (fold the steps into the batch and back)."""

from __future__ import annotations

from typing import Any

from repairnn.semantics.ir import Network, Node


def distributed(network: Network) -> tuple[set[str], dict[str, tuple[Node, Node]]]:
    """Where a fold, one layer and an unfold can be Keras' own ``TimeDistributed``.

    Returns the ids of the folds and layers that it stands for, and for each unfold its fold and its layer.
    """
    readers = network.consumers()
    skipped: set[str] = set()
    found: dict[str, tuple[Node, Node]] = {}
    for unfold in network:
        if unfold.kind != "time_unfold" or not unfold.inputs:
            continue
        inner = network[unfold.inputs[0].node]
        if len(inner.inputs) != 1 or len(readers[inner.id]) != 1 or inner.kind == "input":
            continue
        fold = network[inner.inputs[0].node]
        if fold.kind == "time_fold" and len(readers[fold.id]) == 1:
            found[unfold.id] = (fold, inner)
            skipped |= {fold.id, inner.id}
    return skipped, found


def apply_fold(keras: Any, tensor: Any) -> Any:
    """(batch, steps, ...) as (batch * steps, ...)."""
    return _fold_layer(keras)(tensor)


def apply_unfold(keras: Any, inner: Any, original: Any) -> Any:
    """(batch * steps, ...) as (batch, steps, ...), with the steps of the tensor that was folded."""
    return _unfold_layer(keras)([inner, original])


def _fold_layer(keras: Any) -> Any:
    class Fold(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return keras.ops.reshape(x, (-1, *keras.ops.shape(x)[2:]))

        def compute_output_shape(self, shape: Any) -> Any:
            known = shape[0] is not None and shape[1] is not None
            return (shape[0] * shape[1] if known else None, *shape[2:])

    return Fold()


def _unfold_layer(keras: Any) -> Any:
    class Unfold(keras.layers.Layer):
        def call(self, tensors: Any) -> Any:
            inner, original = tensors
            steps = keras.ops.shape(original)[1]
            return keras.ops.reshape(inner, (-1, steps, *keras.ops.shape(inner)[1:]))

        def compute_output_shape(self, shapes: Any) -> Any:
            inner, original = shapes
            return (original[0], original[1], *inner[1:])

    return Unfold()
