"""Known mutations of a valid network, each of which makes it invalid.

One edit each, so a network with so many mutations is at most that many edits away from a valid one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from generated_nets.catalogue import common, layers, pick
from generated_nets.draw import WIDTHS, arguments
from repairnn.semantics.checker import Report, arguments_of, check, dim_reader
from repairnn.semantics.declaration import Argument
from repairnn.semantics.edits import ChangeArgument, ChangeWeight, Edit, InsertLayer, RemoveLayer, Swap
from repairnn.semantics.ir import Network, Node
from repairnn.semantics.registry import declaration_of, spelled

#: Mutations that are tried for one place before it is given up.
TRIES = 60
#: What the name of a layer implies, or what decides between sorts of tensors and not between sizes.
UNTOUCHED = frozenset(
    {"data_format", "batch_included", "rank", "around_cell", "return_state", "bidirectional", "align"}
)
JOINS = ("merge", "concatenate", "dot", "matmul", "stack")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: its sort, the node it is about, the edit that makes it, and that edit in words."""

    sort: str
    node: str
    edit: Edit
    words: str


Maker: TypeAlias = Callable[[Report, random.Random], Mutation | None]


def mutate(network: Network, count: int, seed: int) -> tuple[Network, tuple[Mutation, ...]] | None:
    """``count`` mutations at different nodes, each of which breaks the valid network by itself.

    Returns the broken network and what was done to it; ``None`` where so many places were not found.
    """
    rng = random.Random(f"mutate {network.name} {network.framework} {count} {seed}")
    report = check(network)
    broken, made = network, []
    places: set[str] = set()
    for _ in range(TRIES * count):
        if len(made) == count:
            break
        mutation = rng.choices([maker for maker, _ in MAKERS], [often for _, often in MAKERS])[0](report, rng)
        if mutation is None or places & _places(mutation):
            continue
        if _valid_or_impossible(mutation.edit, network) or (following := _applied(mutation.edit, broken)) is None:
            continue
        if check(following).valid:
            continue
        broken = following
        places |= _places(mutation)
        made.append(mutation)
    return (broken, tuple(made)) if len(made) == count else None


def _valid_or_impossible(edit: Edit, network: Network) -> bool:
    alone = _applied(edit, network)
    return alone is None or check(alone).valid


def _applied(edit: Edit, network: Network) -> Network | None:
    """The network after an edit, ``None`` where that would close a cycle or lead nowhere."""
    try:
        return edit.apply(network)
    except (ValueError, KeyError):
        return None


def _places(mutation: Mutation) -> set[str]:
    """The nodes that a later mutation leaves alone."""
    edit = mutation.edit
    if isinstance(edit, Swap):
        return {edit.first, edit.second}
    return {mutation.node}


def change_argument(report: Report, rng: random.Random) -> Mutation | None:
    """Another value inside the argument's domain."""
    return _changed(report, rng, "argument", ("free", "order", "capacity"), _inside)


def leave_domain(report: Report, rng: random.Random) -> Mutation | None:
    """A value that the layer does not take at all."""
    return _changed(report, rng, "domain", ("free", "order", "capacity", "derived"), _outside)


def break_declared(report: Report, rng: random.Random) -> Mutation | None:
    """Another number where the layer repeats what the input says: ``in_features``, ``num_features``."""
    return _changed(report, rng, "declared", ("derived",), _other_size)


def break_join(report: Report, rng: random.Random) -> Mutation | None:
    """Another width for a layer before a join."""
    network = report.network
    before = [network[ref.node] for node in network if node.kind in JOINS for ref in node.inputs]
    return _changed(report, rng, "join", ("capacity", "free"), _other_size, before)


def change_rank(report: Report, rng: random.Random) -> Mutation | None:
    """An entry with one axis more or fewer."""
    entry = rng.choice([node for node in report.network if node.kind == "input"])
    shape = tuple(entry.args["shape"])
    if rng.random() < 0.5 and len(shape) > 2:
        at = rng.randrange(1, len(shape))
        after: tuple[Any, ...] = (*shape[:at], *shape[at + 1 :])
    else:
        at = rng.choice((1, len(shape)))
        after = (*shape[:at], 1, *shape[at:])
    return _argument(entry, "shape", shape, after, "rank")


def change_entry(report: Report, rng: random.Random) -> Mutation | None:
    """An entry with another size on one axis."""
    entry = rng.choice([node for node in report.network if node.kind == "input"])
    shape = tuple(entry.args["shape"])
    at = rng.randrange(1, len(shape))
    after = (*shape[:at], _other_size_of(shape[at], rng), *shape[at + 1 :])
    return _argument(entry, "shape", shape, after, "entry")


def drop(report: Report, rng: random.Random) -> Mutation | None:
    """A layer left out."""
    nodes = [node for node in report.network if len(node.inputs) == 1 and not node.layer]
    if not nodes:
        return None
    node = rng.choice(nodes)
    return Mutation("drop", node.id, RemoveLayer(node.id), f"{node.spelling} left out")


