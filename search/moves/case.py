"""A fault in its network, and what a move is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeAlias, cast

from repairnn.search.costs import PENALTY, Profile, change_size
from repairnn.search.state import Frame, cone
from repairnn.semantics.checker import SHARED_LAYER, arguments_of, dim_reader
from repairnn.semantics.declaration import Args, Argument, Declaration
from repairnn.semantics.edits import ChangeArgument, ChangeWeight, Edit, InsertLayer, ReadName, tied_nodes
from repairnn.semantics.faults import (
    Fault,
    NeedAgree,
    NeedArgument,
    NeedAtLeast,
    NeedDim,
    NeedMultiple,
    NeedRank,
    NeedShape,
    NeedSize,
    NeedWeight,
)
from repairnn.semantics.ir import Network, Node, Ref, Shape
from repairnn.semantics.registry import declaration_of, spelled

#: Layers that nobody puts on labels: other values come out.
REWRITERS = frozenset({"interpolate", "conv", "conv_transpose", "dense", "pool", "upsampling"})
#: Layers that bring several tensors together.
JOINS = frozenset({"concatenate", "merge", "stack"})
#: Kinds of nodes that compare an answer (input 0) with labels (input 1).
LOSSES = frozenset({"loss", "class_loss", "linear_class_loss", "torch_loss", "margin_loss"})


#: How many layers upstream are looked at for the one edit behind several faults, where edits are counted.
FAR = 10
#: So many further nodes that one place changes count: a loop that goes round more often is no more of a surprise.
TIED = 4
#: Bits by which a padding is more likely meant that keeps the size of maps: half of an odd kernel, under strides of 1.
KEEPS = 1.0
#: Bits by which the strides of a projection beside a branch are more likely meant to follow those of the branch.
FOLLOWS = 0.8


@dataclass(frozen=True, slots=True)
class Move:
    """Edits that belong together, the way they go (a row of the cost table) and their human cost in bits.

    ``units``    how many edits the move counts for: the weights of one layer are mended in one
    ``place``    what is edited, without the value it gets: two repairs that differ in values only are one way
    ``changed``  the arguments, weights and layers among these, which get a value once

    One that ``revises`` takes the place of an earlier move that gave the same argument another value.
    """

    edits: tuple[Edit, ...]
    way: str
    human: float
    key: tuple[Any, ...]
    revises: bool = False
    units: int = field(init=False, compare=False)
    place: tuple[Any, ...] = field(init=False, compare=False)
    changed: frozenset[Any] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        weights = {edit.node for edit in self.edits if isinstance(edit, ChangeWeight)}
        units = len(weights) + sum(1 for edit in self.edits if not isinstance(edit, ChangeWeight))
        place = tuple([part[:3] for part in self.key])
        object.__setattr__(self, "units", units)
        object.__setattr__(self, "place", place)
        object.__setattr__(self, "changed", frozenset([part for part in place if part[0] != "insert"]))


Generator: TypeAlias = Callable[["Case"], Iterable[Move]]


@dataclass(slots=True)
class Case:
    """One fault of a frame. ``root`` is the network that came in: only its own nodes may be changed."""

    frame: Frame
    fault: Fault
    profile: Profile
    root: Network
    family: str = ""
    known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.family = family_of(self.fault, self.node)

    @property
    def network(self) -> Network:
        """The network as it is now."""
        return self.frame.network

    @property
    def node(self) -> Node:
        """The node that breaks the rule."""
        return self.frame.network[self.fault.node]

    @property
    def shared(self) -> bool:
        """Whether the fault is that calls of one layer need different weights."""
        return self.fault.rule is SHARED_LAYER

    @property
    def inputs(self) -> list[Shape | None]:
        """The shapes that come into the faulty node."""
        return self.frame.inputs(self.node)

    @property
    def upstream(self) -> tuple[Node, ...]:
        """The faulty node and all that it depends on."""
        found = self.known.get("upstream")
        if found is None:
            found = self.known["upstream"] = cone(self.network, self.node)
        return cast("tuple[Node, ...]", found)

    @property
    def before(self) -> tuple[Any, ...]:
        """The nodes that the faulty one reads, and what comes into those that have one input."""
        found = []
        for ref in self.node.inputs:
            source = self.network[ref.node]
            found += [source, self.frame.shape(source.inputs[0]) if len(source.inputs) == 1 else None]
        return tuple(found)

    @property
    def channels_first(self) -> bool:
        """Whether some layer says that the channels come first."""
        found = self.known.get("channels_first")
        if found is None:
            found = any(node.args.get("data_format") == "channels_first" for node in self.network)
            self.known["channels_first"] = found
        return bool(found)

    @property
    def fed(self) -> bool:
        """Whether the program feeds arrays: what is upstream of a fault is not all then that speaks of shapes."""
        found = self.known.get("fed")
        if found is None:
            found = self.known["fed"] = any(node.kind == "feed" for node in self.network)
        return bool(found)

    def args(self, node: Node) -> Args | None:
        """All arguments of a node, defaults included and resolved."""
        return arguments_of(node, self.network.framework, dim_reader(self.frame.shapes))

    def own(self, node: Node) -> bool:
        """Whether the node was there before the search."""
        return node.id in self.root.nodes

    def price(self, way: str) -> float:
        """Surprise of a way after this fault."""
        return self.profile.surprise(way, self.family)

    def change(self, node: Node, argument: str, after: Any, way: str, extra: float = 0.0) -> Move | None:
        """A move that gives an argument another value; ``None`` when the text cannot be changed or nothing changes."""
        if argument in node.written.fixed or not sayable(node, argument, self.network.framework):
            return None
        args = self.args(node)
        before = getattr(args, argument, None)
        if before == after and type(before) is type(after):
            return None
        edit = ChangeArgument(node.id, argument, before, after)
        tied = sum(1 for _ in edit.affected(self.network)) - 1
        if way.startswith("input.") and self.network.framework == "torch":
            extra += PENALTY["undeclared entry"]
        if argument == "padding" and _keeps_size(args, after):
            extra -= KEEPS
        if argument == "strides" and self.family == "agree" and _projects(args):
            extra -= FOLLOWS
        size = 0.0 if argument in ("shape", "target_shape") else change_size(before, after)
        human = self.price(way) + extra + PENALTY["tied node"] * min(tied, TIED) + PENALTY["doubling"] * size
        return Move((edit,), way, human, (edit_key(edit),))

    def insert(
        self, consumer: str, index: int, kind: str, args: Mapping[str, Any], spelling: str, way: str, extra: float = 0.0
    ) -> Move:
        """A move that puts a layer on an edge."""
        edit = InsertLayer(consumer, index, kind, args, spelling, new=self.fresh(kind, consumer, index))
        reader = self.network[consumer]
        tied = len(tied_nodes(self.network, reader)) - 1
        if reader.kind in LOSSES and index == 0 and kind != "transpose":
            extra += PENALTY["behind the output"]
        if reader.kind in LOSSES and index == 1 and kind in REWRITERS:
            extra += PENALTY["labels made up"]
        return Move((edit,), way, self.price(way) + extra + PENALTY["tied node"] * min(tied, TIED), (edit_key(edit),))

    def move(self, edit: Edit, way: str, extra: float = 0.0) -> Move:
        """A move of one edit."""
        return Move((edit,), way, self.price(way) + extra, (edit_key(edit),))

    def fresh(self, kind: str, consumer: str, index: int) -> str:
        """A node id that is not taken."""
        name = f"{kind}_before_{consumer}_{index}"
        number = 2
        identifier = name
        while identifier in self.network.nodes:
            identifier = f"{name}_{number}"
            number += 1
        return identifier

    def ancestors(self, limit: int) -> Iterator[tuple[Node, int]]:
        """Nodes that feed the faulty one, nearest first, with their distance; entries are always among them.

        What feeds the other calls of its layer is among them where those are what it does not agree with.
        """
        queue: list[tuple[Ref, int]] = [(ref, 1) for ref in self.node.inputs]
        if self.shared:
            calls = self.frame.groups.get(self.node.layer, ())
            queue.extend((ref, 1) for call in calls if call in self.network.nodes for ref in self.network[call].inputs)
        seen: set[str] = set()
        position = 0
        while position < len(queue):
            ref, distance = queue[position]
            position += 1
            if ref.node in seen:
                continue
            seen.add(ref.node)
            node = self.network[ref.node]
            if len(seen) <= limit or not node.inputs:
                yield node, distance
            queue.extend((source, distance + 1) for source in node.inputs)


def named_faults(frame: Frame) -> set[tuple[str, str]]:
    """The faults of a frame, each by its node and rule; what is merely suspicious is left out."""
    return {(fault.node, fault.rule.id) for fault in frame.all_faults() if fault.rule.severity == "fault"}


def _projects(args: Args | None) -> bool:
    """Whether a convolution looks at one cell at a time and at all of them."""
    sizes = [getattr(args, name, None) for name in ("kernel_size", "strides")]
    return all(size == 1 or (isinstance(size, (tuple, list)) and {*size} == {1}) for size in sizes)


def _keeps_size(args: Args | None, padding: Any) -> bool:
    """Whether a convolution with this padding returns maps as large as those that it gets."""
    kernel, strides = getattr(args, "kernel_size", None), getattr(args, "strides", None)
    if not isinstance(kernel, (int, tuple, list)) or not isinstance(padding, (int, tuple, list)):
        return False
    kernels = (kernel,) if isinstance(kernel, int) else tuple(kernel)
    paddings = (padding,) * len(kernels) if isinstance(padding, int) else tuple(padding)
    spread = getattr(args, "dilation_rate", 1)
    spreads = (spread,) * len(kernels) if isinstance(spread, int) else tuple(spread or ())
    if {*((strides,) if isinstance(strides, int) else tuple(strides or ()))} != {1} or len(paddings) != len(kernels):
        return False
    return all(
        isinstance(one, int) and isinstance(size, int) and one * 2 == (size - 1) * by
        for one, size, by in zip(paddings, kernels, spreads, strict=False)
    )


def edit_key(edit: Edit) -> tuple[Any, ...]:
    """A hashable name of an edit: kind, place, place, value."""
    match edit:
        case ReadName():
            return ("change", edit.node, edit.argument, edit.name)
        case ChangeArgument():
            return ("change", edit.node, edit.argument, repr(edit.after))
        case InsertLayer():
            edges = "all" if edit.fan_out else edit.others or ""
            return ("insert", edit.consumer, f"{edit.index}:{edit.layer_kind}", f"{sorted(edit.args.items())}{edges}")
        case ChangeWeight():
            return ("weight", edit.node, edit.weight, f"{edit.how}{edit.after}{edit.detail}{edit.other}")
    named = [getattr(edit, item.name) for item in fields(edit)]
    return (edit.kind, repr(named[0]), repr(named[1:2]), repr(named[2:]))


def sayable(node: Node, name: str, framework: str) -> bool:
    """Whether the framework's name of the layer has a parameter for a canonical argument.

    What the name itself implies (``Conv2D`` has two spatial axes) changes only with the name.
    """
    if node.spelling == "" or node.kind in ("input", "data", "feed", "loss"):
        return True
    return _sayable(framework, node.spelling, node.kind, name)


@cache
def _sayable(framework: str, name: str, kind: str, argument: str) -> bool:
    for form in ("layer", "function", "method"):
        found = spelled(framework, name, form)
        if found is not None and found[0].kind == kind:
            spelling = found[1]
            known = {spelling.canonical(parameter) for parameter in (*spelling.parameters, *spelling.keywords)}
            return argument in known and argument not in spelling.fixed
    return argument != "rank"


def argument_of(declaration: type[Declaration], name: str) -> Argument | None:
    """The declared argument of that name."""
    return next((argument for argument in declaration.arguments if argument.name == name), None)


def declared(node: Node) -> type[Declaration] | None:
    """The declaration behind a node."""
    return declaration_of(node.kind)


def family_of(fault: Fault, node: Node) -> str:
    """Which row of the sharper cost table a fault belongs to: what kind of requirement it breaks."""
    if node.kind == "feed":
        return "fed"
    if node.kind in LOSSES:
        return _label_family(fault)
    for need in fault.needs:
        match need:
            case NeedWeight():
                return "weight"
            case NeedRank(index, _, maximum):
                shape = fault.inputs[index] if index < len(fault.inputs) else None
                if node.kind in JOINS:
                    return "join-rank"
                return "rank-high" if shape is not None and maximum is not None and len(shape) > maximum else "rank-low"
            case NeedAtLeast():
                return "window"
            case NeedDim(_, _, _, argument):
                return "declared" if argument else "agree"
            case NeedAgree() | NeedShape():
                return "agree"
            case NeedSize():
                return "size"
            case NeedMultiple():
                return "declared"
            case NeedArgument():
                continue
    return "argument"


def _label_family(fault: Fault) -> str:
    prediction, target = (*fault.inputs, None, None)[:2]
    if prediction is None or target is None:
        return "label-format"
    if len(prediction) > len(target) and len(prediction) > 2:
        return "label-rank"
    if len(prediction) == len(target) and len(prediction) > 1:
        return "label-units"
    return "label-format"
