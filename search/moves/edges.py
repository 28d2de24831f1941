"""Moves on the incoming edges: a layer put in that gives the tensor the rank, sizes or order that its reader needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from repairnn.search import adapters
from repairnn.search.adapters import Adapter, spelling_of
from repairnn.search.costs import PENALTY
from repairnn.search.moves.arguments import TURNED
from repairnn.search.moves.case import LOSSES, Case, Move
from repairnn.search.progress import helps
from repairnn.search.state import judge
from repairnn.search.values import known_product
from repairnn.semantics.edits import placed, tied_nodes
from repairnn.semantics.faults import NeedAgree, NeedAtLeast, NeedDim, NeedMultiple, NeedRank, NeedShape
from repairnn.semantics.ir import Node, OperandDim, Shape

#: Bits by which a layer is less likely to be put in that resizes the axis of the channels by another data format.
OTHER_LAYOUT = 4.0
#: Bits by which a layer is less likely to be put in that gives other sizes than those its reader declares.
UNSUITED = 2.0
#: Bits by which the first factor of a product is less likely transposed than the second: scores are q times k turned.
FIRST_FACTOR = 0.3
#: Bits by which the axes of what skips a branch are less likely turned than those of what comes out of the branch.
SKIPPED = 0.3
#: How many layers of a branch are looked at for what skips it.
SKIPPING = 64
#: Bits by which a reshape is less likely to be put in that gives back what the layer before it merged: that one goes.
UNDOING = 1.0
#: Bits by which one axis is less likely made several so that a row of features can be joined with maps.
SPLIT = 2.5


def on_the_edges(case: Case) -> Iterator[Move]:
    """Layers on the edges into the faulty node, each tried out there."""
    if case.node.kind in ("feed", "loss"):
        return
    seen: set[tuple[object, ...]] = set()
    for index, adapter in wished(case):
        key = (index, adapter.kind, repr(sorted(adapter.args.items())))
        if key in seen:
            continue
        seen.add(key)
        move = put_in(case, case.node, index, adapter)
        if move is not None:
            yield move


def flattened(case: Case) -> Iterator[Move]:
    """A Flatten before a layer that declares its features, and the features as they then are: two edits."""
    for need in case.fault.needs:
        shape = case.inputs[need.input] if isinstance(need, NeedDim) and need.input < len(case.inputs) else None
        if not isinstance(need, NeedDim) or need.argument is None or shape is None or len(shape) < 3:
            continue
        total = known_product(shape[1:])
        if need.axis != -1 or total is None or total == need.value:
            continue
        insertion = case.insert(case.node.id, need.input, "flatten", {}, "Flatten", "insert.flatten")
        change = case.change(case.node, need.argument, total, "argument.derived")
        if change is not None and case.profile.allows("insert.flatten"):
            turned = TURNED if need.value in shape[1:-1] else 0.0
            human = insertion.human + PENALTY["further edit"] + turned
            yield Move((*insertion.edits, *change.edits), "insert.flatten", human, (*insertion.key, *change.key))


def put_in(case: Case, reader: Node, index: int, adapter: Adapter) -> Move | None:
    """The insertion of an adapter before an input of a node; ``None`` when it is unknown, invalid or no help."""
    framework = case.network.framework
    spelled = spelling_of(framework, adapter.kind, adapter.args)
    if spelled is None or not adapters.known_kind(adapter.kind):
        return None
    name, args = spelled
    if adapter.way == "insert.match":
        name = "interpolate"  # the function: a layer object would fix the size
    source = reader.inputs[index]
    key = ("adapter", adapter.kind, repr(sorted(args.items())))
    new = reader.cache.get(key)  # type: ignore[call-overload]
    if new is None:
        new = reader.cache[key] = Node("new", adapter.kind, placed(args, reader), (source,), name)  # type: ignore[index]
    outputs, faults = judge(new, [case.frame.shape(source)], case.frame)
    if faults:
        return None
    inputs = case.frame.inputs(reader)
    inputs[index] = outputs[0]
    left = judge(reader, inputs, case.frame)[1] if reader.id == case.fault.node else ()
    if left and not helps(case.fault, left):
        return None
    extra = adapter.extra + (OTHER_LAYOUT if _other_layout(case, adapter) else 0.0)
    if any(need.argument for fault in left for need in fault.needs if isinstance(need, NeedDim)):
        extra += UNSUITED
    if reader.kind in ("merge", "concatenate") and adapter.kind == "reshape":
        extra += SPLIT * _splits(case.frame.shape(source), outputs[0])
    if reader.kind == "matmul" and index == 0 and adapter.way == "insert.permute":
        extra += FIRST_FACTOR
    if reader.kind == "merge" and adapter.way == "insert.permute" and _skips(case, reader, index):
        extra += SKIPPED
    before = case.frame.network[source.node].inputs
    if len(before) == 1 and adapter.kind == "reshape" and case.frame.shape(before[0]) == outputs[0] is not None:
        extra += UNDOING
    return case.insert(reader.id, index, adapter.kind, args, name, adapter.way, extra)


def _skips(case: Case, reader: Node, index: int) -> bool:
    """Whether an operand is what another operand of the same sum was made of."""
    source = reader.inputs[index].node
    queue = [ref.node for at, ref in enumerate(reader.inputs) if at != index]
    for name in queue:
        if len(queue) > SKIPPING:
            return False
        queue.extend(ref.node for ref in case.network[name].inputs if ref.node not in queue)
    return source in queue


def _other_layout(case: Case, adapter: Adapter) -> bool:
    """Whether a layer takes the channels for a spatial axis: nobody pads features, say, by an own data format."""
    if adapter.args.get("data_format") != "channels_first":
        return False
    return not any(node.args.get("data_format") == "channels_first" for node in case.network)


def wished(case: Case) -> Iterator[tuple[int, Adapter]]:
    """What could be put on which edge, following from what the broken rule needs."""
    framework, inputs = case.network.framework, case.inputs
    for need in case.fault.needs:
        match need:
            case NeedRank(index, minimum, maximum):
                for shape in known(inputs, index):
                    yield from ((index, a) for a in adapters.other_rank(shape, minimum, maximum, framework))
            case NeedAtLeast(index, axis, minimum):
                for shape in known(inputs, index):
                    yield from ((index, a) for a in adapters.wider(shape, axis, minimum, framework))
            case NeedDim(index, axis, value):
                for shape in known(inputs, index):
                    yield from ((index, a) for a in adapters.exactly(shape, axis, value, framework))
            case NeedMultiple(index, axis, divisor):
                for shape in known(inputs, index):
                    yield from _multiples(index, shape, axis, divisor, framework)
            case NeedShape(index, shape):
                for have in known(inputs, index):
                    yield from ((index, a) for a in adapters.toward(have, shape, framework))
                    if len(shape) == 1 and len(have) > 1 and case.node.kind in LOSSES and framework == "torch":
                        row = {"target_shape": (-1,), "batch_included": True}
                        yield index, Adapter("reshape", row, "label.reshape")  # as the prediction is flattened
            case NeedAgree():
                yield from _agreeing(need, inputs, framework, case.node.written.tie is not None, _strided(case))


def _for_all(adapter: Adapter, shape: Shape, index: int) -> Adapter:
    """An adapter that only adds axes of one with the sizes read from its input, as code needs it that is shared."""
    target: Shape = adapter.args.get("target_shape") or ()
    sizes = [dim for dim in shape[1:] if dim != 1]
    if adapter.kind != "reshape" or [dim for dim in target[1:] if dim != 1] != sizes:
        return adapter
    axes = iter([axis for axis, dim in enumerate(shape) if axis and dim != 1])
    said = (target[0], *(dim if dim == 1 else OperandDim(index, next(axes)) for dim in target[1:]))
    return replace(adapter, args={**adapter.args, "target_shape": said})


def _strided(case: Case) -> bool:
    """Whether inputs of unequal spatial size meet at one of the nodes that share their text with the faulty one."""
    for node in tied_nodes(case.network, case.node):
        shapes = [shape for shape in case.frame.inputs(node) if shape is not None and len(shape) > 2]
        if any(one[2:] != other[2:] for one in shapes for other in shapes if len(one) == len(other)):
            return case.network.framework == "torch"
    return False


def known(inputs: list[Shape | None], index: int) -> Iterator[Shape]:
    """The shape of an input, when there is one and its rank is known."""
    if 0 <= index < len(inputs):
        shape = inputs[index]
        if shape:
            yield shape


def _multiples(index: int, shape: Shape, axis: int, divisor: int, framework: str) -> Iterator[tuple[int, Adapter]]:
    have = shape[axis]
    if have is None:
        return
    for value in (-(-have // divisor) * divisor, have // divisor * divisor):
        if value > 0 and value != have:
            yield from ((index, a) for a in adapters.exactly(shape, axis, value, framework))


def _splits(before: Shape | None, after: Shape | None) -> bool:
    """Whether a reshape makes several axes of one: a row of features as a picture, say."""
    known = before is not None and after is not None
    return known and sum(size != 1 for size in (after or ())[1:]) > sum(size != 1 for size in (before or ())[1:])


def _agreeing(
    need: NeedAgree, inputs: list[Shape | None], framework: str, shared: bool, strided: bool
) -> Iterator[tuple[int, Adapter]]:
    """Bring each input to the shape of each other one."""
    for index in need.inputs:
        for other in need.inputs:
            if index == other or index >= len(inputs) or other >= len(inputs):
                continue
            have, pivot = inputs[index], inputs[other]
            if not have or not pivot:
                continue
            if framework == "torch":
                yield from ((index, adapter) for adapter in adapters.matched(have, pivot, other))
            if framework == "torch" or shared:
                for adapter in adapters.shortcut(have, pivot, index, other, framework, strided):
                    yield index, adapter
            wanted = pivot
            if need.axes is not None and len(have) == len(pivot):
                axes = {axis % len(have) for axis in need.axes if -len(have) <= axis < len(have)}
                wanted = tuple(dim if at in axes else None for at, dim in enumerate(pivot))
            for adapter in adapters.toward(have, wanted, framework):
                yield index, _for_all(adapter, have, index) if shared and framework == "torch" else adapter
