"""Build and run a network in Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.frontends.errors import CannotBuild
from repairnn.semantics.ir import Network


def find_device(wanted: str) -> str:
    """Load Keras and name the device to run on: ``cpu``, or ``cuda:N`` as the user counts. Raises ``CannotBuild``."""
    import keras

    kind, _, number = wanted.partition(":")
    if keras.backend.backend() == "tensorflow":
        gpus = _tensorflow_gpus()
    else:
        gpus = _torch_gpus() if keras.backend.backend() == "torch" else 0
    if kind == "cpu" or (kind == "auto" and not gpus):
        return "cpu"
    if not gpus:
        raise CannotBuild(f"{keras.backend.backend()} sees no {kind} device")
    return f"{'mps' if kind == 'mps' else 'cuda'}:{number or 0}"


def run(
    network: Network, inputs: Sequence[Sequence[int]], losses: Sequence[Mapping[str, Any]], device: str
) -> list[tuple[int, ...]]:
    """The output shapes of a forward pass; losses are computed on dummy labels. Raises what Keras raises."""
    import keras
    import numpy as np

    from repairnn.frontends.keras.build import build

    keras.backend.clear_session()
    with keras.device("cpu:0" if device == "cpu" else "gpu:0"):
        model = build(network)
        arrays = [np.zeros(shape, entry.dtype) for shape, entry in zip(inputs, model.inputs, strict=True)]
        outputs = model(arrays if len(arrays) > 1 else arrays[0], training=False)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        for loss in losses:
            _compute(keras, loss, outputs[loss["output"]])
    return [tuple(int(dim) for dim in output.shape) for output in outputs]


def _compute(keras: Any, loss: Mapping[str, Any], prediction: Any) -> None:
    """A loss as ``fit`` computes it: through the same wrapper that aligns the ranks of labels and predictions."""
    import numpy as np

    labels = np.zeros(tuple(loss["target"]), "float32")
    wrapped = getattr(keras.losses, "".join(part.capitalize() for part in loss["name"].split("_")), None)
    try:
        function = keras.losses.get(loss["name"]) if wrapped is None else wrapped()
    except ValueError as error:
        raise CannotBuild(f"loss {loss['name']} is not one of Keras") from error
    function(labels, prediction)


def _tensorflow_gpus() -> int:
    import tensorflow

    return len(tensorflow.config.list_physical_devices("GPU"))


def _torch_gpus() -> int:
    import torch

    return int(torch.cuda.device_count()) + int(torch.backends.mps.is_available())
