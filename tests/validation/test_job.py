"""What is handed to the framework: concrete sizes, dummy labels, or a reason why it cannot be tried."""

from __future__ import annotations

import pytest

from repairnn.semantics.ir import Arith, DimOf, Network, Node, Ref
from repairnn.validation.job import BATCH, CannotRun, Loss, make_job
from tests.validation import networks as n


def test_the_batch_is_small_and_open_lengths_get_a_size_that_works() -> None:
    job = make_job(n.keras((None, None, 4), ("conv", "Conv1D", {"rank": 1, "filters": 2, "kernel_size": 11})))
    ((batch, length, features),) = job.inputs
    assert (batch, features) == (BATCH, 4)
    assert length >= 11
    assert job.network["in"].args["shape"] == (None, None, 4), "the model itself stays open"


def test_a_fixed_batch_stays() -> None:
    assert make_job(n.keras((32, 4), ("dense", "Dense", {"units": 2}))).inputs == ((32, 4),)


def test_what_the_program_feeds_answers_for_open_sizes() -> None:
    job = make_job(n.keras((None, None), ("embedding", "Embedding", {"input_dim": 9, "output_dim": 4}), fed=(500, 77)))
    assert job.inputs == ((BATCH, 77),)


def test_labels_get_the_batch_of_the_prediction() -> None:
    net = n.keras((None, 8), ("dense", "Dense", {"units": 3}), labels=(500, 3), loss="categorical_crossentropy")
    assert make_job(net).losses == (Loss(0, (BATCH, 3), "categorical_crossentropy"),)


def test_shapes_read_from_arrays_become_numbers() -> None:
    nodes = [
        Node("x", "data", {"shape": (100, 28, 27)}),
        Node("y", "data", {"shape": (100, 7)}),
        Node("in", "input", {"shape": (None, DimOf(Ref("x"), 1), Arith("*", DimOf(Ref("x"), 2), 2))}, name="in"),
        Node("d", "dense", {"units": DimOf(Ref("y"), -1)}, (Ref("in"),), "Dense", "d", "d"),
    ]
    job = make_job(Network("keras", {node.id: node for node in nodes}, (Ref("d"),)))
    assert job.inputs == ((BATCH, 28, 54),)
    assert job.network["d"].args == {"units": 7}
    assert job.outputs == ((BATCH, 28, 7),)


def test_memory_counts_weights_and_results() -> None:
    assert make_job(n.keras((None, 10), ("dense", "Dense", {"units": 5}))).memory == 4 * (BATCH * 15 + 55)


def test_what_is_computed_from_arrays_of_unknown_shape_is_left_out() -> None:
    nodes = [
        Node("x", "data", {"shape": (5, 4)}),
        Node("d", "dense", {"units": 2, "in_features": 4}, (Ref("x"),), "Linear", "d", "d"),
        Node("log", "data", {"shape": None}, name="log"),
        Node("sum", "merge", {"op": "add"}, (Ref("d"), Ref("log")), "add"),
    ]
    job = make_job(Network("torch", {node.id: node for node in nodes}))
    assert (job.left_out, job.inputs, job.outputs) == (("log",), ((5, 4),), ((5, 2),))


def test_numbers_that_become_vectors_are_whole() -> None:
    nodes = [
        Node("labels", "data", {"shape": (5,)}),
        Node("rows", "torch_one_hot", {"num_classes": 3}, (Ref("labels"),), "one_hot"),
    ]
    job = make_job(Network("torch", {node.id: node for node in nodes}))
    assert job.network["labels"].args["dtype"] == "int"


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (n.keras((None, 4), ("opaque", "Lambda", {})), "opaque"),
        (n.keras((None, 4), ("no-such-kind", "Strange", {})), "opaque"),
        (n.keras(None, ("dense", "Dense", {"units": 2})), "--input-shape"),
        (Network("keras", {}), "no output"),
    ],
)
def test_what_cannot_be_tried_is_told(network: Network, reason: str) -> None:
    with pytest.raises(CannotRun, match=reason):
        make_job(network)
