"""Criteria: modules and functions that compare a prediction with a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import function
from repairnn.frontends.source.torch.drawing import as_tensor, data, draw, plain
from repairnn.frontends.source.torch.drawing import known_as as known_as
from repairnn.frontends.source.torch.values import Layer, Tensor
from repairnn.frontends.source.values import Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Criteria by class and by function, to the name that the ``loss`` node carries.
CLASSES = {
    "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss", "NLLLoss2d": "nll_loss", "MSELoss": "mse_loss",
    "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss", "HuberLoss": "huber_loss", "BCELoss": "bce",
    "BCEWithLogitsLoss": "bce_with_logits", "KLDivLoss": "kl_div", "PoissonNLLLoss": "poisson_nll_loss",
    "SoftMarginLoss": "soft_margin_loss", "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "MultiMarginLoss": "multi_margin_loss", "HingeEmbeddingLoss": "hinge_embedding_loss",
    "MultiLabelMarginLoss": "multilabel_margin_loss",
}  # fmt: skip
FUNCTIONS = {
    "cross_entropy": "cross_entropy", "nll_loss": "nll_loss", "mse_loss": "mse_loss", "l1_loss": "l1_loss",
    "smooth_l1_loss": "smooth_l1_loss", "huber_loss": "huber_loss", "binary_cross_entropy": "bce",
    "binary_cross_entropy_with_logits": "bce_with_logits", "kl_div": "kl_div", "poisson_nll_loss": "poisson_nll_loss",
    "soft_margin_loss": "soft_margin_loss", "multilabel_soft_margin_loss": "multilabel_soft_margin_loss",
    "multi_margin_loss": "multi_margin_loss", "hinge_embedding_loss": "hinge_embedding_loss",
    "multilabel_margin_loss": "multilabel_margin_loss",
}  # fmt: skip


def compare(machine: Machine, layer: Layer, call: Call) -> Value:
    """``criterion(output, target)`` for a criterion that is a module."""
    from repairnn.frontends.source.torch.layers import name_of

    name = CLASSES.get(layer.name, "")
    reduction = layer.arguments.get("reduction") or _extra(layer, "reduction")
    return compared(machine, name, layer.name, name_of(machine, layer, call), call, reduction, layer)


def _extra(layer: Layer, name: str) -> Argument | None:
    found = layer.attributes.get(name)
    return Argument(found) if found is not None else None


def compared(
    machine: Machine, name: str, spelling: str, shown: str, call: Call, reduction: Argument | None, layer: Layer | None
) -> Value:
    """A ``loss`` node; the loss itself is a number unless it is not reduced."""
    prediction = as_tensor(machine, call.get(0, "input", "output", "pred"))
    target = as_tensor(machine, call.get(1, "target", "targets", "y"))
    if prediction is None or target is None or not name:
        return _scalar(machine, call)
    args: dict[str, Any] = {"name": name}
    how = plain(reduction.value) if reduction is not None else "mean"
    if isinstance(how, str) and how != "mean":
        args["reduction"] = how
    form = target.form
    if form:
        _mark(machine, target)
    site = Site(layer.span if layer else call.span, call.span, dict(layer.arguments) if layer else {})
    draw(machine, "loss", args, [prediction, target], spelling=spelling, name=shown, site=site,
         layer=layer.identity if layer else "")  # fmt: skip
    if how == "none":
        return prediction.like()
    return _scalar(machine, call)


def _mark(machine: Machine, target: Tensor) -> None:
    """Tell the data node behind a target what is known of its values and type, as far as it is a data node."""
    node = machine.graph.nodes[target.ref.node]
    if node.kind == "data":
        extra = {key: value for key, value in (("form", target.form), ("dtype", target.dtype)) if value}
        if any(node.args.get(key) != value for key, value in extra.items()):
            machine.graph.nodes[node.id] = node.with_(args={**node.args, **extra})


def _scalar(machine: Machine, call: Call) -> Tensor:
    return data(machine, (), name="loss value", span=call.span, dtype="float32", key=("loss", call.span))


def _functional(name: str) -> None:
    @function(f"torch.nn.functional.{name}")
    def run(machine: Machine, call: Call) -> Value:
        return compared(machine, FUNCTIONS[name], name, f"F.{name}", call, call.argument(None, "reduction"), None)


for _name in FUNCTIONS:
    _functional(_name)


@function("torch.optim.Adam", "torch.optim.SGD", "torch.optim.RMSprop", "torch.optim.AdamW", "torch.optim.Adagrad",
          "torch.optim.Adadelta", "torch.optim.lr_scheduler.StepLR", "torch.cuda.amp.GradScaler")  # fmt: skip
def _optimizer(machine: Machine, call: Call) -> Value:
    return Unknown("an optimizer")
