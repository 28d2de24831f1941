"""Criteria: modules and functions that compare a prediction with a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import function
from repairnn.frontends.source.torch.drawing import as_tensor, data, draw, known_as, read_arguments
from repairnn.frontends.source.torch.values import Layer, Tensor
from repairnn.frontends.source.values import Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine
    from repairnn.semantics.declaration import Declaration

#: Kinds of nodes that compare a prediction with a target.
KINDS = frozenset({"loss", "class_loss", "torch_loss", "margin_loss"})
#: Kinds of nodes that compare more than two.
SEVERAL = frozenset({"triple_loss", "gaussian_loss"})
FUNCTIONS = (
    "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "kl_div", "poisson_nll_loss", "soft_margin_loss", "multilabel_soft_margin_loss",
    "multi_margin_loss", "hinge_embedding_loss", "multilabel_margin_loss", "gaussian_nll_loss", "margin_ranking_loss",
    "triplet_margin_loss", "cosine_embedding_loss", "ctc_loss",
)  # fmt: skip
#: Layers whose output is raw scores.
RAW = frozenset({"dense", "conv"})
#: A parameter of losses over classes: a label that counts for nothing, and need not be one of the classes.
IGNORED = "ignore_index"
PREDICTION = ("input", "output", "pred", "prediction", "y_pred", "logits")
TARGET = ("target", "targets", "y", "label", "labels", "y_true")


def compare(machine: Machine, layer: Layer, call: Call) -> Value:
    """``criterion(output, target)`` for a criterion that is a module."""
    from repairnn.frontends.source.torch.layers import name_of

    found = known_as(layer.name, "layer")
    if found is not None and found[0].kind in SEVERAL and not layer.unread:
        site = Site(layer.span, call.span, layer.arguments, layer.places)
        return together(machine, found[0], layer.args, layer.name, name_of(machine, layer, call), call, site)
    if found is None or found[0].kind not in KINDS or layer.unread:
        return _scalar(machine, call)
    site = Site(layer.span, call.span, layer.arguments, layer.places)
    args = {**layer.args, IGNORED: IGNORED in layer.attributes}
    return compared(machine, found[0].kind, args, layer.name, name_of(machine, layer, call), call, site)


def compared(
    machine: Machine, kind: str, args: dict[str, Any], spelling: str, name: str, call: Call, site: Site
) -> Value:
    """Draw the comparison. The loss itself is a number unless it is not reduced."""
    prediction = as_tensor(machine, call.get(0, *PREDICTION), "prediction")
    target = as_tensor(machine, call.get(1, *TARGET), "target")
    if prediction is None or target is None:
        return _scalar(machine, call)
    extra = {key: value for key, value in args.items() if key != IGNORED}
    if kind == "torch_loss" and target.dtype.startswith(("int", "uint")):
        extra["whole"] = True
    if kind == "class_loss" and target.dtype:
        whole = target.dtype.startswith(("int", "uint"))
        extra["target"] = "indices" if whole else "probabilities" if target.dtype.startswith("float") else None
    count = target.form.removeprefix("classes:")
    if kind == "class_loss" and count.isdigit() and not args.get(IGNORED):
        extra["classes"] = int(count)
    if kind == "class_loss" and machine.graph.nodes[prediction.ref.node].kind in RAW:
        extra["raw"] = True
    _mark(machine, target)
    result = draw(machine, kind, extra, [prediction, target], spelling=spelling, name=name, site=site)[0]
    return result if extra.get("reduction") == "none" else _scalar(machine, call)


def together(
    machine: Machine,
    declaration: type[Declaration],
    args: dict[str, Any],
    spelling: str,
    name: str,
    call: Call,
    site: Site,
) -> Value:
    """Draw a comparison of three tensors or more, which are given in order."""
    most = declaration.inputs[1]
    tensors = [as_tensor(machine, argument.value) for argument in call.positional[:most]]
    if len(tensors) != most or any(tensor is None for tensor in tensors):
        return _scalar(machine, call)
    given = [tensor for tensor in tensors if tensor is not None]
    result = draw(machine, declaration.kind, args, given, spelling=spelling, name=name, site=site)[0]
    return result if args.get("reduction") == "none" else _scalar(machine, call)


def _mark(machine: Machine, target: Tensor) -> None:
    """Tell the data node behind a target what is known of its values and type."""
    node = machine.graph.nodes[target.ref.node]
    if node.kind == "data":
        extra = {key: value for key, value in (("form", target.form), ("dtype", target.dtype)) if value}
        if any(node.args.get(key) != value for key, value in extra.items()):
            machine.graph.nodes[node.id] = node.with_(args={**node.args, **extra})


def _scalar(machine: Machine, call: Call) -> Tensor:
    return data(machine, (), name="loss value", span=call.span, dtype="float32", key=("loss", call.span))


def _functional(name: str) -> None:
    @function(f"torch.nn.functional.{name}", f"torch.{name}")
    def run(machine: Machine, call: Call) -> Value:
        found = known_as(name, "function")
        if found is not None and found[0].kind in SEVERAL and not call.open:
            args, written, places, unread = read_arguments(*found, call.positional[found[0].inputs[1] :], call.keywords)
            if not unread:
                return together(
                    machine, found[0], args, name, f"F.{name}", call, Site(call.span, None, written, places)
                )
        if found is None or found[0].kind not in KINDS or call.open:
            return _scalar(machine, call)
        settings = {key: value for key, value in call.keywords.items() if key not in (*PREDICTION, *TARGET)}
        given = call.positional[2:]
        args, written, places, unread = read_arguments(*found, given, settings)
        if unread:
            return _scalar(machine, call)
        site = Site(call.span, None, written, places)
        args[IGNORED] = IGNORED in call.keywords
        return compared(machine, found[0].kind, args, name, f"F.{name}", call, site)


for _name in FUNCTIONS:
    _functional(_name)
