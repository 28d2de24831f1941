"""Moves at the faulty layer itself: other values for the arguments that occur in the broken condition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from repairnn.search import values
from repairnn.search.moves.case import Case, Move, argument_of, declared, sayable
from repairnn.search.moves.seen import in_domain, orders
from repairnn.search.progress import helps
from repairnn.search.state import judge, variant
from repairnn.semantics.declaration import Argument
from repairnn.semantics.faults import NeedArgument, NeedDim
from repairnn.semantics.ir import Node, Shape

#: The row of the cost table for a change of an argument, by name; by role where the name is not here.
WAYS = {
    "pool_size": "argument.pool",
    "kernel_size": "argument.kernel",
    "padding": "argument.padding",
    "ceil_mode": "argument.padding",
    "output_padding": "argument.padding",
    "strides": "argument.stride",
    "return_sequences": "argument.sequences",
    "target_shape": "argument.target",
    "data_format": "argument.format",
    "batch_first": "argument.format",
    "groups": "argument.groups",
    "units": "argument.units",
    "dilation_rate": "argument.far",
    "start_axis": "argument.order",
    "end_axis": "argument.order",
}
#: Bits by which features of a map of three axes or more are less likely declared to a linear layer.
UNMEANT = 2.0
#: Bits by which other features are less likely declared where those that are declared lie on another axis.
TURNED = 2.6
#: As many channels as pictures have.
COLOURS = 4
#: Bits by which a target that leaves one element to each row is less likely meant.
SINGLE = 4.0
#: Bits by which two sizes were less likely exchanged than one of them is wrong.
EXCHANGED = 0.8
ROLES = {"derived": "argument.derived", "capacity": "argument.capacity", "order": "argument.axis"}


def at_the_layer(case: Case) -> Iterator[Move]:
    """Other values for the arguments that the fault names, tried out on the layer alone."""
    if case.node.kind in ("feed", "loss", "input", "data") or not case.own(case.node):
        return
    declaration = declared(case.node)
    if declaration is None:
        return
    for name, wished in named(case).items():
        argument = argument_of(declaration, name)
        if argument is None or (argument.role == "meaning" and not wished):
            continue
        if not sayable(case.node, name, case.network.framework):
            continue
        yield from _changes(case, argument, wished)
        yield from _exchanged(case, argument)


def _exchanged(case: Case, argument: Argument) -> Iterator[Move]:
    """What comes in and what goes out in each other's place: ``ConvTranspose2d(64, 128, 4)`` behind 128 channels."""
    node, args = case.node, case.args(case.node)
    other = {"in_features": "units", "in_channels": "filters", "input_size": "units"}.get(argument.name)
    incoming, outgoing = getattr(args, argument.name, None), getattr(args, other or "", None)
    if other is None or not values.is_int(incoming) or not values.is_int(outgoing) or incoming == outgoing:
        return
    turned = variant(variant(node, argument.name, outgoing), other, incoming)
    if not helps(case.fault, judge(turned, case.inputs, case.frame)[1]):
        return
    way = way_of(node, argument)
    parts = [case.change(node, argument.name, outgoing, way), case.change(node, other, incoming, way)]
    moves = [part for part in parts if part is not None]
    if len(moves) == 2 and not case.profile.unit:
        edits, keys = (*moves[0].edits, *moves[1].edits), (*moves[0].key, *moves[1].key)
        yield Move(edits, way, case.price(way) + EXCHANGED, keys)


def named(case: Case) -> dict[str, tuple[Any, ...]]:
    """The arguments that occur in the broken condition, each with values that are known to be good."""
    found: dict[str, tuple[Any, ...]] = {}
    for need in case.fault.needs:
        if isinstance(need, NeedArgument):
            found[need.argument] = (*found.get(need.argument, ()), *need.values)
        elif isinstance(need, NeedDim) and need.argument is not None:
            shape = case.inputs[need.input] if need.input < len(case.inputs) else None
            dim = shape[need.axis] if shape is not None and -len(shape) <= need.axis < len(shape) else None
            found[need.argument] = (*found.get(need.argument, ()), *(() if dim is None else (dim,)))
    for name in case.fault.arguments:
        found.setdefault(name, ())
    return found


