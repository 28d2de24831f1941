"""Edits as data: the only ways in which a repair changes a network.

Each edit is applied to a network and yields another. Nodes that were written in the same place (equal
``Written.tie``, equal argument keys in ``Written.ties``) change together, because the text that made them is one.
Patches, models, JSON and reports are renderings of a list of edits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from repairnn.semantics.ir import Arith, DimOf, Network, Node, OperandDim, Ref, Written, is_symbolic

#: ``safe`` keeps every trained weight and the meaning the user wrote; ``unsafe`` changes capacity, order or
#: weights; ``display-only`` needs a decision that only the user can take.
Applicability: TypeAlias = Literal["safe", "unsafe", "display-only"]


@dataclass(frozen=True, slots=True)
class ChangeArgument:
    """Give argument ``argument`` of node ``node`` the value ``after`` (``before``: its value, defaults included)."""

    kind: ClassVar[str] = "change_argument"
    node: str
    argument: str
    before: Any
    after: Any

    def apply(self, network: Network) -> Network:
        """All nodes that share the layer object or the written value change with it."""
        return network.updated(
            {node.id: _with_argument(node, argument, self.after) for node, argument in self.affected(network)}
        )

    def value(self, node: Node) -> Any:
        """The value that a node gets."""
        return self.after

    def affected(self, network: Network) -> Iterator[tuple[Node, str]]:
        """The nodes that change, each with the name of its argument that does.

        An argument that is not written is added to the call, for all layers which that makes.
        """
        target = network[self.node]
        key = target.written.ties.get(self.argument)
        call = None if key is not None or self.argument in target.args else target.written.call
        for node in network:
            alike = node.kind == target.kind
            made = call is not None and node.written.call == call
            if node.id == self.node or (alike and (made or (node.layer and node.layer == target.layer))):
                yield node, self.argument
            elif key is not None:
                yield from ((node, name) for name, other in node.written.ties.items() if other == key)


@dataclass(frozen=True, slots=True)
class ReadName(ChangeArgument):
    """Let the call that makes a node, and others like it, read ``name`` for an argument: each its own value of it.

    ``name`` is what :func:`value_of` reads: a name of :attr:`Written.names`, a product, a quotient.
    """

    name: str

    def apply(self, network: Network) -> Network:
        """All nodes that the same call makes get what the name says for them."""
        return network.updated(
            {node.id: _with_argument(node, argument, self.value(node)) for node, argument in self.affected(network)}
        )

    def affected(self, network: Network) -> Iterator[tuple[Node, str]]:
        """The nodes that the same call makes."""
        target = network[self.node]
        for node in network:
            if node.written.call == target.written.call and node.kind == target.kind:
                yield node, self.argument

    def value(self, node: Node) -> Any:
        """What the name says for a node."""
        found = value_of(node.written.names, self.name)
        return self.after if found is None else found


def value_of(names: Mapping[str, int], text: str) -> int | None:
    """The value of a name, of a product of names and numbers, or of a quotient; ``None`` where a name is not known."""
    whole, _, divisor = text.partition(" // ")
    product = 1
    for part in whole.split(" * "):
        value = int(part) if part.isdigit() else names.get(part)
        if value is None:
            return None
        product *= value
    return product // int(divisor) if divisor else product


@dataclass(frozen=True, slots=True)
class CarrySize:
    """Let the layers that one call makes again and again each declare the width of the one made before it.

    ``argument`` of every layer but the first becomes what ``source`` is of the one before; ``node`` is the first one
    that changes.
    """

    kind: ClassVar[str] = "carry_size"
    node: str
    argument: str
    source: str

    def apply(self, network: Network) -> Network:
        """The first layer keeps what it declares."""
        changed: dict[str, Node] = {}
        before: Node | None = None
        for layer in self.layers(network):
            if before is not None:
                carried = before.args.get(self.source)
                changed.update({node.id: _with_argument(node, self.argument, carried) for node in layer})
            before = layer[0]
        return network.updated(changed)

    def layers(self, network: Network) -> list[list[Node]]:
        """The layers that the call makes, in order, each with the nodes that apply it."""
        target = network[self.node]
        found: dict[str, list[Node]] = {}
        for node in network:
            if node.kind == target.kind and node.written.call == target.written.call and target.written.call:
                found.setdefault(node.layer or node.id, []).append(node)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class InsertLayer:
    """Put a new node on the edge into input ``index`` of node ``consumer``.

    The new node reads what the consumer read; ``new`` is its id. With ``fan_out`` every reader of that tensor is
    moved to the new node (an insertion right after the producer), otherwise this consumer and the edges in ``others``
    (reader, index), which are those by which a model reads the same tensor; sizes read from it follow. ``alone`` leaves
    out what was written in the same place: what makes the difference there is a condition where the layers are made.
    """

    kind: ClassVar[str] = "insert_layer"
    consumer: str
    index: int
    layer_kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    spelling: str = ""
    fan_out: bool = False
    new: str = ""
    others: tuple[tuple[str, int], ...] | None = None
    alone: bool = False

    def apply(self, network: Network) -> Network:
        """Consumers that were written in the same place each get their own copy of the new node."""
        nodes: list[Node] = []
        moved: dict[tuple[str, int], Ref] = {}
        sizes: dict[str, Ref] = {}
        first = network[self.consumer]
        for number, target in enumerate([first] if self.alone else tied_nodes(network, first)):
            if self.index >= len(target.inputs):
                continue
            source = target.inputs[self.index]
            identifier = self.identifier if number == 0 else f"{self.identifier}.{number}"
            written = Written(call=first.written.call)
            nodes.append(
                Node(
                    identifier,
                    self.layer_kind,
                    placed(self.args, target),
                    (source,),
                    self.spelling,
                    identifier,
                    "",
                    {},
                    written,
                )
            )
            readers = network.consumers()[source.node] if self.fan_out else [(target.id, self.index)]
            if self.others is not None:
                sizes[source.node] = Ref(identifier)
                tied = [(node.id, at) for other, at in self.others for node in tied_nodes(network, network[other])]
                readers = [*readers, *tied]
            for reader, index in readers:
                if network[reader].inputs[index] == source:
                    moved[reader, index] = Ref(identifier)
        kept = (_sized(_moved(node, moved), sizes) for node in network)
        return network.rebuilt([*kept, *nodes])

    @property
    def identifier(self) -> str:
        """The id of the new node."""
        return self.new or f"{self.layer_kind}_before_{self.consumer}_{self.index}"


@dataclass(frozen=True, slots=True)
class ReplaceLayer:
    """Replace a layer by a sibling: another kind (``Conv1D`` for ``Conv2D``) with these arguments."""

    kind: ClassVar[str] = "replace_layer"
    node: str
    layer_kind: str
    args: Mapping[str, Any]
    spelling: str

    def apply(self, network: Network) -> Network:
        """The written place stays; arguments that the sibling does not take are gone."""
        target = network[self.node]
        return network.updated(
            {
                node.id: node.with_(kind=self.layer_kind, args=dict(self.args), spelling=self.spelling)
                for node in tied_nodes(network, target)
            }
        )


@dataclass(frozen=True, slots=True)
class RemoveLayer:
    """Take a node out: its readers read its first input instead."""

    kind: ClassVar[str] = "remove_layer"
    node: str

    def apply(self, network: Network) -> Network:
        """Raises ``ValueError`` for a node without input."""
        gone: dict[str, Ref] = {}
        for node in tied_nodes(network, network[self.node]):
            if not node.inputs:
                raise ValueError(f"{node.id} has no input that could take its place")
            gone[node.id] = node.inputs[0]
        outputs = tuple(_behind(ref, gone) for ref in network.outputs)
        kept = [_redirected(node, gone) for node in network if node.id not in gone]
        return network.rebuilt(kept, outputs)


@dataclass(frozen=True, slots=True)
class Rewire:
    """Let input ``index`` of node ``node`` read another tensor."""

    kind: ClassVar[str] = "rewire_input"
    node: str
    index: int
    after: Ref

    def apply(self, network: Network) -> Network:
        """Raises ``ValueError`` when that would make a cycle."""
        moved = {(self.node, self.index): self.after}
        return network.rebuilt(_moved(node, moved) for node in network)


@dataclass(frozen=True, slots=True)
class Swap:
    """Exchange a node with its only reader ``second``, each keeping its arguments."""

    kind: ClassVar[str] = "swap_layers"
    first: str
    second: str

    def apply(self, network: Network) -> Network:
        """The first node must have one input, and the second read it at index 0."""
        first, second = network[self.first], network[self.second]
        renamed: dict[str, Ref] = {second.id: Ref(first.id)}
        nodes = []
        for node in network:
            if node.id == first.id:
                node = node.with_(inputs=(Ref(second.id), *first.inputs[1:]))
            elif node.id == second.id:
                node = node.with_(inputs=(first.inputs[0], *second.inputs[1:]))
            else:
                node = _redirected(node, renamed)
            nodes.append(node)
        return network.rebuilt(nodes, tuple(_behind(ref, renamed) for ref in network.outputs))


@dataclass(frozen=True, slots=True)
class ChangeWeight:
    """Make a given weight fit.

    ``how`` is ``transpose``, ``reshape``, ``slice``, ``pad``, ``swap`` or ``reinitialise``.
    """

    kind: ClassVar[str] = "change_weight"
    node: str
    weight: str
    how: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    detail: tuple[int, ...] = ()
    other: str = ""

    def apply(self, network: Network) -> Network:
        """Only the shape is tracked here; the emitter changes the values."""
        node = network[self.node]
        return network.updated({node.id: node.with_(weights={**node.weights, self.weight: self.after})})


@dataclass(frozen=True, slots=True)
class ChangeWeights:
    """Make several given weights of one layer fit, as one edit."""

    kind: ClassVar[str] = "change_weights"
    node: str
    changes: tuple[ChangeWeight, ...]

    def apply(self, network: Network) -> Network:
        """One change after the other; see :class:`ChangeWeight`."""
        return apply_all(network, self.changes)


Edit: TypeAlias = (
    ChangeArgument | CarrySize | InsertLayer | ReplaceLayer | RemoveLayer | Rewire | Swap | ChangeWeight | ChangeWeights
)


def apply_all(network: Network, edits: Iterable[Edit]) -> Network:
    """Apply edits one after the other."""
    for edit in edits:
        network = edit.apply(network)
    return network


def placed(args: Mapping[str, Any], reader: Node) -> dict[str, Any]:
    """The arguments of a layer put before ``reader``, sizes of the reader's other inputs read from those."""
    return {name: _placed(value, reader) if is_symbolic(value) else value for name, value in args.items()}


