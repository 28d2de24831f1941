"""Targets of a reshape found from both sides: they hold what comes in, and the layers behind take what goes out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from repairnn.search.moves.case import Case, Move, named_faults
from repairnn.search.state import advance, judge, variant
from repairnn.search.values import known_product
from repairnn.semantics.edits import ChangeArgument
from repairnn.semantics.ir import Node, Shape

#: Arguments whose entries multiply to the elements that come in.
TARGETS = ("target_shape", "sizes")
#: Most axes of a target, how many targets are read against the layers behind, and how many of them are tried.
AXES, READ, TRIED = 4, 1500, 40
#: How many layers behind are asked whether they take what goes out, while each has one reader only.
ASKED = 6


def factored_targets(case: Case) -> Iterator[Move]:
    """Other targets for a faulty reshape that leave no new fault behind it, nearest to the written one first."""
    name = next((name for name in TARGETS if name in case.fault.arguments), None)
    shape = case.inputs[0] if case.inputs else None
    args = case.args(case.node)
    if not case.profile.unit or name is None or not shape or args is None or not case.own(case.node):
        return
    current = getattr(args, name)
    written = tuple(current) if isinstance(current, (tuple, list)) else ()
    front = shape[:1] if getattr(args, "batch_included", False) else ()
    axis = getattr(args, "axis", 0)
    parted = shape[1:] if name == "target_shape" else (shape[axis],) if -len(shape) <= axis < len(shape) else ()
    total = known_product(parted)
    if not parted or not total or None in front:
        return
    before = named_faults(case.frame)
    every = (((*front, *target)) for target in _nearest(total, written[len(front) :]))
    passing = (target for target in islice(every, READ) if target != written and _taken(case, name, target))
    for target in islice(passing, TRIED):
        after = advance(case.frame, [ChangeArgument(case.node.id, name, current, target)])
        if after is not None and named_faults(after) < before:
            move = case.change(case.node, name, target, "argument.target")
            if move is not None:
                yield move


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


def _taken(case: Case, name: str, target: Shape) -> bool:
    """Whether the reshape itself and the layers right behind it have nothing against a target."""
    node: Node = variant(case.node, name, target)
    inputs = case.inputs
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
