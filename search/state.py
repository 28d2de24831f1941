"""Incremental evaluation: a network with its shapes and faults, and what an edit makes of them.

Only nodes whose arguments or inputs changed are evaluated again, and the wave stops where shapes come out as before.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from repairnn.search.nodes import put_before, reading, reads_dims, variant, weighed
from repairnn.semantics.checker import Outputs, dim_reader, evaluate, fits, shape_of, weights_of
from repairnn.semantics.edits import ChangeArgument, ChangeWeight, Edit, InsertLayer, ReadName, RemoveLayer, Swap
from repairnn.semantics.faults import Fault, Rule
from repairnn.semantics.ir import Network, Node, Ref, Shape, refs_in

Readers = Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Frame:
    """A network judged.

    ``readers`` says for each node which nodes must be evaluated again when its outputs change; ``groups`` the nodes
    that share a layer object; ``shared`` the faults of such groups (see :func:`repairnn.semantics.checker.check`);
    ``order`` numbers the nodes topologically. ``memory`` is shared by all frames of a search, for what was found out
    about a part of the network and holds wherever that part is the same; ``parts`` are those of this frame.
    """

    network: Network
    shapes: dict[str, Outputs]
    faults: dict[str, tuple[Fault, ...]]
    readers: Readers
    groups: Mapping[str, tuple[str, ...]]
    shared: dict[str, tuple[Fault, ...]]
    order: Mapping[str, int]
    memory: dict[Any, Any] = field(default_factory=dict)
    parts: dict[tuple[str, str], tuple[Any, ...] | None] = field(default_factory=dict)

    def inputs(self, node: Node) -> list[Shape | None]:
        """The shapes that come into a node."""
        shapes, found = self.shapes, []
        for ref in node.inputs:
            outputs = shapes.get(ref.node, ())
            found.append(outputs[ref.output] if ref.output < len(outputs) else None)
        return found

    def shape(self, ref: Ref) -> Shape | None:
        """The shape of one tensor."""
        return shape_of(self.shapes, ref)

    def faults_of(self, node_id: str) -> tuple[Fault, ...]:
        """All faults of a node."""
        return self.faults.get(node_id, ()) + self.shared.get(node_id, ())

    def all_faults(self) -> list[Fault]:
        """Every fault, in topological order of the nodes."""
        if not self.faults and not self.shared:
            return []
        nodes = sorted({*self.faults, *self.shared}, key=self.order.__getitem__)
        return [fault for node_id in nodes for fault in self.faults_of(node_id)]


def start(network: Network) -> Frame:
    """Judge a whole network."""
    readers: dict[str, tuple[str, ...]] = dict.fromkeys(network.nodes, ())
    groups: dict[str, tuple[str, ...]] = {}
    for node in network:
        for source in sources(node):
            readers[source] = (*readers.get(source, ()), node.id)
        if node.layer:
            groups[node.layer] = (*groups.get(node.layer, ()), node.id)
    groups = {layer: members for layer, members in groups.items() if len(members) > 1}
    frame = Frame(network, {}, {}, readers, groups, {}, _numbered(network))
    for node in network:
        frame.shapes[node.id], faults = judge(node, frame.inputs(node), frame)
        if faults:
            frame.faults[node.id] = faults
    for layer in sorted(groups):
        _judge_shared(frame, groups[layer])
    return frame


def advance(frame: Frame, edits: Iterable[Edit]) -> Frame | None:
    """The frame after some edits, or ``None`` when one of them cannot be made (it would close a cycle, say)."""
    for edit in edits:
        following = _after(frame, edit)
        if following is None:
            return None
        frame = following
    return frame


def judge(node: Node, inputs: Sequence[Shape | None], frame: Frame) -> tuple[Outputs, tuple[Fault, ...]]:
    """Outputs and faults of one node, remembered with the node."""
    key = tuple(inputs)
    judged = node.cache.get("judged")
    if judged is None:
        judged = node.cache["judged"] = {}
    found = judged.get(key)
    if found is not None:
        return found
    network = frame.network
    if reads_dims(node):
        evaluation = evaluate(node, key, network.framework, dim_reader(frame.shapes), not network.incomplete)
        return evaluation.outputs, evaluation.faults
    evaluation = evaluate(node, key, network.framework, complete=not network.incomplete)
    result = judged[key] = (evaluation.outputs, evaluation.faults)
    return result


def breaks(node: Node, inputs: Sequence[Shape | None], frame: Frame, rule: Rule) -> bool:
    """Whether the node, given these inputs, breaks a rule."""
    return any(fault.rule is rule for fault in judge(node, inputs, frame)[1])


def _after(frame: Frame, edit: Edit) -> Frame | None:
    before, order, readers = frame.network, frame.order, frame.readers
    shapes, faults, shared = dict(frame.shapes), dict(frame.faults), dict(frame.shared)
    if isinstance(edit, ChangeArgument):
        nodes = {node.id: variant(node, name, edit.value(node)) for node, name in _affected(frame, edit)}
        changed: Set[str] = nodes.keys()
        network = _with_nodes(before, {**before.nodes, **nodes}, before.outputs)
        if any(reads_dims(node) for node in nodes.values()):
            readers = _patched(readers, before, network, changed)
    elif isinstance(edit, ChangeWeight):
        changed = {edit.node}
        nodes = {edit.node: weighed(before[edit.node], edit)}
        network = _with_nodes(before, {**before.nodes, **nodes}, before.outputs)
    else:
        try:
            network = _rebuilt(frame, edit)
        except ValueError:
            return None
        old, new = before.nodes, network.nodes
        changed = {node_id for node_id, node in new.items() if old.get(node_id) is not node}
        gone = old.keys() - new.keys()
        readers = _patched(readers, before, network, changed | gone)
        for node_id in gone:
            del shapes[node_id]
            faults.pop(node_id, None)
            shared.pop(node_id, None)
        order = _numbered(network)
    after = Frame(network, shapes, faults, readers, frame.groups, shared, order, frame.memory)
    _sweep(after, changed)
    return after


def _affected(frame: Frame, edit: ChangeArgument) -> Iterable[tuple[Node, str]]:
    """The nodes that change; the node alone where it shares neither its layer nor the written value."""
    node = frame.network[edit.node]
    if isinstance(edit, ReadName):
        return edit.affected(frame.network)
    return ((node, edit.argument),) if _alone(frame, node, edit.argument) else edit.affected(frame.network)


def _alone(frame: Frame, node: Node, argument: str) -> bool:
    """Whether a node changes alone with an argument, written or added to a call that makes this node only."""
    added = argument not in node.args and node.written.tie is not None
    return argument not in node.written.ties and node.layer not in frame.groups and not added


def _rebuilt(frame: Frame, edit: Edit) -> Network:
    if isinstance(edit, InsertLayer):
        return _insert(frame.network, edit)
    if isinstance(edit, RemoveLayer):
        return _remove(frame, edit)
    if isinstance(edit, Swap):
        return _swap(frame, edit)
    return edit.apply(frame.network)


def _remove(frame: Frame, edit: RemoveLayer) -> Network:
    """The same as the edit's own application, without looking at nodes that do not read the one that goes."""
    network, node = frame.network, frame.network[edit.node]
    readers = [network[reader] for reader in frame.readers.get(edit.node, ())]
    if node.written.tie is not None or not node.inputs or any(reads_dims(reader) for reader in readers):
        return edit.apply(network)
    nodes = dict(network.nodes)
    for reader in readers:
        inputs = tuple(node.inputs[0] if ref.node == node.id else ref for ref in reader.inputs)
        nodes[reader.id] = reading(reader, inputs)
    del nodes[node.id]
    outputs = tuple(node.inputs[0] if ref.node == node.id else ref for ref in network.outputs)
    return _with_nodes(network, nodes, outputs)


