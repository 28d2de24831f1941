"""The entry of the front end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from repairnn.frontends.source.interpreter import Machine
from repairnn.frontends.source.program import Program, networks_of
from repairnn.frontends.source.project import Project
from repairnn.frontends.source.reading import Source, read
from repairnn.semantics.ir import Network, Shape

#: How many of the paths that unknown conditions leave open are followed.
MAX_RUNS = 4
#: CPU seconds after which no further path is begun.
PATIENCE = 3.0
RECURSION = 20_000


def lower(
    text: str, path: str = "<script>", *, input_shapes: Sequence[Shape] | Mapping[str, Shape] | None = None,
    strict: bool = False, texts: Mapping[str, str] | None = None,
) -> Program:  # fmt: skip
    """Read every model of a program.

    ``input_shapes`` are full shapes, batch axis first, for inputs that the text leaves open, in order or by name.
    Where ``path`` is a file, what the program imports from its own project is read too; ``texts`` are contents that
    stand in place of those files', by path. With ``strict`` an internal error is raised instead of noted. Raises
    :class:`BadInput` for text that is no program.
    """
    source = read(text, path)
    project = Project(path, texts)
    with _room_to_recurse():
        machine = _run(source, {}, input_shapes, strict, project)
        networks = networks_of(machine)
        for decisions in _other_ways(machine):
            if time.process_time() - machine.budget.started > PATIENCE:
                break
            other = _run(source, decisions, input_shapes, strict, project)
            networks.extend(_new(networks_of(other), networks))
    return Program(source, tuple(networks), tuple(machine.notes), dict(project.sources))


def _run(
    source: Source, decisions: dict[str, bool], input_shapes: Sequence[Shape] | Mapping[str, Shape] | None,
    strict: bool, project: Project,
) -> Machine:  # fmt: skip
    machine = Machine(source, decisions=decisions, strict=strict, input_shapes=input_shapes, project=project)
    machine.run()
    return machine


def _other_ways(machine: Machine) -> list[dict[str, bool]]:
    """Decisions for further runs: one open condition at a time taken the other way."""
    taken = {key: choice for key, (choice, _) in machine.guessed.items()}
    flips = [key for key, (_, matters) in machine.guessed.items() if matters]
    return [{**taken, key: not taken[key]} for key in flips[: MAX_RUNS - 1]]


def _new(found: list[Network], known: list[Network]) -> list[Network]:
    """Networks that are mostly made of layers written where no known network has any."""
    spans = {node.written.call for network in known for node in network}
    return [
        network for network in found if sum(node.written.call in spans for node in network) * 2 < len(network.nodes)
    ]


@contextmanager
def _room_to_recurse() -> Iterator[None]:
    """Interpreting nests a few Python frames a level of the program."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
