"""SARIF 2.1.0: what code scanning services read. Source: the OASIS standard, sections 3.14 to 3.55."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import repairnn
from repairnn.frontends.errors import BadInput
from repairnn.report.sentences import edit_words, fault_sentence
from repairnn.results import ModelResult, Result
from repairnn.semantics.faults import Fault, Rule
from repairnn.semantics.ir import Span
from repairnn.summary import place_of

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(results: Sequence[Result], errors: Sequence[BadInput]) -> dict[str, Any]:
    """One log with one run that holds every finding."""
    models = [model for result in results for model in result]
    rules = {fault.rule.id: fault.rule for model in models for fault in model.faults}
    driver = {"name": "repairnn", "version": repairnn.__version__, "rules": [_rule(rule) for rule in rules.values()]}
    findings = [_finding(fault, model, list(rules)) for model in models for fault in model.faults]
    invocation = {
        "executionSuccessful": not errors,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": error.message}, "locations": [_location(error.path, error.line)]}
            for error in errors
        ],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "invocations": [invocation], "results": findings}],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": "error" if rule.severity == "fault" else "warning"},
    }


def _finding(fault: Fault, model: ModelResult, rules: list[str]) -> dict[str, Any]:
    message = fault_sentence(fault, model.network) + "."
    fixes = "; ".join(edit_words(edit.edit, edit.before) for edit in model.edits)
    if fixes:
        message += f" Fix: {fixes}."
    return {
        "ruleId": fault.rule.id,
        "ruleIndex": rules.index(fault.rule.id),
        "level": "error" if fault.rule.severity == "fault" else "warning",
        "message": {"text": message},
        "locations": list(_places(model.path, [place_of(model.network[fault.node])])),
    }


def _places(path: str, spans: Iterable[Span | None]) -> Iterable[dict[str, Any]]:
    for span in spans:
        place = _location((span.path if span else "") or path, span.line if span else None)
        if span:
            region = place["physicalLocation"]["region"]
            region |= {"startColumn": span.column + 1, "endLine": span.end_line, "endColumn": span.end_column + 1}
        yield place


def _location(path: str, line: int | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": path.replace("\\", "/")}}
    if line is not None:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}
