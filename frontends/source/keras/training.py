"""What a program does with a model: compile, fit, evaluate, predict. These make feeds and losses."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call, given
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.models import Functional, record_of, start
from repairnn.frontends.source.keras.sequential import Sequential
from repairnn.frontends.source.libraries.arrays import as_array
from repairnn.frontends.source.library import METHODS, family, method
from repairnn.frontends.source.models import Record, Tensor
from repairnn.frontends.source.values import (
    NONE,
    Array,
    Batches,
    Function,
    Instance,
    Known,
    Listing,
    Method,
    Object,
    Symbol,
    Table,
    Unknown,
    Value,
)  # fmt: skip
from repairnn.semantics.ir import Ref

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Short and old names of losses to the names of today.
LOSSES = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "bce": "binary_crossentropy", "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence", "cosine_proximity": "cosine_similarity", "logcosh": "log_cosh",
    "huber_loss": "huber",
}  # fmt: skip
CLASSES = {
    "BinaryCrossentropy": "binary_crossentropy", "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy", "MeanSquaredError": "mean_squared_error",
    "MeanAbsoluteError": "mean_absolute_error", "KLDivergence": "kl_divergence", "Hinge": "hinge", "Poisson": "poisson",
    "CosineSimilarity": "cosine_similarity", "Huber": "huber", "LogCosh": "log_cosh", "SquaredHinge": "squared_hinge",
    "CategoricalHinge": "categorical_hinge", "BinaryFocalCrossentropy": "binary_focal_crossentropy",
    "CategoricalFocalCrossentropy": "categorical_focal_crossentropy",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
}  # fmt: skip


@family("keras.losses.")
def _loss_object(machine: Machine, path: str, call: Call) -> Value | None:
    """``keras.losses.BinaryCrossentropy(from_logits=True)``."""
    name = path.rpartition(".")[2]
    if not name[:1].isupper():
        return None
    flag = call.get(0, "from_logits") if "Crossentropy" in name else None
    return Object(path, {"from_logits": flag} if flag is not None else {})


@method("keras.losses", "__call__")
def _loss_call(machine: Machine, loss: Object, call: Call) -> Value:
    """``loss_object(labels, model(images))`` in a training loop of the program's own."""
    target, prediction = call.argument(0, "y_true"), call.argument(1, "y_pred")
    if target is None or prediction is None or not isinstance(prediction.value, Tensor):
        return Unknown("a loss")
    if not isinstance(target.value, (Array, Unknown)):
        return Unknown("a loss")
    for record in machine.records:
        if prediction.value.ref in record.outputs:
            machine.memo[f"compile:{id(record)}"] = (call, Argument(loss, loss.span))
            losses(machine, record, target, call)
            break
    return Unknown("a loss")


def _compile(machine: Machine, model: Value, call: Call) -> Value:
    record = record_of(machine, model)
    if record is not None:
        argument = call.argument(1, "loss")
        record.settings["loss"] = argument.value if argument else NONE
        machine.memo[f"compile:{id(record)}"] = (call, argument)
    return NONE


def _fit(machine: Machine, model: Value, call: Call) -> Value:
    x, y = call.argument(0, "x", "generator", "X"), call.argument(1, "y", "Y")
    if call.name == "fit_generator":
        y = None
    _use(machine, model, x, y, call)
    if isinstance(model, Instance) and x is not None:
        _own_step(machine, model, x, y, call)
    validation = call.argument(None, "validation_data")
    if validation is not None:
        _use_pair(machine, model, validation, call)
    return Object("keras.callbacks.History")


def _own_step(machine: Machine, model: Instance, x: Argument, y: Argument | None, call: Call) -> None:
    """A model with a ``train_step`` of its own: one step on what is fed."""
    step = model.cls.find("train_step")
    if not isinstance(step, Function) or model.data.get("stepped"):
        return
    model.data["stepped"] = True
    x, y = _unbatched(machine, x, y)
    data = x.value if y is None else Listing([x.value, y.value], "tuple")
    Method(step, model).call(machine, Call.of(data, span=call.span))