def _placed(value: Any, reader: Node) -> Any:
    if isinstance(value, OperandDim):
        return DimOf(reader.inputs[value.index], value.axis)
    if isinstance(value, Arith):
        return Arith(value.op, _placed(value.left, reader), _placed(value.right, reader))
    if isinstance(value, tuple):
        return tuple(_placed(item, reader) for item in value)
    return value


def tied_nodes(network: Network, target: Node) -> list[Node]:
    """The node and every node that was written in the same place, the node first."""
    if target.written.tie is None:
        return [target]
    others = [node for node in network if node.written.tie == target.written.tie and node.id != target.id]
    return [target, *others]


def _with_argument(node: Node, argument: str, value: Any) -> Node:
    return node.with_(args={**node.args, argument: value})


def _moved(node: Node, moved: Mapping[tuple[str, int], Ref]) -> Node:
    inputs = tuple(moved.get((node.id, index), ref) for index, ref in enumerate(node.inputs))
    return node if inputs == node.inputs else node.with_(inputs=inputs)


def _sized(node: Node, replaced: Mapping[str, Ref]) -> Node:
    """The node with sizes read from other tensors."""
    if not replaced:
        return node
    args = {name: _redirected_value(value, replaced) for name, value in node.args.items()}
    return node if args == node.args else node.with_(args=args)


