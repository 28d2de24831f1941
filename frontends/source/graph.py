"""The graph of everything the program builds: one for all its models, cut into networks at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from repairnn.frontends.source.calls import Argument
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.values import Array
from repairnn.semantics.checker import Outputs, dim_reader, evaluate, shape_of
from repairnn.semantics.ir import Node, Ref, Shape, Span


@dataclass(frozen=True)
class Site:
    """Where a node was written: what ``Written`` is made from once the whole program is known.

    ``arguments``: canonical name to the argument as it was given. ``keywords``: canonical name to the keyword used or
    the position. ``call`` is the constructor call or operation, ``apply`` where it is applied when elsewhere.
    ``names``: the numbers that the call could read by a name.
    """

    call: Span | None = None
    apply: Span | None = None
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    keywords: Mapping[str, int | str] = field(default_factory=dict)
    container: Span | None = None
    names: Mapping[str, int] = field(default_factory=dict)

    @property
    def place(self) -> Span | None:
        """Where an edge into the node is written."""
        return self.apply or self.call


@dataclass
class Entrance:
    """A tensor given to a model in a call: the expressions that give it, and the edges by which the model reads it."""

    spans: set[Span | None] = field(default_factory=set)
    edges: dict[tuple[str, int], None] = field(default_factory=dict)


class Graph:
    """Nodes by id in the order they were made, with their shapes as far as they are known now."""

    def __init__(self, strict: bool = False) -> None:
        self.nodes: dict[str, Node] = {}
        self.frameworks: dict[str, str] = {}
        self.shapes: dict[str, Outputs] = {}
        self.sites: dict[str, Site] = {}
        self.notes: list[tuple[str, Span | None]] = []
        self.unread: dict[str, str] = {}
        self.entrances: dict[Ref, Entrance] = {}
        self.strict = strict
        self._names: dict[str, int] = {}

    def add(
        self, kind: str, args: Mapping[str, Any], inputs: Sequence[Ref], framework: str, *, spelling: str = "",
        name: str = "", layer: str = "", site: Site | None = None, hidden: bool = False, outputs: int | None = None,
        unread: str = "", weights: Mapping[str, Any] | None = None,
    ) -> list[Ref]:  # fmt: skip
        """Add a node and return its outputs. ``unread`` says what of it could not be read, for ``incomplete``."""
        identifier = self.fresh(name or spelling or kind)
        node = Node(
            identifier, kind, dict(args), tuple(inputs), spelling, name or identifier, layer, dict(weights or {}),
            hidden=hidden,
        )  # fmt: skip
        shapes = self._shapes(node, framework)
        if shapes is None:
            node = node.with_(kind="opaque", args={})
            shapes, unread = (None,) * (outputs or 1), unread or f"the arguments of {spelling or kind}"
        if outputs is not None and len(shapes) < outputs:
            shapes = (*shapes, *(None,) * (outputs - len(shapes)))
        self.nodes[identifier], self.shapes[identifier] = node, shapes
        self.sites[identifier], self.frameworks[identifier] = site or Site(), framework
        if unread:
            self.unread[identifier] = unread
        return [Ref(identifier, index) for index in range(len(shapes))]

    def _shapes(self, node: Node, framework: str) -> Outputs | None:
        inputs = [self.shape(ref) for ref in node.inputs]
        try:
            return evaluate(node, inputs, framework, dim_reader(self.shapes)).outputs
        except FAILURES:
            if self.strict and not any(value is None for value in node.args.values()):
                raise
            return None

    def opaque(
        self, inputs: Sequence[Ref], framework: str, *, spelling: str, name: str = "", site: Site | None = None,
        outputs: int = 1, why: str = "", layer: str = "",
    ) -> list[Ref]:  # fmt: skip
        """A node of which nothing is known."""
        return self.add(
            "opaque", {}, inputs, framework, spelling=spelling, name=name, site=site, outputs=outputs, layer=layer,
            unread=why or f"{spelling} is not known",
        )  # fmt: skip

    def fresh(self, wanted: str) -> str:
        """An id that no node has."""
        count = self._names.get(wanted, 0)
        self._names[wanted] = count + 1
        return wanted if not count else f"{wanted}#{count}"

    def shape(self, ref: Ref) -> Shape | None:
        """The shape of a tensor as far as it is known now."""
        return shape_of(self.shapes, ref)

    def data(self, array: Array) -> Ref:
        """The node of an array of the program, made on first use."""
        if not array.id:
            args: dict[str, Any] = {"shape": array.shape}
            if array.dtype:
                args["dtype"] = array.dtype
            if array.form:
                args["form"] = array.form
            name = array.label or "data"
            array.id = self.add("data", args, (), "keras", name=name, site=Site(array.span))[0].node
        return Ref(array.id)