def _swap(frame: Frame, edit: Swap) -> Network:
    """The same as the edit's own application, without looking at nodes that read neither of the two."""
    network = frame.network
    first, second = network[edit.first], network[edit.second]
    readers = [network[reader] for reader in frame.readers[second.id]]
    if len(second.inputs) != 1 or any(reads_dims(node) for node in (first, second, *readers)):
        return edit.apply(network)
    behind = Ref(first.id)
    moved = {
        reader.id: reading(reader, tuple([behind if ref.node == second.id else ref for ref in reader.inputs]))
        for reader in readers
    }
    nodes: dict[str, Node] = {}
    for node_id, node in network.nodes.items():
        if node is first:
            nodes[second.id] = reading(second, (first.inputs[0],))
            nodes[first.id] = reading(first, (Ref(second.id), *first.inputs[1:]))
        elif node is not second:
            nodes[node_id] = moved.get(node_id, node)
    outputs = tuple(behind if ref.node == second.id else ref for ref in network.outputs)
    return _with_nodes(network, nodes, outputs)


def _insert(network: Network, edit: InsertLayer) -> Network:
    """The same as the edit's own application, without sorting the whole network again."""
    consumer = network[edit.consumer]
    several = edit.others is not None or edit.alone or consumer.written.tie is not None
    if several or edit.index >= len(consumer.inputs):
        return edit.apply(network)
    if edit.identifier in network.nodes:
        raise ValueError(f"there is a node {edit.identifier!r} already")
    new, reader = put_before(consumer, edit)
    source, instead = consumer.inputs[edit.index], Ref(new.id)
    nodes: dict[str, Node] = {}
    for node_id, node in network.nodes.items():
        if edit.fan_out and source in node.inputs:
            nodes.setdefault(new.id, new)
            node = reading(node, tuple([instead if ref == source else ref for ref in node.inputs]))
        elif node is consumer:
            nodes[new.id], node = new, reader
        nodes[node_id] = node
    return _with_nodes(network, nodes, network.outputs)


