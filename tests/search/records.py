"""Records of real shape bugs (JSON lines) lowered straight into networks, with what a person did about each.

A record has ``layers`` (type and arguments, in order), ``input_shape`` without batch, what the program feeds
(``data_x``, ``data_y``, ``loss`` or ``target``) and ``human_fix``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repairnn.semantics.ir import Network, Node, Ref
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import bind

#: The ways (prefixes of rows of the cost table) that stand for a kind of human fix.
WAYS: Mapping[str, tuple[str, ...]] = {
    "change_input_shape": ("input.",),
    "insert_flatten": ("insert.flatten",),
    "insert_dense": ("insert.project",),
    "insert_reshape": ("insert.reshape", "insert.flatten"),
    "insert_pool": ("insert.pool", "insert.global-pool", "replace.pool"),
    "insert_padding": ("insert.pad",),
    "change_in_features": ("argument.derived",),
    "change_in_channels": ("argument.derived",),
    "change_num_features": ("argument.derived",),
    "change_input_size": ("argument.derived",),
    "change_units": ("argument.units", "argument.capacity"),
    "change_pool": ("argument.pool", "replace.pool", "argument.padding"),
    "change_stride": ("argument.stride",),
    "change_kernel": ("argument.kernel",),
    "change_padding": ("argument.padding",),
    "change_reshape": ("argument.target", "data.reshape"),
    "change_concat_axis": ("argument.axis",),
    "return_sequences": ("argument.sequences",),
    "label_encoding": ("label.encoding",),
    "change_loss": ("label.loss",),
    "add_channel_dim": ("data.add-axis",),
    "add_time_dim": ("data.add-axis",),
    "add_batch_dim": ("data.batch",),
    "permute_data": ("data.permute", "input.permute"),
    "change_weight_shape": ("weight.resize-layer",),
    "data": ("data.", "label."),
}
LOSSES = {"mse": "mean_squared_error"}


@dataclass(frozen=True)
class Case:
    """A record as a network, and the ways a person went."""

    id: str
    network: Network
    kinds: tuple[str, ...]
    side: str
    framework: str

    def same(self, ways: list[str]) -> bool:
        """Whether a repair goes a way that the person went."""
        return any(way.startswith(WAYS.get(kind, ("?",))) for kind in self.kinds for way in ways)


def read(path: Path) -> Iterator[Case]:
    """Every record that says enough to be a network: layers in a row and an input shape."""
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        case = lower(record)
        if case is not None:
            yield case


def lower(record: Mapping[str, Any]) -> Case | None:
    """One record as a case; ``None`` when its layers or shape are not given."""
    if record["framework"] not in ("keras", "pytorch") or not record["layers"] or record["input_shape"] is None:
        return None
    framework = "torch" if record["framework"] == "pytorch" else "keras"
    nodes: dict[str, Node] = {}

    def add(identifier: str, kind: str, args: Mapping[str, Any], *inputs: str, spelling: str = "") -> str:
        refs = tuple(Ref(name) for name in inputs)
        nodes[identifier] = Node(identifier, kind, args, refs, spelling, identifier)
        return identifier

    data = _data(record.get("data_x"))
    if data is not None:
        add("x", "data", {"shape": data})
    last = add("input", "input", {"shape": (None, *record["input_shape"])}, spelling="Input")
    if data is not None:
        add("feed", "feed", {}, "x", "input")
    for number, (name, arguments) in enumerate(record["layers"]):
        kind, args, spelling = _layer(framework, name, arguments)
        last = add(f"{number}_{name}", kind, args, last, spelling=spelling)
    labels, loss = _data(record.get("data_y")), record.get("loss")
    if record.get("target") is not None:
        labels = (None, *record["target"])
        loss = "categorical_crossentropy" if labels[-1] != 1 else "mean_squared_error"
    if labels is not None and loss and not record.get("layers_truncated"):
        add("y", "data", {"shape": labels})
        add("loss", "loss", {"name": LOSSES.get(loss, loss)}, last, "y")
    fix = record["human_fix"]
    network = Network(framework, nodes, (Ref(last),))
    return Case(record["id"], network, tuple(fix["kind"]), fix.get("side", "model"), framework)


def _data(shape: Any) -> tuple[int | None, ...] | None:
    if not isinstance(shape, list) or any(not isinstance(dim, int) for dim in shape):
        return None
    return tuple(shape)


def _layer(framework: str, name: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any], str]:
    if name == "TimeDistributed":
        name, arguments = arguments["layer"]
    if name == "View":
        return "reshape", {"target_shape": tuple(arguments["shape"]), "batch_included": True}, "view"
    found = spelled(framework, name)
    if found is None:
        return "opaque", {}, name
    declaration, spelling = found
    bound = bind(spelling, (), {key: _value(value) for key, value in arguments.items()})
    return declaration.kind, bound.args, spelling.name


def _value(value: Any) -> Any:
    return tuple(_value(item) for item in value) if isinstance(value, list) else value
