"""Values for an argument that has none: sizes that the network already speaks of, and tuples of the right length."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from repairnn.search.moves.case import Case, declared
from repairnn.semantics.declaration import Argument
from repairnn.semantics.faults import NeedWeight
from repairnn.semantics.ir import Node

#: How many sizes of the network are tried, nearest layers first.
MOST = 12


def in_domain(case: Case, argument: Argument, current: Any) -> Iterator[Any]:
    """Values that the layer takes in place of one that it does not take."""
    args = vars(case.args(case.node))
    proposals: list[Any] = []
    if argument.role == "order" and isinstance(current, (tuple, list)):
        proposals.extend(orders(case, argument))
    elif isinstance(current, (tuple, list)):
        proposals.extend(tuple(current[:length]) for length in range(len(current) - 1, 0, -1))
        proposals.append(tuple(current) + tuple(current[-1:]))
        proposals.append(tuple(abs(one) if isinstance(one, int) else one for one in current))
        proposals.extend((*current[:1], *sizes(case)[: MOST // 2]))
    elif isinstance(current, int) and not isinstance(current, bool):
        proposals.extend(sizes(case)[:MOST])
    for value in proposals:
        if value != current and argument.domain.accepts(value, args):
            yield value


def orders(case: Case, argument: Argument) -> Iterator[tuple[int, ...]]:
    """The orders of the axes that come in, as the argument writes them; the batch stays in front."""
    shape = case.inputs[0] if case.inputs else None
    front = (0,) if argument.name == "axes" and case.network.framework == "torch" else ()
    axes = range(1, min(len(shape or ()), 5))
    yield from ((*front, *order) for order in itertools.permutations(axes))


def sizes(case: Case) -> list[int]:
    """Sizes that layers declare, have in their weights, or get, nearest layers first."""
    order = case.frame.order
    here = order[case.node.id]
    found: dict[int, None] = {}
    for node in sorted(case.network, key=lambda node: abs(order[node.id] - here))[: 2 * MOST]:
        found.update(dict.fromkeys(_spoken(case, node)))
    return [size for size in found if size > 0]


def given_sizes(case: Case) -> list[int]:
    """Sizes that the given weights of the faulty layer have where they do not fit."""
    found: dict[int, None] = {}
    for need in case.fault.needs:
        if isinstance(need, NeedWeight) and need.weight in case.node.weights:
            weight = case.node.weights[need.weight]
            given = tuple(weight) if isinstance(weight, (tuple, list)) else tuple(weight.shape)
            if len(given) == len(need.shape):
                found.update(dict.fromkeys(g for g, n in zip(given, need.shape, strict=True) if g != n and g))
    return list(found)


def _spoken(case: Case, node: Node) -> Iterator[int]:
    declaration = declared(node)
    for argument in declaration.arguments if declaration is not None else ():
        value = node.args.get(argument.name)
        if argument.role in ("derived", "capacity") and isinstance(value, int) and not isinstance(value, bool):
            yield value
    for weight in node.weights.values() if node is case.node else ():
        yield from (dim for dim in (weight if isinstance(weight, (tuple, list)) else weight.shape) if dim)
    for outputs in (case.frame.shapes.get(node.id, ()), case.frame.inputs(node)):
        for shape in outputs:
            yield from (dim for dim in (shape or ())[:0:-1] if dim)
