"""Live Keras models and their files: read, judged like Keras does, written back with their weights."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

import numpy as np  # noqa: E402 - after the check that the extra is there

import repairnn  # noqa: E402
from repairnn.frontends.errors import BadInput  # noqa: E402
from repairnn.frontends.keras import emit, lower  # noqa: E402
from repairnn.semantics.checker import check  # noqa: E402
from repairnn.semantics.ir import Network  # noqa: E402
from tests.frontends_keras.models import ALL, functional, sequential, with_lambda  # noqa: E402


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    keras.utils.set_random_seed(1)
    return {name: make() for name, make in ALL.items()}


@pytest.mark.parametrize("name", ALL)
def test_shapes_are_those_of_keras(models: dict[str, Any], name: str) -> None:
    model = models[name]
    network = lower(model)
    report = check(network)
    assert report.faults == ()
    for ref, tensor in zip(network.outputs, model.outputs, strict=True):
        predicted = report.shape(ref)
        assert predicted is None or predicted == tuple(tensor.shape)
    assert (name == "lambda") == bool(network.incomplete)


@pytest.mark.parametrize("name", [name for name in ALL if name != "lambda"])
def test_parameters_are_counted_as_keras_counts_them(models: dict[str, Any], name: str) -> None:
    (result,) = repairnn.check(models[name])
    counted = sum(layer.parameters or 0 for layer in result.layers)
    assert counted == models[name].count_params()


@pytest.mark.parametrize("name", ALL)
def test_an_emitted_model_without_edits_computes_the_same(models: dict[str, Any], name: str) -> None:
    model = models[name]
    again = emit(model, lower(model), [])
    rng = np.random.default_rng(0)
    arrays = [_array(rng, entry) for entry in model.inputs]
    given = arrays if len(arrays) > 1 else arrays[0]
    for one, other in zip(_listed(model(given)), _listed(again(given)), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-6)
    assert again.compiled == model.compiled


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_files_are_read_without_building_the_model(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    sequential().save(path)
    (result,) = repairnn.check(path)
    assert result.status == "valid"
    assert [layer.type for layer in result.layers][1:] == [
        "Conv2D", "MaxPooling2D", "BatchNormalization", "Flatten", "Dense",
    ]  # fmt: skip


def test_a_configuration_is_repaired_in_place() -> None:
    config = broken_config()
    result = repairnn.fix(config, validate=False)
    assert result.status == "repaired"
    changed = [line for line in result.patch.splitlines() if line.startswith("+ ")]
    assert [line for line in changed if "registered_name" not in line] == ['+          "padding": "same",']
    rebuilt = keras.models.model_from_json(json.dumps(result.model))
    assert rebuilt.output_shape == (None, 10)
    assert repairnn.fix(result.model, validate=False).status == "valid"
    assert config == broken_config(), "the given configuration is never changed"


def test_an_invalid_file_is_repaired_and_keeps_the_weights_that_fit(tmp_path: Path) -> None:
    model = sequential()
    model.layers[2].set_weights([np.full(8, value) for value in (1.0, 2.0, 3.0, 4.0)])
    model.save(tmp_path / "good.keras")
    bad = tmp_path / "bad.keras"
    with zipfile.ZipFile(tmp_path / "good.keras") as good, zipfile.ZipFile(bad, "w") as archive:
        for name in good.namelist():
            data = good.read(name)
            if name == "config.json":
                data = json.dumps(broken_config(json.loads(data))).encode()
            archive.writestr(name, data)
    result = repairnn.fix(bad, validate=False)
    assert result.status == "repaired"
    norm = next(layer for layer in result.model.layers if layer.name.startswith("batch_norm"))
    np.testing.assert_array_equal(norm.get_weights()[1], np.full(8, 2.0))


def test_a_lambda_is_named_and_not_called_valid() -> None:
    result = repairnn.check(with_lambda())
    assert result.status == "unsupported"
    assert "Lambda" in result.models[0].unsupported[0][0]


def test_a_subclassed_model_is_refused_with_advice() -> None:
    class Mine(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(BadInput, match="subclassed"):
        repairnn.check(Mine())


def test_keras_2_configurations_are_read() -> None:
    layers = [
        {
            "class_name": "Dense",
            "config": {"name": "d", "units": 4, "batch_input_shape": [None, 3], "activation": "relu"},
        },
        {"class_name": "Dense", "config": {"name": "e", "units": 2, "activation": "linear"}},
    ]
    report = outputs(lower({"class_name": "Sequential", "config": {"name": "old", "layers": layers}}))
    assert report == [(None, 2)]
    graph = {
        "name": "old",
        "layers": [
            {"class_name": "InputLayer", "name": "i", "config": {"batch_input_shape": [None, 3]}, "inbound_nodes": []},
            {"class_name": "Dense", "name": "d", "config": {"units": 4}, "inbound_nodes": [[["i", 0, 0, {}]]]},
            {"class_name": "Concatenate", "name": "c", "config": {"name": "c", "axis": -1},
             "inbound_nodes": [[["i", 0, 0, {}], ["d", 0, 0, {}]]]},
        ],
        "input_layers": [["i", 0, 0]],
        "output_layers": [["c", 0, 0]],
    }  # fmt: skip
    assert outputs(lower({"class_name": "Model", "config": graph})) == [(None, 7)]


def test_a_shared_layer_is_one_layer() -> None:
    network = lower(functional())
    nodes = [node for node in network if node.spelling == "LSTM"]
    assert len(nodes) == 2
    assert len({node.layer for node in nodes}) == 1


def broken_config(config: Any = None) -> Any:
    """The sequential model with a kernel that is larger than its input."""
    if config is None:
        keras.utils.clear_session()
        config = json.loads(sequential().to_json())
    config["config"]["layers"][1]["config"]["kernel_size"] = [40, 40]
    return config


def outputs(network: Network) -> list[Any]:
    report = check(network)
    assert report.faults == ()
    return [report.shape(ref) for ref in network.outputs]


def _array(rng: np.random.Generator, entry: Any) -> Any:
    shape = tuple(2 if axis == 0 else 5 if dim is None else dim for axis, dim in enumerate(entry.shape))
    return rng.integers(1, 50, shape) if "int" in entry.dtype else rng.random(shape).astype("float32")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
