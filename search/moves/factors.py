"""Targets of a reshape found from both sides: they hold what comes in, and the layers behind take what goes out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from repairnn.search.adapters import reshaped
from repairnn.search.moves.case import Case, Move, named_faults
from repairnn.search.moves.edges import put_in
from repairnn.search.state import advance, judge, variant
from repairnn.search.values import known_product
from repairnn.semantics.edits import ChangeArgument, Edit
from repairnn.semantics.faults import NeedRank
from repairnn.semantics.ir import Node, Shape

#: Arguments whose entries multiply to the elements that come in.
TARGETS = ("target_shape", "sizes")
#: Most axes of a target, how many targets are read against the layers behind, and how many of them are tried.
AXES, READ, TRIED = 4, 1500, 40
#: How many targets of a reshape upstream, or of one put in, are read, and how far upstream it may be.
READ_ELSEWHERE, REACH = 300, 6
#: Families of faults that a target upstream may have led to.
SPOILT = frozenset({"rank-low", "weight"})
#: How many layers behind are asked whether they take what goes out, while each has one reader only.
ASKED = 6


def factored_targets(case: Case) -> Iterator[Move]:
    """Other targets for a faulty reshape, or for the nearest one upstream, that leave fewer faults and no new one.

    Those nearest to the written target come first.
    """
    if not case.profile.unit:
        return
    if any(name in case.fault.arguments for name in TARGETS):
        yield from _targets(case, case.node, READ)
        return
    above = (node for node, _ in case.ancestors(REACH) if any(name in node.args for name in TARGETS))
    if case.family in SPOILT and (nearest := next(above, None)) is not None:
        yield from _targets(case, nearest, READ_ELSEWHERE)


def _targets(case: Case, node: Node, read: int) -> Iterator[Move]:
    name = next((name for name in TARGETS if name in node.args), None)
    inputs = case.frame.inputs(node)
    shape = inputs[0] if inputs else None
    args = case.args(node)
    if name is None or not shape or args is None or not case.own(node):
        return
    current = getattr(args, name)
    written = tuple(current) if isinstance(current, (tuple, list)) else ()
    front = shape[:1] if getattr(args, "batch_included", False) else ()
    axis = getattr(args, "axis", 0)
    parted = shape[1:] if name == "target_shape" else (shape[axis],) if -len(shape) <= axis < len(shape) else ()
    total = known_product(parted)
    if not parted or not total or None in front:
        return
    every = ((*front, *target) for target in _nearest(total, written[len(front) :]))
    read_targets = (target for target in islice(every, read) if target != written)
    for target in islice((t for t in read_targets if _taken(case, variant(node, name, t), inputs)), TRIED):
        if _helps(case, ChangeArgument(node.id, name, current, target)):
            move = case.change(node, name, target, "argument.target")
            if move is not None:
                yield move


def parted_on_the_edge(case: Case) -> Iterator[Move]:
    """A reshape before a layer that wants more axes, to any sizes that it and the layers behind it take."""
    if not case.profile.unit or case.family != "rank-low" or len(named_faults(case.frame)) < 2:
        return
    for need in case.fault.needs:
        shape = case.inputs[need.input] if isinstance(need, NeedRank) and need.input < len(case.inputs) else None
        total = None if shape is None else known_product(shape[1:])
        if not isinstance(need, NeedRank) or not shape or not total:
            continue
        found = (target for target in _nearest(total, shape[1:]) if len(target) == need.minimum - 1)
        for target in islice(found, READ_ELSEWHERE):
            move = put_in(case, case.node, need.input, reshaped(shape, target, case.network.framework))
            if move is not None and _helps(case, *move.edits):
                yield move


def _helps(case: Case, *edits: Edit) -> bool:
    """Whether fewer faults are left, and none that was not there before."""
    after = advance(case.frame, edits)
    return after is not None and named_faults(after) < named_faults(case.frame)


def _nearest(total: int, written: tuple[Any, ...]) -> list[tuple[int, ...]]:
    """All ways to write a number as a product of up to four, those first that share length and entries with one."""
    found: list[tuple[int, ...]] = []
    for length in range(1, AXES + 1):
        found.extend(islice(_products(total, length), READ))
    return sorted(found, key=lambda one: (_apart(one, written), one))


def _products(total: int, length: int) -> Iterator[tuple[int, ...]]:
    if length == 1:
        yield (total,)
        return
    for first in range(1, total + 1):
        if total % first == 0:
            yield from ((first, *rest) for rest in _products(total // first, length - 1))


def _apart(target: tuple[int, ...], written: tuple[Any, ...]) -> int:
    """In how many places two targets differ; a place more or fewer counts twice."""
    return 2 * abs(len(target) - len(written)) + sum(a != b for a, b in zip(target, written, strict=False))


def _taken(case: Case, node: Node, inputs: list[Shape | None]) -> bool:
    """Whether a reshape and the layers right behind it have nothing against what comes out of it."""
    for _ in range(ASKED):
        outputs, faults = judge(node, inputs, case.frame)
        if faults:
            return False
        readers = case.frame.readers.get(node.id, ())
        following = case.network[readers[0]] if len(readers) == 1 else None
        if following is None or len(following.inputs) != 1:
            return True
        node, inputs = following, [outputs[following.inputs[0].output]]
    return True
