"""Lightning: ``Trainer.fit(model, loader)`` gives the batches of the loader to ``training_step``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.library import Base, base, function, method
from repairnn.frontends.source.torch.drawing import trace
from repairnn.frontends.source.torch.modules import PlainModules
from repairnn.frontends.source.torch.values import descendants, is_own_module
from repairnn.frontends.source.values import NONE, Function, Instance, Known, Listing, Method, Object, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

PACKAGES = ("pytorch_lightning", "lightning", "lightning.pytorch")
TRAINER = "lightning.Trainer"


@base(*(f"{package}.LightningModule" for package in PACKAGES))
class LightningModules(PlainModules):
    """``class Net(LightningModule)``: a module that knows the arguments of its constructor as ``self.hparams``."""

    def constructed(self, machine: Machine, instance: Instance, call: Call) -> Value | None:
        initialiser = instance.cls.find("__init__")
        if isinstance(initialiser, Function):
            instance.attributes["hparams"] = Object("hparams", arguments_of(initialiser, call))
        return super().constructed(machine, instance, call)


def arguments_of(function: Function, call: Call) -> dict[str, Value]:
    """The parameters of a method by name, as a call and the defaults give them."""
    names = [argument.arg for argument in (*function.node.args.posonlyargs, *function.node.args.args)][1:]
    found = dict(function.keyword_defaults)
    found.update(zip(names[max(len(names) - len(function.defaults), 0) :], function.defaults, strict=False))
    found.update(zip(names, (argument.value for argument in call.positional), strict=False))
    found.update({name: argument.value for name, argument in call.keywords.items()})
    return found


@base(*(f"{package}.LightningDataModule" for package in PACKAGES))
class DataModules(Base):
    """``class Data(LightningDataModule)``: used through its loaders."""


@function(*(f"{package}.Trainer" for package in PACKAGES), "lightning.pytorch.trainer.Trainer")
def trainer(machine: Machine, call: Call) -> Value:
    """``Trainer(max_epochs=5)``."""
    return Object(TRAINER, {}, span=call.span)


#: What a trainer's method runs: the method of the module, its loader's name, whether the module trains.
STEPS = {
    "fit": (("training_step", "train_dataloader", True), ("validation_step", "val_dataloader", False)),
    "validate": (("validation_step", "val_dataloader", False),),
    "test": (("test_step", "test_dataloader", False),),
}
STAGES = {"fit": "fit", "validate": "validate", "test": "test"}


@method(TRAINER, *STEPS)
def run(machine: Machine, trainer: Object, call: Call) -> Value:
    """``trainer.fit(model, loader)``: one batch goes through each step."""
    module = call.get(0, "model")
    name = call.name
    if not isinstance(module, Instance) or not is_own_module(module) or name not in STEPS:
        return NONE
    source = call.get(None, "datamodule") or (call.get(1) if isinstance(call.get(1), Instance) else None)
    if isinstance(source, Instance):
        _prepared(machine, source, STAGES[name], call)
    for place, (step, loader, training) in enumerate(STEPS[name]):
        given = call.get(place + 1, *_names(loader)) if not isinstance(call.get(1), Instance) else None
        batches = given if given is not None else _loader(machine, source, module, loader, call)
        if batches is not None:
            _step(machine, module, step, batches, training, call)
    return NONE


def _names(loader: str) -> tuple[str, ...]:
    return (f"{loader}s", loader, "dataloaders")


def _prepared(machine: Machine, source: Instance, stage: str, call: Call) -> None:
    for name, values in (("prepare_data", ()), ("setup", (Known(stage),))):
        found = source.cls.find(name)
        if isinstance(found, Function):
            room = len(found.node.args.args) - 1
            arguments = tuple(Argument(value) for value in values[:room])
            machine.guarded(
                lambda found=found, arguments=arguments: Method(found, source).call(machine, Call(arguments)),  # type: ignore[misc]
                f"{source.cls.name}.{name}()", call.span,
            )  # fmt: skip


def _loader(machine: Machine, source: Value | None, module: Instance, name: str, call: Call) -> Value | None:
    """What the method of the data module, or of the module itself, returns as its loader."""
    for owner in (source, module):
        found = owner.cls.find(name) if isinstance(owner, Instance) else None
        if isinstance(found, Function) and owner is not None:
            return Method(found, owner).call(machine, Call(span=call.span))
    return None


def _step(machine: Machine, module: Instance, name: str, batches: Value, training: bool, call: Call) -> None:
    """One batch of a loader through a step of the module."""
    found = module.cls.find(name)
    if not isinstance(found, Function):
        return
    if isinstance(batches, Listing):
        batches = batches.items[0] if batches.items else Unknown("no loader")
    batch = machine.sample(batches)[0]
    room = len(found.node.args.args) - 1
    arguments = tuple(Argument(value) for value in (batch, Known(0), Known(0))[:room])
    modes = trace(machine).modes
    modes.update({id(child): training for _, child in descendants(module)})
    machine.guarded(
        lambda: Method(found, module).call(machine, Call(arguments, span=call.span)), f"{name}()", call.span
    )