def way_of(node: Node, argument: Argument) -> str:
    """The row of the cost table for a change of this argument of this node."""
    if argument.name == "kernel_size" and node.kind == "pool":
        return "argument.pool"
    if argument.role in ("derived", "capacity") and argument.name != "units":
        return ROLES[argument.role]
    if argument.name in WAYS:
        return WAYS[argument.name]
    if argument.role in ROLES:
        return ROLES[argument.role]
    return "argument.flag" if isinstance(argument.default, bool) else "argument.other"


def _changes(case: Case, argument: Argument, wished: tuple[Any, ...]) -> Iterator[Move]:
    node, inputs = case.node, case.inputs
    args = case.args(node)
    current = getattr(args, argument.name, None)

    def passes(value: Any) -> bool:
        changed = variant(node, argument.name, value)
        return helps(case.fault, judge(changed, inputs, case.frame)[1])

    way = way_of(node, argument)
    if case.fault.rule.id in ("argument-out-of-domain", "argument-missing"):
        way = "argument.domain"
    if argument.role == "derived" and not wished:
        wished = tuple(values.dims_of(inputs))
    if argument.role in ("derived", "capacity") or argument.name == "target_shape":
        proposals = [value for value in wished if passes(value)]
    else:
        good = [value for value in wished if passes(value)]
        proposals = good + [
            value for value in values.candidates(argument, current, passes, values.dims_of(inputs)) if value not in good
        ]
    if argument.name == "target_shape":
        proposals.extend(value for value in targets(current, inputs[0] if inputs else None) if passes(value))
    if argument.role == "order" and isinstance(current, (tuple, list)):
        proposals.extend(v for v in orders(case, argument) if v not in proposals and passes(v))
    if case.fault.rule.id == "argument-out-of-domain" or (case.profile.unit and not proposals):
        proposals.extend(v for v in in_domain(case, argument, current) if v not in proposals and passes(v))
    # A linear layer on a map of features: a Flatten was forgotten, and other features are no repair that is meant.
    shape = inputs[0] if inputs else None
    unmeant = UNMEANT if argument.name == "in_features" and shape is not None and len(shape) > 3 else 0.0
    if argument.role == "derived" and case.network.framework == "torch" and _elsewhere(current, shape):
        unmeant += TURNED
    for rank, value in enumerate(proposals):
        single = argument.name == "target_shape" and len(value) > 1 and all(size in (-1, 1) for size in value)
        move = case.change(node, argument.name, value, way, unmeant + 0.2 * rank + SINGLE * single)
        if move is not None:
            yield move


def _elsewhere(current: Any, shape: Shape | None) -> bool:
    """Whether the size that is declared is that of another axis than the one it is about: the axes may be turned.

    Pictures have their channels last then, few of them or behind two equal sides; that channels are as many as a
    side is wide is nothing to go by.
    """
    if shape is None or not isinstance(current, int) or current <= 1 or current not in shape[1:]:
        return False
    if len(shape) < 4:
        return True
    return current == shape[-1] and (current <= COLOURS or shape[1] == shape[2] != current)


def _other_sides(target: tuple[Any, ...], total: int) -> Iterator[tuple[int, ...]]:
    """The sides of a map, equal ones, as long as they must be: ``(n, 128, 8, 8)`` for 6272 elements is 7 by 7."""
    rest, side = target[1:-2], target[-1]
    fixed = values.known_product([size if isinstance(size, int) else None for size in rest])
    if len(target) < 4 or target[-2] != side or not isinstance(side, int) or not fixed or total % fixed:
        return
    new = math.isqrt(total // fixed)
    if new > 1 and new * new * fixed == total and new != side:
        yield (*target[:-2], new, new)


def targets(current: Any, shape: Shape | None) -> Iterator[tuple[int, ...]]:
    """Target shapes that hold what comes in, near the written one: one entry free, or one entry another size."""
    if not isinstance(current, (tuple, list)) or shape is None:
        return
    target = tuple(current)
    total = values.known_product(shape[1:])
    if -1 not in target[1:] and total is not None:
        yield from _other_sides(target, total)
    if -1 not in target:
        for index in range(len(target)):
            if not isinstance(target[index], int):
                continue
            rest = values.known_product([dim for at, dim in enumerate(target) if at != index])
            if total is not None and rest and total % rest == 0:
                yield (*target[:index], total // rest, *target[index + 1 :])
            else:
                yield (*target[:index], -1, *target[index + 1 :])
    if total is not None:
        yield from (shape for shape in values.factored(total) if len(shape) == len(target))
        for index in range(len(target)):
            yield tuple(-1 if at == index else 1 for at in range(len(target)))
