"""The spellings of Keras 1 and early Keras 2, on top of the installed Keras.

Only what the scripts of this folder use. It lets a script written for an old Keras run, so that
the fault seen is the author's shape fault and not the missing name.
"""

from __future__ import annotations

import sys
import types

RENAMED = {
    "border_mode": "padding",
    "subsample": "strides",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "bias": "use_bias",
    "inner_init": "recurrent_initializer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "p": "rate",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample_length": "strides",
    "pool_length": "pool_size",
    "stride": "strides",
    "atrous_rate": "dilation_rate",
}
DROPPED = ("consume_less", "input_length_hint", "lr_policy", "batch_input_shape_hint")


def old(layer, rank: int | None = None, recurrent: bool = False, width: str = ""):
    """A class with the old constructor of `layer`."""

    def init(self, *args, **kwargs):
        values = {RENAMED.get(k, k): v for k, v in kwargs.items() if k not in DROPPED}
        order = values.pop("dim_ordering", None)
        if order:
            values["data_format"] = "channels_first" if order == "th" else "channels_last"
        if rank == 2:
            rows, columns = values.pop("nb_row", None), values.pop("nb_col", None)
            if rows:
                values["kernel_size"] = (rows, columns)
            if len(args) >= 3 and isinstance(args[1], int) and isinstance(args[2], int):
                args = (args[0], (args[1], args[2]), *args[3:])
        if width and "output_dim" in values:
            values[width] = values.pop("output_dim")
        length = values.pop("input_length", None)
        if "input_dim" in values and (recurrent or rank == 1):
            values["input_shape"] = (length, values.pop("input_dim"))
        elif "input_dim" in values and width == "units":
            values["input_shape"] = (values.pop("input_dim"),)
        elif length is not None and layer.__name__ == "Embedding":
            values["input_shape"] = (length,)
        layer.__init__(self, *args, **values)

    return type(layer.__name__, (layer,), {"__init__": init})


def install() -> None:
    """Put the old names where old programs import them from."""
    import keras
    import numpy as np

    layers = keras.layers
    made = {
        "Dense": old(layers.Dense, width="units"),
        "Conv2D": old(layers.Conv2D, 2),
        "Convolution2D": old(layers.Conv2D, 2),
        "Conv1D": old(layers.Conv1D, 1),
        "Convolution1D": old(layers.Conv1D, 1),
        "LSTM": old(layers.LSTM, recurrent=True, width="units"),
        "GRU": old(layers.GRU, recurrent=True, width="units"),
        "SimpleRNN": old(layers.SimpleRNN, recurrent=True, width="units"),
        "Embedding": old(layers.Embedding),
        "MaxPooling2D": old(layers.MaxPooling2D),
        "MaxPooling1D": old(layers.MaxPooling1D),
        "AveragePooling2D": old(layers.AveragePooling2D),
        "ZeroPadding2D": old(layers.ZeroPadding2D),
        "Dropout": old(layers.Dropout),
        "UpSampling2D": old(layers.UpSampling2D),
    }

    def merge(inputs, mode="sum", concat_axis=-1):
        if mode == "concat":
            return layers.Concatenate(axis=concat_axis)(inputs)
        return {"sum": layers.Add, "mul": layers.Multiply, "ave": layers.Average}[mode]()(inputs)

    made["merge"] = merge
    # `from keras.layers import *` reads the module as it stands when it runs.
    targets = [layers, sys.modules.get("tensorflow.keras.layers"), keras.layers]
    for target in targets:
        for name, value in made.items():
            if target is not None:
                setattr(target, name, value)
    for name in ("core", "convolutional", "recurrent", "embeddings", "pooling", "normalization", "merge", "wrappers"):
        module = types.ModuleType(f"keras.layers.{name}")
        for key in dir(layers):
            if not key.startswith("__"):
                setattr(module, key, getattr(layers, key))
        sys.modules[module.__name__] = module
        if name != "merge":
            setattr(layers, name, module)
    np_utils = types.ModuleType("keras.utils.np_utils")
    np_utils.to_categorical = keras.utils.to_categorical
    sys.modules["keras.utils.np_utils"] = np_utils
    keras.utils.np_utils = np_utils

    compile_ = keras.Model.compile
    fit_ = keras.Model.fit

    def compile(self, optimizer="rmsprop", loss=None, metrics=None, **_kwargs):
        return compile_(self, optimizer=optimizer, loss=loss, metrics=metrics)

    def fit(self, *args, nb_epoch=None, show_accuracy=None, **kwargs):
        return fit_(self, *args, **kwargs)

    keras.Model.compile, keras.Model.fit = compile, fit
    keras.Model.predict_classes = lambda self, x, **_k: np.argmax(self.predict(x, verbose=0), -1)

    class Model(keras.Model):
        def __new__(cls, *args, **kwargs):
            if "input" in kwargs or "output" in kwargs:
                return keras.Model(kwargs["input"], kwargs["output"])
            return keras.Model(*args, **kwargs)

    keras.models.Model = Model
