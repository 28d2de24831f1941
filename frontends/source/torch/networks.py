"""When a program has been read: models that were never called are tried, and the graph is cut into networks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from repairnn.frontends.source.models import Record
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.scopes import GeneratorFull, OutOfBudget, ProgramEnds, ProgramRaises
from repairnn.frontends.source.torch.drawing import Trace, trace
from repairnn.frontends.source.torch.entry import use_alone
from repairnn.frontends.source.torch.losses import KINDS
from repairnn.frontends.source.torch.solving import faulty
from repairnn.frontends.source.torch.unused import judge_unused
from repairnn.frontends.source.torch.values import Backbone, Container, Layer, descendants
from repairnn.frontends.source.values import Function, Instance, Value
from repairnn.semantics.ir import Ref, Span, refs_in

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Arrays and entries may be read by several models without making them one.
APART = frozenset({"data", "input"})


def finish(machine: Machine) -> None:
    """Use what was never used, then make one record for each group of operations that belong together."""
    memory = trace(machine)
    _use_the_rest(machine, memory)
    judge_unused(machine, memory)
    groups = _groups(machine, memory)
    for identifiers in groups:
        if not _matters(machine, memory, identifiers):
            continue
        machine.records.append(_record(machine, memory, identifiers))


def _use_the_rest(machine: Machine, memory: Trace) -> None:
    inside = {id(child) for module in memory.modules for path, child in descendants(module) if path}
    for module in list(memory.modules):
        if id(module) in inside or id(module) in memory.applied or isinstance(module, (Layer, Backbone)):
            continue
        if isinstance(module, Container) and module.kind != "Sequential":
            continue
        if _called_directly(machine, memory, module):
            continue
        machine.budget.next_statement()
        try:
            use_alone(machine, module)
        except (ProgramRaises, ProgramEnds, GeneratorFull) as stop:
            machine.note(f"{module.describe()} could not be applied: {stop}", module.span)
        except OutOfBudget:
            return
        except (*FAILURES, RecursionError) as problem:
            if machine.strict:
                raise
            machine.note(f"{module.describe()} could not be read ({type(problem).__name__})", module.span)


def _called_directly(machine: Machine, memory: Trace, module: Value) -> bool:
    """Whether the program calls ``model.forward(x)`` rather than ``model(x)``."""
    forward = module.cls.find("forward") if isinstance(module, Instance) else None
    if not isinstance(forward, Function) or forward.node not in machine.ran:
        return False
    return any(id(child) in memory.applied for path, child in descendants(module) if path)


def _matters(machine: Machine, memory: Trace, identifiers: list[str]) -> bool:
    """Whether a group is about a network: it has a layer or a loss, or something is wrong with it."""
    nodes = [machine.graph.nodes[identifier] for identifier in identifiers]
    members = set(identifiers)
    if any(node.layer or node.kind in KINDS for node in nodes) or any(r.node in members for _, r in memory.results):
        return True
    return any(faulty(machine, node) for node in nodes)


def _groups(machine: Machine, memory: Trace) -> list[list[str]]:
    """Operations that are connected by tensors or share a layer, in the order they were drawn."""
    graph = machine.graph
    own = {ref.node for refs in memory.numbers.values() for ref in refs} & graph.nodes.keys()
    parent = {identifier: identifier for identifier in own}

    def root(identifier: str) -> str:
        while parent[identifier] != identifier:
            parent[identifier] = parent[parent[identifier]]
            identifier = parent[identifier]
        return identifier

    layers: dict[str, str] = {}
    for identifier in own:
        node = graph.nodes[identifier]
        if node.kind in APART:
            continue
        read = [*node.inputs, *(ref for value in node.args.values() for ref in refs_in(value))]
        for ref in read:
            if ref.node in own and graph.nodes[ref.node].kind not in APART:
                parent[root(identifier)] = root(ref.node)
        if node.layer:
            first = layers.setdefault(node.layer, identifier)
            parent[root(identifier)] = root(first)
    found: dict[str, list[str]] = {}
    for identifier in graph.nodes:
        if identifier in own and graph.nodes[identifier].kind not in APART:
            found.setdefault(root(identifier), []).append(identifier)
    return list(found.values())


def _record(machine: Machine, memory: Trace, identifiers: list[str]) -> Record:
    graph = machine.graph
    members = set(identifiers)
    read = {ref for i in identifiers for ref in _reads(machine, i)}
    results = [(module, ref) for module, ref in memory.results if ref.node in members]
    outputs = list(dict.fromkeys(ref for _, ref in results))
    losses = [i for i in identifiers if graph.nodes[i].kind in KINDS]
    for identifier in identifiers:
        refs = [Ref(identifier, index) for index in range(len(graph.shapes[identifier]))]
        if graph.nodes[identifier].kind not in KINDS and not any(ref in read for ref in refs):
            outputs.extend(ref for ref in refs[:1] if ref not in outputs)
    name, span = _named([module for module, _ in results])
    return Record(name, "torch", span, outputs=outputs, extras=losses)


def _reads(machine: Machine, identifier: str) -> Iterable[Ref]:
    node = machine.graph.nodes[identifier]
    yield from node.inputs
    for value in node.args.values():
        yield from refs_in(value)


def _named(modules: list[Value]) -> tuple[str, Span | None]:
    """The first model that is more than a layer gives the network its name."""
    models = [m for m in modules if not isinstance(m, Layer)] or modules
    if not models:
        return "tensors", None
    first = models[0]
    name = first.cls.name if isinstance(first, Instance) else getattr(first, "kind", getattr(first, "name", "model"))
    return name, first.span
