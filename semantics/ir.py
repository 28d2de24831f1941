"""The intermediate representation: a permissive graph that may be invalid.

A :class:`Network` is a directed acyclic graph of :class:`Node` objects. A node is one *application* of a
layer or tensor operation; a layer object that is called twice makes two nodes with the same ``layer``.
Nothing here judges a network: that is the checker's work (:mod:`repairnn.semantics.checker`).

The data a program feeds is part of the graph. Four structural kinds carry it:

``input``  an entry of the model; argument ``shape`` is the full declared shape, batch axis included
``data``   an array of the program; argument ``shape`` includes the sample axis
``feed``   inputs ``(data, input)``: the program feeds that array to that entry
``loss``   inputs ``(prediction, target)``: the program compares them; argument ``name`` is the loss

Shapes always include the batch axis. A dimension that is not known is ``None``; a shape whose rank is not
known is ``None`` as a whole. Unknown never means invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from repairnn.semantics.arithmetic import floordiv

Dim: TypeAlias = int | None
Shape: TypeAlias = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """One output of one node. Most nodes have output 0 only; recurrent layers with states have more."""

    node: str
    output: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source text: 1-based lines, 0-based columns counted in characters, end exclusive.

    ``path`` is the file where that is another than the one the network was read from, otherwise "".
    """

    line: int
    column: int
    end_line: int
    end_column: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class DimOf:
    """An argument value that is read from a tensor of the network: ``x.shape[axis]``, ``x.size(axis)``."""

    ref: Ref
    axis: int


@dataclass(frozen=True, slots=True)
class OperandDim:
    """In the arguments of a layer to be inserted: axis ``axis`` of input ``index`` of the node it is put before.

    An insertion puts :class:`DimOf` in its place, for each reader its own.
    """

    index: int
    axis: int

    def __repr__(self) -> str:
        return f"<axis {self.axis} of input {self.index}>"