def _evaluate(machine: Machine, model: Value, call: Call) -> Value:
    _use(machine, model, call.argument(0, "x", "generator"), call.argument(1, "y"), call)
    return Unknown("scores")


def _predict(machine: Machine, model: Value, call: Call) -> Value:
    x = call.argument(0, "x", "generator")
    _use(machine, model, x, None, call)
    record = record_of(machine, model)
    if record is None or not record.outputs:
        return Unknown("predictions")
    count = x.value.shape[0] if x is not None and isinstance(x.value, Array) and x.value.shape else None
    found: list[Value] = []
    for ref in record.outputs:
        shape = machine.graph.shape(ref)
        found.append(Array(None if shape is None else (count, *shape[1:])))
    return found[0] if len(found) == 1 else Listing(found)


def _use_pair(machine: Machine, model: Value, argument: Argument, call: Call) -> None:
    """``validation_data=(x, y)``, or a stream of batches."""
    pair = argument.value
    if isinstance(pair, Listing) and len(pair.items) >= 2 and not pair.open:
        x, y = _items(machine, argument, call)[:2]
        _use(machine, model, x, y, call)
    elif isinstance(pair, Batches):
        _use(machine, model, argument, None, call)


def _use(machine: Machine, model: Value, x: Argument | None, y: Argument | None, call: Call) -> None:
    """Feed arrays to a model, and compare what it predicts with targets."""
    if x is None:
        return
    x, y = _unbatched(machine, x, y)
    arrays = _arrays(machine, model, x, call)
    begin(machine, model, x.value, arrays, call)
    record = record_of(machine, model)
    if record is None:
        return
    for index, argument in enumerate(arrays[: len(record.inputs)]):
        if isinstance(argument.value, Array):
            feed(machine, record, argument, record.inputs[index], call)
    if y is not None:
        losses(machine, record, y, call)


def _unbatched(machine: Machine, x: Argument, y: Argument | None) -> tuple[Argument, Argument | None]:
    """A stream of batches is used like the arrays in it. A generator of the program yields pairs."""
    value = x.value
    if isinstance(value, Instance) and y is None:
        batch = value.item(machine, Known(0))
        if isinstance(batch, Listing) and batch.kind == "tuple" and 2 <= len(batch.items) <= 3:
            return Argument(batch.items[0]), Argument(batch.items[1])
    if isinstance(value, Batches):
        return Argument(value.x, x.site), None if value.y is None else Argument(value.y, x.site)
    if isinstance(value, Listing) and value.kind == "generator" and value.items:
        pair = value.items[0]
        if isinstance(pair, Listing) and pair.kind == "tuple" and 2 <= len(pair.items) <= 3:
            return Argument(pair.items[0]), Argument(pair.items[1])
        return Argument(Unknown("what a generator yields")), None
    return x, y


def _items(machine: Machine, argument: Argument, call: Call) -> list[Argument]:
    """The items of a list of arrays, each with its own text where the list is written out in the call."""
    items = argument.value.items if isinstance(argument.value, Listing) else []
    written = [*call.node.args, *(keyword.value for keyword in call.node.keywords)] if call.node is not None else []
    for expression in written:
        if machine.source.span(expression) != argument.site or not isinstance(expression, (ast.List, ast.Tuple)):
            continue
        if len(expression.elts) == len(items) and not any(isinstance(e, ast.Starred) for e in expression.elts):
            return [Argument(i, machine.source.span(e)) for i, e in zip(items, expression.elts, strict=True)]
    return [Argument(item, item.span) for item in items]


