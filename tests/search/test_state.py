"""Edits that the search makes without sorting the network again leave what the edits' own application leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from repairnn.search.state import Frame, advance, start
from repairnn.semantics.edits import Edit, InsertLayer, Swap
from repairnn.semantics.ir import Network
from tests.search.networks import random_chain, random_merge


def swaps(network: Network) -> Iterator[Edit]:
    readers = start(network).readers
    for node in network:
        before = network[node.inputs[0].node] if len(node.inputs) == 1 else None
        if before is not None and len(before.inputs) == 1 and len(readers[before.id]) == 1:
            yield Swap(before.id, node.id)


def insertions(network: Network) -> Iterator[Edit]:
    for node in network:
        for index in range(len(node.inputs)):
            for fan_out in (False, True):
                yield InsertLayer(node.id, index, "flatten", {}, "Flatten", fan_out=fan_out, new="new")


def seen(frame: Frame) -> list[object]:
    """What there is of a network: its nodes in order, with what they read, return and break."""
    nodes = [(node.id, node.inputs, frame.shapes[node.id]) for node in frame.network]
    return [*nodes, frame.network.outputs, [(fault.node, fault.rule.id, fault.inputs) for fault in frame.all_faults()]]


@pytest.mark.parametrize("seed", range(40))
def test_edits_leave_what_their_application_leaves(seed: int) -> None:
    for network in (random_chain(seed, 5), random_merge(seed)):
        edits = [*swaps(network), *insertions(network)]
        assert edits
        for edit in edits:
            after = advance(start(network), [edit])
            assert after is not None
            assert seen(after) == seen(start(edit.apply(network)))
