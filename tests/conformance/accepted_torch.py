"""Differences between the semantics and PyTorch that are on purpose, each with its reason."""

from __future__ import annotations

from tests.conformance.accepted import Difference
from tests.conformance.compare import Disagreement


def _not_a_call(disagreement: Disagreement) -> bool:
    """PyTorch looked at no shape: an argument was missing, or of a type that it does not take."""
    return disagreement.theirs.startswith("TypeError")


def _takes_odd_values(disagreement: Disagreement) -> bool:
    return disagreement.ours.startswith("argument-out-of-domain") and disagreement.theirs.startswith("accepts")


def _keys_beyond_values(disagreement: Disagreement) -> bool:
    return disagreement.ours.startswith("attention-product-sizes") and disagreement.theirs.startswith("accepts")


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
        ("activation", "adaptive_pool"),
        "verdict",
        _takes_odd_values,
        "PyTorch takes settings that nobody means: an output size of 0, a negative slope below zero, an upper bound "
        "below the lower one.",
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