def _arrays(machine: Machine, model: Value, x: Argument, call: Call) -> list[Argument]:
    """What is fed to each input in order."""
    value = x.value
    if isinstance(value, Table):
        record = record_of(machine, model)
        names = [machine.graph.nodes[ref.node].name for ref in record.inputs] if record else []
        found = {str(key): entry for key, (_, entry) in value.entries.items()}
        return [Argument(found[n], found[n].span) if n in found else Argument(Unknown(n)) for n in names]
    record = record_of(machine, model)
    many = record is not None and len(record.inputs) > 1
    if isinstance(value, Listing) and not value.open and value.items:
        if many or (len(value.items) == 1 and isinstance(value.items[0], Array)):
            return _items(machine, x, call)
        if all(isinstance(item, (Array, Unknown)) for item in value.items) and value.kind in ("list", "tuple"):
            return _items(machine, x, call)
    return [x]


def begin(machine: Machine, model: Value, given: Value, arrays: list[Argument], call: Call) -> None:
    """A model that declares no input learns its input from the first arrays. ``given`` is what it is called with."""
    shape = None
    first = arrays[0].value if arrays else None
    if isinstance(first, Array) and first.shape:
        shape = (None, *first.shape[1:])
    site = Site(call.span)
    if isinstance(model, Sequential):
        model.materialise(machine)
        if not model.record.inputs and model.entries and shape is not None:
            model.start(machine, shape, site)
            model.materialise(machine)
    elif isinstance(model, Instance) and "model" in model.data:
        begin(machine, model.data["model"], given, arrays, call)
    elif isinstance(model, Instance) and shape is not None and not model.data.get("used"):
        model.data["used"] = True
        more = [a.value for a in call.positional[1:] if isinstance(a.value, (Array, Listing))] if not call.name else []
        start(machine, model, given, site, more)


def feed(machine: Machine, record: Record, argument: Argument, entry: Ref, call: Call) -> None:
    """The program feeds an array to an entry of a model. The same array, or one like it in a loop, is fed once."""
    assert isinstance(argument.value, Array)
    place = argument.site or call.span
    if not record.first_time(("feed", entry, place, argument.value.shape)):
        return
    data = machine.graph.data(argument.value)
    if not record.first_time(("feed", entry, data)):
        return
    name = f"{record.name}.{_verb(call)}"
    site = Site(call.span, argument.site, {"data": argument})
    (made,) = machine.graph.add("feed", {}, (data, entry), "keras", spelling=_verb(call), name=name, site=site)
    record.extras.append(made.node)


def _verb(call: Call) -> str:
    return call.name or "call"


def losses(machine: Machine, record: Record, y: Argument, call: Call) -> None:
    """The program compares each output with its targets, once for each pair."""
    compiled = machine.memo.get(f"compile:{id(record)}")
    if compiled is None:
        return
    compile_call, argument = compiled
    targets = _targets(machine, record, y, call)
    for index, output in enumerate(record.outputs):
        if index >= len(targets):
            return
        loss = _loss_for(machine, record, argument.value if argument else NONE, index)
        args = loss_arguments(loss)
        if args is None:
            continue
        target = targets[index].value
        if isinstance(target, Listing):
            target = as_array(target)
        shape = target.shape if isinstance(target, Array) else None
        place = targets[index].site or call.span
        if not record.first_time(("loss", output, place, shape, tuple(sorted(args.items())))):
            continue
        data = machine.graph.data(target if isinstance(target, Array) else Array(None, label="targets"))
        if isinstance(target, Array) and target.form:
            args["form"] = target.form
        if _compared(machine, record, output, data, args):
            continue
        sites = {"name": argument, "target": targets[index]} if argument else {}
        site = Site(compile_call.span, targets[index].site, sites, {})
        (made,) = machine.graph.add(
            "loss", args, (output, data), "keras", spelling=args["name"], name="loss", site=site
        )
        record.extras.append(made.node)


def _compared(machine: Machine, record: Record, output: Ref, data: Ref, args: dict[str, Any]) -> bool:
    nodes = machine.graph.nodes
    found = [nodes[i] for i in record.extras if nodes[i].kind == "loss" and nodes[i].inputs[0] == output]
    return any(n.inputs[1] == data for n in found) or (
        bool(found) and machine.graph.shape(data) is None and all(n.args == args for n in found)
    )


