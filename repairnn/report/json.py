"""The JSON contract: one object a model. Keys are only ever added."""

from __future__ import annotations

from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.report.sentences import edit_words, fault_sentence, fix_hint
from repairnn.results import AppliedEdit, Layer, ModelResult, Validation
from repairnn.semantics.edits import (
    CarrySize,
    ChangeArgument,
    ChangeWeight,
    ChangeWeights,
    InsertLayer,
    RemoveLayer,
    ReplaceLayer,
    Rewire,
    Swap,
)
from repairnn.semantics.faults import Fault
from repairnn.semantics.ir import Network, Shape, Span, is_symbolic
from repairnn.summary import parameter_name, place_of


def model_to_json(model: ModelResult) -> dict[str, Any]:
    """The object of one model."""
    return {
        "path": model.path,
        "model": model.name,
        "framework": model.framework,
        "status": model.status,
        "reason": model.reason,
        "faults": [_fault(fault, model.network) for fault in model.faults],
        "edits": [_edit(edit) for edit in model.edits],
        "cost": model.cost,
        "optimal": model.optimal,
        "lower_bound": model.lower_bound,
        "alternatives": [
            {"edits": [_edit(edit) for edit in other.edits], "cost": other.cost} for other in model.alternatives
        ],
        "layers": [_layer(layer) for layer in model.layers],
        "repaired_layers": [_layer(layer) for layer in model.repaired_layers],
        "unsupported": [{"what": what, "location": _location(span)} for what, span in model.unsupported],
        "patch": model.patch,
        "validation": None if model.validation is None else _validation(model.validation),
        "notes": list(model.notes),
        "seconds": {stage: round(model.seconds.get(stage, 0.0), 4) for stage in STAGES},
    }


STAGES = ("lower", "check", "search", "emit", "validate")


def error_to_json(error: BadInput) -> dict[str, Any]:
    """The object that stands where a bad input's models would."""
    location = (
        None if error.line is None else {"line": error.line, "column": None, "end_line": None, "end_column": None}
    )
    return {
        "path": error.path,
        "model": None,
        "status": "bad-input",
        "message": error.message,
        "location": location,
        "advice": error.advice,
    }


def _fault(fault: Fault, network: Network) -> dict[str, Any]:
    node = network[fault.node]
    return {
        "rule": fault.rule.id,
        "severity": fault.rule.severity,
        "message": fault_sentence(fault, network),
        "layer": node.name or node.id,
        "type": node.spelling or node.kind,
        "location": _location(place_of(node)),
        "received": fault.received,
        "expected": fault.expected,
        "hint": fix_hint(fault, network),
    }


def _edit(applied: AppliedEdit) -> dict[str, Any]:
    edit, network = applied.edit, applied.before
    argument: str | None = None
    before: Any = None
    after: Any = None
    node_id = ""
    match edit:
        case ChangeArgument():
            node_id, before, after = edit.node, edit.before, edit.after
            argument = parameter_name(network[node_id], network.framework, edit.argument)
        case CarrySize():
            node_id, after = edit.node, parameter_name(network[edit.node], network.framework, edit.source)
            argument = parameter_name(network[edit.node], network.framework, edit.argument)
            before = network[edit.node].args.get(edit.argument)
        case InsertLayer():
            node_id, after = edit.consumer, {"type": edit.spelling or edit.layer_kind, "arguments": dict(edit.args)}
        case ReplaceLayer():
            node_id, after = edit.node, {"type": edit.spelling or edit.layer_kind, "arguments": dict(edit.args)}
            before = {"type": network[node_id].spelling, "arguments": dict(network[node_id].args)}
        case RemoveLayer():
            node_id = edit.node
            before = {"type": network[node_id].spelling, "arguments": dict(network[node_id].args)}
        case Rewire():
            node_id, after = edit.node, network[edit.after.node].name
            before = network[network[edit.node].inputs[edit.index].node].name
        case Swap():
            node_id, after = edit.first, network[edit.second].name
        case ChangeWeight():
            node_id, argument, before, after = edit.node, edit.weight, edit.before, edit.after
        case ChangeWeights():
            node_id, argument = edit.node, ", ".join(change.weight for change in edit.changes)
            before = {change.weight: change.before for change in edit.changes}
            after = {change.weight: change.after for change in edit.changes}
    node = network[node_id]
    return {
        "kind": edit.kind,
        "layer": node.name or node.id,
        "type": node.spelling or node.kind,
        "argument": argument,
        "before": plain(before),
        "after": plain(after),
        "location": _location(applied.location),
        "applicability": applied.applicability,
        "cost": applied.cost,
        "message": edit_words(edit, network),
        "reason": applied.reason,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    several = len(layer.outputs) > 1
    outputs = [_shape(shape) for shape in layer.outputs]
    return {
        "name": layer.name,
        "type": layer.type,
        "arguments": plain(layer.arguments),
        "input_shapes": [_shape(shape) for shape in layer.inputs],
        "output_shape": outputs if several else outputs[0] if outputs else None,
        "parameters": layer.parameters,
        "location": _location(layer.span),
    }


def _validation(validation: Validation) -> dict[str, Any]:
    return {
        "status": validation.status,
        "framework": validation.framework,
        "device": validation.device,
        "reason": validation.reason,
        "output_shapes": [list(shape) for shape in validation.output_shapes],
    }


def _shape(shape: Shape | None) -> list[int | None] | None:
    return None if shape is None else list(shape)


def _location(span: Span | None) -> dict[str, int | str] | None:
    if span is None:
        return None
    place: dict[str, int | str] = {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
    return {"path": span.path, **place} if span.path else place


def plain(value: Any) -> Any:
    """A value in JSON's types; what is none of them becomes text."""
    if is_symbolic(value):
        return "from a tensor" if not isinstance(value, (tuple, list)) else [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else repr(value)
    return repr(value)
