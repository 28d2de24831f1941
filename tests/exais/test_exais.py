"""The ExAIS JSON: what is read, what is mended, and that a repair is written back and reads as repaired."""

from __future__ import annotations

import json
from typing import Any

import pytest

from repairnn.frontends.errors import BadInput
from repairnn.frontends.exais import emit, lower, parse
from repairnn.search import repair
from repairnn.semantics.checker import check
from repairnn.semantics.ir import Network


def layers(*described: dict[str, Any]) -> dict[str, Any]:
    return {"layers": list(described)}


CONV = {
    "type": "conv2d", "name": "Con1", "nodes": "2", "kernel_shape": "(1, 1)", "strides": "(1, 1)", "padding": "false",
    "dilation_rate": "(1, 1)", "weights": "[[[[0.5, 0.25]]]]", "bias": "[0, 0]", "inputs": ["Sou1"],
}  # fmt: skip
SOURCE = {
    "type": "relu",
    "name": "Sou1",
    "input_shape": "[1, 2, 3, 1]",
    "inputs": ["[[[[1], [2], [3]], [[4], [5], [6]]]]"],
}


def faults(network: Network) -> list[tuple[str, str]]:
    return [(fault.rule.id, fault.node) for fault in check(network).faults]


def test_literal_inputs_become_entries_without_their_batch_of_one() -> None:
    network = lower(layers(SOURCE, CONV))
    assert network["Sou1_input0"].args["shape"] == (None, 2, 3, 1)
    assert check(network).shapes["Con1"] == ((None, 2, 3, 2),)
    assert network["Con1"].weights == {"kernel": (1, 1, 1, 2), "bias": (2,)}
    assert faults(network) == []


def test_one_string_holds_all_operands_of_a_merge() -> None:
    merge = {"type": "add", "name": "Add1", "input_shape": "[1, 2]", "inputs": ["[[[1, 2]], [[3, 4]]]"]}
    network = lower(layers(merge))
    assert [network[ref.node].args["shape"] for ref in network["Add1"].inputs] == [(None, 2), (None, 2)]


def test_a_depthwise_convolution_takes_its_multiplier_from_its_weight() -> None:
    depthwise = {
        **CONV,
        "type": "depthwiseconv2d",
        "nodes": "4",
        "weights": "[[[[0.1, 0.2, 0.3]]]]",
        "bias": "[0, 0, 0]",
    }
    network = lower(layers(SOURCE, depthwise))
    assert network["Con1"].args["depth_multiplier"] == 3
    assert faults(network) == []


def test_cells_are_recurrent_layers_around_a_cell() -> None:
    cell = {"type": "simplernncell", "name": "Sim1", "nodes": "1", "inputs": ["Sou1"]}
    network = lower(layers(SOURCE, cell))
    assert network["Sim1"].kind == "recurrent"
    assert network["Sim1"].args["around_cell"] is True
    assert faults(network) == []  # Keras leaves the rank to the cell
    lstm = {"type": "lstm", "name": "Sim1", "nodes": "1", "inputs": ["Sou1"]}
    assert faults(lower(layers(SOURCE, lstm))) == [("recurrent-rank", "Sim1")]


def test_layers_without_inputs_follow_each_other_from_the_declared_shape() -> None:
    model = {
        "shape": "(28,28,1)",
        "layers": [{"type": "Conv2D", "nodes": "4", "kernel_size": "(3,3)"}, {"type": "Flatten"}],
    }
    network = lower({"model": model})
    assert [node.kind for node in network] == ["input", "conv", "flatten"]
    assert network["input"].args["shape"] == (None, 28, 28, 1)


def test_commas_are_mended_with_a_warning() -> None:
    text = '{"layers": [{"type": "flatten",} {"type": "softmax"},]}'
    with pytest.warns(UserWarning, match="comma"):
        assert [layer["type"] for layer in parse(text)["layers"]] == ["flatten", "softmax"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", "not valid JSON"),
        ('{"layers": 3}', "no list of layers"),
        ('{"layers": []}', "no layers"),
        ('{"layers": [{"name": "a"}]}', "has no type"),
        ('{"layers": [{"type": "relu", "name": "a"}, {"type": "relu", "name": "a"}]}', "two layers are called 'a'"),
        ('{"layers": [{"type": "relu", "name": "a", "inputs": ["b"]}]}', "no node 'b'"),
        ('{"layers": [{"type": "relu", "name": "a", "inputs": ["a"]}]}', "cycle"),
    ],
)  # fmt: skip
def test_what_is_no_model_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as raised:
        lower(text, "net.json")
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith("net.json")


def test_an_unknown_layer_is_opaque() -> None:
    network = lower(layers(SOURCE, {"type": "mystery", "name": "Mys1", "inputs": ["Sou1"]}))
    assert network["Mys1"].kind == "opaque"
    assert check(network).valid


REPAIRABLE = {
    "a rank that is too high": layers(SOURCE, {"type": "globalmaxpool1d", "name": "Glo1", "inputs": ["Sou1"]}),
    "weights of another size": layers(SOURCE, {**CONV, "weights": "[[[[0.5, 0.25], [1, 2]]]]"}),
    "a bias of another rank": layers(SOURCE, {**CONV, "bias": "[[[[0, 0]]]]"}),
    "operands that do not meet": layers(
        SOURCE, {**SOURCE, "name": "Sou2", "inputs": ["[[[[1], [2], [3], [4]]]]"]},
        {"type": "add", "name": "Add1", "inputs": ["Sou1", "Sou2"]},
    ),
    "a crop that leaves nothing": layers(
        SOURCE, {"type": "cropping2d", "name": "Cro1", "cropping": "((1, 1), (0, 0))", "inputs": ["Sou1"]}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REPAIRABLE)
def test_a_repair_is_written_back_and_reads_as_repaired(name: str) -> None:
    description = REPAIRABLE[name]
    network = lower(description)
    outcome = repair(network, profile="unit")
    assert outcome.status == "repaired"
    assert outcome.optimal
    written = json.loads(json.dumps(emit(description, network, outcome.edits)))
    assert check(lower(written)).valid
    kept = [layer for layer in written["layers"] if layer in description["layers"]]
    assert kept  # what no edit touches stays to the letter


def test_given_weights_are_kept_where_they_fit() -> None:
    network = lower(REPAIRABLE["weights of another size"])
    outcome = repair(network, profile="unit")
    description = REPAIRABLE["weights of another size"]
    written = {layer["name"]: layer for layer in emit(description, network, outcome.edits)["layers"]}
    assert json.loads(written["Con1"]["weights"]) == [[[[0.5, 0.25]]]]


def test_the_description_that_came_in_is_not_changed() -> None:
    before = json.dumps(REPAIRABLE["a crop that leaves nothing"])
    network = lower(REPAIRABLE["a crop that leaves nothing"])
    emit(REPAIRABLE["a crop that leaves nothing"], network, repair(network).edits)
    assert json.dumps(REPAIRABLE["a crop that leaves nothing"]) == before