def _targets(machine: Machine, record: Record, y: Argument, call: Call) -> list[Argument]:
    value = y.value
    if isinstance(value, Table):
        found = {str(key): entry for key, (_, entry) in value.entries.items()}
        names = [machine.graph.nodes[ref.node].name for ref in record.outputs]
        return [Argument(found.get(n, Unknown(n)), None) for n in names]
    if isinstance(value, Listing) and len(record.outputs) > 1 and len(value.items) == len(record.outputs):
        return _items(machine, y, call)
    return [y]


def _loss_for(machine: Machine, record: Record, loss: Value, index: int) -> Value:
    """The loss of one output: settings may be one, a list, or a dict by output name."""
    if isinstance(loss, Listing):
        return loss.items[index] if index < len(loss.items) else NONE
    if isinstance(loss, Table):
        name = machine.graph.nodes[record.outputs[index].node].name
        return loss.entries[name][1] if name in loss.entries else NONE
    return loss


def loss_arguments(loss: Value) -> dict[str, Any] | None:
    """``name`` and ``from_logits`` of a loss; ``None`` for one that is not known."""
    if isinstance(loss, Known) and isinstance(loss.value, str):
        name = CLASSES.get(loss.value, loss.value)
        return {"name": LOSSES.get(name.lower(), name)}
    if isinstance(loss, (Symbol, Object)) and loss.path.startswith(
        ("keras.losses.", "keras.metrics.", "keras.backend.")
    ):
        last = loss.path.rpartition(".")[2]
        name = CLASSES.get(last, last)
        args: dict[str, Any] = {"name": LOSSES.get(name.lower(), name)}
        if isinstance(loss, Object) and "from_logits" in loss.attributes:
            flag = loss.attributes["from_logits"].truth()
            if flag is None:
                return None
            args["from_logits"] = flag
        return args
    return None


def note_eager_call(machine: Machine, model: Value, call: Call) -> bool:
    """``model(array)``: a feed like ``predict``. True when the call was one, on something not known too."""
    argument = call.argument(0, "inputs", "x")
    if argument is None or not isinstance(argument.value, (Array, Unknown)):
        return False
    _use(machine, model, argument, None, call)
    return True


def _nothing(machine: Machine, model: Value, call: Call) -> Value:
    return NONE


def _summary(machine: Machine, model: Value, call: Call) -> Value:
    return NONE


def _build(machine: Machine, model: Value, call: Call) -> Value:
    """``model.build(input_shape)`` of a subclassed model."""
    from repairnn.frontends.source.keras.arguments import full_shape

    argument = call.argument(0, "input_shape")
    if isinstance(model, Instance) and argument is not None and not model.data.get("used"):
        shape, _ = full_shape(argument.value, True)
        model.data["used"] = True
        start(machine, model, Array(shape), Site(call.span, None, {"shape": argument}, {"shape": 0}))
    return NONE


MODEL_METHODS: dict[str, Callable[[Any, Any, Call], Value]] = {
    "compile": _compile, "fit": _fit, "fit_generator": _fit, "train_on_batch": _fit, "evaluate": _evaluate,
    "evaluate_generator": _evaluate, "test_on_batch": _evaluate, "predict": _predict, "predict_on_batch": _predict,
    "predict_classes": _predict, "predict_proba": _predict, "predict_generator": _predict, "summary": _summary,
    "save": _nothing, "save_weights": _nothing, "load_weights": _nothing, "build": _build,
}  # fmt: skip
for _name, _run in MODEL_METHODS.items():
    for _owner in (Sequential, Functional):
        METHODS.setdefault((_owner, _name), _run)

__all__ = ["MODEL_METHODS", "begin", "feed", "given", "losses", "note_eager_call"]
