"""Moves where the program meets the network: the declared input shape, the arrays fed, the labels and the loss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from repairnn.search import adapters, values
from repairnn.search.adapters import Adapter
from repairnn.search.costs import PENALTY
from repairnn.search.moves.case import Case, Move
from repairnn.search.moves.edges import put_in
from repairnn.search.moves.seen import given_sizes, sizes
from repairnn.search.progress import helps
from repairnn.search.state import advance, judge, probe, variant
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.faults import Fault, NeedArgument, NeedAtLeast, NeedDim, NeedSize
from repairnn.semantics.ir import DimOf, Node, Ref, Shape

#: Bits by which labels are less likely turned from vectors to numbers than the loss is changed.
REWRITTEN = 3.5
#: Bits by which the width of a layer that is no classifier is less likely changed to the labels'.
INNER = 2.0
#: Bits by which a batch axis is less likely to be missing where the first axis is known to count samples.
COUNTED = 2.5
#: Families of faults that an axis too few at the entry can lead to, and how many sizes are tried for it.
LOST = frozenset({"rank-low", "size", "declared", "weight", "window"})
SPOKEN = 8


def entries(case: Case) -> Iterator[Move]:
    """Other shapes for the entries that feed the faulty node, each tried out."""
    fed = fed_shapes(case)
    found = [(node, distance) for node, distance in case.ancestors(0) if node.kind == "input"]
    for node, distance in found:
        if not case.own(node) or "shape" in node.written.fixed:
            continue
        current = getattr(case.args(node), "shape", None)
        data = fed.get(node.id)
        proposals = [
            *_entry_shapes(case, current, data),
            *_solved(case, node, current),
        ]
        for way, shape, extra in proposals:
            yield from _entry(case, node, distance, (way, shape, extra), data)


def lost_axes(case: Case) -> Iterator[Move]:
    """One axis more for the entries that feed the faulty node, where that leaves fewer faults in the whole network."""
    if case.family not in LOST:
        return
    fed = fed_shapes(case)
    for node, distance in case.ancestors(0):
        if node.kind == "input" and case.own(node) and "shape" not in node.written.fixed:
            for proposal in _lost_axes(case, node, getattr(case.args(node), "shape", None)):
                yield from _entry(case, node, distance, proposal, fed.get(node.id))


def _entry(
    case: Case, node: Node, distance: int, proposal: tuple[str, Shape, float], data: Shape | None
) -> Iterator[Move]:
    """Another shape for an entry, where that is progress."""
    way, shape, extra = proposal
    current = getattr(case.args(node), "shape", None)
    if current is not None and tuple(shape) == tuple(current):
        return
    contradicts = data is not None and not _agrees(shape, data) and (current is None or _agrees(current, data))
    now = probe(case.frame, ChangeArgument(node.id, "shape", current, shape), case.fault.node)
    if now is None or not helps(case.fault, now):
        return
    extra += PENALTY["contradicts data"] * contradicts + PENALTY["distance"] * min(distance, 8) * 0.5
    move = case.change(node, "shape", shape, way, extra)
    if move is not None:
        yield move


def fed_shapes(case: Case) -> dict[str, Shape]:
    """For each entry, the shape of the array that the program feeds to it, as far as it is known."""
    found: dict[str, Shape] = {}
    for node in case.network:
        if node.kind == "feed" and len(node.inputs) == 2:
            data = case.frame.shape(node.inputs[0])
            if data is not None:
                found[node.inputs[1].node] = data
    return found


def _agrees(shape: Sequence[Any], data: Shape) -> bool:
    return len(shape) == len(data) and all(
        a is None or b is None or a == b for a, b in zip(shape[1:], data[1:], strict=True)
    )


def _entry_shapes(case: Case, current: Shape | None, data: Shape | None) -> Iterator[tuple[str, Shape, float]]:
    batch = current[0] if current else None
    if data is not None:
        yield "input.from-data", (batch, *data[1:]), 0.0
        if data[-1] != 1:
            yield "input.add-axis", (batch, *data[1:], 1), 2.0
    if current is None:
        return
    rest = tuple(current[1:])
    if case.network.framework == "torch":
        yield from _torch_entries(current)
    if len(rest) >= 2:
        yield "input.drop-batch", (batch, *rest[1:]), 0.0 if len(rest) >= 3 or rest[0] is None else 1.0
        for order in itertools.permutations(range(len(rest))):
            turned = tuple(rest[axis] for axis in order)
            if turned != rest:
                moved = sum(1 for place, axis in enumerate(order) if place != axis)
                cyclic = order in ((1, 2, 0), (2, 0, 1), (1, 2, 3, 0), (1, 0))
                yield "input.permute", (batch, *turned), 0.0 if cyclic else 0.4 * moved
        for index in range(1, len(rest)):
            if rest[index] == 1:
                yield "input.drop-axis", (batch, *rest[:index], *rest[index + 1 :]), 0.0
    yield "input.add-axis", (batch, *rest, 1), 0.0
    yield "input.add-axis", (batch, 1, *rest), 1.0
    if len(rest) == 1 and rest[0] is not None:
        for target in values.factored(rest[0]):
            yield "input.add-axis", (batch, *target), 0.3
    yield from _sizes(case, current)


def _lost_axes(case: Case, node: Node, current: Shape | None) -> Iterator[tuple[str, Shape, float]]:
    """One axis more, of a size that the network speaks of."""
    if current is None or len(current) > 4:
        return
    held = values.known_product(current[1:])
    wanted = [need.total for need in case.fault.needs if isinstance(need, NeedSize)]
    missing = [total // held for total in wanted if held and total % held == 0]
    before = len(case.frame.all_faults())
    for size in dict.fromkeys([*missing, *sizes(case)[:SPOKEN]]):
        for at in range(1, len(current) + 1) if size > 1 else ():
            shape = (*current[:at], size, *current[at:])
            after = advance(case.frame, [ChangeArgument(node.id, "shape", current, shape)])
            if after is not None and len(after.all_faults()) < before:
                yield "input.add-axis", shape, 3.0


def _torch_entries(current: Shape) -> Iterator[tuple[str, Shape, float]]:
    if len(current) in (2, 3):
        yield "input.unbatched", (1, *current), 0.0


def _sizes(case: Case, current: Shape) -> Iterator[tuple[str, Shape, float]]:
    """Entries of another size: one axis as long as a reader asks, or a picture as large as its layers need."""
    for size in (dim for shape in case.fault.inputs if shape for dim in shape[1:] if dim):
        for axis in range(1, len(current)):
            if current[axis] not in (size, None):
                yield "input.channels", (*current[:axis], size, *current[axis + 1 :]), 0.4
    declared = [*(need.value for need in case.fault.needs if hasattr(need, "value")), *given_sizes(case)]
    for size in declared:
        for axis in range(1, len(current)):
            if current[axis] != size:
                yield "input.channels", (*current[:axis], size, *current[axis + 1 :]), 0.0
    if case.family == "agree":
        for step in (8, 16, 32, 64):
            rounded = tuple(-(-dim // step) * step if dim is not None and dim > 4 else dim for dim in current[1:])
            if rounded != tuple(current[1:]):
                yield "input.size", (current[0], *rounded), 0.3


def _solved(case: Case, node: Node, current: Shape | None) -> Iterator[tuple[str, Shape, float]]:
    """The picture size nearest to the present one at which the faulty layer gets what it needs.

    Output sizes never shrink when an input grows, so the size is found by halving the interval.
    """
    if current is None or len(current) < 3:
        return
    channel = 1 if case.network.framework == "torch" else len(current) - 1
    axes = [axis for axis, dim in enumerate(current) if axis not in (0, channel) and dim is not None and dim > 4]
    largest = max((current[axis] or 0 for axis in axes), default=0)

    def at(size: int) -> Shape:
        """The shape with its longest picture axis so long, the others in proportion."""
        return tuple(max(1, (dim or 0) * size // largest) if axis in axes else dim for axis, dim in enumerate(current))

    def lacks(size: int) -> int:
        """Below zero when the layer gets too little, above when too much, zero when it fits."""
        now = probe(case.frame, ChangeArgument(node.id, "shape", current, at(size)), case.fault.node)
        return 0 if now is None or helps(case.fault, now) else _direction(case, now)

    for need in case.fault.needs:
        if largest and isinstance(need, (NeedAtLeast, NeedDim)):
            low, high = 1, 4096
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if lacks(middle) < 0 else (low, middle)
            if low != largest:
                yield "input.size", at(low), abs(math.log2(low / largest)) * 0.5
            return


def _direction(case: Case, now: Sequence[Fault]) -> int:
    for fault in now:
        for need in fault.needs:
            if fault.rule is not case.fault.rule or not isinstance(need, (NeedAtLeast, NeedDim)):
                continue
            shape = fault.inputs[need.input]
            size = shape[need.axis] if shape is not None and -len(shape) <= need.axis < len(shape) else None
            wanted = need.minimum if isinstance(need, NeedAtLeast) else need.value
            return 1 if size is not None and size > wanted else -1
    return -1


def on_the_data(case: Case) -> Iterator[Move]:
    """What can be done to an array before it is fed: an axis added, moved, or split."""
    node = case.node
    if node.kind != "feed" or len(node.inputs) < 2:
        return
    data, entry = case.inputs[0], case.inputs[1]
    if data is None or entry is None or case.network[node.inputs[0].node].kind != "data":
        return
    counted = _counts_samples(case, data)
    for adapter in _data_adapters(data, entry):
        if adapter.way == "data.batch" and counted:
            adapter = replace(adapter, extra=adapter.extra + COUNTED)
        move = put_in(case, node, 0, adapter)
        if move is not None:
            yield move


def _counts_samples(case: Case, data: Shape) -> bool:
    """Whether the array's first axis is known to count samples.

    The program trains on it, there are as many labels, or the declared shape was read off the whole array
    (``input_shape=x.shape``).
    """
    if case.node.spelling.startswith(("fit", "train", "evaluate")) and data[0] is None:
        return True
    source, entry = case.node.inputs[0].node, case.network[case.node.inputs[1].node]
    shape = entry.args.get("shape")
    parts = shape if isinstance(shape, (tuple, list)) else ()
    if any(isinstance(part, DimOf) and part.ref.node == source and part.axis == 0 for part in parts):
        return True
    for node in case.network:
        if node.kind == "loss" and len(node.inputs) == 2:
            target = case.frame.shape(node.inputs[1])
            if target and target[0] is not None and target[0] == data[0] and data[0] > 1:
                return True
    return False


def _data_adapters(data: Shape, entry: Shape) -> Iterator[Adapter]:
    if len(data) + 1 == len(entry):
        if _agrees((None, *data), entry) or _agrees((None, *data), (None, *entry[1:])):
            yield Adapter("expand_dims", {"axis": 0}, "data.batch")
        for axis in (-1, *range(1, len(entry) - 1)):
            grown = [*data]
            grown.insert(len(entry) - 1 if axis == -1 else axis, 1)
            if _agrees(tuple(grown), entry):
                yield Adapter("expand_dims", {"axis": axis}, "data.add-axis", 0.0 if axis == -1 else 0.8)
    if len(data) == len(entry) + 1:
        for axis in range(1, len(data)):
            if data[axis] == 1 and _agrees((*data[:axis], *data[axis + 1 :]), entry):
                yield Adapter("squeeze", {"axis": axis}, "data.reshape")
    if len(data) == len(entry) and 3 <= len(data) <= 5:
        for order in itertools.permutations(range(1, len(data))):
            turned = (data[0], *(data[axis] for axis in order))
            if turned != data and _agrees(turned, entry):
                yield Adapter("permute", {"dims": order}, "data.permute")
    total = values.known_product(entry[1:])
    have = values.known_product(data[1:])
    if total is not None and (total == have or (have is None and len(data) != len(entry))):
        yield Adapter("reshape", {"target_shape": tuple(entry[1:])}, "data.reshape", 0.0 if have else 1.0)


def at_the_labels(case: Case) -> Iterator[Move]:
    """What can be done about labels: encode them otherwise, name the other loss, give the last layer their width."""
    node = case.node
    if node.kind != "loss" or len(node.inputs) < 2:
        return
    yield from _losses(case)
    prediction, target = case.inputs[0], case.inputs[1]
    if not prediction or target is None:
        return
    for adapter in _label_adapters(case, prediction, target):
        move = put_in(case, node, 1, adapter)
        if move is not None:
            yield move
    asked = [need.value for need in case.fault.needs if isinstance(need, NeedDim)]
    for value in dict.fromkeys([*asked, *(target[-1:] if len(target) > 1 else ()), 1]):
        if value is not None:
            yield from _last_width(case, value)
    for adapter in _output_adapters(case, prediction, target):
        move = put_in(case, node, 0, adapter)
        if move is not None:
            yield move


def _output_adapters(case: Case, prediction: Shape, target: Shape) -> Iterator[Adapter]:
    """Layers at the end of the network: fewer axes, or a dense layer as wide as the labels."""
    framework = case.network.framework
    yield from adapters.other_rank(prediction, 2, 2, framework)
    if len(prediction) == len(target) == 2:
        yield from (a for a in adapters.toward(prediction, target, framework) if a.kind == "dense")


def _losses(case: Case) -> Iterator[Move]:
    name = getattr(case.args(case.node), "name", None)
    wished = [value for need in case.fault.needs if isinstance(need, NeedArgument) and need.argument == "name"
              for value in need.values]  # fmt: skip
    prediction = case.inputs[0]
    for rank, value in enumerate(dict.fromkeys([*wished, "categorical_crossentropy", "binary_crossentropy"])):
        if value == name or not isinstance(name, str) or not name.endswith("crossentropy"):
            continue
        changed = variant(case.node, "name", value)
        if helps(case.fault, judge(changed, case.inputs, case.frame)[1]):
            far = value == "binary_crossentropy" and prediction is not None and prediction[-1:] != (1,)
            move = case.change(case.node, "name", value, "label.loss", 0.5 * rank + 3.0 * far)
            if move is not None:
                yield move


def _label_adapters(case: Case, prediction: Shape, target: Shape) -> Iterator[Adapter]:
    classes = prediction[-1]
    if 1 <= len(target) <= 2 and (len(target) == 1 or target[-1] == 1) and classes is not None and classes > 1:
        yield Adapter("one_hot", {"num_classes": classes}, "label.encoding", 0.0 if _over_classes(case) else REWRITTEN)
    if len(target) == 2 and target[-1] not in (None, 1):
        yield Adapter("argmax", {"axis": -1}, "label.encoding", REWRITTEN)
    if len(target) == 1:
        yield Adapter("expand_dims", {"axis": -1}, "label.reshape")
    if len(target) == 2 and target[-1] == 1:
        yield Adapter("squeeze", {"axis": -1}, "label.reshape")
    if len(target) == len(prediction) + 1:
        for axis in range(1, len(target)):
            whole = (("slice", None, None, None),) * axis
            yield Adapter("slice", {"index": (*whole, -1)}, "label.reduce")


def _over_classes(case: Case) -> bool:
    """Whether the loss compares classes, rather than numbers."""
    name = getattr(case.args(case.node), "name", None)
    return isinstance(name, str) and ("entropy" in name or "nll" in name)


def _last_width(case: Case, value: int) -> Iterator[Move]:
    """The last layer that decides how wide the prediction is gets the labels' width."""
    node: Node = case.network[case.node.inputs[0].node]
    distance = 0
    while node.inputs and distance < 6:
        for name in ("units", "filters"):
            if name in node.args and case.own(node):
                current = node.args[name]
                now = probe(case.frame, ChangeArgument(node.id, name, current, value), case.node.id)
                if now is not None and helps(case.fault, now):
                    inner = INNER if node.kind != "dense" else 0.0
                    move = case.change(node, name, value, "argument.units", inner - 0.4)
                    if move is not None:
                        yield move
                return
        node = case.network[node.inputs[0].node]
        distance += 1


