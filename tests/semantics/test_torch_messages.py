"""What PyTorch refuses with the messages that people paste into search engines is refused here, and nothing less."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("torch")

from repairnn.semantics.checker import evaluate
from repairnn.semantics.ir import Node, Shape
from repairnn.semantics.registry import spelled
from tests.conformance.torch_runner import run


@dataclass(frozen=True)
class Refused:
    """A call that PyTorch refuses with a message that contains ``message``; it takes the ``repaired`` arguments."""

    message: str
    name: str
    inputs: tuple[Shape, ...]
    args: dict[str, Any] = field(default_factory=dict)
    repaired: dict[str, Any] | None = None
    form: str = "layer"


CASES = (
    Refused("mat1 and mat2 shapes cannot be multiplied", "Linear", ((2, 512),), {"in_features": 400, "units": 10},
            {"in_features": 512}),
    Refused("mat1 and mat2 shapes cannot be multiplied", "mm", ((2, 3), (4, 5)), {}, None, "function"),
    Refused("expected input[2, 3, 8, 8] to have 1 channels", "Conv2d", ((2, 3, 8, 8),),
            {"in_channels": 1, "filters": 4, "kernel_size": 3}, {"in_channels": 3}),
    Refused("Expected 3D (unbatched) or 4D (batched) input to conv2d", "Conv2d", ((28, 28),),
            {"in_channels": 1, "filters": 4, "kernel_size": 3}),
    Refused("Kernel size can't be greater than actual input size", "Conv2d", ((2, 3, 4, 4),),
            {"in_channels": 3, "filters": 4, "kernel_size": 5}, {"kernel_size": 4}),
    Refused("in_channels must be divisible by groups", "Conv2d", ((2, 3, 4, 4),),
            {"in_channels": 3, "filters": 4, "kernel_size": 3, "groups": 2}, {"groups": 1}),
    Refused("Output size is too small", "MaxPool2d", ((2, 3, 1, 1),), {"pool_size": 2}, {"pool_size": 1}),
    Refused("pad should be at most half of effective kernel size", "MaxPool2d", ((2, 3, 8, 8),),
            {"pool_size": 2, "padding": 2}, {"padding": 1}),
    Refused("is invalid for input of size", "view", ((2, 16, 4, 4),), {"target_shape": (-1, 400)},
            {"target_shape": (-1, 256)}, "method"),
    Refused("Sizes of tensors must match except in dimension 1", "cat", ((2, 3, 8), (2, 4, 7)), {"axis": 1}, None,
            "function"),
    Refused("must match the size of tensor b (4) at non-singleton dimension 1", "add", ((2, 3), (2, 4)), {}, None,
            "function"),
    Refused("running_mean should contain 4 elements not 3", "BatchNorm2d", ((2, 4, 5, 5),), {"num_features": 3},
            {"num_features": 4}),
    Refused("expected 4D input (got 2D input)", "BatchNorm2d", ((2, 4),), {"num_features": 4}),
    Refused("expected input with shape [*, 4]", "LayerNorm", ((2, 5),), {"normalized_shape": 4},
            {"normalized_shape": 5}),
    Refused("Expected number of channels in input to be divisible by num_groups", "group_norm", ((2, 5, 4),),
            {"groups": 2}, {"groups": 1}, "function"),
    Refused("input.size(-1) must be equal to input_size", "LSTM", ((5, 2, 7),), {"input_size": 8, "units": 4},
            {"input_size": 7}),
    Refused("input.size(-1) must be equal to input_size", "GRU", ((5, 2, 7),), {"input_size": 8, "units": 4},
            {"input_size": 7}),
    Refused("embed_dim must be divisible by num_heads", "MultiheadAttention", ((5, 2, 8),) * 3,
            {"embed_dim": 8, "num_heads": 3}, {"num_heads": 2}),
    Refused("was expecting embedding dimension of 8", "MultiheadAttention", ((5, 2, 6),) * 3,
            {"embed_dim": 8, "num_heads": 2}, {"embed_dim": 6}),
    Refused("Dimension out of range", "softmax", ((2, 3),), {"axis": 2}, {"axis": 1}, "function"),
    Refused("0D or 1D target tensor expected, multi-target not supported", "CrossEntropyLoss", ((4, 3), (4, 1))),
    Refused("Expected input batch_size (4) to match target batch_size (5)", "CrossEntropyLoss", ((4, 3), (5,))),
    Refused("Target size (torch.Size([4])) must be the same as input size", "BCEWithLogitsLoss", ((4, 1), (4,))),
    Refused("Using a target size (torch.Size([4])) that is different", "BCELoss", ((4, 1), (4,))),
    Refused("channel' dimension to be divisible by the square of upscale_factor", "PixelShuffle", ((2, 7, 3, 3),),
            {"factor": 2}),
    Refused("Padding size should be less than the corresponding input dimension", "ReflectionPad2d", ((2, 3, 4, 4),),
            {"padding": 4}, {"padding": 3}),
    Refused("Got 3D input, but bilinear mode needs 4D input", "interpolate", ((2, 3, 4),),
            {"scale_factor": 2, "mode": "bilinear"}, {"mode": "linear"}, "function"),
    Refused("Halving dimension must be even", "GLU", ((2, 3),), {}, {"axis": 0}),
    Refused("selected index k out of range", "topk", ((2, 3),), {"k": 4}, {"k": 3}, "function"),
    Refused("stack expects each tensor to be equal size", "stack", ((2, 3), (2, 4)), {}, None, "function"),
    Refused("Expected size for first two dimensions of batch2 tensor", "bmm", ((5, 2, 3), (5, 4, 2)), {}, None,
            "function"),
    Refused("split_with_sizes expects split_sizes to sum exactly to 6", "split", ((2, 6),),
            {"sections": (2, 3), "axis": 1}, {"sections": (2, 4)}, "function"),
)  # fmt: skip


def named(case: Refused) -> str:
    return f"{case.name}-{case.message[:24]}"


def verdicts(case: Refused, args: dict[str, Any]) -> tuple[list[str], str]:
    """Our faults and PyTorch's message; both empty where nothing is wrong."""
    found = spelled("torch", case.name, case.form)
    assert found is not None
    declaration, spelling = found
    evaluation = evaluate(Node("n", declaration.kind, args, spelling=case.name), case.inputs, "torch")
    faults = [fault.rule.id for fault in evaluation.faults if fault.rule.severity == "fault"]
    ran = run(declaration, spelling, args, case.inputs)
    return faults, "" if ran.accepted else ran.message


@pytest.mark.parametrize("case", CASES, ids=named)
def test_both_refuse(case: Refused) -> None:
    faults, message = verdicts(case, case.args)
    assert case.message in message
    assert faults


@pytest.mark.parametrize("case", [case for case in CASES if case.repaired is not None], ids=named)
def test_both_accept_once_repaired(case: Refused) -> None:
    assert verdicts(case, {**case.args, **(case.repaired or {})}) == ([], "")