def insert(report: Report, rng: random.Random) -> Mutation | None:
    """A layer too many, valid where it stands."""
    network = report.network
    consumer = rng.choice([node for node in network if node.inputs])
    index = rng.randrange(len(consumer.inputs))
    shape = report.shape(consumer.inputs[index])
    choice = pick(common(network.framework) if rng.random() < 0.6 else layers(network.framework), rng)
    if shape is None or choice.declaration.inputs[0] > 1:
        return None
    kind = choice.declaration.kind
    name = f"{kind}_too_many_{consumer.id}_{index}"
    args = arguments(choice, [shape], rng)
    edit = InsertLayer(consumer.id, index, kind, args, choice.name, new=name)
    return Mutation("insert", consumer.id, edit, f"{choice.name} put before it")


def swap(report: Report, rng: random.Random) -> Mutation | None:
    """A layer and the one behind it in the wrong order."""
    network = report.network
    readers = network.consumers()
    pairs = [
        (node.id, readers[node.id][0][0])
        for node in network
        if len(node.inputs) == 1 and len(readers[node.id]) == 1 and len(network[readers[node.id][0][0]].inputs) == 1
        if not node.layer
    ]
    if not pairs:
        return None
    first, second = rng.choice(pairs)
    return Mutation("swap", first, Swap(first, second), f"exchanged with {network[second].spelling} behind it")


def break_weight(report: Report, rng: random.Random) -> Mutation | None:
    """A given weight of another shape: one axis longer, or two axes exchanged."""
    nodes = [node for node in report.network if node.weights]
    if not nodes:
        return None
    node = rng.choice(nodes)
    name = rng.choice(sorted(node.weights))
    shape = tuple(node.weights[name])
    if not shape:
        return None
    if rng.random() < 0.5 and len(set(shape[-2:])) == 2:
        after: tuple[int, ...] = (*shape[:-2], shape[-1], shape[-2])
    else:
        at = rng.randrange(len(shape))
        after = (*shape[:at], _other_size_of(shape[at], rng), *shape[at + 1 :])
    edit = ChangeWeight(node.id, name, "reinitialise", shape, after)
    return Mutation("weight", node.id, edit, f"{name}: {shape} -> {after}")


#: What is done, and how often.
MAKERS: tuple[tuple[Maker, int], ...] = (
    (change_argument, 6),
    (leave_domain, 1),
    (break_declared, 5),
    (break_join, 3),
    (change_rank, 2),
    (change_entry, 2),
    (drop, 2),
    (insert, 2),
    (swap, 2),
    (break_weight, 3),
)


def _changed(
    report: Report,
    rng: random.Random,
    sort: str,
    roles: tuple[str, ...],
    values: Callable[[Argument, Any, dict[str, Any], random.Random], Iterator[Any]],
    among: list[Node] | None = None,
) -> Mutation | None:
    """One of the arguments with one of these roles, with one of these values."""
    network = report.network
    nodes = [node for node in (network if among is None else among) if node.inputs]
    if not nodes:
        return None
    node = rng.choice(nodes)
    found = [argument for argument in _said(node, network.framework) if argument.role in roles]
    args = arguments_of(node, network.framework, dim_reader(report.shapes))
    if not found or args is None:
        return None
    argument = rng.choice(found)
    current = getattr(args, argument.name, None)
    proposals = [value for value in values(argument, current, vars(args), rng) if value != current]
    if not proposals or (current is None and argument.role == "derived"):
        return None
    return _argument(node, argument.name, current, rng.choice(proposals), sort)


def _said(node: Node, framework: str) -> list[Argument]:
    """The arguments that the node's name has a parameter for and that say something about sizes."""
    declaration = declaration_of(node.kind)
    for form in ("layer", "function", "method"):
        found = spelled(framework, node.spelling, form)
        if declaration is not None and found is not None and found[0] is declaration:
            known = {found[1].canonical(name) for name in (*found[1].parameters, *found[1].keywords)}
            return [
                argument
                for argument in declaration.arguments
                if argument.name in known - set(found[1].fixed) - UNTOUCHED
            ]
    return []


def _argument(node: Node, name: str, before: Any, after: Any, sort: str) -> Mutation:
    return Mutation(sort, node.id, ChangeArgument(node.id, name, before, after), f"{name}: {before} -> {after}")


def _inside(argument: Argument, current: Any, args: dict[str, Any], rng: random.Random) -> Iterator[Any]:
    if argument.role == "capacity" or isinstance(current, int):
        yield from _other_size(argument, current, args, rng)
    value = argument.domain.sample(rng, args)
    if value is not None and argument.domain.accepts(value, args):
        yield value


def _outside(argument: Argument, current: Any, args: dict[str, Any], rng: random.Random) -> Iterator[Any]:
    if current is not None:
        yield from argument.domain.outside(args)


def _other_size(argument: Argument, current: Any, args: dict[str, Any], rng: random.Random) -> Iterator[Any]:
    if isinstance(current, int) and not isinstance(current, bool):
        value = _other_size_of(current, rng)
        if argument.domain.accepts(value, args):
            yield value
    elif isinstance(current, tuple) and current and all(isinstance(one, int) for one in current):
        at = rng.randrange(len(current))
        value = (*current[:at], _other_size_of(current[at], rng), *current[at + 1 :])
        if argument.domain.accepts(value, args):
            yield value


def _other_size_of(size: int | None, rng: random.Random) -> int:
    """A size near this one, or one that is often written."""
    near = [value for value in ((size or 4) - 1, (size or 4) + 1, (size or 4) * 2, *WIDTHS) if value > 0]
    return rng.choice([value for value in near if value != size])
