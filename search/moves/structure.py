"""Moves on the graph: another layer of the same kind, a layer taken out, two exchanged, an input from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from repairnn.search.adapters import spelling_of
from repairnn.search.costs import PENALTY
from repairnn.search.moves.case import FAR, Case, Move, declared, named_faults
from repairnn.search.progress import helps
from repairnn.search.state import Frame, advance, judge, probe_without
from repairnn.semantics.edits import Edit, RemoveLayer, ReplaceLayer, Rewire, Swap
from repairnn.semantics.faults import NeedArgument, NeedRank
from repairnn.semantics.ir import Node, Ref
from repairnn.semantics.registry import spelled

#: How far upstream layers are taken out or replaced.
REACH = 10
#: Arguments that hold one number for each spatial axis.
PER_AXIS = ("kernel_size", "strides", "dilation_rate", "pool_size", "padding", "cropping", "size", "output_size")
#: Bits by which a Flatten is more likely taken out than undone right before a layer that needs the axes it merged.
NEEDLESS = 1.8
#: What no network is without, and layers that nobody takes out to mend shapes.
NEEDED = frozenset({"input", "data", "feed", "loss", "opaque", "lambda"})
STAYS = NEEDED | {"dropout", "activation"}


def siblings(case: Case) -> Iterator[Move]:
    """The faulty layer for another number of axes, or the layer that lost the axes as one that keeps them."""
    ranks = sorted(
        {value for need in case.fault.needs if isinstance(need, NeedArgument) and need.argument == "rank"
         for value in need.values}
    )  # fmt: skip
    node = case.node
    for rank in ranks:
        edit = sibling(case, node, rank)
        if edit is None:
            continue
        changed = node.with_(args=dict(edit.args), spelling=edit.spelling)
        if helps(case.fault, judge(changed, case.inputs, case.frame)[1]):
            yield case.move(edit, "replace.sibling")
    if case.family == "rank-low":
        yield from _kept_axes(case)
    if case.node.kind == "merge" and case.family == "agree":
        yield from _other_merge(case)


def sibling(case: Case, node: Node, rank: int) -> ReplaceLayer | None:
    """The same layer over another number of spatial axes; numbers per axis are cut or repeated."""
    args = {name: value for name, value in node.args.items() if name != "rank"}
    for name in PER_AXIS:
        value = args.get(name)
        if isinstance(value, (tuple, list)) and value:
            cut = (tuple(value) + (value[-1],) * rank)[:rank]
            args[name] = cut[0] if rank == 1 and isinstance(cut[0], (tuple, list)) else cut
    wanted = {**args, "rank": rank, **_function(case, node)}
    found = spelling_of(case.network.framework, node.kind, wanted)
    return None if found is None or not case.own(node) else ReplaceLayer(node.id, node.kind, found[1], found[0])


def _function(case: Case, node: Node) -> dict[str, Any]:
    """What the name says besides the rank (the function of a pooling layer) stays."""
    for form in ("layer", "function", "method"):
        found = spelled(case.network.framework, node.spelling, form)
        if found is not None and found[0].kind == node.kind:
            return {key: value for key, value in found[1].fixed.items() if key != "rank"}
    return {}


def _kept_axes(case: Case) -> Iterator[Move]:
    """Global pooling before a layer that needs the axes it drops: pool by windows instead."""
    for node, distance in case.ancestors(4):
        if node.kind != "global_pool" or not case.own(node):
            continue
        args = case.args(node)
        wanted = {"rank": args.rank, "function": args.function, "pool_size": 2} if args is not None else {}
        found = spelling_of(case.network.framework, "pool", wanted)
        if found is None:
            continue
        edit = ReplaceLayer(node.id, "pool", found[1], found[0])
        yield from _tried(case, edit, "replace.pool", PENALTY["distance"] * distance)


def pooled_instead(case: Case) -> Iterator[Move]:
    """Global pooling in place of a Flatten, where too many features reach what follows."""
    if case.family not in ("label-units", "label-format", "declared"):
        return
    for node, distance in case.ancestors(4):
        shape = case.frame.shape(node.inputs[0]) if node.inputs else None
        if node.kind != "flatten" or shape is None or not 3 <= len(shape) <= 5 or not case.own(node):
            continue
        found = spelling_of(case.network.framework, "global_pool", {"rank": len(shape) - 2, "function": "average"})
        if found is not None:
            edit = ReplaceLayer(node.id, "global_pool", found[1], found[0])
            yield from _tried(case, edit, "replace.pool", PENALTY["distance"] * distance)


def _other_merge(case: Case) -> Iterator[Move]:
    found = spelling_of(case.network.framework, "concatenate", {})
    if found is not None and case.own(case.node):
        yield from _tried(case, ReplaceLayer(case.node.id, "concatenate", found[1], found[0]), "replace.merge", 0.0)


def removals(case: Case) -> Iterator[Move]:
    """The faulty layer, or one upstream that spoils the shape, taken out."""
    if case.family in ("fed", "label-format", "label-units") or (case.family == "weight" and not case.profile.unit):
        return
    alone = not case.profile.unit or not (case.shared or len(named_faults(case.frame)) > 1)
    for node, distance in [(case.node, 0), *case.ancestors(FAR if case.profile.unit else REACH)]:
        if not _removable(case, node):
            continue
        if distance > 0:
            now = probe_without(case.frame, node, case.fault.node)
            if alone and (now is None or not helps(case.fault, now)):
                continue
        extra = PENALTY["distance"] * distance + (2.0 if distance == 0 else 0.0) + _substance(node)
        if case.family == "rank-low" and distance <= 2 and _flattens(case, node):
            extra -= NEEDLESS
        yield from _tried(case, RemoveLayer(node.id), "remove", extra)


def _flattens(case: Case, node: Node) -> bool:
    """Whether a layer makes rows of features of maps, under whatever name: ``x.view(x.size(0), -1)`` is a Flatten."""
    before, after = case.frame.shape(node.inputs[0]), case.frame.shape(Ref(node.id))
    if node.kind == "flatten":
        return True
    return node.kind == "reshape" and before is not None and after is not None and len(before) > len(after) == 2


def _removable(case: Case, node: Node) -> bool:
    movable = node.kind not in (NEEDED if case.profile.unit else STAYS) and not node.hidden and not node.written.kept
    return movable and len(node.inputs) == 1 and case.own(node)


def _substance(node: Node) -> float:
    """Layers with weights are rarely taken out; those that only bring axes into order are."""
    declaration = declared(node)
    if declaration is None or node.kind in ("flatten", "reshape", "permute", "global_pool", "pool", "repeat_vector"):
        return 0.0
    return 2.5


def swaps(case: Case) -> Iterator[Move]:
    """The faulty layer exchanged with the one before it; counting edits, also two further up."""
    if (before := _before(case, case.node)) is not None:
        yield from _tried(case, Swap(before.id, case.node.id), "swap", 0.0)
    if not case.profile.unit:
        return
    behind = [(case.network[reader], 1) for reader in case.frame.readers.get(case.node.id, ())]
    for node, distance in (*behind, *case.ancestors(FAR)):
        if (before := _before(case, node)) is not None:
            yield from _tried(case, Swap(before.id, node.id), "swap", PENALTY["distance"] * distance)


def _before(case: Case, node: Node) -> Node | None:
    """The layer before a node that can change places with it."""
    before = case.network[node.inputs[0].node] if len(node.inputs) == 1 else None
    if before is None or len(before.inputs) != 1 or before.kind in STAYS:
        return None
    movable = not any(one.written.kept or not case.own(one) for one in (before, node))
    return before if movable and len(case.frame.readers.get(before.id, ())) == 1 else None


def rewires(case: Case) -> Iterator[Move]:
    """An input read from further up, where a layer in between spoils the shape."""
    node = case.node
    if node.kind in ("feed", "loss") or not case.own(node):
        return
    for index in range(len(node.inputs)):
        source = case.network[node.inputs[index].node]
        distance = 0
        while source.inputs and distance < 4:
            ref = source.inputs[0]
            source = case.network[ref.node]
            distance += 1
            if distance < 2:
                continue
            inputs = case.inputs
            inputs[index] = case.frame.shape(ref)
            if helps(case.fault, judge(node, inputs, case.frame)[1]):
                yield from _tried(case, Rewire(node.id, index, ref), "rewire", 0.5 * distance)


def _tried(case: Case, edit: Edit, way: str, extra: float) -> Iterator[Move]:
    after = advance(case.frame, [edit])
    if after is None:
        return
    gone = case.fault.node not in after.network.nodes
    if gone or helps(case.fault, after.faults_of(case.fault.node)) or (case.profile.unit and _fewer(case, after)):
        yield case.move(edit, way, extra)


def _fewer(case: Case, after: Frame) -> bool:
    """Whether some fault is gone, though not the one in question, and none is new: two slips in one place."""
    return named_faults(after) < named_faults(case.frame)


def wanted_ranks(case: Case) -> list[int]:
    """The ranks that the fault's needs name."""
    return [need.minimum for need in case.fault.needs if isinstance(need, NeedRank)]
