"""Networks survive the way to JSON and back."""

import json
import math

import pytest

from repairnn.semantics.checker import check
from repairnn.semantics.ir import Arith, DimOf, Network, Node, Ref, Span, Written
from repairnn.semantics.serialise import Other, from_json, to_json, value_from_json, value_to_json

VALUES = [
    None, True, 3, -1.5, "same", (3, 3), [1, (2, None)], (), {"a": (1,), 2: None}, DimOf(Ref("x", 1), -1),
    (DimOf(Ref("x"), 1), Arith("*", DimOf(Ref("x"), 2), 4)), Arith("neg", 3), Ref("x", 2), math.inf, Other("f"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    again = value_from_json(json.loads(json.dumps(value_to_json(value), allow_nan=False)))
    assert again == value
    assert type(again) is type(value)


def test_what_is_no_data_is_told_by_its_text() -> None:
    assert isinstance(value_from_json(value_to_json(len)), Other)


def network() -> Network:
    written = Written(
        Span(1, 2, 3, 4), None, {"units": Span(5, 6, 7, 8)}, ("loop", 3), {"units": ("n", 1)}, frozenset("a")
    )
    nodes = [
        Node("in", "input", {"shape": (None, 4, 4, 3)}, name="in"),
        Node(
            "conv",
            "conv",
            {"rank": 2, "filters": 8, "kernel_size": 5},
            (Ref("in"),),
            "Conv2D",
            "conv",
            "c",
            {},
            written,
        ),
        Node("dense", "dense", {"units": 2}, (Ref("conv"),), "Dense", "dense", "d", {"kernel": (8, 2)}, hidden=True),
    ]
    return Network(
        "keras", {node.id: node for node in nodes}, (Ref("dense"),), "m", Span(1, 0, 9, 9), (("that", None),)
    )


def test_a_network_comes_back_and_gets_the_same_verdict() -> None:
    before = network()
    after = from_json(json.loads(json.dumps(to_json(before))))
    assert list(after.nodes) == list(before.nodes)
    for one, other in zip(before, after, strict=True):
        assert (one.kind, dict(one.args), one.inputs, one.spelling, one.name, one.layer, one.hidden) == (
            other.kind, dict(other.args), other.inputs, other.spelling, other.name, other.layer, other.hidden,
        )  # fmt: skip
        assert (one.written.call, one.written.arguments, one.written.fixed) == (
            other.written.call, other.written.arguments, other.written.fixed,
        )  # fmt: skip
    assert (after.outputs, after.name, after.span, after.incomplete) == (
        before.outputs, before.name, before.span, before.incomplete,
    )  # fmt: skip
    assert [fault.rule.id for fault in check(after).faults] == [fault.rule.id for fault in check(before).faults]
    assert check(after).shapes == check(before).shapes


def test_ties_stay_equal() -> None:
    again = from_json(to_json(network()))["conv"].written
    assert again.tie == from_json(to_json(network()))["conv"].written.tie
    assert again.ties["units"]


@pytest.mark.parametrize("data", [{}, {"version": 1}, {"version": 2}, [], {"version": 1, "nodes": [{}]}])
def test_anything_else_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="not a network"):
        from_json(data)  # type: ignore[arg-type]
