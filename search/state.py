"""Incremental evaluation: a network with its shapes and faults, and what an edit makes of them.

Only nodes whose arguments or inputs changed are evaluated again, and the wave stops where shapes come out as before.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.semantics.checker import Outputs, dim_reader, evaluate, fits, shape_of, weights_of
from repairnn.semantics.edits import ChangeArgument, ChangeWeight, Edit, InsertLayer, RemoveLayer, placed
from repairnn.semantics.faults import Fault, Rule
from repairnn.semantics.ir import Network, Node, Ref, Shape, is_symbolic, refs_in

Readers = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Frame:
    """A network judged.

    ``readers`` says for each node which nodes must be evaluated again when its outputs change; ``groups`` the nodes
    that share a layer object; ``shared`` the faults of such groups (see :func:`repairnn.semantics.checker.check`);
    ``order`` numbers the nodes topologically.
    """

    network: Network
    shapes: dict[str, Outputs]
    faults: dict[str, tuple[Fault, ...]]
    readers: Readers
    groups: Mapping[str, tuple[str, ...]]
    shared: dict[str, tuple[Fault, ...]]
    order: Mapping[str, int]

    def inputs(self, node: Node) -> list[Shape | None]:
        """The shapes that come into a node."""
        return [shape_of(self.shapes, ref) for ref in node.inputs]

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
        for source in _sources(node):
            readers[source] = (*readers.get(source, ()), node.id)
        if node.layer:
            groups[node.layer] = (*groups.get(node.layer, ()), node.id)
    groups = {layer: members for layer, members in groups.items() if len(members) > 1}
    frame = Frame(network, {}, {}, readers, groups, {}, _numbered(network))
    _sweep(frame, set(network.nodes))
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
    evaluation = evaluate(node, inputs, frame.network.framework, dim_reader(frame.shapes), not frame.network.incomplete)
    result = (evaluation.outputs, evaluation.faults)
    if not reads_dims(node):
        judged[key] = result
    return result


def reading(node: Node, inputs: tuple[Ref, ...]) -> Node:
    """The node with other inputs; what it makes of shapes is the same, and stays remembered."""
    copy = node.with_(inputs=inputs)
    for kept in ("judged", "arguments", "reads dims"):
        if kept in node.cache:
            copy.cache[kept] = node.cache[kept]
    return copy


def variant(node: Node, argument: str, value: Any) -> Node:
    """The node with another value for an argument, remembered with the node so that its judgements are too."""
    key = ("variant", argument, value, type(value))
    try:
        found = node.cache.get(key)  # type: ignore[call-overload]
    except TypeError:  # a list among the values
        return node.with_(args={**node.args, argument: value})
    if found is None:
        found = node.cache[key] = node.with_(args={**node.args, argument: value})  # type: ignore[index]
    return found


def reads_dims(node: Node) -> bool:
    """Whether an argument of the node is read from another tensor's shape."""
    found = node.cache.get("reads dims")
    if found is None:
        found = node.cache["reads dims"] = any(is_symbolic(value) for value in node.args.values())
    return bool(found)


def breaks(node: Node, inputs: Sequence[Shape | None], frame: Frame, rule: Rule) -> bool:
    """Whether the node, given these inputs, breaks a rule."""
    return any(fault.rule is rule for fault in judge(node, inputs, frame)[1])


def _after(frame: Frame, edit: Edit) -> Frame | None:
    order = frame.order
    if isinstance(edit, (ChangeArgument, ChangeWeight)):
        if isinstance(edit, ChangeArgument):
            nodes = {node.id: variant(node, name, edit.after) for node, name in _affected(frame, edit)}
            changed, network = set(nodes), frame.network.updated(nodes)
        else:
            changed, network = {edit.node}, edit.apply(frame.network)
        readers = _patched(frame.readers, frame.network, network, changed) if _reads_dims(network, changed) else None
    else:
        try:
            network = _rebuilt(frame, edit)
        except ValueError:
            return None
        before = frame.network.nodes
        changed = {node_id for node_id, node in network.nodes.items() if before.get(node_id) is not node}
        gone = before.keys() - network.nodes.keys()
        readers = _patched(frame.readers, frame.network, network, changed | gone)
        changed -= gone
        order = _numbered(network)
    after = Frame(
        network,
        dict(frame.shapes),
        dict(frame.faults),
        readers or frame.readers,
        frame.groups,
        dict(frame.shared),
        order,
    )
    if len(network) < len(frame.network):
        for node_id in frame.network.nodes.keys() - network.nodes.keys():
            after.shapes.pop(node_id, None)
            after.faults.pop(node_id, None)
            after.shared.pop(node_id, None)
    _sweep(after, changed)
    return after


