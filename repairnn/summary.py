"""A network as a list of layers with shapes, parameters and verdicts: what tables and JSON show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repairnn.results import Layer
from repairnn.semantics.checker import ARGUMENT_DOMAIN, ARGUMENT_MISSING, Report, dim_reader, weights_of
from repairnn.semantics.ir import Network, Node, Shape, Span, is_symbolic, resolve
from repairnn.semantics.registry import declaration_of, spelled
from repairnn.semantics.spelling import Spelling

#: What surrounds a model in a program; shown only where something is wrong with it.
PROGRAM = frozenset({"data", "feed", "loss"})
#: After these no weight can be told.
UNUSABLE = (ARGUMENT_DOMAIN, ARGUMENT_MISSING)
OPAQUE = frozenset({"opaque", "lambda"})


def layers_of(network: Network, report: Report, program: bool = False) -> tuple[Layer, ...]:
    """The visible layers in order; with ``program`` also the faulty feeds and losses around the model."""
    severity = _severities(report)
    seen: set[str] = set()
    layers = []
    for node in network:
        around = node.kind in PROGRAM
        if (node.hidden and node.id not in severity) or (around and not (program and node.id in severity)):
            continue
        layers.append(_layer(node, network, report, severity.get(node.id), seen))
    return tuple(layers)


def spelling_of(node: Node, framework: str) -> Spelling | None:
    """How the framework spells the node; ``None`` for a kind nobody declared."""
    for form in ("layer", "function", "method"):
        found = spelled(framework, node.spelling, form)
        if found is not None and found[0].kind == node.kind:
            return found[1]
    return None


def parameter_name(node: Node, framework: str, argument: str) -> str:
    """What the framework calls a canonical argument of this node."""
    if node.kind == "loss" and argument == "name":
        return "loss"
    spelling = spelling_of(node, framework)
    return spelling.parameter(argument) if spelling is not None else argument


def place_of(node: Node) -> Span | None:
    """Where a node was written, as far as known."""
    return node.written.call or node.written.apply


def unsupported_in(network: Network) -> tuple[tuple[str, Span | None], ...]:
    """What is not known in a network: each as text with its place."""
    found = list(network.incomplete)
    told = {span for _, span in found if span is not None}
    for node in network:
        unread = node.kind in OPAQUE or declaration_of(node.kind) is None
        unknown = unread and node.args.get("output_shapes") is None  # what comes out may be known all the same
        if unknown and (place_of(node) is None or place_of(node) not in told):
            found.append((f"{node.spelling or node.kind} {node.name}".strip(), place_of(node)))
    return tuple(dict.fromkeys(found))


def _layer(node: Node, network: Network, report: Report, severity: str | None, seen: set[str]) -> Layer:
    inputs = tuple(report.shape(ref) for ref in node.inputs)
    shared = bool(node.layer) and node.layer in seen
    if node.layer:
        seen.add(node.layer)
    return Layer(
        node.id,
        node.name or node.id,
        node.spelling or node.kind,
        _arguments(node, network.framework, report.shapes),
        inputs,
        tuple(report.shapes[node.id]),
        0 if shared else _parameters(node, inputs, network.framework, report),
        place_of(node),
        severity,
    )


def _arguments(node: Node, framework: str, shapes: Mapping[str, Any]) -> dict[str, Any]:
    spelling = spelling_of(node, framework)
    dim_of = dim_reader(shapes)
    fixed = spelling.fixed if spelling is not None else {}
    return {
        (spelling.parameter(name) if spelling is not None else name): resolve(value, dim_of)
        for name, value in node.args.items()
        if name not in fixed
    }


def _parameters(node: Node, inputs: tuple[Shape | None, ...], framework: str, report: Report) -> int | None:
    if any(fault.node == node.id and fault.rule in UNUSABLE for fault in report.faults):
        return None
    if any(is_symbolic(value) for value in node.args.values()):
        dim_of = dim_reader(report.shapes)
        node = node.with_(args={name: resolve(value, dim_of) for name, value in node.args.items()})
    declaration = declaration_of(node.kind)
    if declaration is None or any(shape is None for shape in inputs):
        return None
    total = 0
    for shape in weights_of(node, inputs, framework).values():
        size = 1
        for dim in shape:
            if dim is None:
                return None
            size *= dim
        total += size
    return total


def _severities(report: Report) -> dict[str, str]:
    found: dict[str, str] = {}
    for fault in report.faults:
        if found.get(fault.node) != "fault":
            found[fault.node] = fault.rule.severity
    return found
