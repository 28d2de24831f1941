"""Networks as JSON and back: what crosses a process border, and what a test keeps as a file.

Everything that the checker reads survives the round trip; ``origin`` and caches do not, and of given weights only
the shapes. Values that JSON has no form for are objects with one key: ``{"tuple": [...]}``, ``{"dim_of": ...}``,
``{"arith": ...}``, ``{"float": "nan"}``, ``{"dict": [[key, value], ...]}``. A value of any other type (a function given
as an activation, say) becomes ``{"other": repr}`` and comes back as an :class:`Other`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from repairnn.semantics.ir import NOWHERE, Arith, DimOf, Network, Node, Ref, Span, Written

VERSION = 1


@dataclass(frozen=True, slots=True)
class Other:
    """A value that was not plain data: ``text`` is its ``repr``, shortened."""

    text: str


def to_json(network: Network) -> dict[str, Any]:
    """The network as an object that ``json.dumps`` takes as it is."""
    return {
        "version": VERSION,
        "framework": network.framework,
        "name": network.name,
        "span": _span_to(network.span),
        "nodes": [_node_to(node) for node in network],
        "outputs": [_ref_to(ref) for ref in network.outputs],
        "incomplete": [[text, _span_to(span)] for text, span in network.incomplete],
    }


def from_json(data: Mapping[str, Any]) -> Network:
    """The network that :func:`to_json` wrote. Raises ``ValueError`` on anything else."""
    if not isinstance(data, Mapping) or data.get("version") != VERSION:
        raise ValueError(f"not a network of version {VERSION}")
    try:
        nodes = [_node_from(item) for item in data["nodes"]]
        return Network(
            data["framework"],
            {node.id: node for node in nodes},
            tuple(_ref_from(item) for item in data["outputs"]),
            data["name"],
            _span_from(data["span"]),
            tuple((text, _span_from(span)) for text, span in data["incomplete"]),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not a network: {error!r}") from error


def value_to_json(value: Any) -> Any:
    """One argument value in JSON's types."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, tuple):
        return {"tuple": [value_to_json(item) for item in value]}
    if isinstance(value, list):
        return [value_to_json(item) for item in value]
    if isinstance(value, DimOf):
        return {"dim_of": [*_ref_to(value.ref), value.axis]}
    if isinstance(value, Arith):
        return {"arith": [value.op, value_to_json(value.left), value_to_json(value.right)]}
    if isinstance(value, Ref):
        return {"ref": _ref_to(value)}
    if isinstance(value, Mapping):
        return {"dict": [[value_to_json(key), value_to_json(item)] for key, item in value.items()]}
    if isinstance(value, Other):
        return {"other": value.text}
    return {"other": repr(value)[:200]}


def value_from_json(value: Any) -> Any:
    """The argument value that :func:`value_to_json` wrote."""
    if isinstance(value, list):
        return [value_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((form, content),) = value.items()
    match form:
        case "tuple":
            return tuple(value_from_json(item) for item in content)
        case "dim_of":
            return DimOf(Ref(content[0], content[1]), content[2])
        case "arith":
            return Arith(content[0], value_from_json(content[1]), value_from_json(content[2]))
        case "ref":
            return _ref_from(content)
        case "float":
            return float(content)
        case "dict":
            return {value_from_json(key): value_from_json(item) for key, item in content}
        case "other":
            return Other(content)
    raise ValueError(f"not an argument value: {value!r}")


def _node_to(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "args": {name: value_to_json(value) for name, value in node.args.items()},
        "inputs": [_ref_to(ref) for ref in node.inputs],
        "spelling": node.spelling,
        "name": node.name,
        "layer": node.layer,
        "weights": {name: [int(dim) for dim in shape_of_weight(weight)] for name, weight in node.weights.items()},
        "written": None if node.written is NOWHERE else _written_to(node.written),
        "hidden": node.hidden,
    }


def _node_from(data: Mapping[str, Any]) -> Node:
    return Node(
        data["id"],
        data["kind"],
        {name: value_from_json(value) for name, value in data["args"].items()},
        tuple(_ref_from(item) for item in data["inputs"]),
        data["spelling"],
        data["name"],
        data["layer"],
        {name: tuple(shape) for name, shape in data["weights"].items()},
        NOWHERE if data["written"] is None else _written_from(data["written"]),
        data["hidden"],
    )


def shape_of_weight(weight: Any) -> tuple[Any, ...]:
    """The shape of a given weight, which is an array or already a shape."""
    return tuple(weight) if isinstance(weight, (tuple, list)) else tuple(weight.shape)


def _written_to(written: Written) -> dict[str, Any]:
    return {
        "call": _span_to(written.call),
        "apply": _span_to(written.apply),
        "arguments": {name: _span_to(span) for name, span in written.arguments.items()},
        "tie": None if written.tie is None else _key(written.tie),
        "ties": {name: _key(key) for name, key in written.ties.items()},
        "fixed": sorted(written.fixed),
        "kept": written.kept,
    }


def _written_from(data: Mapping[str, Any]) -> Written:
    return Written(
        _span_from(data["call"]),
        _span_from(data["apply"]),
        {name: span for name, item in data["arguments"].items() if (span := _span_from(item)) is not None},
        data["tie"],
        dict(data["ties"]),
        frozenset(data["fixed"]),
        data.get("kept", False),
    )


def _key(key: Any) -> str:
    """Ties only have to stay equal or different, so their text will do."""
    return key if isinstance(key, str) else repr(key)


def _ref_to(ref: Ref) -> list[Any]:
    return [ref.node, ref.output]


def _ref_from(data: Any) -> Ref:
    node, output = data
    return Ref(node, output)


def _span_to(span: Span | None) -> list[Any] | None:
    if span is None:
        return None
    return [span.line, span.column, span.end_line, span.end_column, *([span.path] if span.path else [])]


def _span_from(data: Any) -> Span | None:
    return None if data is None else Span(*data)