def _behind(ref: Ref, gone: Mapping[str, Ref]) -> Ref:
    """Follow replacements (a node's outputs now come from elsewhere) to a tensor that is still there."""
    seen = set()
    while ref.node in gone and ref.node not in seen:
        seen.add(ref.node)
        ref = gone[ref.node]
    return ref


def _redirected(node: Node, gone: Mapping[str, Ref]) -> Node:
    inputs = tuple(_behind(ref, gone) for ref in node.inputs)
    args = {name: _redirected_value(value, gone) for name, value in node.args.items()}
    return node if inputs == node.inputs and args == node.args else node.with_(inputs=inputs, args=args)


def _redirected_value(value: Any, gone: Mapping[str, Ref]) -> Any:
    if isinstance(value, DimOf):
        return DimOf(_behind(value.ref, gone), value.axis)
    if isinstance(value, Arith):
        return Arith(value.op, _redirected_value(value.left, gone), _redirected_value(value.right, gone))
    if isinstance(value, (tuple, list)):
        return type(value)(_redirected_value(item, gone) for item in value)
    return value


__all__ = [
    "Applicability",
    "CarrySize",
    "ChangeArgument",
    "ChangeWeight",
    "ChangeWeights",
    "Edit",
    "InsertLayer",
    "ReadName",
    "RemoveLayer",
    "ReplaceLayer",
    "Rewire",
    "Swap",
    "apply_all",
    "placed",
    "tied_nodes",
    "value_of",
]
