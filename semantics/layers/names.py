"""Names and parameter lists that several layer declarations share. No declaration lives here."""

from __future__ import annotations

from repairnn.semantics.domains import Name

#: Names that Keras 3.15 resolves (``keras.activations.get``).
KERAS_ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus",
    "swish", "tanh", "tanh_shrink",
)  # fmt: skip
#: What a layer may end in; ``threshold`` has a name, too, but cannot be called without its settings.
ACTIVATION = Name(KERAS_ACTIVATIONS, (None, "relu", "tanh"))
#: What a recurrent cell may use: ``glu`` would halve its state.
CELL_ACTIVATION = Name(tuple(name for name in KERAS_ACTIVATIONS if name != "glu"), (None, "relu", "tanh"))

#: How weights are made, regularised and constrained: no shape depends on it.
KERNEL_SETTINGS = ("kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
                   "activity_regularizer", "kernel_constraint", "bias_constraint")  # fmt: skip
LEGACY_SETTINGS = {"init": "kernel_initializer", "W_regularizer": "kernel_regularizer", "bias": "use_bias",
                   "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint",
                   "b_constraint": "bias_constraint"}  # fmt: skip
LEGACY_CONV = {"nb_filter": "filters", "filter_length": "kernel_size", "border_mode": "padding", "subsample": "strides",
               "subsample_length": "strides", "dim_ordering": "data_format", "atrous_rate": "dilation_rate",
               "stride": "strides", **LEGACY_SETTINGS}  # fmt: skip
