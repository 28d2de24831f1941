"""One line for each edit: why it helps, and whether it is safe to apply unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from repairnn.search.costs import Profile
from repairnn.search.moves.case import Move
from repairnn.search.outcome import Step
from repairnn.semantics.checker import arguments_of
from repairnn.semantics.edits import (
    Applicability,
    CarrySize,
    ChangeArgument,
    ChangeWeight,
    ChangeWeights,
    Edit,
    InsertLayer,
    RemoveLayer,
    ReplaceLayer,
    Rewire,
    Swap,
)
from repairnn.semantics.ir import Network, Node, is_symbolic

if TYPE_CHECKING:
    from repairnn.search.best_first import State

#: Ways that keep every trained weight and what the user meant to compute.
SAFE = (
    "input.from-data", "input.drop-batch", "input.permute", "input.add-axis", "input.drop-axis", "data.", "tuple.",
    "argument.derived", "argument.carried", "argument.sequences", "argument.target", "argument.axis",
    "insert.flatten", "insert.reshape",
    "label.loss", "label.encoding", "weight.transpose", "weight.swap", "weight.reshape",
)  # fmt: skip
#: Ways that only the user can decide on.
ASKS = (
    "input.size",
    "input.channels",
    "input.unbatched",
    "rewire",
    "replace.merge",
    "weight.reinitialise",
    "label.reduce",
)


def steps_of(network: Network, state: State, profile: Profile) -> tuple[Step, ...]:
    """The steps of a repair, each edit with its price and reason; ``before`` is what the original says."""
    steps: list[Step] = []
    for move in state.moves:
        cost = (1.0 * move.units if profile.unit else move.human) / len(move.edits)
        for edit in move.edits:
            edit = _from_original(network, edit)
            steps.append(Step(edit, cost, reason(network, edit, move), applicability(move, edit), move.way))
    return tuple(_joined(steps))


def _joined(steps: list[Step]) -> list[Step]:
    """All weights of one layer are mended by one edit, where the first of them is."""
    joined: dict[str, list[Step]] = {}
    for step in steps:
        if isinstance(step.edit, ChangeWeight):
            joined.setdefault(step.edit.node, []).append(step)
    result: list[Step] = []
    for step in steps:
        together = joined.get(step.edit.node, []) if isinstance(step.edit, ChangeWeight) else []
        if len(together) < 2:
            result.append(step)
        elif step is together[0] and isinstance(step.edit, ChangeWeight):
            changes = tuple(part.edit for part in together if isinstance(part.edit, ChangeWeight))
            worst = max((part.applicability for part in together), key=("safe", "unsafe", "display-only").index)
            text = "; ".join(part.reason for part in together)
            cost = sum(part.cost for part in together)
            result.append(Step(ChangeWeights(step.edit.node, changes), cost, text, worst, step.way))
    return result


def _from_original(network: Network, edit: Edit) -> Edit:
    if not isinstance(edit, ChangeArgument) or edit.node not in network.nodes:
        return edit
    node = network[edit.node]
    if any(name == edit.argument for name in node.args) and not isinstance(node.args[edit.argument], tuple):
        args = arguments_of(node, network.framework)
        before = getattr(args, edit.argument, edit.before)
        return edit if before is None else replace(edit, before=before)
    return edit


def applicability(move: Move, edit: Edit) -> Applicability:
    """Whether an edit may be made without asking."""
    if move.way.startswith(ASKS):
        return "display-only"
    return "safe" if move.way.startswith(SAFE) else "unsafe"


def called(node: Node | None, identifier: str) -> str:
    """How a sentence calls a node."""
    if node is None:
        return identifier
    return node.name or node.spelling or node.kind


def reason(network: Network, edit: Edit, move: Move) -> str:
    """Why a person would make this edit, in one line."""

    def who(identifier: str) -> str:
        return called(network.nodes.get(identifier), identifier)

    match edit:
        case ChangeArgument(node, argument, before, after):
            return f"{who(node)}: {argument} {before!r} becomes {after!r}, {_purpose(move.way)}"
        case CarrySize(node, argument, source):
            return f"{who(node)}: {argument} is the {source} of the layer made before, {_purpose(move.way)}"
        case InsertLayer(consumer, _, layer_kind, args, spelling):
            inside = ", ".join(f"{name}={'...' if is_symbolic(value) else repr(value)}" for name, value in args.items())
            return f"{spelling or layer_kind}({inside}) before {who(consumer)}, {_purpose(move.way)}"
        case ReplaceLayer(node, _, _, spelling):
            return f"{spelling} in place of {who(node)}, {_purpose(move.way)}"
        case RemoveLayer(node) if move.way == "tuple.first":
            return f"the first of the tuple that {who(node)} returns, {_purpose(move.way)}"
        case RemoveLayer(node):
            return f"without {who(node)}, {_purpose(move.way)}"
        case Rewire(node, _, after):
            return f"{who(node)} reads {who(after.node)}, {_purpose(move.way)}"
        case Swap(first, second):
            return f"{who(second)} before {who(first)}, {_purpose(move.way)}"
        case ChangeWeight(node, weight, how, before, after):
            return f"{who(node)}: {how} {weight} from {before} to {after}, {_purpose(move.way)}"
        case ChangeWeights(node, changes):
            return f"{who(node)}: fit {', '.join(change.weight for change in changes)}, {_purpose(move.way)}"
    raise TypeError(f"no edit: {edit!r}")


PURPOSES = {
    "input.from-data": "the shape of the data that are fed",
    "input.permute": "the order of axes that the layers read",
    "input.drop-batch": "for the batch axis is not part of a declared shape",
    "input.add-axis": "for the layers read one axis more",
    "input.drop-axis": "for the layers read one axis fewer",
    "input.channels": "the size that the layers are made for",
    "input.size": "large enough for every layer after it",
    "input.unbatched": "with a batch axis",
    "data.add-axis": "for the model reads one axis more than the array has",
    "data.permute": "the order of axes that the model declares",
    "data.batch": "for the model takes a batch, even of one",
    "data.reshape": "the shape that the model declares",
    "data.repeat": "for the model is made for pictures in colour",
    "label.encoding": "the labels as the loss reads them",
    "label.loss": "the loss for labels as they are",
    "label.reshape": "the labels in the shape of the output",
    "label.reduce": "one label for each sample",
    "made.shape": "the size that its reader needs",
    "tuple.first": "only the output, without the states or weights",
    "insert.flatten": "so that each sample is one row of features",
    "insert.reshape": "the number of axes that is needed there",
    "insert.permute": "the order of axes that is read there",
    "insert.global-pool": "so that each channel is one feature",
    "insert.pool": "to shrink to the size that is needed there",
    "insert.fixed-pool": "to have maps of the size that was meant",
    "insert.pad": "to grow to the size that is needed there",
    "insert.crop": "to cut to the size that is needed there",
    "insert.upsample": "to grow to the size that is needed there",
    "insert.match": "to have the size of what it is joined with",
    "insert.repeat": "to make a sequence of one vector",
    "insert.project": "to map to the width that is needed there",
    "insert.projection": "which other blocks have where their shortcut differs from their output",
    "insert.conv": "to map to the channels and size that are needed there",
    "argument.derived": "what really comes in",
    "argument.carried": "what really comes in there",
    "argument.units": "the width that is needed after it",
    "argument.capacity": "the width that is needed after it",
    "argument.pool": "so that enough is left of each axis",
    "argument.kernel": "so that the window fits",
    "argument.padding": "so that the borders are kept",
    "argument.stride": "so that enough is left of each axis",
    "argument.sequences": "as the next layer reads it",
    "argument.target": "a target that holds what comes in and fits what follows",
    "argument.first-maps": "maps from which those of the size that is needed grow",
    "argument.axis": "the axis that fits the inputs",
    "argument.format": "the order of axes that comes in",
    "argument.domain": "a value that the layer takes",
    "replace.sibling": "the form of the layer for that many axes",
    "replace.pool": "which keeps the axes that are read after it",
    "replace.merge": "which takes inputs of different width",
    "remove": "which spoils the shape for what follows",
    "weight.resize-layer": "the size that the given weights have",
    "weight.reinitialise": "which loses the values that were given",
}


def _purpose(way: str) -> str:
    return PURPOSES.get(way, "so that the shapes fit")
