"""Moves for shortcuts that some blocks project and others do not, though they must: the projection, there too."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.moves.case import Case, Move, edit_key
from repairnn.search.progress import helps
from repairnn.search.state import advance
from repairnn.semantics.edits import InsertLayer, tied_nodes
from repairnn.semantics.ir import Node, Shape

#: Layers that make up a projection: a convolution, and what normalises its output.
WITH_IT = frozenset({"batch_norm", "instance_norm", "group_norm"})


def projected(case: Case) -> Iterator[Move]:
    """The layers by which another block that runs the same code brings its shortcut to the shape of its output."""
    node, inputs = case.node, case.inputs
    if case.network.framework != "torch" or node.kind != "merge" or node.written.tie is None or len(inputs) != 2:
        return
    others = tied_nodes(case.network, node)[1:]
    for index in (0, 1):
        have, want = inputs[index], inputs[1 - index]
        if not have or not want or len(have) != len(want) or len(have) < 3:
            continue
        models = (_projection(case, other, index) for other in others)
        model = next((found for found in models if found is not None), None)
        move = _copied(case, index, model, have, want) if model is not None else None
        after = advance(case.frame, move.edits) if move is not None else None
        if move is not None and after is not None and helps(case.fault, after.faults_of(node.id)):
            yield move


def _projection(case: Case, merge: Node, index: int) -> list[Node] | None:
    """The convolution, and the normalisation behind it, that input ``index`` of a merge comes from."""
    found: list[Node] = []
    ref = merge.inputs[index] if index < len(merge.inputs) else None
    while ref is not None and len(found) < 3:
        node = case.network[ref.node]
        found.insert(0, node)
        if node.kind == "conv":
            pointwise = node.args.get("kernel_size") in (1, (1,), (1, 1), (1, 1, 1))
            return found if pointwise and case.own(node) and not case.frame.faults_of(merge.id) else None
        ref = node.inputs[0] if node.kind in WITH_IT else None
    return None


def _copied(case: Case, index: int, model: list[Node], have: Shape, want: Shape) -> Move | None:
    channels, strides = want[1], [a // b if a and b else 0 for a, b in zip(have[2:], want[2:], strict=True)]
    if channels is None or have[1] is None or len(set(strides)) != 1 or not strides[0]:
        return None
    edits = []
    for number, node in enumerate(model):
        args = dict(node.args)
        if node.kind == "conv":
            args.update(in_channels=have[1], filters=channels, strides=strides[0])
        elif "num_features" in args:
            args["num_features"] = channels
        new = f"{case.fresh(node.kind, case.node.id, index)}.{number}"
        edits.append(InsertLayer(case.node.id, index, node.kind, args, node.spelling, new=new, alone=True))
    key = tuple(edit_key(edit) for edit in edits)
    return Move(tuple(edits), "insert.projection", case.price("insert.projection"), key)
