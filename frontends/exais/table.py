"""What the format calls layers, arguments and weights, and what Keras calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Keys that describe weights: the format's name to Keras' name.
PLAIN_WEIGHTS = {"weights": "kernel", "bias": "bias"}
SEPARABLE_WEIGHTS = {"weights": "depthwise_kernel", "weights1": "pointwise_kernel", "bias": "bias"}
RECURRENT_WEIGHTS = {"weights": "kernel", "recurrent_weights": "recurrent_kernel", "bias": "bias"}
NORM_WEIGHTS = {"gammas": "gamma", "betas": "beta", "means": "moving_mean", "variances": "moving_variance"}


@dataclass(frozen=True)
class Entry:
    """One layer type: Keras' class name, the format's keys to Keras' parameters, its weights, and fixed parameters."""

    keras: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)


_CONV = {
    "nodes": "filters",
    "kernel_shape": "kernel_size",
    "kernel_size": "kernel_size",
    "strides": "strides",
    "padding": "padding",
    "dilation_rate": "dilation_rate",
    "func": "activation",
}
_POOL = {"pool_size": "pool_size", "size": "pool_size", "strides": "strides", "padding": "padding"}
_RECURRENT = {"nodes": "units", "reset_after": "reset_after", "func": "activation"}


def _entries() -> dict[str, Entry]:
    table = {
        "dense": Entry("Dense", {"nodes": "units", "func": "activation"}, PLAIN_WEIGHTS),
        "flatten": Entry("Flatten"),
        "reshape": Entry("Reshape", {"size": "target_shape", "target_shape": "target_shape"}),
        "permute": Entry("Permute", {"Permute_Dims": "dims", "dims": "dims"}),
        "repeatvector": Entry("RepeatVector", {"n": "n"}),
        "masking": Entry("Masking", {"mask_value": "mask_value"}),
        "dropout": Entry("Dropout", {"rate": "rate"}, fixed={"rate": 0.5}),
        "dot": Entry("Dot", {"axes": "axes"}),
        "concatenate": Entry("Concatenate", {"axis": "axis"}),
        "embedding": Entry(
            "Embedding", {"input_dim": "input_dim", "output_dim": "output_dim"}, {"weights": "embeddings"}
        ),
        "batchnormalization": Entry(
            "BatchNormalization", {"axis": "axis", "epsilon": "epsilon", "momentum": "momentum"}, NORM_WEIGHTS
        ),
        "layernormalization": Entry("LayerNormalization", {"axis": "axis", "epsilon": "epsilon"}),
        "relu": Entry("ReLU", {"max_value": "max_value", "negative_slope": "negative_slope", "threshold": "threshold"}),
        "leakyrelu": Entry("LeakyReLU", {"alpha": "negative_slope"}),
        "elu": Entry("ELU", {"alpha": "alpha"}),
        "prelu": Entry("PReLU", {}, {"alphas": "alpha"}),
        "thresholdedrelu": Entry("ThresholdedReLU", {"theta": "theta"}),
        "softmax": Entry("Softmax", {"axis": "axis"}),
        "sigmoid": Entry("Activation", fixed={"activation": "sigmoid"}),
        "tanh": Entry("Activation", fixed={"activation": "tanh"}),
        "depthwiseconv2d": Entry("DepthwiseConv2D", {k: v for k, v in _CONV.items() if k != "nodes"}, PLAIN_WEIGHTS),
        "separableconv1d": Entry("SeparableConv1D", _CONV, SEPARABLE_WEIGHTS),
        "separableconv2d": Entry("SeparableConv2D", _CONV, SEPARABLE_WEIGHTS),
        "locallyconnected1d": Entry("LocallyConnected1D", _CONV, PLAIN_WEIGHTS),
        "locallyconnected2d": Entry("LocallyConnected2D", _CONV, PLAIN_WEIGHTS),
    }
    table["linear"] = table["dense"]
    for rank in (1, 2, 3):
        table[f"conv{rank}d"] = Entry(f"Conv{rank}D", _CONV, PLAIN_WEIGHTS)
        table[f"conv{rank}dtranspose"] = Entry(f"Conv{rank}DTranspose", _CONV, PLAIN_WEIGHTS)
        table[f"maxpool{rank}d"] = Entry(f"MaxPooling{rank}D", _POOL)
        table[f"averagepooling{rank}d"] = Entry(f"AveragePooling{rank}D", _POOL)
        table[f"globalmaxpool{rank}d"] = Entry(f"GlobalMaxPooling{rank}D")
        table[f"globalaveragepooling{rank}d"] = Entry(f"GlobalAveragePooling{rank}D")
        table[f"zeropadding{rank}d"] = Entry(f"ZeroPadding{rank}D", {"padding": "padding"})
        table[f"cropping{rank}d"] = Entry(f"Cropping{rank}D", {"cropping": "cropping"})
        table[f"upsampling{rank}d"] = Entry(f"UpSampling{rank}D", {"size": "size"})
    for cell, keras in (("simplernn", "SimpleRNN"), ("lstm", "LSTM"), ("gru", "GRU")):
        table[cell] = table[f"{cell}cell"] = Entry(keras, _RECURRENT, RECURRENT_WEIGHTS)
    for merge in ("add", "subtract", "multiply", "average", "maximum", "minimum"):
        table[merge] = Entry(merge.capitalize())
    return table


TABLE = _entries()
BY_KERAS = {
    entry.keras: name for name, entry in reversed(TABLE.items()) if not name.endswith("cell") and name != "linear"
}
