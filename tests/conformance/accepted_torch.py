"""Differences between the semantics and PyTorch that are on purpose, each with its reason."""

from __future__ import annotations

from tests.conformance.accepted import Difference
from tests.conformance.compare import Disagreement


def _takes_odd_values(disagreement: Disagreement) -> bool:
    return disagreement.ours.startswith("argument-out-of-domain") and disagreement.theirs.startswith("accepts")


def _keys_beyond_values(disagreement: Disagreement) -> bool:
    return disagreement.ours.startswith("attention-product-sizes") and disagreement.theirs.startswith("accepts")


def _empty(disagreement: Disagreement) -> bool:
    ours, theirs = disagreement.ours, disagreement.theirs
    refused = (
        ours.startswith("conv-transpose-empty-output") or "conv-transpose-empty" in ours or "function-window" in ours
    )
    return (refused and theirs.startswith("accepts")) or "Output size is too small" in theirs


TORCH_DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        ("conv_transpose", "conv_function", "embedding_bag"),
        "verdict",
        _takes_odd_values,
        "A transposed convolution whose kernel is a single cell takes a dilation of 0, and a bag of a table without "
        "rows may be empty; nobody means them, and they are faults here.",
        "torch",
    ),
    Difference(
        ("conv_transpose", "conv_function"),
        "verdict",
        _empty,
        "Whether a transposed convolution may return an empty tensor depends on the routine that PyTorch chooses.",
        "torch",
    ),
    Difference(
        ("pad",),
        "verdict",
        lambda disagreement: "refer to a single memory location" in disagreement.theirs,
        "Where one end of an axis grows and the other shrinks, PyTorch may refuse to wrap around; whether it does "
        "depends on the sizes of the other axes.",
        "torch",
    ),
    Difference(
        ("pixel_unshuffle",),
        "shape",
        lambda disagreement: any(0 in shape for shape in disagreement.configuration.inputs),
        "An image without cells is handed on by PyTorch as it is.",
        "torch",
    ),
    Difference(
        ("conv_transpose",),
        "verdict",
        lambda disagreement: (
            disagreement.ours.startswith("conv-transpose-groups") and disagreement.theirs.startswith("accepts")
        ),
        "A lazy transposed convolution without a bias does not look whether its groups divide its outputs, and makes "
        "fewer than it is told.",
        "torch",
    ),
    Difference(
        ("transformer",),
        "verdict",
        lambda disagreement: (
            disagreement.theirs.startswith("accepts")
            and (
                disagreement.ours.startswith("transformer-mask")
                or any(0 in shape for shape in disagreement.configuration.inputs)
            )
        ),
        "In inference the fast path of PyTorch's encoders looks neither at the shape of a mask nor at what holds no "
        "numbers; in training it does.",
        "torch",
    ),
    Difference(
        ("attention_product",),
        "verdict",
        _keys_beyond_values,
        "On the CPU the fused attention does not compare the number of keys with the number of values, and reads "
        "beyond the end of the shorter.",
        "torch",
    ),
)
