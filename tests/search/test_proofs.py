"""One proof a move: for all shapes in bounds it removes the fault that it claims to remove.

What a move reads off the shapes (the features that come in, the cells that are missing) is written into the argument as
an expression over the tensor's dimensions, and the solver is asked for sizes at which the repaired layer is not valid.
Without the move there are such sizes, or the proof would say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from repairnn.semantics.ir import Arith, DimOf, Network, Node, Ref
from repairnn.semantics.symbolic import Counterexample, Hole, Proved, always_valid

Layer = tuple[str, str, dict[str, Any]]


def size(axis: int, of: str = "in") -> DimOf:
    return DimOf(Ref(of), axis)


def times(*factors: Any) -> Any:
    product = factors[0]
    for factor in factors[1:]:
        product = Arith("*", product, factor)
    return product


def less(one: Any, other: Any) -> Arith:
    return Arith("-", one, other)


def conv(rank: int = 2, **args: Any) -> Layer:
    return ("conv", f"Conv{rank}D", {"filters": 4, "kernel_size": 3, **args})


def torch_conv(**args: Any) -> Layer:
    return ("conv", "Conv2d", {"filters": 4, "kernel_size": 1, "in_channels": 5, **args})


def linear(**args: Any) -> Layer:
    return ("dense", "Linear", {"units": 4, "in_features": 5, **args})


FLATTEN = ("flatten", "Flatten", {})
LSTM = ("recurrent", "LSTM", {"units": 4})


@dataclass(frozen=True)
class Claim:
    """Layers behind an entry before and after a move; the entry's axes but the batch are open within ``bounds``."""

    move: str
    framework: str
    bounds: Sequence[tuple[int, int]]
    before: Sequence[Layer]
    after: Sequence[Layer]


CLAIMS = (
    Claim("in_features taken from the input", "torch", [(1, 512)], [linear()], [linear(in_features=size(-1))]),
    Claim("in_channels taken from the input", "torch", [(1, 64), (1, 64), (1, 64)],
          [torch_conv()], [torch_conv(in_channels=size(1))]),
    Claim("num_features taken from the input", "torch", [(1, 512)],
          [("batch_norm", "BatchNorm1d", {"num_features": 7})],
          [("batch_norm", "BatchNorm1d", {"num_features": size(1)})]),
    Claim("Flatten, with the features that then come in", "torch", [(1, 16), (1, 16), (1, 16)],
          [linear()], [FLATTEN, linear(in_features=times(size(1), size(2), size(3)))]),
    Claim("padding same on a convolution", "keras", [(1, 64), (1, 64), (1, 8)],
          [conv(kernel_size=9)], [conv(kernel_size=9, padding="same")]),
    Claim("padding same on a pool", "keras", [(1, 64), (1, 64), (1, 8)],
          [("pool", "MaxPooling2D", {"pool_size": 4})],
          [("pool", "MaxPooling2D", {"pool_size": 4, "padding": "same"})]),
    Claim("the largest kernel that fits", "keras", [(1, 8), (1, 8), (1, 8)],
          [conv(kernel_size=9)], [conv(kernel_size=(size(1), size(2)))]),
    Claim("zero padding by what is missing", "keras", [(1, 8), (1, 8)],
          [conv(1, kernel_size=9)],
          [("zero_padding", "ZeroPadding1D", {"padding": less(9, size(1))}), conv(1, kernel_size=9)]),
    Claim("return_sequences before another recurrent layer", "keras", [(1, 64), (1, 64)],
          [LSTM, LSTM], [("recurrent", "LSTM", {"units": 4, "return_sequences": True}), LSTM]),
    Claim("a channel axis by Reshape", "keras", [(1, 64), (1, 64)],
          [conv(2, kernel_size=1)],
          [("reshape", "Reshape", {"target_shape": (size(1), size(2), 1)}), conv(2, kernel_size=1)]),
    Claim("axes merged by Reshape", "keras", [(1, 16), (1, 16), (1, 16)],
          [LSTM], [("reshape", "Reshape", {"target_shape": (times(size(1), size(2)), size(3))}), LSTM]),
    Claim("Flatten before a layer that takes vectors", "keras", [(1, 16), (1, 16)],
          [("repeat_vector", "RepeatVector", {"n": 3})], [FLATTEN, ("repeat_vector", "RepeatVector", {"n": 3})]),
    Claim("global pooling before a layer that takes vectors", "keras", [(1, 16), (1, 16), (1, 16)],
          [("repeat_vector", "RepeatVector", {"n": 3})],
          [("global_pool", "GlobalAveragePooling2D", {}), ("repeat_vector", "RepeatVector", {"n": 3})]),
    Claim("a dense layer to the features that are declared", "torch", [(1, 512)],
          [linear()], [linear(in_features=size(-1), units=5), linear()]),
    Claim("a convolution to the channels that are declared", "torch", [(1, 64), (1, 64), (1, 64)],
          [torch_conv()], [torch_conv(in_channels=size(1), filters=5), torch_conv()]),
    Claim("a repeated vector for a recurrent layer", "keras", [(1, 64)],
          [LSTM], [("repeat_vector", "RepeatVector", {"n": 1}), LSTM]),
)  # fmt: skip

