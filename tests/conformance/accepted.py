"""Differences between the semantics and a framework that are on purpose, each with its reason.

The same list is shown in ``docs/conformance.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.compare import Disagreement
from tests.conformance.recognised import (
    BOUNDED,
    CONVOLUTIONS,
    batch_as_steps,
    bias_of_last_axis,
    by_table,
    has_bias_of_heads,
    is_empty,
    is_sparsemax,
    is_whole_float,
    looks_like_bias,
    named,
    open_batch,
    strides_past_kernel,
)


@dataclass(frozen=True)
class Difference:
    """A difference that is on purpose: the kinds it concerns, how to recognise it, and why."""

    kinds: tuple[str, ...]
    aspect: str
    matches: Callable[[Disagreement], bool]
    reason: str
    framework: str = "keras"


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        ("*",),
        "values",
        is_sparsemax,
        "Keras' sparsemax subtracts the sum of all partial sums where the paper that it cites (Martins and Astudillo, "
        "2016) takes the last one: its shares do not sum to one.",
    ),
    Difference(
        CONVOLUTIONS,
        "verdict",
        is_empty,
        "TensorFlow's convolutions hand an input without cells through, with its own number of channels, to which the "
        "bias may not fit.",
    ),
    Difference(
        ("merge",),
        "verdict",
        is_empty,
        "A sum of two axes without cells is added as a bias, for the reason given for values, and refused as such.",
    ),
    Difference(CONVOLUTIONS, "shape", is_empty, "The same input without cells, returned where there is no bias."),
    Difference(
        ("reduce", "image_size", "adaptive_pool", "resizing"),
        "verdict",
        is_empty,
        "Of no cells there is no largest, no middle and no resized one; where TensorFlow says so differs.",
    ),
    Difference(
        ("group_query_attention",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith("argument-out-of-domain: num_query_heads=0"),
        "Keras makes an attention without heads, which returns nothing but its bias.",
    ),
    Difference(
        ("unstack",),
        "verdict",
        lambda disagreement: disagreement.configuration.args.get("num") == 0,
        "Keras takes 0 parts for a number that is not given, and returns none.",
    ),
    Difference(
        ("hashed_crossing",),
        "verdict",
        open_batch,
        "Keras compares an open batch with a fixed one as if both were sizes; an open size is never a fault.",
    ),
    Difference(
        ("stack",),
        "shape",
        lambda disagreement: len(set(disagreement.configuration.inputs)) > 1,
        "Keras states the sizes of the first tensor; the semantics knows a size where any of the tensors says it.",
    ),
    Difference(
        ("activation", "dense", "einsum_dense", *CONVOLUTIONS),
        "shape",
        lambda disagreement: (
            "glu" in (disagreement.configuration.args.get(name) for name in ("activation", "function"))
            and any(None in shape[1:] for shape in disagreement.configuration.inputs)
        ),
        "Keras states the shape before glu halves it; where a size is open nothing is run that shows it.",
    ),
    Difference(
        ("image_crop",),
        "verdict",
        is_empty,
        "Keras resizes an image smaller than what is cropped, and has nothing to make cells of where it is empty.",
    ),
    Difference(
        ("batch_norm", "hashing", "hashed_crossing", "softmax"),
        "verdict",
        is_whole_float,
        "Keras turns some numbers into integers, and 4.0 is read as 4 there; elsewhere it is refused.",
    ),
    Difference(
        ("rms_norm",),
        "values",
        lambda disagreement: disagreement.configuration.args.get("epsilon", 0) is None,
        "Where epsilon is None, Keras takes one of its own; the reference takes that of PyTorch, where None is usual.",
    ),
    Difference(
        ("softmax",),
        "values",
        lambda disagreement: disagreement.configuration.args.get("axis", -1) is None,
        "Without an axis Keras on TensorFlow sums over all; the reference takes the axis that PyTorch takes.",
    ),
    Difference(
        ("upsampling", "resizing"),
        "values",
        by_table,
        "TensorFlow reads the weights of bicubic interpolation from a table of 1,024 entries; the reference computes "
        "them.",
    ),
    Difference(
        ("attention", "additive_attention"),
        "verdict",
        lambda disagreement: any(len(shape) < 2 for shape in disagreement.configuration.inputs),
        "Keras repeats a query of one axis, which has no steps, as far as it goes.",
    ),
    Difference(
        ("einsum_dense",),
        "shape",
        lambda disagreement: (
            "..." in disagreement.configuration.args["equation"]
            and any(None in shape[1:] for shape in disagreement.configuration.inputs)
        ),
        "Keras states the axes of an ellipsis in reverse order; they are returned in order.",
    ),
    Difference(
        ("hashing", "category_encoding", "discretization"),
        "shape",
        lambda disagreement: any(len(shape) > 2 and None in shape[1:] for shape in disagreement.configuration.inputs),
        "Keras states another shape for categories of several axes than it returns.",
    ),
    Difference(
        ("multi_head_attention", "group_query_attention"),
        "values",
        has_bias_of_heads,
        "Keras on TensorFlow adds a bias of shape (heads, 1) or (1, size) as if it belonged to another axis, where "
        "sizes allow it: the same shortcut that it takes for merge layers.",
    ),
    Difference(
        ("recurrent_cell",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith(("cell-rank", "cell-states", "input-count")),
        "A cell that is called by itself in Keras checks neither ranks nor states: TensorFlow broadcasts what it can.",
    ),
    Difference(
        ("recurrent_cell",),
        "shape",
        lambda disagreement: any(None in shape for shape in disagreement.configuration.inputs),
        "Where the size of a given state or its batch is open, Keras hands the open size on; the semantics knows it "
        "from the units, or from the input.",
    ),
    Difference(
        ("conv_recurrent", "recurrent"),
        "values",
        lambda disagreement: (
            not {disagreement.configuration.args.get(name, "tanh") for name in ("activation", "recurrent_activation")}
            <= BOUNDED
        ),
        "Without a bounded activation a recurrence can grow beyond what single precision holds.",
    ),
    Difference(
        ("group_query_attention", "multi_head_attention"),
        "verdict",
        lambda disagreement: any(None in shape[1:-1] for shape in disagreement.configuration.inputs),
        "Keras compares open sizes as if they were sizes; an open size is never a fault.",
    ),
    Difference(
        ("multi_head_attention",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith("argument-out-of-domain: output_shape"),
        "Keras makes some attention layers with outputs of size 0, and reads output_shape=0 as none given.",
    ),
    Difference(
        ("recurrent",),
        "verdict",
        lambda disagreement: (
            disagreement.ours.startswith("recurrent-state-shape")
            and any(len(shape) != 2 for shape in disagreement.configuration.inputs[1:])
        ),
        "Keras adds the state to the input by broadcasting: it takes some states with another number of axes, and then "
        "returns another shape than it states.",
    ),
    Difference(
        ("attention", "additive_attention"),
        "verdict",
        batch_as_steps,
        "With two axes, or with fewer than the other tensor, the batch stands where the steps are; where it is open it "
        "is never a fault.",
    ),
    Difference(
        ("attention", "additive_attention"),
        "shape",
        lambda disagreement: (
            len({shape[:1] for shape in disagreement.configuration.inputs}) > 1 or batch_as_steps(disagreement)
        ),
        "Keras states the batch and the axes of the query, and returns those that come of repeating all.",
    ),
    Difference(
        ("augment",),
        "verdict",
        named("RandomPerspective", "ContrastLimitedAdaptiveHistogramEqualization"),
        "A perspective of an image of one cell has no inverse, and such images do not fill a grid of tiles.",
    ),
    Difference(
        ("augment",),
        "verdict",
        is_empty,
        "An image without cells has no extremes, no histogram and no neighbours; some layers fail on it when they run.",
    ),
    Difference(
        ("augment",),
        "verdict",
        named("AugMix", "RandAugment"),
        "Which operations are drawn is left to chance, and only some look at colours.",
    ),
    Difference(
        ("augment", "matmul", "tensordot", "einsum", "window_slice", "unstack", "split", "top_k", "mel_spectrogram"),
        "verdict",
        open_batch,
        "An axis of unknown size is never a fault; the run puts a number in its place that may be one.",
    ),
    Difference(
        ("take", "tensordot"),
        "verdict",
        lambda disagreement: (
            "required positional argument" in disagreement.theirs or disagreement.ours.startswith("input-count")
        ),
        "A call that leaves out what a function must be given is a matter for the front end that reads the call.",
    ),
    Difference(
        ("tensordot",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith("contracted-axes-differ"),
        "TensorFlow compares only the products of the sizes that are summed over: it pairs cells of (3, 4) with cells "
        "of (4, 3), which nobody means.",
    ),
    Difference(
        ("discretization",),
        "verdict",
        lambda disagreement: "adapt" in disagreement.theirs,
        "A discretisation that learns its boundaries must be adapted to data first; that is no matter of shapes.",
    ),
    Difference(
        ("slice",),
        "verdict",
        lambda disagreement: "tensor" in str(disagreement.configuration.args),
        "TensorFlow's tensors take no arrays as an index; NumPy's arrays, which front ends evaluate, do.",
    ),
    Difference(
        ("pad_axes",),
        "verdict",
        lambda disagreement: "constant_values" in disagreement.theirs,
        "A value to pad with is of no use when cells are mirrored, and Keras says so; no shape depends on it.",
    ),
    Difference(
        ("image_crop",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith("argument-out-of-domain"),
        "Keras crops to a height or width of 0, and sometimes divides by it.",
    ),
    Difference(
        ("repeat",),
        "shape",
        named("tf.repeat"),
        "TensorFlow does not infer the size that a list of repeats gives; the semantics adds it up.",
    ),
    Difference(
        ("expand_dims",),
        "verdict",
        named("tf.expand_dims"),
        "TensorFlow adds one axis at a time; the semantics shares a declaration with functions that add several.",
    ),
    Difference(
        ("along",),
        "verdict",
        named("tf.cumsum", "tf.reverse", "tf.roll", "tf.sort", "tf.argsort"),
        "What must be given is told by TensorFlow's signature, and reversing takes a list of axes; the semantics "
        "shares a declaration with functions that have defaults.",
    ),
    Difference(
        ("reduce", "take"),
        "shape",
        named("tf.argmax", "tf.argmin", "tf.gather"),
        "TensorFlow reads axis=None as axis 0 here and nowhere else.",
    ),
    Difference(
        ("merge",),
        "values",
        looks_like_bias,
        "Keras on TensorFlow adds a tensor with a single axis longer than 1 as if it were a bias of the last axis (or "
        "of axis 1), whatever axis it is. The sum then differs from what the merge layers document.",
    ),
    Difference(
        CONVOLUTIONS,
        "values",
        bias_of_last_axis,
        "For the same reason a convolution with channels first adds its bias along the last axis where that is as "
        "long as there are channels.",
    ),
    Difference(
        ("conv",),
        "values",
        strides_past_kernel,
        "TensorFlow's oneDNN routines for the CPU (not its own, TF_ENABLE_ONEDNN_OPTS=0) leave values out where the "
        "strides differ and one of them is as long as the kernel or longer.",
    ),
    Difference(
        ("conv_transpose",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith("conv-transpose-same-even-kernel"),
        "On an input of one cell Keras returns an empty tensor where it fails on larger ones.",
    ),
    Difference(
        ("einsum_dense",),
        "values",
        lambda disagreement: disagreement.configuration.args.get("bias_axes") is not None,
        "The bias of an einsum layer is added in the same way, along another axis where the sizes allow it.",
    ),
    Difference(
        ("dropout",),
        "verdict",
        lambda disagreement: (disagreement.configuration.args.get("noise_shape") or (1,))[0] not in (None, 1),
        "A noise shape that names a number of samples fits batches of that size only; the semantics takes an open "
        "batch to be of any size.",
    ),
    Difference(
        ("einsum_dense",),
        "verdict",
        lambda disagreement: disagreement.ours.startswith(("einsum-dense-output-shape", "einsum-dense-rank")),
        "Keras takes an output shape with more sizes than its equation has letters, and inputs with more axes, and "
        "then states another shape than it returns.",
    ),
    Difference(
        ("adaptive_pool",),
        "verdict",
        lambda disagreement: (
            disagreement.ours.startswith("adaptive-pool-rank") and len(disagreement.configuration.inputs[0]) == 3
        ),
        "Adaptive pooling in Keras checks no rank: of three axes it pools the middle one, whatever its name says, and "
        "returns another shape than it states.",
    ),
)


def accepted(disagreement: Disagreement) -> Difference | None:
    """The known difference that explains a disagreement, or ``None``."""
    from tests.conformance.accepted_torch import TORCH_DIFFERENCES

    kind = disagreement.configuration.declaration.kind
    framework = disagreement.configuration.spelling.framework
    for difference in (*DIFFERENCES, *TORCH_DIFFERENCES):
        here = difference.framework == framework and (kind in difference.kinds or difference.kinds == ("*",))
        if here and disagreement.aspect == difference.aspect and difference.matches(disagreement):
            return difference
    return None
