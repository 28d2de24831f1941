"""What a check or a fix returns: one :class:`ModelResult` a model, gathered in one :class:`Result` an input.

Status is one of

``valid``         no fault was found, and everything was understood
``faulty``        faults were found and no repair was asked for (``check`` only)
``repaired``      the edits remove every fault; ``optimal`` says whether it is proved that none are cheaper
``unrepairable``  it is proved that no edits of the known kinds remove every fault
``gave-up``       the budget is spent; the best found and the lower bound on the cost are reported
``unsupported``   something is not known (it is named in ``unsupported``) and no fault was found in the rest, or a
                  repair was found that cannot be written into the input (``reason`` says why)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from repairnn.semantics.checker import Report
from repairnn.semantics.edits import Edit
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network, Shape, Span

Status: TypeAlias = Literal["valid", "faulty", "repaired", "unrepairable", "gave-up", "unsupported"]

#: What people call the frameworks.
FRAMEWORKS = {"keras": "Keras", "torch": "PyTorch", "onnx": "ONNX"}
#: From the best news to the worst: the status of a whole input is that of its worst model.
STATUSES: tuple[Status, ...] = ("valid", "repaired", "unsupported", "gave-up", "unrepairable", "faulty")


@dataclass(frozen=True, slots=True)
class Layer:
    """One visible layer application as a summary shows it.

    ``inputs`` and ``outputs`` hold shapes, batch axis included; ``parameters`` is ``None`` where not known, and 0 for
    the second use of a shared layer. ``severity`` is that of the worst finding at this layer, or ``None``.
    """

    id: str
    name: str
    type: str
    arguments: dict[str, Any]
    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    parameters: int | None
    span: Span | None
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class AppliedEdit:
    """An edit with the network it was applied to, so that it can be told in words.

    ``location`` is where the edited thing was written; ``applicability`` is ``safe``, ``unsafe`` or ``display-only``;
    ``reason`` says in one line why the edit helps.
    """

    edit: Edit
    before: Network
    location: Span | None
    applicability: str
    cost: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another repair: its edits and what it costs."""

    edits: tuple[AppliedEdit, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class Validation:
    """What the framework itself said of the repaired network.

    ``status``  ``validated`` (a forward pass ran and the shapes are as predicted), ``failed`` (the framework refused),
                ``disagreement`` (it ran, and a shape is not as predicted: a mistake of this program),
                ``not-validated`` (it could not be tried; ``reason`` says why)
    """

    status: Literal["validated", "failed", "disagreement", "not-validated"]
    framework: str = ""
    device: str = ""
    reason: str = ""
    output_shapes: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ModelResult:
    """The outcome for one model.

    ``faults``       what the checker found in the model as read, suspicious findings included
    ``edits``        the repair; empty unless one was found
    ``cost``         of the repair, in the units of the cost profile; ``lower_bound``: no repair can be cheaper
    ``alternatives`` further repairs, best first, the chosen one not among them
    ``model``        the repaired model in the form that was read (text, live model, dict); ``None`` without a repair
    ``patch``        unified diff for text; empty otherwise
    ``seconds``      wall time of lower, check, search, emit and validate
    """

    path: str
    name: str
    framework: str
    status: Status
    network: Network
    report: Report
    layers: tuple[Layer, ...]
    unsupported: tuple[tuple[str, Span | None], ...] = ()
    edits: tuple[AppliedEdit, ...] = ()
    cost: float | None = None
    lower_bound: float | None = None
    optimal: bool = False
    alternatives: tuple[Alternative, ...] = ()
    repaired: Network | None = None
    repaired_layers: tuple[Layer, ...] = ()
    model: Any = None
    patch: str = ""
    validation: Validation | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every finding, in topological order; one that each call of a shared layer repeats is told once."""
        return told_once(self.report.faults, self.network)

    @property
    def broken(self) -> bool:
        """Whether there is a fault (suspicious findings do not count)."""
        return not self.report.valid

    @property
    def settled(self) -> bool:
        """Whether no fault is left once the edits are applied, as far as the framework was asked."""
        refused = self.validation is not None and self.validation.status == "failed"
        return not refused and (not self.broken or self.status == "repaired")

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object of one model."""
        from repairnn.report.json import model_to_json

        return model_to_json(self)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one input (a file, a text, a live model). Iterating gives the models.

    The attributes of :class:`ModelResult` are here for the whole input: faults and edits of all models in order, the
    cost of all, ``optimal`` when each is. ``model`` and ``patch`` hold all repairs of a text together.
    """

    path: str
    models: tuple[ModelResult, ...]
    model: Any = None
    patch: str = ""
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[ModelResult]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)

    @property
    def status(self) -> Status:
        """The worst status among the models; ``unsupported`` when no model was found."""
        if not self.models:
            return "unsupported"
        return max((model.status for model in self.models), key=STATUSES.index)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every finding of every model."""
        return tuple(fault for model in self.models for fault in model.faults)

    @property
    def edits(self) -> tuple[AppliedEdit, ...]:
        """Every edit of every model."""
        return tuple(edit for model in self.models for edit in model.edits)

    @property
    def cost(self) -> float | None:
        """The cost of all edits together; ``None`` when no search was made."""
        costs = [model.cost for model in self.models if model.cost is not None]
        return sum(costs) if costs else None

    @property
    def lower_bound(self) -> float | None:
        """The sum of the models' lower bounds; ``None`` when no search was made."""
        bounds = [model.lower_bound for model in self.models if model.lower_bound is not None]
        return sum(bounds) if bounds else None

    @property
    def optimal(self) -> bool:
        """Whether every repair is proved minimal for its model."""
        return bool(self.models) and all(model.optimal for model in self.models)

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Alternatives of the only model; of several models, ask each."""
        return self.models[0].alternatives if len(self.models) == 1 else ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of all models as read."""
        return tuple(layer for model in self.models for layer in model.layers)

    @property
    def repaired_layers(self) -> tuple[Layer, ...]:
        """The layers of all repaired models."""
        return tuple(layer for model in self.models for layer in model.repaired_layers)

    @property
    def validation(self) -> Validation | None:
        """The worst validation among the models."""
        order = ("validated", "not-validated", "disagreement", "failed")
        found = [model.validation for model in self.models if model.validation is not None]
        return max(found, key=lambda one: order.index(one.status)) if found else None

    @property
    def seconds(self) -> dict[str, float]:
        """Wall time of each stage, all models together."""
        total: dict[str, float] = {}
        for model in self.models:
            for stage, seconds in model.seconds.items():
                total[stage] = total.get(stage, 0.0) + seconds
        return total

    @property
    def settled(self) -> bool:
        """Whether no fault is left once the edits are applied."""
        return all(model.settled for model in self.models)

    def to_json(self) -> list[dict[str, Any]]:
        """The documented JSON object of each model."""
        return [model.to_json() for model in self.models]


def told_once(faults: tuple[Fault, ...], network: Network) -> tuple[Fault, ...]:
    """The same faults with those that differ in the axis only told as one, "axis 1 and 2", and those of a layer that is
    called several times with the same shapes told for its first call."""
    groups: dict[Any, list[Fault]] = {}
    first: dict[Any, str] = {}
    for fault in faults:
        node = network[fault.node]
        written = (fault.rule.id, node.layer or node.written.call or node.id)
        told = (*written, tuple((name, repr(value)) for name, value in fault.values.items()))
        if first.setdefault(told, node.id) != node.id:
            continue
        rest = tuple((name, repr(value)) for name, value in fault.values.items() if name != "axis")
        groups.setdefault((node.id, fault.rule.id, rest), []).append(fault)
    return tuple(_joined(group) for group in groups.values())


def _joined(group: list[Fault]) -> Fault:
    axes = [str(fault.values["axis"]) for fault in group if "axis" in fault.values]
    if len(group) == 1 or len(axes) < len(group):
        return group[0]
    told = f"{', '.join(axes[:-1])} and {axes[-1]}"
    return replace(group[0], values={**group[0].values, "axis": told})
