"""Functions that build invalid models: recorded to the end, and repaired."""

from __future__ import annotations

import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

import repairnn  # noqa: E402 - after the check that the extra is there
from repairnn.frontends.errors import BadInput  # noqa: E402
from repairnn.frontends.keras import record  # noqa: E402
from repairnn.semantics.checker import check  # noqa: E402
from tests.frontends_keras.models import broken_branches, functional, too_deep  # noqa: E402


def test_a_valid_model_is_recorded_as_keras_has_it() -> None:
    report = check(record(functional))
    assert report.faults == ()


def test_every_fault_is_found_where_keras_stops_at_the_first() -> None:
    with pytest.raises(ValueError, match="negative"):
        broken_branches()
    faults = {fault.rule.id for fault in check(record(broken_branches)).faults}
    assert faults == {"merge-shapes", "conv-window-exceeds-input", "recurrent-rank"}


def test_arguments_reach_the_builder() -> None:
    assert check(record(too_deep, blocks=2)).faults == ()
    assert check(record(too_deep, 4)).faults != ()


def test_keras_is_as_it_was_afterwards() -> None:
    before = keras.layers.Layer.__call__
    record(too_deep)
    assert keras.layers.Layer.__call__ is before
    with pytest.raises(ValueError, match="negative"):
        too_deep()


def test_an_error_of_the_builder_itself_is_raised() -> None:
    def wrong() -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        record(wrong)


def test_a_builder_of_something_else_is_refused() -> None:
    with pytest.raises(BadInput, match="not a Keras model"):
        record(lambda: 3)


def test_the_api_repairs_what_a_function_builds() -> None:
    result = repairnn.fix(too_deep, validate=False)
    assert result.status == "repaired"
    assert result.model.output_shape == (None, 10)
    assert repairnn.check(result.model).status == "valid"