@dataclass(frozen=True, slots=True)
class Arith:
    """An argument value computed from others: ``op`` is one of ``+ - * // %`` or ``neg``."""

    op: str
    left: Any
    right: Any = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where a node was written, as far as the front end knows.

    ``call``       the constructor call or operation (what a fault points at); ``apply`` where a layer object is
                   applied when that is somewhere else (``self.conv(x)`` in ``forward``)
    ``arguments``  canonical argument name to the expression that gives its value
    ``tie``        nodes with equal tie come from the same written place (a loop body, a helper called
                   twice), so a structural edit of one is an edit of all
    ``ties``       canonical argument name to a key; arguments with equal keys change together (the same
                   literal, a shared constant). A missing key means the argument stands alone.
    ``fixed``      argument names whose value no edit of the text can change (read from a file, say)
    ``kept``       no edit takes the node out or exchanges it with another (the layers of a test case, say)
    ``names``      whole numbers that go by a name where the call stands, for this node: what its text could read
    ``sites``      canonical argument name to its expression in the call, for calls that make several layers
    """

    call: Span | None = None
    apply: Span | None = None
    arguments: Mapping[str, Span] = field(default_factory=dict)
    tie: Hashable = None
    ties: Mapping[str, Hashable] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    kept: bool = False
    names: Mapping[str, int] = field(default_factory=dict)
    sites: Mapping[str, Span] = field(default_factory=dict)


NOWHERE = Written()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One application of a layer or operation.

    ``kind``      key of the declaration (``conv``, ``dense``, ``opaque``, ...)
    ``args``      canonical arguments that were given; the declaration knows the defaults. Values are plain
                  Python (int, tuple, str, bool, float, None) or :class:`DimOf` / :class:`Arith` within them
    ``spelling``  what the framework calls it (``Conv2D``, ``Conv2d``, ``F.relu``, ``view``)
    ``name``      how a message calls it (the Keras layer name, ``self.conv1``, ``x.view``)
    ``layer``     identity of the layer object; nodes with the same value share arguments and weights
    ``weights``   weights that were given with the model: name to array, or to shape where only that is known
    ``hidden``    true for helper nodes that a summary does not show
    """

    id: str
    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Ref, ...] = ()
    spelling: str = ""
    name: str = ""
    layer: str = ""
    weights: Mapping[str, Any] = field(default_factory=dict)
    written: Written = NOWHERE
    hidden: bool = False
    cache: dict[str, Any] = field(default_factory=dict, repr=False)

    def with_(self, **changes: Any) -> Node:
        """A copy with some fields changed and an empty cache. The search lives on it: spelled out, it is the faster."""
        given = changes.pop
        copy = Node(
            given("id", self.id), given("kind", self.kind), given("args", self.args), given("inputs", self.inputs),
            given("spelling", self.spelling), given("name", self.name), given("layer", self.layer),
            given("weights", self.weights), given("written", self.written), given("hidden", self.hidden),
        )  # fmt: skip
        if changes:
            raise TypeError(f"a node has no {', '.join(changes)}")
        return copy


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A graph of nodes in some topological order (a producer comes before its consumers).

    ``framework`` is ``keras``, ``torch`` or ``onnx``: it selects spellings and the few places where
    frameworks differ. ``outputs`` are the tensors the model returns. ``incomplete`` names what the
    front end could not read (text, span); the rest of the network is still checked.
    ``origin`` belongs to the front end that lowered the network (it is what ``emit`` needs). ``entrances`` are tensors
    that the program gives to a model in a call, each with the edges (reader, input index) by which the model reads it.
    """

    framework: str
    nodes: Mapping[str, Node]
    outputs: tuple[Ref, ...] = ()
    name: str = "model"
    span: Span | None = None
    incomplete: tuple[tuple[str, Span | None], ...] = ()
    origin: Any = None
    entrances: Mapping[Ref, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, node_id: str) -> Node:
        return self.nodes[node_id]

    def consumers(self) -> dict[str, list[tuple[str, int]]]:
        """For each node, who reads it: (consumer id, index into the consumer's inputs)."""
        readers: dict[str, list[tuple[str, int]]] = {node_id: [] for node_id in self.nodes}
        for node in self:
            for index, ref in enumerate(node.inputs):
                readers[ref.node].append((node.id, index))
        return readers

    def updated(self, changed: Mapping[str, Node]) -> Network:
        """The same network with some nodes replaced by nodes of the same id; order is kept."""
        nodes = dict(self.nodes)
        nodes.update(changed)
        return replace(self, nodes=nodes)

    def rebuilt(self, nodes: Iterable[Node], outputs: tuple[Ref, ...] | None = None) -> Network:
        """The same network with another set of nodes, sorted so that producers come first.

        Raises ``ValueError`` on a cycle or an input that no node produces.
        """
        ordered = topological({node.id: node for node in nodes})
        return replace(self, nodes=ordered, outputs=self.outputs if outputs is None else outputs)


def topological(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """The nodes with every producer before its consumers, otherwise in the order given.

    Raises ``ValueError`` on a cycle or an input that no node produces.
    """
    done: dict[str, Node] = {}
    open_: set[str] = set()
    for start in nodes:
        stack = [start]
        while stack:
            current = stack[-1]
            if current in done:
                stack.pop()
                continue
            if current not in nodes:
                raise ValueError(f"no node {current!r} in the network")
            waiting = [ref.node for ref in nodes[current].inputs if ref.node not in done]
            if not waiting:
                done[current] = nodes[current]
                open_.discard(current)
                stack.pop()
                continue
            if current in open_:
                raise ValueError(f"the network has a cycle through {current!r}")
            open_.add(current)
            stack.extend(reversed(waiting))
    return done


def refs_in(value: Any) -> Iterator[Ref]:
    """Every tensor that an argument value reads."""
    if isinstance(value, DimOf):
        yield value.ref
    elif isinstance(value, Arith):
        yield from refs_in(value.left)
        yield from refs_in(value.right)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from refs_in(item)


def is_symbolic(value: Any) -> bool:
    """Whether an argument value must be resolved against shapes before it can be used."""
    if value is None or isinstance(value, (int, str, float)):
        return False
    if isinstance(value, (tuple, list)):
        for item in value:  # noqa: SIM110 - asked very often, and a loop is faster
            if not isinstance(item, (int, str)) and is_symbolic(item):
                return True
        return False
    return isinstance(value, (DimOf, Arith, OperandDim))


def resolve(value: Any, dim_of: Callable[[Ref, int], Dim]) -> Any:
    """Replace every tensor-dependent part of an argument value by the number it stands for, or ``None``."""
    if isinstance(value, DimOf):
        return dim_of(value.ref, value.axis)
    if isinstance(value, Arith):
        return _evaluate(value, dim_of)
    if isinstance(value, (tuple, list)):
        return type(value)(resolve(item, dim_of) for item in value)
    return value


def _evaluate(expression: Arith, dim_of: Callable[[Ref, int], Dim]) -> Dim:
    left = resolve(expression.left, dim_of)
    if expression.op == "neg":
        return None if left is None else -left
    right = resolve(expression.right, dim_of)
    if left is None or right is None:
        return None
    if expression.op in ("//", "%") and right == 0:
        return None
    match expression.op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "//":
            return floordiv(left, right)
        case "%":
            return left % right
    raise ValueError(f"unknown operator {expression.op!r}")
