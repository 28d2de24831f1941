"""Layers that wrap others, which the random comparison does not draw, against the installed Keras."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np
import pytest

from repairnn.semantics.checker import Evaluation, evaluate
from repairnn.semantics.declaration import bind_arguments
from repairnn.semantics.ir import Node
from repairnn.semantics.registry import declaration_of

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
keras = pytest.importorskip("keras")

CELLS = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
MODES = ("concat", "sum", "mul", "ave", None)


def judged(kind: str, args: dict[str, Any], *inputs: tuple[int | None, ...]) -> Evaluation:
    return evaluate(Node("n", kind, args), list(inputs), "keras")


def flat(result: Any) -> list[Any]:
    return [part for each in result for part in flat(each)] if isinstance(result, (list, tuple)) else [result]


def filled(layer: Any, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random weights, set in a bidirectional layer, by the names of the declaration."""
    values = {}
    for way, part in (("forward", layer.forward_layer), ("backward", layer.backward_layer)):
        for variable in part.weights:
            value = rng.normal(size=variable.shape, scale=0.4).astype("float32")
            variable.assign(value)
            values[f"{way}_{variable.name}"] = value
    return values


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("mode", MODES)
def test_bidirectional(cell: str, mode: str | None) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    declaration = declaration_of("recurrent")
    assert declaration is not None
    for sequences, states in itertools.product((False, True), repeat=2):
        inner = getattr(keras.layers, CELLS[cell])(4, return_sequences=sequences, return_state=states)
        layer = keras.layers.Bidirectional(inner, merge_mode=mode)
        expected = [np.asarray(part) for part in flat(layer(x))]
        weights = filled(layer, rng)
        expected = [np.asarray(part) for part in flat(layer(x))]
        args = {"cell": cell, "units": 4, "bidirectional": True, "merge_mode": mode, "return_sequences": sequences,
                "return_state": states}  # fmt: skip
        evaluation = judged("recurrent", args, (2, 5, 3))
        assert not evaluation.faults
        assert [part.shape for part in expected] == list(evaluation.outputs)
        bound = bind_arguments(declaration, args)
        assert {name: value.shape for name, value in weights.items()} == declaration.weights([(2, 5, 3)], bound)
        for ours, theirs in zip(flat(declaration.compute([x], weights, bound)), expected, strict=True):
            assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_bidirectional_refuses_what_keras_refuses(cell: str) -> None:
    layer = keras.layers.Bidirectional(getattr(keras.layers, CELLS[cell])(4))
    with pytest.raises(ValueError, match="expected ndim=3"):
        layer(keras.Input((3,)))
    assert judged("recurrent", {"cell": cell, "units": 4, "bidirectional": True}, (None, 3)).faults


def test_states_of_both_directions() -> None:
    layer = keras.layers.Bidirectional(keras.layers.LSTM(4))
    x, state = np.zeros((2, 5, 3), "float32"), np.zeros((2, 4), "float32")
    args = {"cell": "lstm", "units": 4, "bidirectional": True}
    assert layer(x, initial_state=[state] * 4).shape == (2, 8)
    assert not judged("recurrent", args, (2, 5, 3), *[(2, 4)] * 4).faults
    with pytest.raises((ValueError, IndexError)):
        keras.layers.Bidirectional(keras.layers.LSTM(4))(x, initial_state=[state] * 2)
    assert judged("recurrent", args, (2, 5, 3), *[(2, 4)] * 2).faults


@pytest.mark.parametrize("shape", [(None, 5, 3), (2, 5, 3), (None, None, 3), (None, 5, 4, 3)])
def test_time_distributed(shape: tuple[int | None, ...]) -> None:
    theirs = keras.layers.TimeDistributed(keras.layers.Dense(7))(keras.Input(batch_shape=shape)).shape
    folded = judged("time_fold", {}, shape).outputs[0]
    inner = judged("dense", {"units": 7}, folded).outputs[0]  # type: ignore[arg-type]
    assert judged("time_unfold", {}, inner, shape).outputs == (theirs,)  # type: ignore[arg-type]


def test_time_distributed_needs_steps() -> None:
    with pytest.raises(ValueError, match="at least 3 dimensions"):
        keras.layers.TimeDistributed(keras.layers.Dense(7))(keras.Input((5,)))
    assert judged("time_fold", {}, (None, 5)).faults


def test_initial_states_must_fit() -> None:
    x = np.zeros((2, 5, 3), "float32")
    cases = [("lstm", [(2, 4)] * 2, True), ("lstm", [(2, 4)], False), ("lstm", [(2, 5)] * 2, False),
             ("lstm", [(1, 4)] * 2, True), ("gru", [(2, 4)], True), ("gru", [(2, 5)], False),
             ("simple_rnn", [(3, 4)], False)]  # fmt: skip
    for cell, states, fits in cases:
        layer = getattr(keras.layers, CELLS[cell])(4)
        given = [np.zeros(state, "float32") for state in states]
        if fits:
            assert layer(x, initial_state=given).shape == (2, 4)
        else:
            with pytest.raises(Exception):  # noqa: B017, PT011 - TensorFlow raises errors of its own
                layer(x, initial_state=given)
        evaluation = judged("recurrent", {"cell": cell, "units": 4}, (2, 5, 3), *states)
        assert (not evaluation.faults) == fits, (cell, states)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("mode", MODES)
def test_bidirectional_over_images(layout: str, mode: str | None) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 4, 5)).astype("float32")
    declaration = declaration_of("conv_recurrent")
    assert declaration is not None
    for sequences, states in itertools.product((False, True), repeat=2):
        inner = keras.layers.ConvLSTM1D(2, 2, data_format=layout, return_sequences=sequences, return_state=states)
        layer = keras.layers.Bidirectional(inner, merge_mode=mode)
        layer(x)
        weights = filled(layer, rng)
        expected = [np.asarray(part) for part in flat(layer(x))]
        args = {"rank": 1, "filters": 2, "kernel_size": 2, "data_format": layout, "bidirectional": True,
                "merge_mode": mode, "return_sequences": sequences, "return_state": states}  # fmt: skip
        assert [part.shape for part in expected] == list(judged("conv_recurrent", args, x.shape).outputs)
        bound = bind_arguments(declaration, args)
        assert {name: value.shape for name, value in weights.items()} == declaration.weights([x.shape], bound)
        for ours, theirs in zip(flat(declaration.compute([x], weights, bound)), expected, strict=True):
            assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-5)