def _with_nodes(network: Network, nodes: Mapping[str, Node], outputs: tuple[Ref, ...]) -> Network:
    """The network with other nodes that are in order, spelled out for speed."""
    return Network(
        network.framework, nodes, outputs, network.name, network.span, network.incomplete, network.origin,
        network.entrances,
    )  # fmt: skip


def cone(network: Network, node: Node) -> tuple[Node, ...]:
    """A node and every node that what comes into it depends on, nearest first."""
    nodes = network.nodes
    found = {node.id: node}
    waiting = [node]
    for current in waiting:
        for source in sources(current) if reads_dims(current) else (ref.node for ref in current.inputs):
            if source not in found:
                found[source] = nodes[source]
                waiting.append(nodes[source])
    return tuple(waiting)


def sources(node: Node) -> list[str]:
    """The nodes that a node reads, tensors and sizes."""
    if len(node.inputs) == 1 and not reads_dims(node):
        return [node.inputs[0].node]
    found = [ref.node for ref in node.inputs]
    if reads_dims(node):
        found.extend(ref.node for value in node.args.values() for ref in refs_in(value))
    return list(dict.fromkeys(found))


def _patched(readers: Readers, before: Network, after: Network, changed: Iterable[str]) -> Readers:
    patched = dict(readers)
    for node_id in sorted(changed):
        if node_id in before.nodes:
            for source in sources(before[node_id]):
                patched[source] = tuple(reader for reader in patched[source] if reader != node_id)
    for node_id in sorted(changed):
        if node_id not in after.nodes:
            patched.pop(node_id, None)
        else:
            patched.setdefault(node_id, ())
            for source in sources(after[node_id]):
                patched[source] = (*patched.get(source, ()), node_id)
    return patched


def _sweep(frame: Frame, changed: Iterable[str]) -> None:
    """Evaluate changed nodes in topological order, and their readers where outputs changed."""
    order, nodes, shapes, faulty, groups = frame.order, frame.network.nodes, frame.shapes, frame.faults, frame.groups
    waiting = sorted([(order[node_id], node_id) for node_id in changed])
    queued = set(changed)
    touched: set[str] = set()
    while waiting:
        node_id = heapq.heappop(waiting)[1]
        node = nodes[node_id]
        outputs, faults = judge(node, frame.inputs(node), frame)
        if faults:
            faulty[node_id] = faults
        elif node_id in faulty:
            del faulty[node_id]
        if groups and node.layer in groups:
            touched.add(node.layer)
        if shapes.get(node_id) != outputs:
            shapes[node_id] = outputs
            for reader in frame.readers.get(node_id, ()):
                if reader not in queued:
                    queued.add(reader)
                    heapq.heappush(waiting, (order[reader], reader))
    for layer in sorted(touched):
        _judge_shared(frame, groups[layer])


def probe(frame: Frame, edit: ChangeArgument, target: str) -> tuple[Fault, ...] | None:
    """The faults that a node would have after a change upstream; ``None`` when the change does not reach it."""
    node = frame.network[edit.node]
    if _alone(frame, node, edit.argument):
        changed = variant(node, edit.argument, edit.after)
        if not reads_dims(changed):
            outputs, faults = judge(changed, frame.inputs(node), frame)
            if node.id == target:
                return faults
            if outputs == frame.shapes[node.id]:
                return None
            return _reach(frame, {}, {node.id: outputs}, frame.readers[node.id], target)
    nodes = {node.id: variant(node, name, edit.after) for node, name in _affected(frame, edit)}
    return _reach(frame, nodes, {}, nodes, target)


