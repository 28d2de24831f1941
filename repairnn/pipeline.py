"""From a subject to its result: check, search, write, read again, compare, validate.

A repair is trusted only after the patched input, read again, is the network that the search meant and has no fault.
Where it is not, the next cheapest repair is tried, and a note says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from repairnn.compare import difference, new_faults
from repairnn.frontends.errors import BadInput, CannotEmit
from repairnn.lines import LineMap
from repairnn.results import FRAMEWORKS, Alternative, AppliedEdit, ModelResult, Result, Status, Validation
from repairnn.semantics.checker import Report, check
from repairnn.semantics.edits import Edit, InsertLayer, ReadName, Swap
from repairnn.semantics.ir import Network, Span
from repairnn.subjects import Subject
from repairnn.summary import layers_of, place_of, unsupported_in

if TYPE_CHECKING:
    from repairnn.search import Outcome, Repair

#: How many repairs are asked for, at first and when none of those can be written or validated.
FIRST, MORE = 3, 12


class Judge(Protocol):
    """What runs networks in their framework (:class:`repairnn.validation.Validator`)."""

    def prepare(self, framework: str) -> None:
        """Load the framework in the background."""
        ...

    def validate(self, network: Network) -> Validation:
        """Build and run the network."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How to repair: cost ``profile``, search ``budget`` in seconds a model, number of repairs, who validates.

    ``costs`` replaces rows of the cost table of the ``human`` profile.
    """

    profile: str = "human"
    budget: float = 10.0
    top: int = 3
    validator: Judge | None = None
    costs: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Clock:
    """Wall time by stage, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Trial:
    """A repair that was written and trusted: the subject that holds it, and its number among the search's answers."""

    subject: Subject
    number: int
    validation: Validation | None


def check_subject(subject: Subject, lower_seconds: float = 0.0, validator: Judge | None = None) -> Result:
    """The faults of every model; nothing is changed."""
    models = []
    for network in subject.networks:
        clock = Clock({"lower": lower_seconds / len(subject.networks)})
        with clock.stage("check"):
            report = check(network)
        model = _judged(subject, network, report, clock)
        if validator is not None and report.valid:
            with clock.stage("validate"):
                model = replace(model, validation=validator.validate(network))
        models.append(model)
    return Result(subject.path, tuple(models), notes=subject.notes)


def fix_subject(subject: Subject, options: Options, lower_seconds: float = 0.0) -> Result:
    """Repair every model in turn; each is searched in the content that the repairs before it left."""
    current = subject
    models: list[ModelResult] = []
    for index, network in enumerate(subject.networks):
        clock = Clock({"lower": lower_seconds / len(subject.networks)})
        with clock.stage("check"):
            report = check(network)
        model = _judged(subject, network, report, clock)
        if index >= len(current.networks) or not report.faults:
            models.append(_settle(model))
            continue
        if current is not subject and check(current.networks[index]).valid:
            models.append(_repaired_by_others(model, current.networks[index], options, clock))
            continue
        model, current = _fix_one(model, subject, current, index, options, clock)
        models.append(model)
    content = current.content if current is not subject else None
    patch = "" if content is None else subject.patch(content)
    return Result(subject.path, tuple(models), content, patch, subject.notes)


def _settle(model: ModelResult) -> ModelResult:
    """A model in which there is nothing to repair: proved minimal at no cost."""
    return replace(model, cost=0.0, lower_bound=0.0, optimal=True)


def _judged(subject: Subject, network: Network, report: Report, clock: Clock) -> ModelResult:
    unsupported = unsupported_in(network)
    status: Status = "faulty" if not report.valid else "unsupported" if unsupported else "valid"
    return ModelResult(
        subject.path, network.name, network.framework, status, network, report, layers_of(network, report),
        unsupported, seconds=clock.seconds,
    )  # fmt: skip


def _repaired_by_others(model: ModelResult, repaired: Network, options: Options, clock: Clock) -> ModelResult:
    note = "repaired by the edits of a model before it in the same file"
    layers = layers_of(repaired, check(repaired))
    with clock.stage("validate"):
        validation = None if options.validator is None else options.validator.validate(repaired)
    return replace(
        model, status="repaired", repaired=repaired, repaired_layers=layers, cost=0.0, lower_bound=0.0, optimal=True,
        notes=(note,), validation=validation,
    )  # fmt: skip


def _fix_one(
    model: ModelResult, subject: Subject, current: Subject, index: int, options: Options, clock: Clock
) -> tuple[ModelResult, Subject]:
    """Repair one model in the content that ``current`` holds; places are told in the content of ``subject``."""
    network = current.networks[index]
    if options.validator is not None:
        options.validator.prepare(network.framework)
    lines = LineMap.between(current, subject)
    notes: list[str] = []
    trial: Trial | None = None
    repairs: tuple[Repair, ...] = ()
    for top in (max(options.top, FIRST), MORE):
        outcome = _searched(network, options, top, clock)
        tried, repairs = len(repairs), outcome.alternatives
        if outcome.status != "repaired" or tried == len(repairs):
            break
        trial = _first_trusted(current, index, repairs, tried, options, clock, notes)
        if trial is not None:
            break
    model = replace(model, cost=outcome.cost, lower_bound=outcome.lower_bound, optimal=bool(outcome.optimal))
    if outcome.status == "valid":  # suspicious findings without a repair
        return _settle(model), current
    if outcome.status != "repaired":
        return _not_repaired(model, network, outcome, lines), current
    if trial is None:
        return _not_written(model, network, repairs, lines, notes), current
    return _repaired(model, current, index, repairs, trial, lines, notes, options.top), trial.subject


def _searched(network: Network, options: Options, top: int, clock: Clock) -> Outcome:
    from repairnn.search import repair

    with clock.stage("search"):
        return repair(network, profile=options.profile, budget=options.budget, top=top, overrides=options.costs)