ADD = ("merge", "Add", {})

#: Two entries of open sizes that meet; layers on the first one's edge.
MEETINGS = (
    Claim("dense projection to the other operand's width", "keras", [(2, 64)],
          [], [("dense", "Dense", {"units": size(-1, "other")})]),
    Claim("1x1 convolution to the other operand's channels", "keras", [(8, 8), (8, 8), (2, 64)],
          [], [conv(2, kernel_size=1, filters=size(-1, "other"))]),
    Claim("a kernel that leaves the other operand's length", "keras", [(9, 64), (3, 3)],
          [], [conv(1, filters=3, kernel_size=Arith("+", less(size(1), size(1, "other")), 1))]),
)  # fmt: skip
OTHER = {2: [(2, 64)], 3: [(2, 8), (3, 3)], 4: [(8, 8), (8, 8), (2, 64)]}


def network(claim: Claim, layers: Sequence[Layer], meets: bool = False) -> tuple[Network, list[Hole]]:
    nodes: dict[str, Node] = {}
    holes: list[Hole] = []

    def entry(name: str, bounds: Sequence[tuple[int, int]]) -> None:
        batch = 2 if claim.framework == "torch" else None
        nodes[name] = Node(name, "input", {"shape": (batch, *(low for low, _ in bounds))}, (), "Input", name)
        holes.extend(Hole(name, "shape", axis, low, high) for axis, (low, high) in enumerate(bounds, 1) if low < high)

    entry("in", claim.bounds)
    if meets:
        entry("other", OTHER[len(claim.bounds) + 1])
    last = "in"
    for number, (kind, spelling, args) in enumerate(layers):
        nodes[f"n{number}"] = Node(f"n{number}", kind, args, (Ref(last),), spelling, f"n{number}")
        last = f"n{number}"
    if meets:
        nodes["m"] = Node("m", ADD[0], ADD[2], (Ref(last), Ref("other")), ADD[1], "m")
    return Network(claim.framework, nodes), holes


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.move)
def test_a_move_removes_its_fault_at_all_sizes(claim: Claim) -> None:
    verdict = always_valid(*network(claim, claim.before), timeout=20)
    assert isinstance(verdict, Counterexample), "the fault that the move is about is not there"
    assert isinstance(always_valid(*network(claim, claim.after), timeout=20), Proved)


@pytest.mark.parametrize("claim", MEETINGS, ids=lambda claim: claim.move)
def test_operands_meet_at_all_sizes(claim: Claim) -> None:
    verdict = always_valid(*network(claim, claim.before, True), timeout=20)
    assert isinstance(verdict, Counterexample), "the operands fit at all sizes"
    assert isinstance(always_valid(*network(claim, claim.after, True), timeout=20), Proved)