def probe_without(frame: Frame, node: Node, target: str) -> tuple[Fault, ...] | None:
    """The faults that a node would have if one upstream were not there; ``None`` when that makes no difference."""
    shapes: dict[str, Outputs] = {node.id: (frame.shape(node.inputs[0]),)}
    if shapes[node.id] == frame.shapes[node.id]:
        return None
    return _reach(frame, {}, shapes, frame.readers.get(node.id, ()), target)


def probe_shape(frame: Frame, node: Node, shape: Shape, target: str) -> tuple[Fault, ...] | None:
    """The faults that a node would have if the first output of one upstream had another shape."""
    shapes: dict[str, Outputs] = {node.id: (shape, *frame.shapes[node.id][1:])}
    return _reach(frame, {}, shapes, frame.readers.get(node.id, ()), target)


def part(frame: Frame, first: Node, argument: str | None, last: str) -> tuple[Any, ...] | None:
    """What decides which changes of a node (of an argument, or of its output) do what to a node downstream.

    These are the two, the nodes between, what comes into them from elsewhere, and what they return now. ``None`` where
    more does: sizes that are read from other tensors, or nodes that change together.
    """
    if argument is not None and not _alone(frame, first, argument):
        return None
    key = (first.id, last)
    if key not in frame.parts:
        frame.parts[key] = _part(frame, first, last)
    return frame.parts[key]


def _part(frame: Frame, first: Node, last: str) -> tuple[Any, ...] | None:
    order, nodes, shapes, readers = frame.order, frame.network.nodes, frame.shapes, frame.readers
    waiting = sorted([(order[reader], reader) for reader in readers[first.id]])
    queued = {first.id, *readers[first.id]}
    found: list[Any] = [
        first,
        tuple(frame.inputs(first)),
        shapes[first.id],
        nodes[last],
        tuple(frame.inputs(nodes[last])),
    ]
    while waiting:
        place, node_id = heapq.heappop(waiting)
        if place > order[last]:
            break
        node = nodes[node_id]
        if reads_dims(node):
            return None
        found += (node, tuple([frame.shape(ref) for ref in node.inputs if ref.node not in queued]), shapes[node_id])
        for reader in readers[node_id]:
            if reader not in queued:
                queued.add(reader)
                heapq.heappush(waiting, (order[reader], reader))
    return None if reads_dims(first) or nodes[last].layer in frame.groups else tuple(found)


def _reach(
    frame: Frame, changed: Mapping[str, Node], shapes: dict[str, Outputs], first: Iterable[str], target: str
) -> tuple[Fault, ...] | None:
    """Evaluate from some nodes on, over what is known of the others, until the target is reached."""
    order = frame.order
    waiting = sorted([(order[node_id], node_id) for node_id in first])
    queued = set(first)
    last = order[target]
    while waiting:
        place, node_id = heapq.heappop(waiting)
        if place > last:
            return None
        node = changed.get(node_id) or frame.network[node_id]
        inputs = []
        for ref in node.inputs:
            known = shapes[ref.node] if ref.node in shapes else frame.shapes.get(ref.node, ())
            inputs.append(known[ref.output] if ref.output < len(known) else None)
        if reads_dims(node):
            evaluation = evaluate(node, inputs, frame.network.framework, dim_reader({**frame.shapes, **shapes}))
            outputs, faults = evaluation.outputs, evaluation.faults
        else:
            outputs, faults = judge(node, inputs, frame)
        if node_id == target:
            return faults
        if outputs != frame.shapes.get(node_id):
            shapes[node_id] = outputs
            for reader in frame.readers.get(node_id, ()):
                if reader not in queued:
                    queued.add(reader)
                    heapq.heappush(waiting, (order[reader], reader))
    return None


def _numbered(network: Network) -> dict[str, int]:
    return {node_id: number for number, node_id in enumerate(network.nodes)}


def _judge_shared(frame: Frame, members: Sequence[str]) -> None:
    from repairnn.semantics.checker import SHARED_LAYER

    first: dict[str, Shape] | None = None
    for node_id in members:
        frame.shared.pop(node_id, None)
        node = frame.network.nodes.get(node_id)
        if node is None or node_id in frame.faults:
            continue
        inputs = frame.inputs(node)
        weights = weights_of(node, inputs, frame.network.framework)
        if not weights:
            continue
        if first is None:
            first = weights
        for name, shape in weights.items():
            wanted = first.get(name)
            if wanted is not None and not fits(shape, wanted):
                values = {"weight": name, "given": shape, "needed": wanted}
                frame.shared[node_id] = (Fault(SHARED_LAYER, node_id, tuple(inputs), (), (), values),)
                break
