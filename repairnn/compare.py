"""Whether the patched input, read again, is the network that the search meant.

Two networks are the same when their nodes can be paired so that kinds, arguments (defaults included), inputs and
shapes agree, whatever the nodes are called. What happens to arrays before they are fed counts by its result alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

from repairnn.semantics.checker import Report, arguments_of, check, dim_reader
from repairnn.semantics.faults import show
from repairnn.semantics.ir import Network, Node, Ref, Shape

#: Arguments that name things and change nothing.
IGNORED = frozenset({"name", "form", "dtype"})
DATA_SIDE = "data"
#: What keeps the elements of a tensor in their order: the shape that comes out says all.
RESHAPES = frozenset({"reshape", "expand_dims", "squeeze"})


def difference(found: Network, meant: Network) -> str | None:
    """What differs between the network read back and the one meant, in one clause; ``None`` when they are the same."""
    meant = _as_far_as_known(meant, found)
    found_keys, meant_keys = _keys(found), _keys(meant)
    missing = Counter(meant_keys.values()) - Counter(found_keys.values())
    extra = Counter(found_keys.values()) - Counter(meant_keys.values())
    if not missing and not extra:
        return None
    first_meant = next((node for node in meant if missing.get(meant_keys.get(node.id, 0))), None)
    first_found = next((node for node in found if extra.get(found_keys.get(node.id, 0))), None)
    if first_meant is None:
        return f"it also has {_told(found, first_found)}"
    if first_found is None:
        return f"it lacks {_told(meant, first_meant)}"
    return f"it has {_told(found, first_found)} in place of {_told(meant, first_meant)}"


def _as_far_as_known(meant: Network, found: Network) -> Network:
    """The network meant, with the input shapes that reading back found where it knows none: without its fault, a
    network may leave one candidate for an input that the program does not state."""
    entries = [node for node in meant if node.kind == "input"]
    others = [node for node in found if node.kind == "input"]
    if len(entries) != len(others) or all(node.args.get("shape") is not None for node in entries):
        return meant
    changed = {
        node.id: node.with_(args={**node.args, "shape": other.args.get("shape")})
        for node, other in zip(entries, others, strict=True)
        if node.args.get("shape") is None
    }
    return meant.updated(changed)


def new_faults(after: Report, before: Report | None) -> list[str]:
    """Rules broken in ``after`` that were not already broken as often in ``before``, severe ones only."""
    count = Counter(fault.rule.id for fault in after.faults if fault.rule.severity == "fault")
    if before is not None:
        count -= Counter(fault.rule.id for fault in before.faults if fault.rule.severity == "fault")
    return sorted(count.elements())


def _keys(network: Network) -> dict[str, int]:
    """A hash for each node that stands for itself and everything it reads."""
    report = check(network)
    data_side = _data_side(network)
    keys: dict[str, Any] = {}
    for node in network:
        inputs = tuple((keys.get(ref.node), ref.output) for ref in node.inputs)
        shapes = tuple(report.shapes[node.id])
        if node.id in data_side:
            keys[node.id] = hash((DATA_SIDE, _without_first(shapes)))
            continue
        kind, arguments = _operation(node, network, report)
        keys[node.id] = hash((kind, arguments, inputs, shapes))
    return {node_id: key for node_id, key in keys.items() if node_id not in data_side}


def _data_side(network: Network) -> set[str]:
    """Arrays of the program and what is made of them before they meet the model."""
    found: set[str] = set()
    for node in network:
        if node.kind == "data" or (
            node.inputs and node.kind not in ("feed", "loss") and all(ref.node in found for ref in node.inputs)
        ):
            found.add(node.id)
    return found


def _without_first(shapes: tuple[Shape | None, ...]) -> tuple[Any, ...]:
    return tuple(None if shape is None else (len(shape), *shape[1:]) for shape in shapes)


def _adds_axes(node: Node) -> bool:
    """``x[:, :, None]``: an index that takes everything and adds axes of one."""
    index = node.args.get("index") if node.kind == "slice" else None
    return isinstance(index, tuple) and all(part in ("newaxis", ("slice", None, None, None)) for part in index)


def _told_by_shape(outputs: tuple[Shape | None, ...]) -> bool:
    return all(shape is not None and sum(dim is None for dim in shape) < 2 for shape in outputs)


def _operation(node: Node, network: Network, report: Report) -> tuple[str, Hashable]:
    """What a node does: an exchange of two axes is an order of axes, an axis of one added or dropped a reshape."""
    if (node.kind in RESHAPES or _adds_axes(node)) and _told_by_shape(report.shapes[node.id]):
        return "reshape", None
    rank = next((len(shape) for shape in report.shapes[node.id] if shape is not None), 0)
    args = node.args
    if node.kind == "swap_axes" and all(isinstance(args.get(f"axis{n}"), int) for n in (1, 2)) and rank:
        order = list(range(rank))
        first, second = args["axis1"] % rank, args["axis2"] % rank
        order[first], order[second] = order[second], order[first]
        return "transpose", tuple(order)
    if node.kind == "transpose" and isinstance(args.get("axes"), (tuple, list)) and rank:
        return "transpose", tuple(axis % rank if isinstance(axis, int) else axis for axis in args["axes"])
    return node.kind, _arguments(node, network, report)


def _arguments(node: Node, network: Network, report: Report) -> Hashable:
    if node.kind == "input":
        return None  # the declared shape is the output shape, however it was written
    bound = arguments_of(node, network.framework, dim_reader(report.shapes))
    values: Mapping[str, Any] = vars(bound) if bound is not None else node.args
    return tuple(sorted((name, _plain(value)) for name, value in values.items() if name not in IGNORED))


def _plain(value: Any) -> str:
    """A value by its meaning: one number stands for a tuple of equal ones, a list for a tuple."""
    if isinstance(value, (tuple, list)):
        parts = [_plain(item) for item in value]
        return parts[0] if parts and len(set(parts)) == 1 else "(" + ",".join(parts) + ")"
    return repr(value) if isinstance(value, (int, float, str, bool, type(None), Ref)) else type(value).__name__


def _told(network: Network, node: Node | None) -> str:
    if node is None:
        return "something else"
    shapes = check(network).shapes[node.id]
    return f"{node.spelling or node.kind} {node.name} returning {', '.join(map(show, shapes))}".replace("  ", " ")
