"""Keras models behind scikit-learn's interface: ``KerasClassifier(build_fn=create_model)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.keras.models import record_of
from repairnn.frontends.source.keras.training import begin, feed
from repairnn.frontends.source.library import function, method
from repairnn.frontends.source.values import Array, Function, Instance, Method, Object, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

WRAPPERS = tuple(
    f"{module}.{name}"
    for module in ("keras.wrappers.scikit_learn", "scikeras.wrappers")
    for name in ("KerasClassifier", "KerasRegressor")
)


@function(*WRAPPERS)
def wrapper(machine: Machine, call: Call) -> Value:
    """Remembers the builder and the arguments that it will be called with."""
    builder = call.get(0, "build_fn", "model")
    settings = {k: a.value for k, a in call.keywords.items() if k not in ("build_fn", "model")}
    return Object(call.callee, {"_builder": builder or Unknown("a builder"), **settings}, span=call.span)


def _used(machine: Machine, estimator: Object, x: Argument | None, call: Call) -> None:
    """Build a model the way the wrapper does, and feed it. It encodes labels itself: they say nothing of the loss."""
    builder = estimator.attributes["_builder"]
    if not isinstance(builder, (Function, Method, Instance)):
        return
    names = _parameters(builder)
    settings = {k.removeprefix("model__"): v for k, v in estimator.attributes.items()}
    chosen = {k: v for k, v in settings.items() if k in names}
    model = estimator.attributes.get("_model") or builder.call(machine, Call.of(span=call.span, **chosen))
    estimator.attributes["_model"] = model
    record = record_of(machine, model)
    if x is None or record is None:
        return
    begin(machine, model, x.value, [x], call)
    if isinstance(x.value, Array) and record.inputs:
        feed(machine, record, x, record.inputs[0], call)


def _parameters(builder: Value) -> set[str]:
    function = builder.function if isinstance(builder, Method) else builder
    if not isinstance(function, Function):
        return set()
    spec = function.node.args
    return {a.arg for a in (*spec.args, *spec.kwonlyargs)}


def _method(owner: str) -> None:
    @method(owner, "fit", "predict", "score", "predict_proba")
    def use(machine: Machine, estimator: Object, call: Call) -> Value:
        _used(machine, estimator, call.argument(0, "X", "x"), call)
        return estimator if call.name == "fit" else Unknown("predictions")


for _path in WRAPPERS:
    _method(_path)


@function("sklearn.model_selection.cross_val_score", "sklearn.model_selection.cross_val_predict",
          "sklearn.model_selection.cross_validate")  # fmt: skip
def cross_validation(machine: Machine, call: Call) -> Value:
    """Fits the estimator on parts of the data."""
    estimator = call.get(0, "estimator")
    if isinstance(estimator, Object) and estimator.path in WRAPPERS:
        _used(machine, estimator, call.argument(1, "X"), call)
    return Unknown("scores")


@function("sklearn.model_selection.GridSearchCV", "sklearn.model_selection.RandomizedSearchCV")
def search(machine: Machine, call: Call) -> Value:
    """Fits like the estimator inside, with settings of its own."""
    estimator = call.get(0, "estimator")
    return estimator if isinstance(estimator, Object) else Unknown("a search")
