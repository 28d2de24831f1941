"""From a finished run to networks: each model is cut out of the graph, and every node learns where it was written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from repairnn.frontends.source.graph import Graph, Site
from repairnn.frontends.source.interpreter import Machine
from repairnn.frontends.source.library import FINISHED
from repairnn.frontends.source.models import Record
from repairnn.frontends.source.reading import Source
from repairnn.semantics.checker import dim_reader
from repairnn.semantics.ir import Network, Node, Ref, Span, Written, is_symbolic, refs_in, resolve, topological
from repairnn.semantics.registry import declaration_of

NEVER_ALONE = {"input", "data", "feed", "loss"}


@dataclass(frozen=True)
class Program:
    """A lowered program. ``notes`` are what a user should know: (text, span).

    ``siblings`` are the files of its project that it imports and that were read, by the path that spans carry.
    """

    source: Source
    networks: tuple[Network, ...]
    notes: tuple[tuple[str, Span | None], ...] = ()
    siblings: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """What emission needs besides the spans in the nodes.

    ``sites``   by node id: the call as it was written, with the keyword or position of each argument
    ``given``   by tensor: the expressions by which the program gives it to a model
    """

    source: Source
    sites: Mapping[str, Site] = field(default_factory=dict)
    given: Mapping[Ref, frozenset[Span | None]] = field(default_factory=dict)


def networks_of(machine: Machine) -> list[Network]:
    """Every model of a run as a network, parts of other models left out unless the program uses them alone."""
    for record in list(machine.records):
        if record.prepare is not None:
            machine.guarded(lambda record=record: record.prepare(machine), f"model {record.name}", record.span)  # type: ignore[misc]
    for finish in FINISHED:
        finish(machine)
    cut = [(record, _reached(machine, record)) for record in machine.records]
    kept = []
    for index, (record, ids) in enumerate(cut):
        if not any(machine.graph.nodes[i].kind not in NEVER_ALONE for i in ids):
            continue
        if record.imported and not record.extras:
            continue
        if not record.extras and (_covered(index, ids, cut) or (record.nested and _inside(machine, index, ids, cut))):
            continue
        kept.append((record, ids))
    ties = _Ties(machine)
    return [_network(machine, record, ids, ties) for record, ids in kept]


def _covered(index: int, ids: set[str], cut: list[tuple[Record, set[str]]]) -> bool:
    """Whether another model has all the nodes of this one (of two equal ones a nested one, else the later)."""
    nested = cut[index][0].nested
    return any(
        ids < others or (ids == others and (record.extras or (not record.nested, -other) > (not nested, -index)))
        for other, (record, others) in enumerate(cut)
        if other != index
    )


def _inside(machine: Machine, index: int, ids: set[str], cut: list[tuple[Record, set[str]]]) -> bool:
    """Whether the layers of a model all occur in another one: it is a part of it."""
    own = _layers(machine, ids)
    return any(
        own < others or (own == others and not record.nested)
        for other, (record, more) in enumerate(cut)
        if other != index
        for others in (_layers(machine, more),)
    )


def _layers(machine: Machine, ids: set[str]) -> set[Hashable]:
    nodes = machine.graph.nodes
    chosen = [nodes[identifier] for identifier in ids if nodes[identifier].kind not in NEVER_ALONE]
    return {node.layer or (machine.graph.sites[node.id].place, node.kind) for node in chosen}


def _reached(machine: Machine, record: Record) -> set[str]:
    """The nodes between a model's inputs and outputs, and those around it."""
    nodes = machine.graph.nodes
    stop = {ref.node for ref in record.inputs}
    found: set[str] = set()
    pending = [*(ref.node for ref in record.outputs), *stop, *record.extras]
    while pending:
        current = pending.pop()
        if current in found:
            continue
        found.add(current)
        node = nodes[current]
        if current in stop:
            continue
        pending.extend(ref.node for ref in node.inputs)
        pending.extend(ref.node for value in node.args.values() for ref in refs_in(value))
    for current in stop & found:
        pending.extend(ref.node for value in nodes[current].args.values() for ref in refs_in(value))
    found.update(_closure(machine, pending, found))
    return found


def _closure(machine: Machine, pending: list[str], found: set[str]) -> set[str]:
    more: set[str] = set()
    while pending:
        current = pending.pop()
        if current not in found and current not in more:
            more.add(current)
            pending.extend(ref.node for ref in machine.graph.nodes[current].inputs)
    return more


def _network(machine: Machine, record: Record, ids: set[str], ties: _Ties) -> Network:
    graph = machine.graph
    stop = {ref.node for ref in record.inputs}
    chosen: dict[str, Node] = {}
    for identifier, node in graph.nodes.items():
        if identifier not in ids:
            continue
        if identifier in stop and node.kind != "input" and any(ref.node not in ids for ref in node.inputs):
            node = node.with_(kind="input", args={"shape": graph.shape(Ref(identifier))}, inputs=(), layer="")
        chosen[identifier] = node.with_(written=ties.written(identifier))
    shared = Counter(node.written.tie for node in chosen.values())
    chosen = {
        identifier: node if shared[node.written.tie] > 1 else node.with_(written=replace(node.written, tie=None))
        for identifier, node in chosen.items()
    }
    ordered = _in_order(chosen)
    sites = {identifier: graph.sites[identifier] for identifier in ordered}
    inside = {ref: entrance for ref, entrance in graph.entrances.items() if ref.node in ordered}
    origin = Origin(machine.source, sites, {ref: frozenset(entrance.spans) for ref, entrance in inside.items()})
    edges = {
        ref: tuple((node, index) for node, index in entrance.edges if node in ordered)
        for ref, entrance in inside.items()
    }
    return Network(
        record.framework, ordered, tuple(record.outputs), record.name, record.span,
        _incomplete(machine, record, ordered), origin, {ref: read for ref, read in edges.items() if read},
    )  # fmt: skip


