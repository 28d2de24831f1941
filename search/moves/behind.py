"""Moves that put a layer behind a tensor upstream, so that all that read it get what they need."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.adapters import Adapter, spelling_of, toward
from repairnn.search.costs import PENALTY
from repairnn.search.moves.case import FAR, Case, Move
from repairnn.search.moves.knobs import FURTHER, Knob, left_after, paired, settled
from repairnn.search.state import advance, probe_shape
from repairnn.semantics.edits import InsertLayer
from repairnn.semantics.ir import Node, Ref, Shape

#: How many tensors upstream a layer is put behind, and how many shapes are tried for each.
TENSORS, SHAPES = 3, 4
#: Families of faults that a tensor with an axis too few leads to, where layers take unbatched tensors (PyTorch).
AXES_LOST = frozenset({"rank-low", "declared"})


def insertions(case: Case) -> Iterator[tuple[Move | None, int]]:
    """A layer behind a tensor upstream, with how many faults are left then."""
    tried = 0
    above = _above_faults(case)
    for node, distance in case.ancestors(FAR):
        shape = case.frame.shape(Ref(node.id))
        edges = _edges(case, node)
        if not shape or not edges or tried == TENSORS or _passed_on(case, edges, shape):
            continue
        wanted: list[Shape] = []
        if len(edges) > 1 or above.get(node.id, 0) > 1:
            wanted.extend(_shapes(case, node, shape))
        if distance > 1 and case.network.framework == "torch" and case.family in AXES_LOST:
            wanted.extend(_with_axis(case, node, shape))
        tried += bool(wanted)
        for goal in wanted:
            for adapter in toward(shape, goal, case.network.framework):
                move = _behind(case, edges[0], adapter, distance)
                left = left_after(case, advance(case.frame, move.edits)) if move is not None else None
                if left is not None:
                    yield move, left


def _passed_on(case: Case, edges: list[tuple[str, int]], shape: Shape) -> bool:
    """Whether one layer alone reads a tensor and returns one of the same shape: a layer behind that one will do."""
    reader = case.network[edges[0][0]]
    return len(edges) == 1 and reader.id != case.node.id and case.frame.shape(Ref(reader.id)) == shape


def _edges(case: Case, node: Node) -> list[tuple[str, int]]:
    """The edges that read a node's first output; none where that is what the program feeds."""
    readers = [case.network[reader] for reader in case.frame.readers.get(node.id, ())]
    if any(reader.kind == "feed" for reader in readers):
        return []
    return [(reader.id, at) for reader in readers for at, ref in enumerate(reader.inputs) if ref == Ref(node.id)]


def _above_faults(case: Case) -> dict[str, int]:
    """How many faulty nodes are downstream of each node."""
    found: dict[str, int] = {}
    for faulty in dict.fromkeys(fault.node for fault in case.frame.all_faults()):
        stack, seen = [faulty], {faulty}
        while stack:
            for ref in case.network[stack.pop()].inputs:
                if ref.node not in seen:
                    seen.add(ref.node)
                    stack.append(ref.node)
        for node_id in seen - {faulty}:
            found[node_id] = found.get(node_id, 0) + 1
    return found


def _behind(case: Case, edge: tuple[str, int], adapter: Adapter, distance: int) -> Move | None:
    """An adapter right behind the tensor that an edge reads, for all its readers."""
    spelled = spelling_of(case.network.framework, adapter.kind, adapter.args)
    if spelled is None or adapter.way == "insert.match":
        return None
    new = case.fresh(adapter.kind, *edge)
    edit = InsertLayer(*edge, adapter.kind, spelled[1], spelled[0], fan_out=True, new=new)
    return case.move(edit, adapter.way, adapter.extra + PENALTY["distance"] * distance)


def _with_axis(case: Case, node: Node, shape: Shape) -> Iterator[Shape]:
    """A tensor's shape with an axis of one more, where that helps the fault."""
    for axis in range(1, len(shape) + 1) if len(shape) < 5 and None not in shape[1:] else ():
        grown = (*shape[:axis], 1, *shape[axis:])
        now = probe_shape(case.frame, node, grown, case.fault.node)
        if now is not None and all(fault.rule is not case.fault.rule for fault in now):
            yield grown


def _shapes(case: Case, node: Node, shape: Shape) -> list[Shape]:
    """Shapes of a tensor with which the fault is gone, and with which the next one is as well."""
    axes = tuple((axis,) for axis, size in enumerate(shape) if axis and size is not None)
    knob = Knob(node, None, shape, axes)
    found = list(dict.fromkeys(settled(case, knob, shape, case.fault)))[:SHAPES]
    if not found:
        found = list(dict.fromkeys(paired(case, knob, shape, case.fault)))[:SHAPES]
    others = [fault for fault in case.frame.all_faults() if fault.node != case.fault.node][:FURTHER]
    for first in tuple(found):
        for other in others:
            faults = knob.faults(case.frame, first, other.node)
            rest = next((one for one in faults or () if one.rule is other.rule), None)
            if rest is not None:
                more = list(settled(case, knob, first, rest))
                found.extend(more or paired(case, knob, first, rest))
    return list(dict.fromkeys(found))[: 2 * SHAPES]
