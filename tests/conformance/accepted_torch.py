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
        ("class_loss", "margin_loss", "torch_loss", "gaussian_loss"),
        "verdict",
        _third_tensor,
        "The weights of the classes, or a setting, may follow prediction and target in a call of a function; here "
        "they are an argument.",
        "torch",
    ),
    Difference(
        ("open_size",),
        "shape",
        lambda disagreement: "None" in disagreement.ours,
        "How many cells come out depends on their values.",
        "torch",
    ),
    Difference(
        ("merge",),
        "shape",
        lambda disagreement: len(disagreement.configuration.inputs) == 1,
        "With the condition alone, where returns the places that are true.",
        "torch",
    ),
    Difference(
        ("torch_one_hot",),
        "shape",
        lambda disagreement: "None" in disagreement.ours,
        "Without a number of classes it depends on the values.",
        "torch",
    ),
    Difference(
        ("unary",),
        "verdict",
        lambda disagreement: "At least one of 'min' or 'max' must not be None" in disagreement.theirs,
        "A bound that is not given may be one that the front end could not read.",
        "torch",
    ),
    Difference(
        NORMALISED + SUMMED,
        "values",
        lambda disagreement: float(disagreement.ours.rsplit(" ", 1)[-1]) < 5e-4,
        "Sums of many products, and differences of equal numbers divided by nearly nothing, show the rounding of "
        "single precision.",
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
        ("adaptive_pool",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith("adaptive-pool-rank") and "avg" in str(disagreement).lower(),
        "The function takes the mean of the last axes where the output size is 1, whatever the number of axes.",
        "torch",
    ),
    Difference(
        ("activation",),
        "verdict",
        lambda disagreement: "alpha cannot be 0 for CELU" in disagreement.theirs,
        "The settings of activations are not judged.",
        "torch",
    ),
    Difference(
        ("fractional_pool",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith("fractional-pool-size"),
        "The functions take the size where they are given a ratio, too; the modules refuse that.",
        "torch",
    ),
    Difference(
        ("pad", "interpolate"),
        "verdict",
        lambda disagreement: disagreement.ours.startswith(("pad-removes-everything", "interpolate-empty")),
        "Some routines of PyTorch return an empty tensor where nothing is left.",
        "torch",
    ),
    Difference(
        ("recurrent",),
        "verdict",
        lambda disagreement: "proj_size has to be smaller than hidden_size" in disagreement.theirs,
        "A projection that is no smaller than the state is refused by PyTorch; no shape depends on it.",
        "torch",
    ),
    Difference(
        ("merge",),
        "verdict",
        lambda disagreement: "can't be cast" in disagreement.theirs or "not implemented for" in disagreement.theirs,
        "The types of numbers are not followed: in place, real numbers cannot be written over whole ones.",
        "torch",
    ),
    Difference(
        ("bilinear_function",),
        "verdict",
        lambda disagreement: (
            disagreement.ours.startswith("function-bias") and disagreement.theirs.startswith("accepts")
        ),
        "A bias of another size than the weight's is repeated, or repeats the output; nobody means it.",
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
        ("along",),
        "values",
        _no_axis,
        "None is no axis that PyTorch documents for these functions.",
        "torch",
    ),
    Difference(
        ("transformer",),
        "verdict",
        lambda disagreement: (
            disagreement.ours.startswith("transformer-mask") and disagreement.theirs.startswith("accepts")
        ),
        "In inference the fast path of PyTorch's encoders does not look at the shape of a mask; in training it does.",
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
