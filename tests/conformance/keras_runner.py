"""What the installed Keras makes of a declared layer or function: a verdict, shapes and values.

A configuration is accepted when the layer can be made, called on symbolic inputs and, where all sizes but the batch are
known, called on arrays, in inference and in training.
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf

from repairnn.semantics.declaration import Declaration, bind_arguments
from repairnn.semantics.ir import Shape
from repairnn.semantics.spelling import Spelling
from tests.conformance import keras_special
from tests.conformance.outcome import Ran

#: What Keras and TensorFlow raise when they refuse a configuration.
REFUSALS = (ValueError, TypeError, IndexError, KeyError, AttributeError, ZeroDivisionError, OverflowError,
            AssertionError, RuntimeError, NotImplementedError, tf.errors.OpError)  # fmt: skip
#: An unknown batch is run with this size, unless another input says it.
BATCH = 2


def available(spelling: Spelling) -> bool:
    """Whether the installed Keras still has this layer or function."""
    return keras_special.find(spelling) is not None


def run(
    declaration: type[Declaration], spelling: Spelling, args: Mapping[str, Any], inputs: Sequence[Shape], seed: int = 0
) -> Ran:
    """Make and call what ``spelling`` names with canonical arguments on inputs of these shapes.

    Never raises for a configuration that Keras refuses; that is the verdict.
    """
    complete = bind_arguments(declaration, args, {**spelling.defaults, **spelling.fixed})
    known = keras_special.KNOWLEDGE.get(declaration.kind, ())
    named = {spelling.parameter(name): value for name, value in args.items() if name not in known}
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        once = declaration.kind in keras_special.CONVOLUTIONS_REPEATED
        try:
            with keras_special.convolutions_compiled_once() if once else nullcontext():
                return _run(declaration, spelling, named, complete, inputs, rng)
        except REFUSALS as refusal:
            return Ran(False, message=f"{type(refusal).__name__}: {str(refusal)[:300]}")


def _run(
    declaration: type[Declaration],
    spelling: Spelling,
    named: dict[str, Any],
    complete: Any,
    inputs: Sequence[Shape],
    rng: np.random.Generator,
) -> Ran:
    kind = declaration.kind
    listed = declaration.inputs != (1, 1) and kind not in keras_special.SPREAD_INPUTS
    call, layer = _callable(kind, spelling, named, listed)
    dtype = keras_special.DTYPES.get(kind)
    shapes = _traced(kind, call, inputs) if spelling.name.startswith("tf.") else _stated(call, inputs, dtype)
    weights = _weights(kind, layer, rng) if layer is not None else {}
    if kind == "standardisation" and layer is not None:
        layer.finalize_state()
    if any(size is None for shape in inputs for size in shape[1:]):
        return Ran(True, shapes, (), (), weights)
    batch = next((shape[0] for shape in inputs if shape and shape[0] is not None), BATCH)
    full = [tuple(batch if size is None else size for size in shape) for shape in inputs]
    arrays = [keras_special.array(kind, index, shape, complete, rng) for index, shape in enumerate(full)]
    compute = tf.function(call, autograph=False) if kind in keras_special.GRAPHS else call
    outputs = tuple(np.asarray(part) for part in _flat(compute(arrays)))
    if layer is not None and "training" in inspect.signature(layer.call).parameters:
        _trained(call, arrays, outputs)
    return Ran(True, shapes, outputs, tuple(arrays), weights)


def _trained(call: Any, arrays: list[Any], outputs: tuple[Any, ...]) -> None:
    """A layer must return the same shape in training as it returned in inference."""
    for part, array in zip(_flat(call(arrays, training=True))[:1], outputs[:1], strict=True):
        if tuple(part.shape) != array.shape:
            raise ValueError(f"the shape is {tuple(part.shape)} in training and {array.shape} in inference")


def _stated(call: Any, inputs: Sequence[Shape], dtype: str | None) -> tuple[Shape, ...]:
    """What Keras says of the outputs before anything is computed."""
    symbolic = call([keras.Input(batch_shape=shape, dtype=dtype) for shape in inputs])
    return tuple(tuple(part.shape) for part in _flat(symbolic))


def _traced(kind: str, call: Any, inputs: Sequence[Shape]) -> tuple[Shape, ...]:
    """What TensorFlow infers in a graph; its functions take no symbolic tensors of Keras."""
    whole = {"take": (1,), "one_hot_axis": (0,)}.get(kind, ())
    signature = [tf.TensorSpec(s, tf.int32 if i in whole else tf.float32) for i, s in enumerate(inputs)]
    concrete = tf.function(lambda *x: call(list(x)), autograph=False).get_concrete_function(*signature)
    return tuple(tuple(part.shape) for part in _flat(concrete.structured_outputs))


def _callable(kind: str, spelling: Spelling, named: dict[str, Any], listed: bool) -> tuple[Any, Any]:
    target = keras_special.find(spelling)
    if target is None:
        raise AttributeError(f"Keras has no {spelling.name}")
    if kind in keras_special.CALLED:
        later = keras_special.CALL_ARGUMENTS.get(kind, ()) if spelling.form == "layer" else named
        settings = {name: value for name, value in named.items() if name in later}
        if spelling.form == "layer":
            target = keras_special.make(spelling, target, {n: v for n, v in named.items() if n not in later})
        layer = target if spelling.form == "layer" else None
        return lambda x, **more: keras_special.called(kind, target, list(x), {**settings, **more}), layer
    if spelling.form == "layer":
        layer = keras_special.make(spelling, target, named)
        return (lambda x, **more: layer(x, **more) if listed else layer(*x, **more)), layer
    return (lambda x: target(x, **named) if listed else target(*x, **named)), None


def _weights(kind: str, layer: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Random values for all weights, set in the layer; by the names that the declarations use."""
    values = {}
    for variable in layer.weights:
        name = variable.path.split("/", 1)[-1] if kind in keras_special.NESTED_WEIGHTS else variable.name
        if variable.dtype in ("uint32", "int32", "int64", "string", "bool"):
            continue
        array = rng.normal(size=variable.shape).astype("float32")
        array *= keras_special.WEIGHT_SCALE.get(kind, 1.0)
        if "variance" in name:
            array = np.abs(array) + 0.1
        variable.assign(array)
        values[name] = array
    return values


def _flat(result: Any) -> list[Any]:
    if isinstance(result, dict):
        return [part for value in result.values() for part in _flat(value)]
    if isinstance(result, (tuple, list)):
        return [part for value in result for part in _flat(value)]
    return [result]
