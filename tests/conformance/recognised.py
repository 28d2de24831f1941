"""How differences that are on purpose are recognised: what a configuration or a disagreement is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from repairnn.semantics.layers.spatial import spread
from tests.conformance.compare import Disagreement


def looks_like_bias(disagreement: Disagreement) -> bool:
    """A sum in which an input has a single axis longer than 1, which Keras may take for a bias of the channels."""
    spelling = disagreement.configuration.spelling
    shapes = [(2, *shape[1:]) for shape in disagreement.configuration.inputs[1:]]
    return spelling.fixed.get("op") in ("add", "average") and any(
        sum(size is None or size > 1 for size in shape) == 1 for shape in shapes
    )


def bias_of_last_axis(disagreement: Disagreement) -> bool:
    """Channels first, and as many channels as there are cells along the last axis."""
    configuration = disagreement.configuration
    shape = replace(configuration, args={**configuration.args, "activation": None}).judged().outputs[0]
    layout = str(configuration.args.get("data_format")).lower()
    first = layout == "channels_first" and configuration.args.get("use_bias", True)
    return bool(first and shape and len(shape) > 2 and shape[1] == shape[-1])


def strides_past_kernel(disagreement: Disagreement) -> bool:
    """Different strides along the axes, one of them at or past the end of the kernel."""
    args = disagreement.configuration.args
    rank = disagreement.configuration.spelling.fixed["rank"]
    strides, kernel = (spread(args.get(name, 1), rank) for name in ("strides", "kernel_size"))
    return len(set(strides)) > 1 and any(s >= k for s, k in zip(strides, kernel, strict=True))


#: Activations that keep a recurrence within bounds.
BOUNDED = frozenset({"tanh", "sigmoid", "hard_sigmoid", "hard_tanh", "softsign", "softmax", "sparse_sigmoid"})
#: TensorFlow reads the weights of bicubic interpolation from a table, which is this exact.
TABLE = 5e-3
CONVOLUTIONS = ("conv", "conv_transpose", "depthwise_conv", "separable_conv")


def is_sparsemax(disagreement: Disagreement) -> bool:
    names = ("activation", "recurrent_activation", "function")
    return "sparsemax" in {disagreement.configuration.args.get(name) for name in names}


def is_empty(disagreement: Disagreement) -> bool:
    """An input without cells."""
    return any(0 in shape for shape in disagreement.configuration.inputs)


def is_whole_float(disagreement: Disagreement) -> bool:
    """An argument of a floating point number without decimals is what the semantics complains of."""
    fault, _, given = disagreement.ours.partition("=")
    return fault.startswith("argument-out-of-domain") and given.endswith(".0")


def by_table(disagreement: Disagreement) -> bool:
    """A bicubic interpolation that differs by no more than the table of its weights allows."""
    cubic = disagreement.configuration.args.get("interpolation") == "bicubic"
    differs, _, by = disagreement.ours.rpartition(" ")
    return cubic and differs == "differs by" and float(by) < TABLE


def has_bias_of_heads(disagreement: Disagreement) -> bool:
    """A projection into heads whose bias has a single axis longer than 1."""
    args = disagreement.configuration.args
    heads = {args.get(name) for name in ("num_heads", "num_query_heads", "num_key_value_heads")}
    sizes = {args.get(name) for name in ("key_dim", "value_dim", "head_dim")}
    return bool(args.get("use_bias", True)) and 1 in heads | sizes


def batch_as_steps(disagreement: Disagreement) -> bool:
    """Tensors of different ranks in an attention: the open batch of one takes the place of the other's steps."""
    shapes = disagreement.configuration.inputs
    several = len({len(shape) for shape in shapes}) > 1
    return any(shape[:1] == (None,) and (several or len(shape) == 2) for shape in shapes)


def open_batch(disagreement: Disagreement) -> bool:
    """An unknown first axis takes part in the operation; the arrays that are run may not fit there."""
    return any(shape[:1] == (None,) for shape in disagreement.configuration.inputs)


def named(*names: str) -> Callable[[Disagreement], bool]:
    return lambda disagreement: disagreement.configuration.spelling.name in names
