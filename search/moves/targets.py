"""Moves for the targets of PyTorch's losses over classes: numbers of another type, or class numbers for vectors."""

from __future__ import annotations

from collections.abc import Iterator

from repairnn.search.adapters import spelling_of
from repairnn.search.moves.case import Case, Move
from repairnn.search.progress import helps
from repairnn.search.state import advance
from repairnn.semantics.edits import ChangeArgument, ReplaceLayer
from repairnn.semantics.faults import NeedArgument

#: Bits by which vectors of whole numbers are less likely made real numbers than class numbers.
VECTORS = 0.4
#: Bits by which a loss over classes is less likely meant where there is one class only.
ALONE = 4.0


def of_classes(case: Case) -> Iterator[Move]:
    """The target as class numbers (``argmax``), or as numbers of the type that the loss takes."""
    if case.node.kind != "class_loss":
        return
    if case.fault.rule.id == "nll-of-scores":
        yield from _cross_entropy(case)
        return
    prediction, target = (*case.inputs, None, None)[:2]
    if prediction and target and len(prediction) == len(target) > 1 and target[1] != 1:
        yield from _as_numbers(case)
    for need in case.fault.needs:
        if isinstance(need, NeedArgument) and need.argument == "target":
            for value in need.values:
                edit = ChangeArgument(case.node.id, "target", case.node.args.get("target"), value)
                vectors = VECTORS * (value == "probabilities") + ALONE * (
                    prediction is not None and 1 in prediction[1:2]
                )
                yield case.move(edit, "label.encoding", vectors)


def _as_numbers(case: Case) -> Iterator[Move]:
    found = spelling_of("torch", "reduce", {"function": "argmax", "axis": 1})
    if found is None:
        return
    name, args = found
    move = case.insert(case.node.id, 1, "reduce", args, name, "label.encoding")
    after = advance(case.frame, move.edits)
    if after is not None and helps(case.fault, after.faults_of(case.fault.node)):
        yield move


def _cross_entropy(case: Case) -> Iterator[Move]:
    """The loss that takes raw scores, as a function or module like the one that is there."""
    node = case.node
    name = "cross_entropy" if node.spelling.islower() else "CrossEntropyLoss"
    args = {key: value for key, value in node.args.items() if key != "name"}
    if case.own(node):
        yield case.move(ReplaceLayer(node.id, node.kind, args, name), "label.loss")
