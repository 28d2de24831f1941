"""PyTorch's losses over classes: axis 1 of the prediction scores them, the target names one for each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Int, Maybe
from repairnn.semantics.faults import Need, NeedAgree, NeedArgument, NeedDim, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.torch_loss import LOSS_RANK, OLD, REDUCTION
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_domains import Number
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some, spell

CLASS_TARGET = Rule(
    "class-target-shape",
    "The target of a loss over classes does not fit the prediction",
    "a prediction {input} and a target {target}",
    "a target of class numbers {wanted}{or_probabilities}",
    "The prediction has its classes on axis 1, after the batch. The target holds one class number for each sample (and "
    "each place of an image), so its shape is the prediction's without the class axis; a trailing axis of size 1 or a "
    "one-hot encoding of another size is refused.",
)
CLASS_FORM = Rule(
    "class-target-form",
    "The values of the target are not what a loss over classes takes",
    "{form} in a target {target} for a prediction {input}",
    "{wanted}",
    "Class numbers must be whole numbers (torch.long) in a target without class axis. Probabilities, one-hot "
    "included, must be real numbers (float) in a target of the prediction's own shape, and only cross_entropy takes "
    "them.",
)
CLASS_COUNT = Rule(
    "class-count",
    "The labels name more classes than the prediction scores",
    "{received} scores for each sample in a prediction {input}",
    "at least {classes}, as the labels go up to {most}",
    "Each label is the number of a score, counted from 0. A label beyond the last score is refused when the loss is "
    "computed: Target is out of bounds.",
)
NLL_SCORES = Rule(
    "nll-of-scores",
    "The negative log-likelihood is taken of raw scores",
    "the output of a layer without log_softmax, in a prediction {input}",
    "log-probabilities, or cross_entropy, which makes them of scores itself",
    "nll_loss adds up minus the predictions at the labels. Of raw scores that has no lower bound, and training drives "
    "it to minus infinity without learning to tell classes apart.",
    "suspicious",
)
PARAMETERS = "weight size_average ignore_index reduce reduction"
IGNORED = f"{OLD} ignore_index options"


@layer
class ClassLoss(Declaration):
    """Cross-entropy of scores, or negative log-likelihood, against class numbers or class probabilities.

    Sources: PyTorch ``torch.nn.CrossEntropyLoss``, ``torch.nn.NLLLoss``. ``target`` says what is known of the labels:
    ``indices`` (whole numbers) or ``probabilities`` (real numbers); ``classes`` of how many classes they are; ``raw``
    that the prediction is what a linear layer or convolution gives.
    """

    kind = "class_loss"
    inputs = (2, 2)
    arguments = (
        Argument("name", Choice(("cross_entropy", "nll_loss")), REQUIRED, "meaning"),
        REDUCTION,
        Argument("target", Choice((None, "indices", "probabilities")), None, "meaning"),
        Argument("label_smoothing", Number(None, 1.0, usual=(0.0, 0.1, 0.5)), 0.0, "meaning"),
        Argument("classes", Maybe(Int(1)), None, "meaning"),
        Argument("raw", Bool(), False, "meaning"),
    )
    rules = (CLASS_TARGET, CLASS_FORM, CLASS_COUNT, NLL_SCORES, LOSS_RANK)
    spellings = (
        spell("layer", "CrossEntropyLoss", f"{PARAMETERS} label_smoothing", fixed={"name": "cross_entropy"},
              ignored=IGNORED),
        spell("function", "cross_entropy", f"{PARAMETERS} label_smoothing", tensors="input target",
              fixed={"name": "cross_entropy"}, ignored=IGNORED),
        spell("layer", "NLLLoss", PARAMETERS, fixed={"name": "nll_loss"}, ignored=IGNORED, aliases=("NLLLoss2d",)),
        spell("function", "nll_loss", PARAMETERS, tensors="input target", fixed={"name": "nll_loss"}, ignored=IGNORED),
    )  # fmt: skip
    examples = (
        Example(((4, 3), (4,)), {"name": "cross_entropy"}, (), framework="torch"),
        Example(((4, 3), (4, 3)), {"name": "cross_entropy"}, (), framework="torch"),
        Example(((4, 3), (4, 1)), {"name": "cross_entropy"}, breaks="class-target-shape",
                expected="a target (4, 1)", framework="torch"),
        Example(((4, 3), (5,)), {"name": "cross_entropy"}, breaks="class-target-shape", framework="torch"),
        Example(((4, 3, 5, 6), (4, 5, 6)), {"name": "cross_entropy", "reduction": "none"}, (4, 5, 6),
                framework="torch"),
        Example(((4, 3), (4, 3)), {"name": "nll_loss"}, breaks="class-target-shape", framework="torch"),
        Example(((3,), ()), {"name": "nll_loss"}, (), framework="torch"),
        Example(((), ()), {"name": "nll_loss"}, breaks="loss-rank", framework="torch"),
        Example(((4, 3), (4, 3)), {"name": "cross_entropy", "target": "indices"}, breaks="class-target-form",
                framework="torch"),
        Example(((4, 3), (4,)), {"name": "cross_entropy", "target": "probabilities"}, breaks="class-target-form",
                framework="torch"),
        Example(((4, 3), (4,)), {"name": "cross_entropy", "classes": 3}, (), framework="torch"),
        Example(((4, 3), (4,)), {"name": "cross_entropy", "classes": 4}, breaks="class-count", framework="torch"),
        Example(((4, 3), (4,)), {"name": "cross_entropy", "raw": True}, (), framework="torch"),
        Example(((4, 3), (4,)), {"name": "nll_loss", "raw": True}, breaks="nll-of-scores", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        prediction, target = x
        assert prediction is not None
        assert target is not None
        if not prediction:
            c.fault(LOSS_RANK, [NeedRank(0, 1, None)], received=0, wanted="2 axes (batch, classes)")
            return ()
        wanted = prediction[:1] + prediction[2:] if len(prediction) > 1 else ()
        numbers = _equal(c, target, wanted) or (len(prediction) == 1 and _equal(c, target, (1,)))
        soft = a.name == "cross_entropy" and _equal(c, target, prediction)
        if a.target is not None and (numbers if a.target == "probabilities" else soft) and not (numbers and soft):
            _form_fault(c, prediction, target, wanted, a)
        elif not numbers and not soft:
            _shape_fault(c, prediction, target, wanted, a)
        elif numbers and not soft:
            axis = 1 if len(prediction) > 1 else 0
            classes = a.classes or 1  # without labels there need not be one
            some = a.classes is not None or c.holds(ar.at_least(ar.product(target), 1))
            if some and not c.holds(ar.at_least(prediction[axis], classes)):
                needs = [NeedDim(0, axis, classes)]
                c.fault(CLASS_COUNT, needs, received=prediction[axis], classes=classes, most=classes - 1)
        if a.raw and a.name == "nll_loss":
            c.fault(NLL_SCORES, [NeedArgument("name", ("cross_entropy",))], ("name",))
        if a.reduction != "none":
            return ()
        keeps = a.name == "cross_entropy" and len(prediction) == 1 and numbers and not soft
        return target if keeps else wanted

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        scores, target = x
        axis = 1 if scores.ndim > 1 else 0
        logs = scores - scores.max(axis, keepdims=True)
        logs = logs - np.log(np.exp(logs).sum(axis, keepdims=True)) if a.name == "cross_entropy" else scores
        if np.issubdtype(target.dtype, np.floating):
            loss = -(logs * target).sum(axis)
        else:
            chosen = np.expand_dims(target.reshape(scores.shape[:axis] + scores.shape[axis + 1 :]), axis)
            loss = -np.take_along_axis(logs, chosen, axis).squeeze(axis).reshape(target.shape)
        count = loss.size
        smoothing = max(a.label_smoothing, 0.0)
        if smoothing:
            loss = (1 - smoothing) * loss - smoothing * logs.mean(axis).reshape(loss.shape)
        return loss if a.reduction == "none" else loss.sum() / (count if a.reduction == "mean" else 1)


def _equal(c: Context, left: Shape, right: Shape) -> bool:
    return len(left) == len(right) and all(c.holds(ar.eq(p, q)) for p, q in zip(left, right, strict=True))


def _shape_fault(c: Context, prediction: Shape, target: Shape, wanted: Shape, a: Args) -> None:
    soft = a.name == "cross_entropy" and a.target != "indices"
    needs: list[Need] = [NeedShape(1, (None, *wanted[1:]) if wanted else ())]
    if soft:
        needs.append(NeedShape(1, (None, *prediction[1:]) if len(prediction) > 1 else prediction))
    if len(target) >= 1:
        needs.append(NeedShape(0, (None, prediction[1] if len(prediction) > 1 else None, *target[1:])))
    if len(target) + 1 == len(prediction) > 2:  # the classes stand last, as in Keras
        needs.append(NeedShape(0, (None, prediction[-1], *target[1:])))
    if len(target) == len(prediction) and soft:
        needs.append(NeedShape(0, (None, *target[1:])))
    needs.append(NeedAgree((0, 1), (0,)))
    from repairnn.semantics.faults import show

    also = f", or of probabilities {show(prediction)}" if soft else ""
    c.fault(CLASS_TARGET, needs, target=target, wanted=wanted, or_probabilities=also)


def _form_fault(c: Context, prediction: Shape, target: Shape, wanted: Shape, a: Args) -> None:
    if a.target == "indices":
        values = ("whole numbers", "real numbers (float), or class numbers without the class axis")
        needs: list[Need] = [NeedArgument("target", ("probabilities",)), NeedShape(1, (None, *wanted[1:]))]
    else:
        values = ("real numbers", "whole numbers (torch.long)")
        needs = [NeedArgument("target", ("indices",)), NeedShape(1, (None, *prediction[1:]))]
    c.fault(CLASS_FORM, needs, ("target",), form=values[0], wanted=values[1], target=target)


MARGIN_TARGET = Rule(
    "margin-target-shape",
    "The target of a margin loss does not name one class for each sample",
    "a prediction {input} and a target {target}",
    "a target {wanted}",
    "There is one class number for each sample of the batch.",
)


@layer
class MarginLoss(Declaration):
    """Hinge loss over classes. Source: PyTorch ``torch.nn.MultiMarginLoss``."""

    kind = "margin_loss"
    inputs = (2, 2)
    arguments = (REDUCTION,)
    rules = (MARGIN_TARGET, LOSS_RANK, EMPTY_AXIS)
    spellings = (
        spell("layer", "MultiMarginLoss", "p margin weight size_average reduce reduction", ignored=f"{OLD} p margin"),
        spell("function", "multi_margin_loss", "p margin weight size_average reduce reduction", tensors="input target",
              ignored=f"{OLD} p margin"),
    )  # fmt: skip
    examples = (
        Example(((4, 3), (4,)), {"reduction": "none"}, (4,), framework="torch"),
        Example(((4, 3), (3,)), {}, breaks="margin-target-shape", framework="torch"),
        Example(((4, 0), (4,)), {}, breaks="axis-without-cells", framework="torch"),
        Example(((4, 3, 2), (4,)), {}, breaks="loss-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        prediction, target = x
        assert prediction is not None
        assert target is not None
        if len(prediction) > 2:
            c.fault(LOSS_RANK, [NeedRank(0, 1, 2)], received=len(prediction), wanted="2 axes (batch, classes)")
            return ()
        require_some(c, prediction, len(prediction) - 1 if prediction else 0)
        batch = prediction[0] if len(prediction) == 2 else 1
        alone = len(prediction) < 2 and not target
        if not alone and not _equal(c, target, (batch,)):
            c.fault(MARGIN_TARGET, [NeedShape(1, (batch,)), NeedAgree((0, 1), (0,))], target=target, wanted=(batch,))
        return target if a.reduction == "none" else ()

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        scores, target = x[0].reshape(-1, x[0].shape[-1]) if x[0].ndim else x[0].reshape(1, 1), x[1]
        own = np.take_along_axis(scores, target.reshape(-1, 1), 1)
        margins = np.maximum(1 - own + scores, 0)
        np.put_along_axis(margins, target.reshape(-1, 1), 0, 1)
        loss = (margins.sum(1) / scores.shape[1]).reshape(target.shape)
        return loss if a.reduction == "none" else loss.mean() if a.reduction == "mean" else loss.sum()


LINEAR_LOSS = Rule(
    "linear-loss-features",
    "A loss with its own linear layer gets another number of features than it declares",
    "{received} features (last axis of {input})",
    "{declared} features, as in_features says",
    "The weight matrix is made for in_features features.",
)
ADAPTIVE_CUTOFFS = Rule(
    "adaptive-cutoffs",
    "The cutoffs of an adaptive softmax are not increasing class numbers",
    "cutoffs={cutoffs} for {classes} classes",
    "increasing numbers from 1 to {most}",
    "The cutoffs divide the classes into the frequent ones and clusters of rarer ones; no cluster may be empty.",
)


@layer
class LinearClassLoss(Declaration):
    """A linear layer and cross-entropy in one, or the adaptive softmax: features and class numbers in.

    Sources: PyTorch ``torch.nn.LinearCrossEntropyLoss``, ``torch.nn.AdaptiveLogSoftmaxWithLoss`` (which returns the
    log-probability of each target, then the loss).
    """

    kind = "linear_class_loss"
    inputs = (2, 2)
    arguments = (
        Argument("in_features", Int(1), REQUIRED, "derived"),
        Argument("classes", Int(1), REQUIRED, "capacity"),
        REDUCTION,
        Argument("adaptive", Bool(), False, "meaning"),
        Argument("cutoffs", Anything(((2,),)), None, "meaning"),
        Argument("out_features", Maybe(Anything(((),)), 0.0), None, "capacity"),
    )
    rules = (LOSS_RANK, LINEAR_LOSS, MARGIN_TARGET, ADAPTIVE_CUTOFFS)
    spellings = (
        spell("layer", "LinearCrossEntropyLoss", "in_features num_classes", renames={"num_classes": "classes"},
              keywords="reduction out_features bias weight ignore_index label_smoothing options",
              ignored=f"{IGNORED} bias"),
        spell("layer", "AdaptiveLogSoftmaxWithLoss", "in_features n_classes cutoffs div_value head_bias",
              renames={"n_classes": "classes"}, fixed={"adaptive": True}, ignored="div_value head_bias",
              required="cutoffs"),
    )  # fmt: skip
    examples = (
        Example(((4, 8), (4,)), {"in_features": 8, "classes": 5}, (), framework="torch"),
        Example(((8,), ()), {"in_features": 8, "classes": 5}, (), framework="torch"),
        Example(((4, 8), (4,)), {"in_features": 8, "classes": 5, "adaptive": True, "cutoffs": (2, 3)}, [(4,), ()],
                framework="torch"),
        Example(((4, 8), (4,)), {"in_features": 8, "classes": 5, "adaptive": True, "cutoffs": (2, 5)},
                breaks="adaptive-cutoffs", framework="torch"),
        Example(((4, 7), (4,)), {"in_features": 8, "classes": 5}, breaks="linear-loss-features", framework="torch"),
        Example(((4, 8), (3,)), {"in_features": 8, "classes": 5}, breaks="margin-target-shape", framework="torch"),
        Example(((4, 2, 8), (4, 2)), {"in_features": 8, "classes": 5}, breaks="loss-rank", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        features, target = x
        assert features is not None
        assert target is not None
        cutoffs = tuple(a.cutoffs or ())
        if a.adaptive and (not cutoffs or not all(p < q for p, q in pairwise((0, *cutoffs, a.classes)))):
            needs_cutoffs = [NeedArgument("cutoffs"), NeedArgument("classes")]
            values = {"cutoffs": cutoffs, "classes": a.classes, "most": a.classes - 1}
            c.fault(ADAPTIVE_CUTOFFS, needs_cutoffs, ("cutoffs", "classes"), **values)
        if len(features) not in (1, 2):
            c.fault(LOSS_RANK, [NeedRank(0, 1, 2)], received=len(features), wanted="2 axes (batch, features)")
            return [target, ()] if a.adaptive else None
        if not c.holds(ar.eq(features[-1], a.in_features)):
            needs: list[Need] = [NeedDim(0, -1, a.in_features, "in_features")]
            c.fault(LINEAR_LOSS, needs, ("in_features",), received=features[-1], declared=a.in_features)
        batch = features[:-1]
        alone = not a.adaptive and not batch and _equal(c, target, (1,))
        if not _equal(c, target, batch) and not alone:
            c.fault(MARGIN_TARGET, [NeedShape(1, batch), NeedAgree((0, 1), (0,))], target=target, wanted=batch)
        if a.adaptive:
            return [batch, ()]
        return target if a.reduction == "none" else ()

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if a.adaptive else 1
