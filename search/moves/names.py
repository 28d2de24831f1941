"""Moves for calls that make several layers: another name of the function that makes them, each with its own value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from repairnn.search.moves.arguments import named, way_of
from repairnn.search.moves.case import Case, Move, argument_of, declared, edit_key
from repairnn.search.progress import helps
from repairnn.search.state import judge, variant
from repairnn.semantics.edits import ReadName, value_of
from repairnn.semantics.ir import Node

#: Bits by which a product of two names, or of a name and a number, is less likely than a name.
PRODUCT = 1.0
#: Bits by which each further name that says the same is less likely.
FURTHER = 0.3
#: Numbers that names are multiplied and divided by, and how many names are multiplied by each other.
FACTORS, MOST = (2, 3, 4), 12


def by_name(case: Case) -> Iterator[Move]:
    """Another name for an argument of the faulty layer, where the call that made it made others too.

    In ``Block(dim, dim_out)`` a ``GroupNorm(8, dim)`` that stands behind ``dim_out`` channels has another number of
    them in every block: no number is right, and the other name is.
    """
    node = case.node
    declaration = declared(node)
    if declaration is None or not node.written.names or not case.own(node):
        return
    siblings = [one for one in case.network if one.written.call == node.written.call and one.kind == node.kind]
    for name, wished in named(case).items():
        argument = argument_of(declaration, name)
        if argument is None or argument.role not in ("derived", "capacity") or name not in node.written.sites:
            continue
        current = getattr(case.args(node), name, None)
        found = 0
        for text, extra in _texts(node.written.names, current):
            value = value_of(node.written.names, text)
            if wished and not {value, (value,)} & set(wished):
                continue
            if not all(_suits(case, one, name, text) for one in siblings):
                continue
            edit = ReadName(node.id, name, current, value, text)
            human = case.price(way_of(node, argument)) + extra + FURTHER * found
            found += 1
            yield Move((edit,), way_of(node, argument), human, (edit_key(edit),))


def _texts(names: Mapping[str, int], current: Any) -> Iterator[tuple[str, float]]:
    """What could be written, simple things first, each with what it costs."""
    usable = [name for name, value in names.items() if value > 1]
    yield from ((name, 0.0) for name in usable if names[name] != current)
    yield from ((f"{name} * {factor}", PRODUCT) for factor in FACTORS for name in usable)
    yield from ((f"{name} // {factor}", PRODUCT) for factor in FACTORS for name in usable if names[name] % factor == 0)
    plain = [name for name in usable if "[" not in name][:MOST]
    yield from ((f"{a} * {b}", PRODUCT) for i, a in enumerate(plain) for b in plain[i + 1 :])


def _suits(case: Case, node: Node, argument: str, text: str) -> bool:
    """Whether a node is better off with what the text says for it, or as well off when nothing is wrong with it."""
    value = value_of(node.written.names, text)
    if value is None:
        return False
    inputs = case.frame.inputs(node)
    before, after = judge(node, inputs, case.frame)[1], judge(variant(node, argument, value), inputs, case.frame)[1]
    return helps(case.fault, after) if node.id == case.node.id else len(after) <= len(before)
