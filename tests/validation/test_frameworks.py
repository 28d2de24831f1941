"""Validation with the real frameworks: valid networks pass, broken ones are refused, the rest is told why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from repairnn.semantics.ir import Network
from repairnn.validation import Validator
from repairnn.validation import validator as module
from tests.validation import networks as n

DENSE = ("dense", "Dense", {"units": 3, "activation": "softmax"})
VALID: dict[str, Network] = {
    "image classifier": n.keras(
        (None, 28, 28, 1),
        n.CONV2,
        ("pool", "MaxPooling2D", {"rank": 2, "pool_size": 2}),
        n.FLATTEN,
        DENSE,
        fed=(600, 28, 28, 1),
        labels=(600, 3),
        loss="categorical_crossentropy",
    ),
    "class numbers": n.keras((None, 8), DENSE, labels=(600,), loss="sparse_categorical_crossentropy"),
    "open length": n.keras((None, None, 3), ("recurrent", "GRU", {"cell": "gru", "units": 4, "bidirectional": True})),
    "old names": n.keras((None, 9, 3), ("conv", "Convolution1D", {"rank": 1, "filters": 2, "kernel_size": 3})),
    "unnamed insertion": n.keras((None, 5, 3), ("reshape", "", {"target_shape": (15,)}), DENSE),
    "channels first": n.keras((None, 3, 9, 9), ("conv", "Conv2D", {**n.CONV2[2], "data_format": "channels_first"})),
    "embedding": n.keras((None, 7), ("embedding", "Embedding", {"input_dim": 9, "output_dim": 4}), n.FLATTEN),
    "normalised": n.keras(
        (None, 4, 4, 3),
        ("batch_norm", "BatchNormalization", {}),
        ("dropout", "Dropout", {"mode": "dropout", "rate": 0.5}),
    ),
    "branches": n.branches(),
    "torch classifier": n.torch(
        (None, 3, 8, 8),
        n.CONV2D_TORCH,
        ("pool", "MaxPool2d", {"pool_size": 2}),
        ("flatten", "Flatten", {}),
        ("dense", "Linear", {"in_features": 72, "units": 5}),
        labels=(64,),
        loss="cross_entropy",
    ),
    "torch view": n.view(),
    "torch rnn": n.torch(
        (2, 5, 3), ("recurrent", "LSTM", {"cell": "lstm", "input_size": 3, "units": 4, "batch_first": True})
    ),
    "torch embedding": n.torch((2, 5), ("embedding", "Embedding", {"input_dim": 9, "output_dim": 4})),
}
REFUSED = {
    "window": n.keras((None, 2, 2, 1), n.CONV2),
    "rank": n.keras((None, 28), n.CONV2),
    "labels": n.keras((None, 8), DENSE, labels=(600, 4), loss="categorical_crossentropy"),
    "torch channels": n.torch((None, 1, 8, 8), n.CONV2D_TORCH),
    "torch features": n.torch((2, 7), ("dense", "Linear", {"in_features": 8, "units": 5})),
    "torch labels": n.torch(
        (2, 8), ("dense", "Linear", {"in_features": 8, "units": 5}), labels=(2, 4), loss="mse_loss"
    ),
}


@pytest.fixture(scope="module")
def validator() -> Iterator[Validator]:
    for package in ("keras", "tensorflow", "torch"):
        pytest.importorskip(package)
    with Validator("cpu") as one:
        one.prepare("keras")
        one.prepare("torch")
        yield one


@pytest.mark.parametrize("name", VALID)
def test_valid_networks_run_and_have_the_predicted_shapes(validator: Validator, name: str) -> None:
    result = validator.validate(VALID[name])
    assert result.status == "validated", result
    assert (result.framework, result.device, result.reason) == (VALID[name].framework, "cpu", "")
    assert result.output_shapes


@pytest.mark.parametrize("name", REFUSED)
def test_broken_networks_are_refused_in_the_words_of_the_framework(validator: Validator, name: str) -> None:
    result = validator.validate(REFUSED[name])
    assert result.status == "failed", result
    assert "Error" in result.reason
    assert "\n" not in result.reason
    assert "\x1b" not in result.reason


def test_a_wrong_prediction_is_a_disagreement(validator: Validator, monkeypatch: pytest.MonkeyPatch) -> None:
    original = module.make_job

    def wrong(network: Network) -> Any:
        from dataclasses import replace

        return replace(original(network), outputs=((2, 4),))

    monkeypatch.setattr(module, "make_job", wrong)
    result = validator.validate(n.keras((None, 8), DENSE))
    assert result.status == "disagreement"
    assert "(2, 3)" in result.reason
    assert "(2, 4)" in result.reason


def test_a_loss_that_keras_lacks_is_told(validator: Validator) -> None:
    result = validator.validate(n.keras((None, 8), DENSE, labels=(600, 3), loss="my_own_loss"))
    assert (result.status, "my_own_loss" in result.reason) == ("not-validated", True)


def test_a_device_that_is_not_there_is_told() -> None:
    pytest.importorskip("torch")
    with Validator("cuda:63") as one:
        result = one.validate(n.torch((2, 8), ("dense", "Linear", {"in_features": 8, "units": 5})))
    assert (result.status, "cuda" in result.reason) == ("not-validated", True)


def test_a_model_too_large_for_the_budget_is_not_started() -> None:
    pytest.importorskip("keras")
    pytest.importorskip("tensorflow")
    with Validator("cpu", memory=1000) as one:
        result = one.validate(n.keras((None, 8), ("dense", "Dense", {"units": 10_000})))
        assert one._children == {}
    assert result.status == "not-validated"
    assert "GB" in result.reason


def test_without_the_framework_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with Validator("cpu") as one:
        result = one.validate(n.keras((None, 8), DENSE))
    assert result.status == "not-validated"
    assert "not installed" in result.reason
    assert "repairnn[keras]" in result.reason


def test_a_child_that_is_late_is_ended_and_the_next_one_works() -> None:
    pytest.importorskip("torch")
    network = n.torch((2, 8), ("dense", "Linear", {"in_features": 8, "units": 5}))
    with Validator("cpu", seconds=0.0) as one:
        result = one.validate(network)
        assert (result.status, "did not finish" in result.reason) == ("not-validated", True)
        one.seconds = 60.0
        assert one.validate(network).status == "validated"


def test_a_child_that_dies_is_replaced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(module, "_missing", lambda framework: None)
    with Validator("cpu") as one:
        result = one.validate(Network("keras", {**n.keras((None, 8), DENSE).nodes}, n.keras((None, 8), DENSE).outputs))
        one._children["keras"]._process.kill()
        again = one.validate(n.keras((None, 8), DENSE))
    assert result.status == "validated"
    assert again.status == "validated", "a process that was killed is replaced once"
