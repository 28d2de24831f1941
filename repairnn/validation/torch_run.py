"""Build and run a network in PyTorch: first on the meta device, where shapes cost nothing, then for real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.frontends.errors import CannotBuild
from repairnn.semantics.ir import Network

#: What the functional form of a loss is called, where it is not the loss' own name.
FUNCTIONS = {
    "bce_loss": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy_with_logits",
}
CLASS_LOSSES = frozenset({"cross_entropy", "nll_loss"})
#: Losses whose target is a list of classes.
WHOLE = frozenset({"multilabel_margin_loss"})


def find_device(wanted: str) -> str:
    """Load PyTorch and name the device to run on. Raises ``CannotBuild`` when there is no such device."""
    import torch

    kind, _, number = wanted.partition(":")
    gpus = torch.cuda.device_count()
    if kind == "cpu" or (kind == "auto" and not gpus):
        return "cpu"
    if kind == "mps":
        if not torch.backends.mps.is_available():
            raise CannotBuild("PyTorch sees no mps device")
        return "mps"
    if int(number or 0) >= gpus:
        raise CannotBuild(f"PyTorch sees {gpus} cuda device{'' if gpus == 1 else 's'}, not {wanted}")
    return f"cuda:{number or 0}"


def run(
    network: Network, inputs: Sequence[Sequence[int]], losses: Sequence[Mapping[str, Any]], device: str
) -> list[tuple[int, ...]]:
    """The output shapes of a forward pass; losses are computed on dummy labels. Raises what PyTorch raises."""
    import torch

    shapes = iter(inputs)
    network = network.updated(
        {
            node.id: node.with_(args={**node.args, "shape": tuple(next(shapes))})
            for node in network
            if node.kind == "input"
        }
    )
    try:
        _forward(torch, network, losses, "meta")
    except (NotImplementedError, RuntimeError) as error:
        if not _needs_values(error):
            raise
    return _forward(torch, network, losses, device)


def _needs_values(error: Exception) -> bool:
    """Whether PyTorch cannot say without values, which the meta device does not have."""
    return isinstance(error, NotImplementedError) or "meta tensors" in str(error).lower()


def _forward(torch: Any, network: Network, losses: Sequence[Mapping[str, Any]], device: str) -> list[tuple[int, ...]]:
    from repairnn.frontends.torch.build import build

    with torch.device(device), torch.no_grad():
        module = build(network).eval()
        tensors = [
            torch.zeros(node.args["shape"], dtype=torch.long if node.args.get("dtype") == "int" else torch.float32)
            for node in network
            if node.kind == "input"
        ]
        outputs = module(*tensors)
        for loss in losses:
            _compute(torch, loss, outputs[loss["output"]])
    return [tuple(output.shape) for output in outputs]


def _compute(torch: Any, loss: Mapping[str, Any], prediction: Any) -> None:
    name = loss["name"]
    function = getattr(torch.nn.functional, FUNCTIONS.get(name, name), None)
    if function is None:
        raise CannotBuild(f"loss {name} is not one of PyTorch")
    target = tuple(loss["target"])
    numbers = name in WHOLE or (name in CLASS_LOSSES and len(target) == prediction.dim() - 1)
    labels = torch.zeros(target, dtype=torch.long if numbers else prediction.dtype)
    function(prediction.sigmoid() if name == "bce_loss" else prediction, labels)