def before_the_head(case: Case) -> Iterator[Move]:
    """A Flatten (or another drop of rank) where the dense head begins, when the output has too many axes.

    People put it before the first of the dense layers that close the network, not at the very end.
    """
    if case.family not in ("label-rank", "rank-high", "declared"):
        return
    node = case.node
    path: list[Node] = []
    while node.inputs and len(path) < 40:
        node = case.network[node.inputs[0].node]
        path.append(node)
    head: Node | None = None
    for node in path:
        if node.kind == "dense":
            head = node
        elif node.kind not in ("activation", "dropout", "batch_norm", "identity") and head is not None:
            break
    starts = [head] if head is not None else []
    starts += [node for node in path if node.kind == "dense" and node is not head][:1]
    for place, start_ in enumerate(starts):
        yield from _lowered(case, start_, place)


def _lowered(case: Case, head: Node, place: int) -> Iterator[Move]:
    shape = case.frame.shape(head.inputs[0])
    if shape is None or len(shape) < 3 or not case.own(head):
        return
    for adapter in adapters.other_rank(shape, 2, 2, case.network.framework):
        move = put_in(case, head, 0, adapter)
        if move is None:
            continue
        after = advance(case.frame, move.edits)
        if after is not None and helps(case.fault, after.faults_of(case.fault.node)):
            yield Move(move.edits, move.way, move.human + 0.3 * place, move.key)


def before_the_first(case: Case) -> Iterator[Move]:
    """The axes put into another order right behind an entry, when a window does not fit downstream."""
    if case.family != "window" or case.profile.unit:
        return
    for node, distance in case.ancestors(0):
        shape = case.frame.shape(Ref(node.id))
        readers = [reader for reader in case.frame.readers.get(node.id, ()) if case.network[reader].kind != "feed"]
        if node.kind != "input" or not shape or not 3 <= len(shape) <= 5 or len(readers) != 1 or distance > 8:
            continue
        for order in itertools.permutations(range(1, len(shape))):
            move = put_in(case, case.network[readers[0]], 0, Adapter("permute", {"dims": order}, "insert.permute"))
            if move is None or readers[0] == case.fault.node or order == tuple(range(1, len(shape))):
                continue
            after = advance(case.frame, move.edits)
            if after is not None and helps(case.fault, after.faults_of(case.fault.node)):
                yield Move(move.edits, move.way, move.human + PENALTY["distance"] * distance, move.key)