def _affected(frame: Frame, edit: ChangeArgument) -> Iterable[tuple[Node, str]]:
    """The nodes that change; the node alone where it shares neither its layer nor the written value."""
    node = frame.network[edit.node]
    if node.layer not in frame.groups and edit.argument not in node.written.ties:
        return ((node, edit.argument),)
    return edit.affected(frame.network)


def _rebuilt(frame: Frame, edit: Edit) -> Network:
    if isinstance(edit, InsertLayer):
        return _insert(frame.network, edit)
    if isinstance(edit, RemoveLayer):
        return _remove(frame, edit)
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


def _insert(network: Network, edit: InsertLayer) -> Network:
    """The same as the edit's own application, without sorting the whole network again."""
    consumer = network[edit.consumer]
    if edit.fan_out or edit.others or consumer.written.tie is not None or edit.index >= len(consumer.inputs):
        return edit.apply(network)
    if edit.identifier in network.nodes:
        raise ValueError(f"there is a node {edit.identifier!r} already")
    new = Node(
        edit.identifier, edit.layer_kind, placed(edit.args, consumer), (consumer.inputs[edit.index],), edit.spelling,
        edit.identifier,
    )  # fmt: skip
    inputs = list(consumer.inputs)
    inputs[edit.index] = Ref(new.id)
    nodes: dict[str, Node] = {}
    for node_id, node in network.nodes.items():
        if node_id == consumer.id:
            nodes[new.id] = new
            nodes[node_id] = reading(consumer, tuple(inputs))
        else:
            nodes[node_id] = node
    return _with_nodes(network, nodes, network.outputs)


def _with_nodes(network: Network, nodes: Mapping[str, Node], outputs: tuple[Ref, ...]) -> Network:
    """The network with other nodes that are in order, spelled out for speed."""
    return Network(
        network.framework, nodes, outputs, network.name, network.span, network.incomplete, network.origin,
        network.entrances,
    )  # fmt: skip


def _sources(node: Node) -> list[str]:
    found = [ref.node for ref in node.inputs]
    if reads_dims(node):
        found.extend(ref.node for value in node.args.values() for ref in refs_in(value))
    return list(dict.fromkeys(found))


def _reads_dims(network: Network, changed: Iterable[str]) -> bool:
    return any(reads_dims(network[node_id]) for node_id in changed)


def _patched(readers: Readers, before: Network, after: Network, changed: Iterable[str]) -> Readers:
    patched = dict(readers)
    for node_id in sorted(changed):
        if node_id in before.nodes:
            for source in _sources(before[node_id]):
                patched[source] = tuple(reader for reader in patched[source] if reader != node_id)
    for node_id in sorted(changed):
        if node_id not in after.nodes:
            patched.pop(node_id, None)
        else:
            patched.setdefault(node_id, ())
            for source in _sources(after[node_id]):
                patched[source] = (*patched.get(source, ()), node_id)
    return patched


def _sweep(frame: Frame, dirty: set[str]) -> None:
    """Evaluate dirty nodes in topological order, and their readers where outputs changed."""
    order, nodes = frame.order, frame.network.nodes
    waiting = [(order[node_id], node_id) for node_id in dirty]
    heapq.heapify(waiting)
    touched: set[str] = set()
    while waiting:
        _, node_id = heapq.heappop(waiting)
        node = nodes[node_id]
        outputs, faults = judge(node, frame.inputs(node), frame)
        if faults:
            frame.faults[node_id] = faults
        else:
            frame.faults.pop(node_id, None)
        if node.layer in frame.groups:
            touched.add(node.layer)
        if frame.shapes.get(node_id) != outputs:
            frame.shapes[node_id] = outputs
            for reader in frame.readers.get(node_id, ()):
                if reader not in dirty:
                    dirty.add(reader)
                    heapq.heappush(waiting, (order[reader], reader))
    for layer in sorted(touched):
        _judge_shared(frame, frame.groups[layer])


def probe(frame: Frame, edit: ChangeArgument, target: str) -> tuple[Fault, ...] | None:
    """The faults that a node would have after a change upstream; ``None`` when the change does not reach it."""
    changed = {node.id: variant(node, name, edit.after) for node, name in _affected(frame, edit)}
    return _reach(frame, changed, {}, changed, target)


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


def _reach(
    frame: Frame, changed: Mapping[str, Node], shapes: dict[str, Outputs], first: Iterable[str], target: str
) -> tuple[Fault, ...] | None:
    """Evaluate from some nodes on, over what is known of the others, until the target is reached."""
    order = frame.order
    waiting = [(order[node_id], node_id) for node_id in first]
    heapq.heapify(waiting)
    queued = set(first)
    last = order[target]
    while waiting:
        place, node_id = heapq.heappop(waiting)
        if place > last:
            return None
        node = changed.get(node_id) or frame.network[node_id]
        inputs = [shape_of(shapes if ref.node in shapes else frame.shapes, ref) for ref in node.inputs]
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
