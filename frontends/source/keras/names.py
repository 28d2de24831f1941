"""The many names of one thing in Keras: ``tf.keras.layers.Dense``, ``keras.layers.core.Dense``, ``L.Dense``."""

from __future__ import annotations

import re

from repairnn.frontends.source.library import COMMON, rewrite

COMMON.update({
    "np": "numpy", "numpy": "numpy", "tf": "tensorflow", "tensorflow": "tensorflow", "K": "keras.backend",
    "keras": "keras", "pd": "pandas", "plt": "matplotlib.pyplot", "os": "os", "math": "math", "random": "random",
    "sys": "sys", "layers": "keras.layers", "models": "keras.models", "optimizers": "keras.optimizers",
    "torch": "torch",     "nn": "torch.nn", "F": "torch.nn.functional", "np_utils": "keras.utils", "sklearn": "sklearn",
    "losses": "keras.losses", "regularizers": "keras.regularizers", "initializers": "keras.initializers",
    "activations": "keras.activations", "callbacks": "keras.callbacks", "cv2": "cv2",
})  # fmt: skip

HEADS = (
    ("tensorflow.compat.v1.keras", "keras"), ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow.compat.v1", "tensorflow"), ("tensorflow.compat.v2", "tensorflow"),
    ("tensorflow.python.keras", "keras"), ("tensorflow.contrib.keras.python.keras", "keras"),
    ("tensorflow.contrib.keras.api.keras", "keras"), ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.keras", "keras"), ("tensorflow_core.keras", "keras"), ("tf_keras", "keras"),
)  # fmt: skip
MODELS = {"Sequential": "keras.Sequential", "Model": "keras.Model", "Functional": "keras.Model", "Input": "keras.Input"}
TOP = ("layers", "models", "engine", "legacy", "_tf_keras", "api", "src")
#: Old names of layers of today.
RENAMED = {
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose", "Deconvolution3D": "Conv3DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose", "Deconv2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D", "SeparableConvolution1D": "SeparableConv1D",
    "AtrousConvolution2D": "Conv2D", "AtrousConvolution1D": "Conv1D", "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D", "MaxPool3D": "MaxPooling3D", "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D", "AvgPool3D": "AveragePooling3D", "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D", "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D", "TimeDistributedDense": "TimeDistributedDense",
    "BatchNormalizationV2": "BatchNormalization", "BatchNormalizationV1": "BatchNormalization",
}  # fmt: skip


@rewrite
def canonical(path: str) -> str:
    """The one path: ``keras.layers.Dense``, ``keras.Sequential``, ``keras.utils.to_categorical``."""
    for head, ours in HEADS:
        if path == head or path.startswith(head + "."):
            path = ours + path[len(head) :]
            break
    if not path.startswith("keras."):
        return path
    path = re.sub(r"\.(src|api|_tf_keras|legacy|tensorflow_backend)\b", "", path)
    path = path.removeprefix("keras.keras.") if path.startswith("keras.keras.") else path
    first, *rest = path.removeprefix("keras.").split(".")
    return _inside(first, rest, path)


def _inside(first: str, rest: list[str], path: str) -> str:
    last = rest[-1] if rest else first
    if last in MODELS and first in (*TOP, "Sequential", "Model", "Input", "Functional"):
        return MODELS[last]
    if first == "engine" and last[:1].isupper():
        return f"keras.layers.{last}"
    if first == "layers" and len(rest) > 1:
        return f"keras.layers.{last}"
    if first in ("utils", "losses", "optimizers", "activations", "models", "objectives") and len(rest) > 1:
        return f"keras.{first}.{last}"
    if first == "objectives":
        return ".".join(["keras.losses", *rest])
    if first == "applications" and len(rest) > 1 and last[:1].isupper():
        return f"keras.applications.{last}"
    if first == "Layer":
        return "keras.layers.Layer"
    return path
