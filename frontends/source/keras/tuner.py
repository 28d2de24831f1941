"""Keras Tuner: a builder is read with the default of every hyperparameter, as the tuner's own first build does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import COMMON, family, function, method
from repairnn.frontends.source.values import Function, Instance, Known, Listing, Method, Object, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

SPACE = "keras_tuner.HyperParameters"
TUNERS = ("RandomSearch", "Hyperband", "BayesianOptimization", "GridSearch", "Tuner", "SklearnTuner")
COMMON.update({"kt": "keras_tuner", "keras_tuner": "keras_tuner", "kerastuner": "keras_tuner"})


@function(SPACE, "kerastuner.HyperParameters", "keras_tuner.engine.hyperparameters.HyperParameters")
def space(machine: Machine, call: Call) -> Value:
    """The hyperparameters, each at its default."""
    return Object(SPACE)


@method(SPACE, "Int", "Float")
def number(machine: Machine, hp: Object, call: Call) -> Value:
    """The default, which is the minimum where none is given."""
    return call.get(5, "default") or call.get(1, "min_value") or Unknown("a hyperparameter")


@method(SPACE, "Choice")
def choice(machine: Machine, hp: Object, call: Call) -> Value:
    """The default, which is the first value where none is given."""
    values = call.get(1, "values")
    first = values.items[0] if isinstance(values, Listing) and values.items else Unknown("a hyperparameter")
    return call.get(3, "default") or first


@method(SPACE, "Boolean")
def boolean(machine: Machine, hp: Object, call: Call) -> Value:
    """False unless a default says otherwise."""
    return call.get(1, "default") or Known(False)


@method(SPACE, "Fixed")
def fixed(machine: Machine, hp: Object, call: Call) -> Value:
    """The value itself."""
    return call.get(1, "value") or Unknown("a hyperparameter")


@family("keras_tuner.")
@family("kerastuner.")
def tuner(machine: Machine, path: str, call: Call) -> Value | None:
    """A tuner builds the model once when it is made."""
    name = path.rpartition(".")[2]
    if name not in TUNERS:
        return None
    builder = call.get(0, "hypermodel")
    if isinstance(builder, (Function, Method)):
        builder.call(machine, Call.of(Object(SPACE), span=call.span))
    elif isinstance(builder, Instance) and isinstance(builder.cls.find("build"), Function):
        builder.attribute(machine, "build").call(machine, Call.of(Object(SPACE), span=call.span))
    return Object(path)