def _in_order(nodes: dict[str, Node]) -> dict[str, Node]:
    """Topological order in which a tensor read by an argument counts as an input."""
    joined = {
        key: node.with_(inputs=(*node.inputs, *(r for value in node.args.values() for r in refs_in(value))))
        for key, node in nodes.items()
    }
    return {key: nodes[key] for key in topological(joined)}


def _incomplete(machine: Machine, record: Record, ids: Iterable[str]) -> tuple[tuple[str, Span | None], ...]:
    graph = machine.graph
    found: list[tuple[str, Span | None]] = list(record.missing)
    for identifier in ids:
        if identifier in graph.unread:
            found.append((graph.unread[identifier], graph.sites[identifier].place))
        elif _open_sizes(graph, graph.nodes[identifier]):
            found.append((f"the sizes of {graph.nodes[identifier].name}", graph.sites[identifier].place))
        span = None if graph.nodes[identifier].kind in NEVER_ALONE else graph.sites[identifier].place
        found.extend((text, region) for region, text in machine.unsure if span is not None and _within(span, region))
    return tuple(dict.fromkeys(found))


def _open_sizes(graph: Graph, node: Node) -> bool:
    """Whether a size (of an input, of a layer) is read from data whose sizes are not known."""
    reader = dim_reader(graph.shapes)
    sizes = [
        dim
        for name, value in node.args.items()
        for dim in ((value[1:] if name == "shape" else value) if isinstance(value, tuple) else (value,))
        if is_symbolic(dim) and any(graph.nodes[ref.node].kind == "data" for ref in refs_in(dim))
    ]
    return any(resolve(dim, reader) is None for dim in sizes)


def _within(span: Span, region: Span) -> bool:
    start, end = (region.line, region.column), (region.end_line, region.end_column)
    return span.path == region.path and start <= (span.line, span.column) and (span.end_line, span.end_column) <= end


class _Ties:
    """Which arguments and edges share a written place, judged over the whole program.

    An argument's place is its expression in the call when that was evaluated for one layer only. In a loop or a
    helper it is where the value was born (a literal in the caller, an element of a list), as long as all arguments
    born there have the same value; otherwise no edit of the text changes one of them alone.
    """

    def __init__(self, machine: Machine) -> None:
        self.graph = machine.graph
        self.layers: dict[tuple[Span, str], set[str]] = defaultdict(set)
        self.places: Counter[tuple[Span, str]] = Counter()
        self.births: dict[Span, list[Any]] = defaultdict(list)
        self.site_values: dict[Span, list[Any]] = defaultdict(list)
        for identifier, node in self.graph.nodes.items():
            site = self.graph.sites[identifier]
            if node.hidden or node.kind in ("feed", "loss"):
                continue
            if site.call is not None:
                self.layers[site.call, node.kind].add(node.layer or identifier)
            if site.place is not None:
                self.places[site.place, node.kind] += 1
            for name, argument in site.arguments.items():
                value = node.args.get(name)
                if argument.value.span is not None:
                    self.births[argument.value.span].append(value)
                if argument.site is not None:
                    self.site_values[argument.site].append(value)

    def written(self, identifier: str) -> Written:
        """The written place of a node."""
        node, site = self.graph.nodes[identifier], self.graph.sites[identifier]
        repeated = site.call is not None and len(self.layers[site.call, node.kind]) > 1
        spans: dict[str, Span] = {}
        keys: dict[str, Hashable] = {}
        fixed = set()
        if repeated:
            keys.update(self._left_out(node, site))
        for name in node.args:
            argument = site.arguments.get(name)
            if argument is None:
                continue
            born = argument.value.span
            if argument.site is not None and not repeated:
                spans[name] = argument.site
            elif born is not None and _same(self.births[born]):
                spans[name], keys[name] = born, _key(born)
            elif argument.site is not None and _same(self.site_values[argument.site]):
                spans[name], keys[name] = argument.site, _key(argument.site)
            else:
                spans.update({name: born} if born is not None else {})
                fixed.add(name)
        place = site.place
        tie = None
        if site.call is not None and place is not None and self.places[place, node.kind] > 1 and not node.hidden:
            tie = (*_key(place), node.kind)
        sites = {name: a.site for name, a in site.arguments.items() if a.site is not None} if repeated else {}
        return Written(
            site.call, site.apply, spans, tie, keys, frozenset(fixed), names=site.names if sites else {}, sites=sites
        )  # fmt: skip

    def _left_out(self, node: Node, site: Site) -> dict[str, Hashable]:
        """Arguments that a call which makes several layers does not give: given once, they are given for all."""
        declaration = declaration_of(node.kind)
        if declaration is None or site.call is None:
            return {}
        place = (*_key(site.call), node.kind)
        given = {*site.arguments, *node.args}
        return {a.name: (*place, a.name) for a in declaration.arguments if a.name not in given}


def _key(span: Span) -> tuple[Hashable, ...]:
    found = (span.line, span.column, span.end_line, span.end_column)
    return (*found, span.path) if span.path else found


def _same(values: list[Any]) -> bool:
    return all(value == values[0] for value in values)
