"""PyTorch's losses that compare a prediction with a target cell by cell.

A loss is a constraint between the model's output (input 0) and the labels (input 1). Its output is a scalar, or with
``reduction="none"`` one number for each cell or sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import broadcast_dim, broadcasts
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Maybe
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Number
from repairnn.semantics.torch_rules import spell

TARGET_SHAPE = Rule(
    "target-shape-differs",
    "The target of a loss does not have the shape of the prediction",
    "a prediction {input} and a target {target}",
    "equal shapes",
    "The loss compares every number of the prediction with the number of the target at the same place. Often the model "
    "gives (batch, 1) while the labels are (batch,): squeeze the one or unsqueeze the other.",
)
TARGET_BROADCAST = Rule(
    "target-does-not-broadcast",
    "Prediction and target of a loss cannot be compared cell by cell",
    "a prediction {input} and a target {target}",
    "equal shapes",
    "The sizes along an axis differ, so there is no number to compare with.",
)
TARGET_REPEATED = Rule(
    "target-broadcasts",
    "A loss repeats its target or its prediction to make the shapes equal",
    "a prediction {input} and a target {target}, which broadcast to {joined}",
    "equal shapes",
    "PyTorch broadcasts and only warns. A prediction (batch, 1) against labels (batch,) is compared every sample "
    "with every label, (batch, batch), and the model learns the mean of all labels.",
    "suspicious",
)
LOSS_RANK = Rule(
    "loss-rank",
    "A loss gets a prediction with the wrong number of axes",
    "{received} axes {input}",
    "{wanted}",
    "This loss scores the classes of one sample, or of a batch of samples.",
)
TARGET_WHOLE = Rule(
    "target-of-whole-numbers",
    "A binary cross-entropy gets a target of whole numbers",
    "a target of whole numbers",
    "real numbers, as target.float() makes them",
    "The target is a probability; PyTorch does not convert the labels 0 and 1 by itself.",
)
REDUCTION = Argument("reduction", Choice(("mean", "sum", "none")), "mean", "meaning")
OLD = "weight size_average reduce"  # parameters of all losses that decide nothing, or that are gone since PyTorch 1.0

EQUAL = {"bce_loss": ("BCELoss", "binary_cross_entropy"),
         "bce_with_logits": ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits"),
         "multilabel_margin_loss": ("MultiLabelMarginLoss", "multilabel_margin_loss")}  # fmt: skip
BROADCAST = {"mse_loss": ("MSELoss", "mse_loss"), "l1_loss": ("L1Loss", "l1_loss"),
             "smooth_l1_loss": ("SmoothL1Loss", "smooth_l1_loss"), "huber_loss": ("HuberLoss", "huber_loss"),
             "kl_div": ("KLDivLoss", "kl_div"), "poisson_nll_loss": ("PoissonNLLLoss", "poisson_nll_loss"),
             "soft_margin_loss": ("SoftMarginLoss", "soft_margin_loss"),
             "hinge_embedding_loss": ("HingeEmbeddingLoss", "hinge_embedding_loss"),
             "multilabel_soft_margin_loss": ("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss")}  # fmt: skip
#: Parameters in positional order where they are not weight, size_average, reduce, reduction.
PARAMETERS = {
    "bce_with_logits": "weight size_average reduce reduction pos_weight",
    "multilabel_margin_loss": "size_average reduce reduction", "mse_loss": "size_average reduce reduction",
    "l1_loss": "size_average reduce reduction", "smooth_l1_loss": "size_average reduce reduction beta",
    "huber_loss": "reduction delta", "kl_div": "size_average reduce reduction log_target",
    "poisson_nll_loss": "log_input full size_average eps reduce reduction",
    "soft_margin_loss": "size_average reduce reduction",
    "hinge_embedding_loss": "margin size_average reduce reduction",
}  # fmt: skip


def _spellings() -> tuple[Spelling, ...]:
    found = []
    for name, (module, function) in {**EQUAL, **BROADCAST}.items():
        parameters = PARAMETERS.get(name, "weight size_average reduce reduction")
        ignored = f"{OLD} pos_weight full eps"
        fixed = {"name": name}
        found.append(spell("layer", module, parameters, fixed=fixed, ignored=ignored))
        found.append(
            spell("function", function, parameters, tensors="input target", fixed=fixed, ignored=ignored,
                  keywords="weight" if "weight" not in parameters.split() else "")
        )  # fmt: skip
    return tuple(found)


@layer
class TorchLoss(Declaration):
    """Numbers compared with numbers: the target has the shape of the prediction.

    Source: PyTorch ``torch.nn``, "Loss Functions". Binary cross-entropy and the margin loss of many labels insist on
    equal shapes; the others broadcast.
    """

    kind = "torch_loss"
    exact = False
    inputs = (2, 2)
    arguments = (
        Argument("name", Choice((*EQUAL, *BROADCAST)), REQUIRED, "meaning"),
        Argument("reduction", Choice(("mean", "sum", "none", "batchmean")), "mean", "meaning"),
        Argument("log_target", Bool(), False, "meaning"),
        Argument("log_input", Bool(), True, "meaning"),
        Argument("margin", Number(), 1.0, "meaning"),
        Argument("beta", Number(0.0), 1.0, "meaning"),
        Argument("delta", Number(0.0, zero=False), 1.0, "meaning"),
        Argument("whole", Maybe(Bool(), 0.0), None, "meaning", "whether the target is known to hold whole numbers"),
    )
    rules = (TARGET_SHAPE, TARGET_BROADCAST, TARGET_REPEATED, TARGET_WHOLE, LOSS_RANK)
    spellings = _spellings()
    examples = (
        Example(((4, 3), (4, 3)), {"name": "mse_loss"}, (), framework="torch"),
        Example(((4, 3), (4, 3)), {"name": "l1_loss", "reduction": "none"}, (4, 3), framework="torch"),
        Example(((4, 1), (4,)), {"name": "mse_loss"}, (), "target-broadcasts", "broadcast to (4, 4)", "torch"),
        Example(((4, 3), (4, 2)), {"name": "mse_loss"}, breaks="target-does-not-broadcast", framework="torch"),
        Example(((4, 1), (4, 1)), {"name": "bce_with_logits"}, (), framework="torch"),
        Example(((4, 1), (4,)), {"name": "bce_with_logits"}, breaks="target-shape-differs", framework="torch"),
        Example(((4, 3), (4, 3)), {"name": "multilabel_margin_loss"}, (), framework="torch"),
        Example(
            ((4, 1), (4, 1)), {"name": "bce_loss", "whole": True}, breaks="target-of-whole-numbers", framework="torch"
        ),
        Example(((4, 3, 2), (4, 3, 2)), {"name": "multilabel_margin_loss"}, breaks="loss-rank", framework="torch"),
        Example(
            ((4, 3), (4, 3)), {"name": "multilabel_soft_margin_loss", "reduction": "none"}, (4,), framework="torch"
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        prediction, target = x
        assert prediction is not None
        assert target is not None
        if a.whole and a.name in ("bce_loss", "bce_with_logits"):
            c.fault(TARGET_WHOLE, [NeedArgument("whole", (False,))])
        joined = _compared(c, prediction, target, a)
        if a.reduction != "none":
            return ()
        if a.name in ("multilabel_margin_loss", "multilabel_soft_margin_loss"):
            classes = len(prediction) - 1
            soft = a.name == "multilabel_soft_margin_loss"
            return (*joined[:classes], *joined[classes + 1 :]) if soft else prediction[:-1]
        return joined

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        p, y = x
        distance = np.abs(p - y)
        match a.name:
            case "mse_loss":
                loss = distance**2
            case "l1_loss":
                loss = distance
            case "smooth_l1_loss":
                loss = np.where(distance < a.beta, distance**2 / (2 * a.beta), distance - a.beta / 2)
            case "huber_loss":
                loss = np.where(distance < a.delta, distance**2 / 2, a.delta * (distance - a.delta / 2))
            case "bce_loss":
                loss = -(y * np.log(p) + (1 - y) * np.log(1 - p))
            case "bce_with_logits":
                loss = np.maximum(p, 0) - p * y + np.log1p(np.exp(-np.abs(p)))
            case "soft_margin_loss":
                loss = np.log1p(np.exp(-y * p))
            case "poisson_nll_loss":
                loss = np.exp(p) - y * p if a.log_input else p - y * np.log(p + 1e-8)
            case "kl_div" if a.log_target:
                loss = np.exp(y) * (y - p)
            case "kl_div":
                loss = np.where(y == 0, 0.0, y * np.log(y)) - y * p
            case "hinge_embedding_loss":
                loss = np.where(y != 1, np.maximum(a.margin - p, 0), 0) + np.where(y != -1, p, 0)
            case "multilabel_soft_margin_loss":
                loss = (np.logaddexp(0, -p) * y + np.logaddexp(0, p) * (1 - y)).sum(p.ndim - 1) / p.shape[-1]
            case "multilabel_margin_loss":
                loss = _many_labels(p, y)
            case _:
                raise NotImplementedError(f"the reference does not compute {a.name}")
        if a.reduction == "batchmean":
            return loss.sum() / len(p) if p.ndim else loss.sum()
        return loss if a.reduction == "none" else loss.mean() if a.reduction == "mean" else loss.sum()


def _many_labels(p: Any, y: Any) -> Any:
    """The margins between each label of a sample (up to the first -1) and each class that is none of its labels."""
    import numpy as np

    losses = []
    for scores, numbers in zip(p.reshape(-1, p.shape[-1]), y.astype(int).reshape(-1, p.shape[-1]), strict=True):
        ends = np.flatnonzero(numbers < 0)
        labels = numbers[: ends[0]] if len(ends) else numbers
        others = np.setdiff1d(np.arange(len(scores)), labels)
        losses.append(np.maximum(1 - (scores[labels][:, None] - scores[others]), 0).sum() / len(scores))
    return np.reshape(losses, p.shape[:-1])


def _compared(c: Context, prediction: Shape, target: Shape, a: Args) -> Shape:
    """The shape of all comparisons; faults when they cannot be made."""
    if a.reduction == "batchmean" and a.name != "kl_div":
        others = NeedArgument("reduction", ("mean", "sum", "none"))
        wanted = "batchmean with the Kullback-Leibler divergence only"
        c.fault(LOSS_RANK, [others], ("reduction",), received="batchmean over", wanted=wanted)
    classes = a.name in ("multilabel_margin_loss", "multilabel_soft_margin_loss")
    high = 2 if a.name == "multilabel_margin_loss" else None
    if classes and not (len(prediction) >= 1 and (high is None or len(prediction) <= high)):
        wanted = "2 axes (batch, classes)" if high else "a last axis of classes"
        c.fault(LOSS_RANK, [NeedRank(0, 1, high)], received=len(prediction), wanted=wanted)
        return target
    same = len(prediction) == len(target) and all(c.holds(ar.eq(p, t)) for p, t in zip(prediction, target, strict=True))
    if same:
        return prediction
    needs: list[Need] = [
        NeedShape(0, (None, *target[1:]) if target else ()),
        NeedShape(1, (None, *prediction[1:]) if prediction else ()),
        NeedAgree((0, 1)),
    ]
    if a.name in EQUAL:
        c.fault(TARGET_SHAPE, needs, target=target)
        return prediction
    joined = joined_shape(c, prediction, target)
    if joined is None or (a.name == "soft_margin_loss" and not _kept(c, prediction, joined)):
        c.fault(TARGET_BROADCAST, needs, target=target)
        return prediction
    c.fault(TARGET_REPEATED, needs, target=target, joined=joined)
    return joined


def joined_shape(c: Context, left: Shape, right: Shape) -> Shape | None:
    """What two shapes broadcast to, or ``None`` when they do not."""
    width = max(len(left), len(right))
    a, b = (1,) * (width - len(left)) + left, (1,) * (width - len(right)) + right
    if not all(c.holds(broadcasts(p, q)) for p, q in zip(a, b, strict=True)):
        return None
    return tuple(broadcast_dim(p, q) for p, q in zip(a, b, strict=True))


def _kept(c: Context, prediction: Shape, joined: Shape) -> bool:
    """The soft margin loss writes its result over a tensor of the prediction's shape."""
    return len(prediction) == len(joined) and all(c.holds(ar.eq(p, j)) for p, j in zip(prediction, joined, strict=True))
