"""Record the model that a function builds although it is invalid.

Keras stops at the first layer that refuses its input. While a recorder is active, such a layer is put into the graph
all the same, with the output that the semantics expects of it, so that the function goes on and every fault is found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.frontends.keras.convert import layer_nodes
from repairnn.frontends.keras.lower import lower
from repairnn.semantics.checker import check
from repairnn.semantics.ir import Network, Node, Ref

WHERE = "<builder>"


def record(builder: Callable[..., Any], *args: Any, **keywords: Any) -> Network:
    """The network of the model that ``builder(*args, **keywords)`` builds; see :func:`recorded_model`."""
    return lower(recorded_model(builder, *args, **keywords))


def recorded_model(builder: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    """The model that ``builder(*args, **keywords)`` builds, as a Keras object although it may be invalid.

    The builder must return a ``Sequential`` or functional model. Its own errors are raised as they are; raises
    :class:`BadInput` when it returns something else. Not for use in several threads at once.
    """
    with recording():
        model = builder(*args, **keywords)
    if not hasattr(model, "to_json"):
        raise BadInput(f"the builder returned a {type(model).__name__}, not a Keras model", WHERE)
    return model


@contextmanager
def recording() -> Iterator[None]:
    """While active, layers that refuse their input are recorded instead of raising."""
    import keras

    original = keras.layers.Layer.__call__

    def call(self: Any, *args: Any, **keywords: Any) -> Any:
        try:
            return original(self, *args, **keywords)
        except (TypeError, ValueError, IndexError, ZeroDivisionError):
            tensors = _tensors(keras, (args, keywords))
            if not tensors:
                raise
            return _recorded(keras, self, tensors, args, keywords)

    keras.layers.Layer.__call__ = call
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = original


def _recorded(keras: Any, layer: Any, tensors: list[Any], args: Any, keywords: Any) -> Any:
    """Put the layer into the graph with the outputs that the semantics expects."""
    from keras.src.ops.node import Node as KerasNode  # no public name gives access to the graph

    outputs = [keras.KerasTensor(shape, dtype="float32") for shape in _expected(layer, [t.shape for t in tensors])]
    result = outputs if len(outputs) > 1 else outputs[0]
    KerasNode(operation=layer, call_args=args, call_kwargs=keywords, outputs=result)
    layer.built = True
    return result


def _expected(layer: Any, shapes: list[Any]) -> list[Any]:
    """Output shapes of a layer on inputs that it refuses; what is not known is as the first input."""
    config = {"class_name": type(layer).__name__, "config": json.loads(json.dumps(layer.get_config(), default=str))}
    entries = [Node(f"in{n}", "input", {"shape": tuple(shape)}) for n, shape in enumerate(shapes)]
    nodes, outputs = layer_nodes(config, "layer", "layer", [Ref(node.id) for node in entries], None)
    report = check(Network("keras", {node.id: node for node in (*entries, *nodes)}))
    first = tuple(shapes[0])
    return [first if found is None else found for found in map(report.shape, outputs)]


def _tensors(keras: Any, value: Any) -> list[Any]:
    if isinstance(value, keras.KerasTensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for part in value.values() for tensor in _tensors(keras, part)]
    if isinstance(value, (list, tuple)):
        return [tensor for part in value for tensor in _tensors(keras, part)]
    return []
