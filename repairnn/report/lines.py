"""One line a finding: for editors (``concise``) and for GitHub's annotations (``github``)."""

from __future__ import annotations

from repairnn.frontends.errors import BadInput
from repairnn.report.sentences import edit_words, fault_sentence, fix_hint
from repairnn.results import ModelResult, Result
from repairnn.semantics.ir import Span
from repairnn.summary import place_of


def concise(result: Result) -> str:
    """``path:line:column: severity rule: sentence``, then the edits likewise; a clean model gives no line."""
    return "".join(line + "\n" for model in result for line in _concise(model))


def concise_error(error: BadInput) -> str:
    """The same for an input that could not be read."""
    return f"{error.where}: error bad-input: {error.message}" + (f"; {error.advice}" if error.advice else "") + "\n"


def github(result: Result) -> str:
    """Workflow commands that GitHub shows at the line of a pull request."""
    return "".join(line + "\n" for model in result for line in _github(model))


def github_error(error: BadInput) -> str:
    """The same for an input that could not be read."""
    line = f",line={error.line}" if error.line else ""
    return f"::error file={_property(error.path)}{line},title=bad-input::{_data(error.message)}\n"


def _concise(model: ModelResult) -> list[str]:
    lines = []
    for fault in model.faults:
        where = _where(model.path, place_of(model.network[fault.node]))
        hint = fix_hint(fault, model.network)
        advice = f"; {hint}" if hint and not model.edits else ""
        lines.append(f"{where}: {fault.rule.severity} {fault.rule.id}: {fault_sentence(fault, model.network)}{advice}")
    for edit in model.edits:
        where = _where(model.path, edit.location)
        lines.append(f"{where}: {model.status} {edit.applicability}: {edit_words(edit.edit, edit.before)}")
    if model.reason or model.status in ("unrepairable", "gave-up"):
        lines.append(f"{model.path}: {model.status}: {model.reason or 'model ' + model.name}")
    for what, span in model.unsupported:
        lines.append(f"{_where(model.path, span)}: unsupported: {what}")
    return lines


def _github(model: ModelResult) -> list[str]:
    lines = []
    for fault in model.faults:
        span = place_of(model.network[fault.node])
        level = "error" if fault.rule.severity == "fault" else "warning"
        place = f",line={span.line},col={span.column + 1},endLine={span.end_line}" if span else ""
        file = _property((span.path if span else "") or model.path)
        title = f"title={_property(fault.rule.id)}"
        told = fault_sentence(fault, model.network)
        fixes = "; ".join(edit_words(edit.edit, edit.before) for edit in model.edits)
        message = f"{told}. Fix: {fixes}" if fixes else told
        lines.append(f"::{level} file={file}{place},{title}::{_data(message)}")
    return lines


def _where(path: str, span: Span | None) -> str:
    return f"{span.path or path}:{span.line}:{span.column + 1}" if span else path


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
