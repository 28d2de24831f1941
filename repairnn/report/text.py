"""The report for people: table, one sentence a fault, the diff, one closing line."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from repairnn.report.paint import Paint
from repairnn.report.sentences import edit_sentence, fault_sentence, fix_hint, line_words
from repairnn.report.table import summary_table
from repairnn.results import FRAMEWORKS, ModelResult, Result, Validation
from repairnn.summary import layers_of


@dataclass(frozen=True, slots=True)
class Page:
    """Where the report goes: ``fixing`` says whether repairs were asked for, ``written`` where they went;
    ``brief`` shortens models without findings to one line."""

    width: int = 120
    paint: Paint = field(default_factory=Paint)
    fixing: bool = False
    written: str = ""
    brief: bool = False


def text_report(result: Result, page: Page) -> str:
    """The whole report of one input. The diff in it applies with ``git apply``."""
    if not result.models:
        return f"{result.path}: no model found" + "".join(f"\n  note: {note}" for note in result.notes) + "\n"
    blocks = [_model(model, page, several=len(result.models) > 1) for model in result.models]
    if len(result.models) > 1 and result.patch:
        blocks.append(_diff(result.patch, page.paint))
    notes = [f"note: {note}" for note in result.notes]
    if notes:
        blocks.append("\n".join(notes) + "\n")
    return "\n".join(blocks)


def closing_line(model: ModelResult, page: Page) -> str:
    """``1 fault, 1 edit, proven minimal; validated in Keras on cpu in 0.8 s``."""
    count = sum(fault.rule.severity == "fault" for fault in model.faults)
    doubtful = len(model.faults) - count
    parts = [_number(count, "fault") if count or not doubtful else ""]
    if doubtful:
        parts.append(_number(doubtful, "suspicious finding"))
    if page.fixing and model.edits:
        kept = "" if model.status == "repaired" else " found but not applied"
        parts.append(_number(len(model.edits), "edit") + kept)
        parts.append(_proof(model))
    line = ", ".join(part for part in parts if part)
    line += _verdict(model, page)
    if model.validation is not None:
        line += "; " + _validated(model.validation, model.seconds.get("validate", 0.0))
    return line + (f"; {page.written}" if page.written and model.patch else "")


def _model(model: ModelResult, page: Page, several: bool) -> str:
    paint = page.paint
    if page.brief and not model.faults:
        return f"{model.path}: model {model.name}: {closing_line(model, page)}\n"
    head = f"{model.path}: model {model.name} ({FRAMEWORKS.get(model.framework, model.framework)})"
    lines = [paint(head, "bold"), ""]
    layers = layers_of(model.network, model.report, program=True)
    lines += summary_table(layers, page.width, paint)
    for fault in model.faults:
        colour = "red" if fault.rule.severity == "fault" else "yellow"
        sentence = f"{fault.rule.severity} [{fault.rule.id}]: {fault_sentence(fault, model.network)}."
        lines += ["", *_wrapped(sentence, page.width, paint, colour)]
        hint = fix_hint(fault, model.network) if not model.edits else ""
        if hint:
            lines += _wrapped(f"fix: {hint}.", page.width, paint, "", indent="  ")
    if model.edits:
        lines += ["", *(_edit_lines(model, page))]
    for what, span in model.unsupported:
        where = f" ({line_words(span)})" if span else ""
        lines += ["", *_wrapped(f"not understood: {what}{where}; the rest is checked.", page.width, paint, "yellow")]
    for note in model.notes:
        lines += ["", *_wrapped(f"note: {note}.", page.width, paint, "dim")]
    if model.patch and not several:
        lines += ["", _diff(model.patch, paint).rstrip("\n")]
    colour = "green" if model.settled else "red"
    lines += ["", paint(closing_line(model, page), colour)]
    return "\n".join(lines) + "\n"


def _edit_lines(model: ModelResult, page: Page) -> list[str]:
    lines = []
    for edit in model.edits:
        lines += _wrapped(f"edit [{edit.applicability}]: {edit_sentence(edit)}.", page.width, page.paint, "cyan")
    for number, other in enumerate(model.alternatives, start=2):
        told = "; ".join(edit_sentence(edit) for edit in other.edits)
        lines += _wrapped(f"or ({number}.): {told}.", page.width, page.paint, "dim")
    return lines


def _wrapped(text: str, width: int, paint: Paint, colour: str, indent: str = "") -> list[str]:
    """Lines no wider than the page; words longer than that stay whole."""
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [paint(line, colour) for line in lines or [text]]


def _diff(patch: str, paint: Paint) -> str:
    """The diff, coloured line by line; without colours it is the patch itself."""
    if not paint.on:
        return patch
    colours = {"+": "green", "-": "red", "@": "cyan"}
    return "".join(paint(line.rstrip("\n"), colours.get(line[:1], "")) + "\n" for line in patch.split("\n")[:-1])


def _proof(model: ModelResult) -> str:
    if model.optimal:
        return "proven minimal"
    return f"not proven minimal (cost {model.cost:.3g}, bound {model.lower_bound:.3g})" if model.cost else ""


def _verdict(model: ModelResult, page: Page) -> str:
    if model.status == "unsupported":
        if model.reason:
            return f"; not applied: {model.reason}"
        return f"; {_number(len(model.unsupported), 'part')} not understood"
    if model.status == "unrepairable":
        return "; unrepairable: no edits of the known kinds remove every fault"
    if model.status == "gave-up":
        bound = "" if model.lower_bound is None else f", any repair costs at least {model.lower_bound:.3g}"
        return f"; gave up: the search budget is spent{bound}"
    return ""


def _validated(validation: Validation, seconds: float) -> str:
    framework = FRAMEWORKS.get(validation.framework, validation.framework)
    match validation.status:
        case "validated":
            told = f" ({validation.reason})" if validation.reason else ""
            return f"validated in {framework} on {validation.device} in {seconds:.1f} s{told}"
        case "not-validated":
            return f"not validated: {validation.reason}"
        case "failed":
            return f"refused by {framework} on {validation.device}: {validation.reason}"
    return f"{framework} disagrees with the predicted shapes, please report this: {validation.reason}"


def _number(count: int, noun: str) -> str:
    if count == 0:
        return f"no {noun}"
    return f"{count} {noun}" + ("" if count == 1 else "s")
