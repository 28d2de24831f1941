"""Losses: what a program compares its model's predictions with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool
from repairnn.semantics.faults import Need, NeedArgument, NeedDim, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer

LOSS_SHAPES = Rule(
    "loss-shapes",
    "The predictions and the targets of a loss do not have the same shape",
    "predictions of shape {prediction} and targets of shape {target} for {name}",
    "targets of shape {wanted}",
    "The loss compares each prediction with a target of its own. Usually the last layer has another number of units "
    "than there are targets, or the labels are encoded for another loss.",
)
LOSS_CLASSES = Rule(
    "loss-class-targets",
    "The targets of a loss over classes are not class numbers",
    "predictions of shape {prediction} and targets of shape {target} for {name}",
    "class numbers of shape {wanted}",
    "This loss takes one class number where the prediction has one score for each class. Vectors with a 1 at the class "
    "belong to the other form of the loss.",
)
LOSS_CLASS_RANGE = Rule(
    "loss-class-range",
    "There are more classes in the targets than scores in the predictions",
    "{classes} classes against predictions of shape {prediction}",
    "at least {classes} scores",
    "A class number beyond the last score has no prediction: the loss fails, or is not a number, when it is met.",
)
LOSS_RANK = Rule(
    "loss-prediction-rank",
    "The predictions of a loss have the wrong number of axes",
    "predictions of shape {prediction} for {name}",
    "at least {minimum} axes",
    "A loss over classes needs an axis of scores.",
)
LOSS_BROADCAST = Rule(
    "loss-broadcast",
    "A loss stretches the predictions or the targets to make them fit",
    "predictions of shape {prediction} and targets of shape {target} for {name}",
    "predictions and targets of the same shape",
    "Every prediction is then compared with the same target, or every target with the same prediction. The model "
    "trains, but not towards what was meant.",
    "suspicious",
)
LOSS_ONE_CLASS = Rule(
    "loss-one-class",
    "A loss over classes gets predictions with a single class",
    "predictions of shape {prediction} for {name}",
    "at least 2 scores, or a loss for one score such as binary_crossentropy",
    "The share of a single class is always one, so the loss is constant and nothing is learnt.",
    "suspicious",
)
LOSS_BINARY_CLASSES = Rule(
    "loss-binary-for-classes",
    "A loss for yes or no gets class numbers beyond 1",
    "{classes} classes for {name}",
    "targets of 0 and 1",
    "Targets above 1 make the loss negative without bound; the model trains towards nothing.",
    "suspicious",
)
ALIASES = {
    "mse": "mean_squared_error", "MSE": "mean_squared_error", "mae": "mean_absolute_error",
    "MAE": "mean_absolute_error", "mape": "mean_absolute_percentage_error", "MAPE": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "MSLE": "mean_squared_logarithmic_error", "bce": "binary_crossentropy",
    "BCE": "binary_crossentropy", "kld": "kl_divergence", "KLD": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence", "logcosh": "log_cosh", "cosine_proximity": "cosine_similarity",
    "huber_loss": "huber",
}  # fmt: skip
#: Losses that require equal shapes, after Keras has matched a last axis of size 1.
EXACT = frozenset({"binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy"})
#: Losses that combine predictions and targets element by element and stretch sizes of 1.
ELEMENTWISE = frozenset({
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "cosine_similarity", "huber", "log_cosh", "hinge", "squared_hinge", "categorical_hinge", "kl_divergence", "poisson",
    "categorical_focal_crossentropy", "dice", "tversky",
})  # fmt: skip


@layer
class Loss(Declaration):
    """The program compares predictions (first input) with targets (second input).

    ``name`` is the canonical name of the loss; a loss that is not known by name (a function of the program's) is not
    judged. Numbers of samples are not compared: programs train in batches. PyTorch's losses are kinds of their own.
    Sources: the documentation of ``keras.losses``; what Keras 3.15 raises.
    """

    kind = "loss"
    exact = False
    inputs = (2, 2)
    arguments = (
        Argument("name", Anything(("mean_squared_error",)), REQUIRED, "free", "which loss"),
        Argument("from_logits", Bool(), False, "meaning", "whether predictions are scores before the softmax"),
        Argument("form", Anything(), None, "meaning", "what is known of the targets: one_hot, classes:N, binary"),
    )
    rules = (LOSS_SHAPES, LOSS_CLASSES, LOSS_CLASS_RANGE, LOSS_RANK, LOSS_BROADCAST, LOSS_ONE_CLASS,
             LOSS_BINARY_CLASSES)  # fmt: skip
    examples = (
        Example(((None, 10), (60000, 10)), {"name": "categorical_crossentropy"}, ()),
        Example(((None, 10), (60000,)), {"name": "sparse_categorical_crossentropy"}, ()),
        Example(((None, 10), (60000, 1)), {"name": "sparse_categorical_crossentropy", "form": "classes:10"}, ()),
        Example(((None, 1), (60000,)), {"name": "binary_crossentropy", "form": "binary"}, ()),
        Example(((None, 1), (60000,)), {"name": "mean_squared_error"}, ()),
        Example(((None, 4), (60000, 4)), {"name": "mae"}, ()),
        Example(((None, 4), (60000,)), {"name": "a_loss_of_the_program"}, ()),
        Example(((None, 10), (60000,)), {"name": "categorical_crossentropy"}, breaks="loss-shapes",
                expected="targets of shape (60000, 10)"),
        Example(((None, 10), (60000,)), {"name": "binary_crossentropy"}, breaks="loss-shapes",
                expected="for binary_crossentropy"),
        Example(((None, 4), (60000, 3)), {"name": "mean_squared_error"}, breaks="loss-shapes",
                expected="targets of shape (60000, 4)"),
        Example(((None, 10), (60000, 10)), {"name": "sparse_categorical_crossentropy", "form": "one_hot"},
                breaks="loss-class-targets", expected="class numbers of shape (60000,)"),
        Example(((None, 9), (60000,)), {"name": "sparse_categorical_crossentropy", "form": "classes:10"},
                breaks="loss-class-range", expected="10 classes against predictions of shape (None, 9)"),
        Example(((), ()), {"name": "sparse_categorical_crossentropy"}, breaks="loss-prediction-rank",
                expected="at least 1 axes"),
        Example(((None, 4), (60000, 1)), {"name": "mean_squared_error"}, breaks="loss-broadcast",
                expected="the same shape"),
        Example(((None, 1), (60000,)), {"name": "categorical_crossentropy"}, breaks="loss-one-class",
                expected="at least 2 scores"),
        Example(((None, 1), (60000,)), {"name": "binary_crossentropy", "form": "classes:10"},
                breaks="loss-binary-for-classes", expected="10 classes"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        prediction, target = x
        assert prediction is not None
        assert target is not None
        _keras(c, prediction, target, a)
        return ()

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics.numeric_losses import loss

        return loss(ALIASES.get(a.name, a.name), x[0], x[1], bool(a.from_logits))


def _keras(c: Context, prediction: Shape, target: Shape, a: Args) -> None:
    name = ALIASES.get(a.name, a.name)
    y, t = _matched(prediction, target)
    if name == "sparse_categorical_crossentropy":
        _sparse(c, prediction, target, y, t, a)
    elif name in EXACT:
        _equal(c, prediction, target, y, t, a)
    elif name in ELEMENTWISE:
        _elementwise(c, prediction, target, y, t, a)
    classes = _classes(a.form)
    if (name.startswith("binary") if isinstance(name, str) else False) and classes is not None and classes > 2:
        needs = [NeedArgument("name", ("sparse_categorical_crossentropy",))]
        c.fault(LOSS_BINARY_CLASSES, needs, ("name",), classes=classes, name=a.name)


def _matched(prediction: Shape, target: Shape) -> tuple[Shape, Shape]:
    """Both shapes after Keras has added or dropped a last axis of size 1 where the ranks differ by one."""
    if len(target) == len(prediction) + 1 and _is_one(target[-1]):
        return ((*prediction, 1), target) if len(prediction) == 1 else (prediction, target[:-1])
    if len(prediction) == len(target) + 1 and _is_one(prediction[-1]):
        return (prediction, (*target, 1)) if len(target) == 1 else (prediction[:-1], target)
    return prediction, target


def _sparse(c: Context, prediction: Shape, target: Shape, y: Shape, t: Shape, a: Args) -> None:
    if not y:
        c.fault(LOSS_RANK, [NeedRank(0, 1, None)], ("name",), prediction=prediction, name=a.name, minimum=1)
        return
    if len(t) == len(y) and _is_one(t[-1]):
        t = t[:-1]
    if len(t) != len(y) - 1 or not _same(c, t, y[:-1]):
        needs: list[Need] = [NeedShape(1, (None, *prediction[1:-1]))]
        if len(target) == len(prediction) and _same(c, prediction, target):
            needs.insert(0, NeedArgument("name", ("categorical_crossentropy",)))
        needs += _prediction_needs(target, prediction, a)
        values = {"prediction": prediction, "target": target, "wanted": (target[:1] or (None,)) + prediction[1:-1]}
        c.fault(LOSS_CLASSES, needs, ("name",), name=a.name, **values)
        return
    _class_range(c, prediction, a, y[-1], -1)
    if _is_one(y[-1]):
        needs = [NeedArgument("name", ("binary_crossentropy",))]
        c.fault(LOSS_ONE_CLASS, needs, ("name",), prediction=prediction, name=a.name)


def _prediction_needs(target: Shape, prediction: Shape, a: Args) -> list[Need]:
    """Predictions that would fit targets of class numbers: the same axes, and one of scores."""
    scores = _classes(a.form) or (prediction[-1] if prediction else None)
    places = target[1:-1] if len(target) > 1 and _is_one(target[-1]) else target[1:]
    return [] if a.form == "one_hot" else [NeedShape(0, (None, *places, scores))]


def _equal(c: Context, prediction: Shape, target: Shape, y: Shape, t: Shape, a: Args) -> None:
    if len(y) != len(t) or not _same(c, y, t):
        _mismatch(c, prediction, target, a)
    elif y and _is_one(y[-1]) and a.name == "categorical_crossentropy":
        needs = [NeedArgument("name", ("binary_crossentropy",))]
        c.fault(LOSS_ONE_CLASS, needs, ("name",), prediction=prediction, name=a.name)


def _elementwise(c: Context, prediction: Shape, target: Shape, y: Shape, t: Shape, a: Args) -> None:
    if not c.holds(ar.all_of(*(_aligned(i, j, y, t) for i, j in zip(_from_last(y), _from_last(t), strict=False)))):
        _mismatch(c, prediction, target, a)
    elif not _same(c, y, t):
        needs: list[Need] = [NeedShape(0, (None, *target[1:])), NeedShape(1, (None, *prediction[1:]))]
        c.fault(LOSS_BROADCAST, needs, ("name",), prediction=prediction, target=target, name=a.name)


def _from_last(shape: Shape) -> range:
    return range(len(shape) - 1, -1, -1)


def _aligned(i: int, j: int, y: Shape, t: Shape) -> ar.Truth:
    """Whether axis ``i`` of one and ``j`` of the other, aligned at the right, broadcast.

    Where the ranks differ, the batch of one meets an inner axis of the other, which fits only where that is 1.
    """
    if i == 0 and j == 0:
        return True
    if i == 0 or j == 0:
        return ar.eq(y[i] if j == 0 else t[j], 1)
    return ar.broadcasts(y[i], t[j])


def _mismatch(c: Context, prediction: Shape, target: Shape, a: Args) -> None:
    needs: list[Need] = [NeedShape(0, (None, *target[1:])), NeedShape(1, (None, *prediction[1:]))]
    if len(target) == 1:
        needs[0] = NeedShape(0, (None, 1))
    labels = target[:-1] if target and _is_one(target[-1]) else target
    many = bool(prediction) and (prediction[-1] is None or not _is_one(prediction[-1]))
    if many and len(labels) == len(prediction) - 1 and a.form != "one_hot" and _same(c, prediction[:-1], labels):
        needs.insert(0, NeedArgument("name", ("sparse_categorical_crossentropy",)))
    wanted = (target[:1] or (None,)) + prediction[1:]
    c.fault(LOSS_SHAPES, needs, ("name",), prediction=prediction, target=target, name=a.name, wanted=wanted)


def _class_range(c: Context, prediction: Shape, a: Args, scores: ar.Term, axis: int) -> None:
    classes = _classes(a.form)
    if classes is not None and not c.holds(ar.at_least(scores, classes)):
        needs = [NeedDim(0, axis, classes)]
        c.fault(LOSS_CLASS_RANGE, needs, ("form",), classes=classes, prediction=prediction)


def _same(c: Context, one: Shape, two: Shape, start: int = 1) -> bool:
    """Whether shapes of equal rank agree from axis ``start`` on; the numbers of samples are not compared by default."""
    if len(one) != len(two):
        return False
    return c.holds(ar.all_of(*(ar.eq(i, j) for i, j in zip(one[start:], two[start:], strict=True))))


def _is_one(size: ar.Term) -> bool:
    return ar.is_concrete(size) and size == 1


def _classes(form: object) -> int | None:
    """How many classes ``form`` speaks of: ``classes:10`` is 10."""
    if isinstance(form, str) and form.startswith("classes:") and form[8:].isdigit():
        return int(form[8:])
    return None
