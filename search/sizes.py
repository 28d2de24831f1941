"""Which size an entry would need: coupled sizes, asked of the solver where trying them one by one finds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from repairnn.search.moves.case import Case, Move
from repairnn.semantics.ir import Network, Node
from repairnn.semantics.symbolic import Answer, Hole, Solution, solve

#: Seconds that the solver gets for one question, and for how many layers it is asked at most.
SECONDS, LAYERS = 0.5, 200
#: An entry may grow to so many times its largest size, and to so many cells in any case.
GROWTH, CELLS = 4, 64
#: Bits by which a size that only the solver finds is less likely meant than one that is near at hand.
COMPUTED = 4.0
#: Families of faults that sizes of the entry can be behind.
COUPLED = frozenset({"agree", "size", "declared", "window", "weight", "argument", "multiple"})


def entry_sizes(
    network: Network, entries: Sequence[Node], *, nodes: Iterable[str] | None = None, seconds: float = SECONDS
) -> Answer:
    """Sizes of these entries, batch left alone, with which ``nodes`` (default: all) are valid.

    The answer nearest to the sizes that are written is given, axis by axis; of two as near, the smaller. ``Unsat``
    proves that none does up to four times the largest size, and ``Unknown`` is no answer: out of time, or something
    that the solver cannot read. ``seconds`` bounds all questions together.
    """
    holes = []
    for entry in entries:
        shape = entry.args["shape"]
        most = max([CELLS, *(GROWTH * size for size in shape[1:] if isinstance(size, int))])
        holes += [
            Hole(entry.id, "shape", axis, 1, most) for axis, size in enumerate(shape) if axis and isinstance(size, int)
        ]
    return solve(network, holes, nodes=nodes, timeout=seconds)


def solved_entries(case: Case) -> Iterator[Move]:
    """Other sizes for one entry, or for several at once, after which nothing behind them is faulty."""
    if case.family not in COUPLED or case.network is not case.root or len(case.network) > LAYERS:
        return
    entries = [node for node, _ in case.ancestors(0) if _open(case, node)]
    groups = [[entry] for entry in entries] + ([entries] if len(entries) > 1 else [])
    for group in groups:
        if not _behind(case.network, group) >= {fault.node for fault in case.frame.all_faults()}:
            continue  # a fault elsewhere stays whatever the sizes are
        answer = _asked(case.network, group)
        if isinstance(answer, Solution):
            yield from _move(case, group, answer)
            return


def _asked(network: Network, group: Sequence[Node]) -> Answer:
    """The answer for the network that came in: one question for all its faults."""
    remembered = group[0].cache
    key = f"sizes of {[node.id for node in group]}"
    if key not in remembered:
        remembered[key] = entry_sizes(network, group)
    answer: Answer = remembered[key]
    return answer


def _open(case: Case, node: Node) -> bool:
    """Whether a node is an entry whose sizes are known and may change."""
    shape = node.args.get("shape") if node.kind == "input" else None
    if not isinstance(shape, tuple) or "shape" in node.written.fixed or not case.own(node):
        return False
    return any(isinstance(size, int) for size in shape[1:])


def _behind(network: Network, entries: Sequence[Node]) -> set[str]:
    """The nodes that depend on some entries."""
    found = {entry.id for entry in entries}
    for node in network:
        if any(ref.node in found for ref in node.inputs):
            found.add(node.id)
    return found


def _move(case: Case, entries: Sequence[Node], answer: Solution) -> Iterator[Move]:
    """One move with the sizes of all entries that change."""
    parts = []
    for entry in entries:
        shape = tuple(answer.network[entry.id].args["shape"])
        made = case.change(entry, "shape", shape, "input.size", COMPUTED) if shape != entry.args["shape"] else None
        if made is not None:
            parts.append(made)
    if parts:
        edits = tuple(edit for part in parts for edit in part.edits)
        keys = tuple(key for part in parts for key in part.key)
        yield Move(edits, "input.size", sum(part.human for part in parts), keys)


__all__ = ["entry_sizes", "solved_entries"]