def _repaired(
    model: ModelResult, current: Subject, index: int, repairs: Sequence[Repair], trial: Trial, lines: LineMap,
    notes: list[str], top: int,
) -> ModelResult:  # fmt: skip
    network, chosen = current.networks[index], repairs[trial.number]
    repaired = trial.subject.networks[index]
    others = repairs[trial.number + 1 : trial.number + top]  # those before it were dropped
    return replace(
        model,
        status="repaired" if model.broken or not model.unsupported else model.status,
        edits=_applied(network, chosen, lines),
        cost=chosen.cost,
        optimal=model.optimal and trial.number == 0,
        alternatives=_alternatives(network, others, lines),
        repaired=repaired,
        repaired_layers=layers_of(repaired, check(repaired)),
        model=trial.subject.content,
        patch=current.patch(trial.subject.content),
        validation=trial.validation,
        notes=tuple(notes),
    )


def _not_written(
    model: ModelResult, network: Network, repairs: Sequence[Repair], lines: LineMap, notes: list[str]
) -> ModelResult:
    """Repairs were found, and none can be written into the input."""
    return replace(
        model,
        status="unsupported" if model.broken else model.status,
        edits=_applied(network, repairs[0], lines) if repairs else (),
        alternatives=_alternatives(network, repairs[1:FIRST], lines),
        reason=notes[0] if notes else "no repair was found",
        notes=tuple(notes[1:]),
    )


def _not_repaired(model: ModelResult, network: Network, outcome: Outcome, lines: LineMap) -> ModelResult:
    status: Status = "gave-up" if outcome.status == "gave-up" else "unrepairable"
    if not model.broken:
        return replace(model, notes=("no repair was found for what is only suspicious",))
    shown = _applied(network, outcome.alternatives[0], lines) if outcome.alternatives else ()
    return replace(model, status=status, edits=shown)


def _first_trusted(
    current: Subject,
    index: int,
    repairs: Sequence[Repair],
    start: int,
    options: Options,
    clock: Clock,
    notes: list[str],
) -> Trial | None:
    """The cheapest repair from number ``start`` on that survives writing, reading again and validation.

    Where the framework refuses every one that can be written, the first of them, with that verdict on it.
    """
    refused: Trial | None = None
    trusted: Trial | None = None
    dropped: dict[str, list[int]] = {}
    for number, candidate in enumerate(repairs[start:], start):
        with clock.stage("emit"):
            written, reason = _written(current, index, candidate)
        if written is None:
            dropped.setdefault(reason, []).append(number)
            continue
        if options.validator is None:
            trusted = Trial(written, number, None)
            break
        with clock.stage("validate"):
            validation = options.validator.validate(written.networks[index])
        trial = Trial(written, number, validation)
        if validation.status != "failed":
            trusted = trial
            break
        reason = f"{FRAMEWORKS[validation.framework]} refuses it: {validation.reason}"
        dropped.setdefault(reason, []).append(number)
        refused = refused or trial
    notes.extend(_dropped(numbers, reason) for reason, numbers in dropped.items())
    return trusted or refused


def _written(current: Subject, index: int, candidate: Repair) -> tuple[Subject | None, str]:
    """The subject with the repair in it, or the reason why it cannot be trusted."""
    try:
        after = current.reread(current.emit(index, candidate.edits))
    except CannotEmit as error:
        return None, f"it cannot be written: {error.reason}"
    except BadInput as error:
        return None, f"it cannot be read back: {error.message}"
    if len(after.networks) != len(current.networks):
        return None, "the patched text holds another number of models"
    other = difference(after.networks[index], candidate.network)
    if other is not None:
        return None, f"read back, {other}"
    if not check(after.networks[index]).valid:
        return None, "read back, it still has a fault"
    for number, (now, before) in enumerate(zip(after.networks, current.networks, strict=True)):
        broken = new_faults(check(now), check(before)) if number != index else []
        if broken:
            return None, f"it would break model {now.name} ({broken[0]})"
    return after, ""


def _applied(network: Network, repair: Repair, lines: LineMap) -> tuple[AppliedEdit, ...]:
    """Edits one after the other, each with the network it meets."""
    applied = []
    for step in repair.steps:
        place = lines.span(_place(step.edit, network))
        applied.append(AppliedEdit(step.edit, network, place, step.applicability, step.cost, step.reason))
        network = step.edit.apply(network)
    return tuple(applied)


def _alternatives(network: Network, repairs: Sequence[Repair], lines: LineMap) -> tuple[Alternative, ...]:
    return tuple(Alternative(_applied(network, one, lines), one.cost) for one in repairs)


def _place(edit: Edit, network: Network) -> Span | None:
    """Where the text will change: the argument if it is written, otherwise the layer."""
    if isinstance(edit, Swap):
        return place_of(network[edit.first])
    node = network[edit.consumer if isinstance(edit, InsertLayer) else edit.node]
    argument = getattr(edit, "argument", None)
    if isinstance(edit, ReadName):
        return node.written.sites.get(edit.argument)
    place = node.written.arguments.get(argument) or place_of(node) if argument else place_of(node)
    return place if place is None or place.line else None  # what was written in no text has no place


def _dropped(numbers: Sequence[int], reason: str) -> str:
    """``the cheapest repair and 3 others were dropped: ...``: repairs with one reason in one sentence."""
    first = numbers[0]
    which = ("the cheapest", "the second", "the third")[first] if first < 3 else "a more expensive"
    others = len(numbers) - 1
    if not others:
        return f"{which} repair was dropped: {reason}"
    return f"{which} repair and {others} {'other' if others == 1 else 'others'} were dropped: {reason}"
