"""Moves for given weights that do not fit: keep the values if there is a way to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from repairnn.search.costs import PENALTY
from repairnn.search.moves.case import Case, Move, declared
from repairnn.search.progress import helps
from repairnn.search.state import judge, variant
from repairnn.semantics.checker import weights_of
from repairnn.semantics.edits import ChangeWeight
from repairnn.semantics.faults import NeedWeight
from repairnn.semantics.ir import Node, Shape


def at_the_weights(case: Case) -> Iterator[Move]:
    """Turn, reshape, exchange, cut or pad tensors, or take the layer's sizes from one; last of all make them anew.

    All tensors of the layer that do not fit are mended together: each move takes one of the ways for the first of
    them, and for the others the cheapest.
    """
    needs = [
        need
        for fault in case.frame.faults_of(case.node.id)
        for need in fault.needs
        if isinstance(need, NeedWeight) and need.weight in case.node.weights
    ]
    if not needs:
        return
    options = [list(_tensor(case, need.weight, shape_of_weight(case.node, need.weight), need.shape)) for need in needs]
    if all(options):
        rest = [min(moves, key=lambda move: move.human) for moves in options[1:]]
        for first in options[0]:
            together = [first, *(move for move in rest if move.edits[0] != first.edits[0])]
            yield Move(
                tuple(edit for move in together for edit in move.edits),
                first.way,
                first.human + 0.3 * (len(together) - 1),
                tuple(part for move in together for part in move.key),
            )
    for need in needs:
        yield from _layer(case, shape_of_weight(case.node, need.weight), need.shape)


def shape_of_weight(node: Node, name: str) -> Shape:
    """The shape of a given weight, which is an array or a shape."""
    given = node.weights[name]
    return tuple(given) if isinstance(given, (tuple, list)) else tuple(given.shape)


def _tensor(case: Case, name: str, given: Shape, wanted: Shape) -> Iterator[Move]:
    node = case.node
    if any(dim is None for dim in wanted) or any(dim is None for dim in given):
        return
    have = tuple(dim or 0 for dim in given)
    want = tuple(dim or 0 for dim in wanted)
    for order in itertools.permutations(range(len(have))):
        if order != tuple(range(len(have))) and tuple(have[axis] for axis in order) == want:
            yield case.move(ChangeWeight(node.id, name, "transpose", have, want, order), "weight.transpose")
            break
    for other in node.weights:
        if other != name and shape_of_weight(node, other) == wanted:
            yield case.move(ChangeWeight(node.id, name, "swap", have, want, (), other), "weight.swap")
    if _size(have) == _size(want):
        yield case.move(ChangeWeight(node.id, name, "reshape", have, want), "weight.reshape")
    if len(have) == len(want) and have != want:
        if all(h >= w for h, w in zip(have, want, strict=True)):
            yield case.move(ChangeWeight(node.id, name, "slice", have, want), "weight.slice", _lost(have, want))
        if all(h <= w for h, w in zip(have, want, strict=True)):
            yield case.move(ChangeWeight(node.id, name, "pad", have, want), "weight.pad", _lost(want, have))
    yield case.move(ChangeWeight(node.id, name, "reinitialise", have, want), "weight.reinitialise")


def _size(shape: tuple[int, ...]) -> int:
    total = 1
    for dim in shape:
        total *= dim
    return total


def _lost(larger: tuple[int, ...], smaller: tuple[int, ...]) -> float:
    """Cutting or padding one row of many costs little, a large part a lot."""
    return 6.0 * (1 - _size(smaller) / max(_size(larger), 1))


def _layer(case: Case, given: Shape, wanted: Shape) -> Iterator[Move]:
    """Sizes of the layer read off the tensor: one argument, or two that together decide its shape."""
    sizes = list(_sizes(case, given))
    found = False
    for argument, value in sizes:
        changed = variant(case.node, argument, value)
        if helps(case.fault, judge(changed, case.inputs, case.frame)[1]):
            move = case.change(case.node, argument, value, "weight.resize-layer")
            if move is not None:
                found = True
                yield move
    if found:
        return
    for (first, one), (second, other) in itertools.permutations(sizes, 2):
        if first >= second:
            continue
        changed = variant(variant(case.node, first, one), second, other)
        if not helps(case.fault, judge(changed, case.inputs, case.frame)[1]):
            continue
        moves = [case.change(case.node, first, one, "weight.resize-layer"),
                 case.change(case.node, second, other, "weight.resize-layer")]  # fmt: skip
        if None not in moves:
            both = [move for move in moves if move is not None]
            human = both[0].human + PENALTY["further edit"]
            yield Move(
                tuple(e for m in both for e in m.edits), both[0].way, human, tuple(k for m in both for k in m.key)
            )


def _sizes(case: Case, given: Shape) -> Iterator[tuple[str, Any]]:
    """Arguments of the layer with the values they could take from the tensor's shape."""
    node, declaration = case.node, declared(case.node)
    args = case.args(node)
    if declaration is None or args is None or not case.own(node):
        return
    for argument in declaration.arguments:
        if argument.role not in ("capacity", "derived", "free") or argument.name in node.written.fixed:
            continue
        current = getattr(args, argument.name, None)
        sizes: list[object] = [dim for dim in given if dim is not None]
        if isinstance(current, (tuple, list)) or argument.name == "kernel_size":
            sizes = [tuple(given[: len(given) - 2])]
        for value in dict.fromkeys(sizes):
            if value == current or isinstance(current, bool) or not argument.domain.accepts(value, vars(args)):
                continue
            if not _decides(case, argument.name, value):
                break
            yield argument.name, value


def _decides(case: Case, argument: str, value: Any) -> bool:
    """Whether an argument takes part in the shapes of the layer's weights."""
    framework, inputs = case.network.framework, case.inputs
    return weights_of(variant(case.node, argument, value), inputs, framework) != weights_of(
        case.node, inputs, framework
    )
