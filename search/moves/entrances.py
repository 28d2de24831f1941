"""Moves where a PyTorch program gives a tensor to its model: an axis that was forgotten there."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.adapters import Adapter, spelling_of
from repairnn.search.moves.case import LOSSES, Case, Move, edit_key
from repairnn.search.progress import helps
from repairnn.search.state import advance
from repairnn.semantics.edits import InsertLayer, tied_nodes
from repairnn.semantics.ir import Ref, Shape

Edges = tuple[tuple[str, int], ...]

#: The rows of the cost table of these moves.
WAYS = ("data.batch", "data.add-axis", "data.permute", "data.repeat")
#: No model of ours reads more axes.
MOST_AXES = 5
#: How many channels pictures have.
COLOURS = (1, 3, 4)
#: Bits by which a batch axis is less likely to be missing where the labels count as many samples.
COUNTED = 3.0
#: Bits by which an axis of one feature is less likely meant than one of one channel.
LAST = 0.4


def at_the_entrances(case: Case) -> Iterator[Move]:
    """An axis of one sample, one channel or one feature, other places for the axes, or more equal channels, for what
    the model is called with."""
    if case.network.framework != "torch" or not case.network.entrances:
        return
    broken = len(case.frame.all_faults())
    for edges, source in _sources(case):
        shape = case.frame.shape(source)
        if case.node.kind in LOSSES and shape and _as_many_labels(case, shape):
            continue
        for adapter in _adapters(case, shape) if shape else ():
            move = _put_on(case, edges, adapter)
            after = advance(case.frame, move.edits) if move is not None else None
            if move is None or after is None:
                continue
            nearer = adapter.kind == "expand_dims" and len(shape or ()) == 2  # an image needs two axes more
            if (nearer or len(after.all_faults()) <= broken) and helps(case.fault, after.faults_of(case.fault.node)):
                yield move


def _adapters(case: Case, shape: Shape) -> Iterator[Adapter]:
    rank = len(shape)
    if rank < MOST_AXES:
        counted = COUNTED * _as_many_labels(case, shape)
        yield Adapter("expand_dims", {"axis": 0}, "data.batch", counted)
        yield Adapter("expand_dims", {"axis": 1}, "data.add-axis")
    if rank == 2:
        yield Adapter("expand_dims", {"axis": -1}, "data.add-axis", LAST)
    if rank in (3, 4) and shape[-1] in COLOURS and all(size is None or size > max(COLOURS) for size in shape[-3:-1]):
        yield Adapter("transpose", {"axes": (0, 3, 1, 2) if rank == 4 else (2, 0, 1)}, "data.permute")
    if rank == 4 and shape[1] == 1 and "in_channels" in case.node.written.fixed:
        channels = case.node.args.get("in_channels")
        if isinstance(channels, int) and channels in COLOURS:  # a ready-made model for colour pictures
            yield Adapter("tile", {"repeats": (1, channels, 1, 1), "exact": "least"}, "data.repeat")


def _sources(case: Case) -> Iterator[tuple[Edges, Ref]]:
    """The tensors that come from the program's data, as the model reads them now, with the edges that read them."""
    network = case.network
    for given in network.entrances.values():
        edges = tuple((reader, index) for reader, index in given if reader in network.nodes)
        found = {network[reader].inputs[index] for reader, index in edges if index < len(network[reader].inputs)}
        tied = {ref for reader, index in edges for ref in _tied_sources(case, reader, index)}
        if len(found) != 1 or not all(_from_data(case, ref, 0) for ref in found | tied):
            continue
        (source,) = found
        ranks = {len(shape) if (shape := case.frame.shape(ref)) is not None else None for ref in tied}
        if len(ranks) <= 1:
            yield edges, source


def _tied_sources(case: Case, reader: str, index: int) -> Iterator[Ref]:
    for node in tied_nodes(case.network, case.network[reader]):
        if index < len(node.inputs):
            yield node.inputs[index]


def _from_data(case: Case, ref: Ref, depth: int) -> bool:
    """Whether a tensor is an array of the program, or made of such arrays alone."""
    node = case.network[ref.node]
    if node.kind in ("data", "input"):
        return True
    weighs = bool(node.layer) or node.kind in LOSSES
    return not weighs and bool(node.inputs) and depth < 8 and all(_from_data(case, r, depth + 1) for r in node.inputs)


def _as_many_labels(case: Case, shape: Shape) -> bool:
    """Whether there are as many labels as the first axis is long: it counts samples."""
    for node in case.network:
        if node.kind in LOSSES and len(node.inputs) == 2 and shape[0] is not None and shape[0] > 1:
            target = case.frame.shape(node.inputs[1])
            if target and target[0] == shape[0]:
                return True
    return False


def _put_on(case: Case, edges: Edges, adapter: Adapter) -> Move | None:
    spelled = spelling_of("torch", adapter.kind, adapter.args)
    if spelled is None:
        return None
    (consumer, index), *others = edges
    new = case.fresh(adapter.kind, consumer, index)
    name, args = spelled
    edit = InsertLayer(consumer, index, adapter.kind, args, name, new=new, others=tuple(others))
    key = (*edit_key(edit)[:3], f"{sorted(args.items())} {new}")  # the same axis may be added twice
    return Move((edit,), adapter.way, case.price(adapter.way) + adapter.extra, (key,))
