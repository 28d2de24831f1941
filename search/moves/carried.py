"""Moves for layers that a loop makes: each is to declare the width of the one before, and none does."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.moves.case import Case, Move, declared
from repairnn.search.progress import helps
from repairnn.search.state import advance
from repairnn.semantics.edits import CarrySize
from repairnn.semantics.faults import NeedDim
from repairnn.semantics.ir import Node

WIDTHS = ("units", "filters")


def carried(case: Case) -> Iterator[Move]:
    """What each layer of a loop declares follows from the one that the loop made before it."""
    node = case.node
    if node.written.call is None or not node.layer or not case.own(node):
        return
    for need in case.fault.needs:
        if not isinstance(need, NeedDim) or need.argument is None or need.argument not in node.args:
            continue
        for source in WIDTHS:
            if source not in node.args or not _is_derived(node, need.argument):
                continue
            edit = CarrySize(node.id, need.argument, source)
            layers = edit.layers(case.network)
            if (
                len(layers) < 2
                or node in layers[0]
                or not all(isinstance(one[0].args.get(source), int) for one in layers)
            ):
                continue
            after = advance(case.frame, [edit])
            if after is not None and helps(case.fault, after.faults_of(case.fault.node)):
                yield case.move(edit, "argument.carried")


def _is_derived(node: Node, name: str) -> bool:
    declaration = declared(node)
    found = declaration.arguments if declaration is not None else ()
    return any(argument.name == name and argument.role == "derived" for argument in found)
