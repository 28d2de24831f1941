"""Differences between the semantics and PyTorch that are on purpose, each with its reason."""

from __future__ import annotations

from tests.conformance.accepted import Difference
from tests.conformance.compare import Disagreement


def _not_a_call(disagreement: Disagreement) -> bool:
    """PyTorch looked at no shape: an argument was missing, or of a type that it does not take."""
    return disagreement.theirs.startswith("TypeError") or "expects dims to be int" in disagreement.theirs


def _takes_odd_values(disagreement: Disagreement) -> bool:
    return disagreement.ours.startswith("argument-out-of-domain") and disagreement.theirs.startswith("accepts")


def _keys_beyond_values(disagreement: Disagreement) -> bool:
    return disagreement.ours.startswith("attention-product-sizes") and disagreement.theirs.startswith("accepts")


def _third_tensor(disagreement: Disagreement) -> bool:
    return disagreement.ours.startswith("input-count") and disagreement.theirs.startswith("accepts")


def _no_axis(disagreement: Disagreement) -> bool:
    return "axis" in disagreement.configuration.args and disagreement.configuration.args["axis"] is None


def _empty(disagreement: Disagreement) -> bool:
    ours, theirs = disagreement.ours, disagreement.theirs
    refused = (
        ours.startswith("conv-transpose-empty-output") or "conv-transpose-empty" in ours or "function-window" in ours
    )
    return (refused and theirs.startswith("accepts")) or "Output size is too small" in theirs


NORMALISED = ("batch_norm", "group_norm", "instance_norm", "instance_norm_function")
SUMMED = ("conv", "conv_function", "conv_transpose", "product", "added_product", "matmul", "fold")
TORCH_DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        ("*",),
        "verdict",
        _not_a_call,
        "The sweep draws arguments from the declarations, which the frameworks share; a call that lacks an argument, "
        "or gives None or a number where PyTorch wants something else, is refused by Python before any shape is "
        "looked at.",
        "torch",
    ),
    Difference(
        ("*",),
        "verdict",
        _takes_odd_values,
        "PyTorch checks few settings: it takes sizes of 0, negative slopes, exponents and epsilons, upper bounds below "
        "lower ones. Nobody means them, and they are faults here.",
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
