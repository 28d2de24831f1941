"""Check model files of installed packages: correct code of others must not be flagged, and nothing may crash.

    python -m tests.source_torch.zoo FOLDER [--limit N] [--match TEXT] [--verbose]

Prints one line for each flagged or crashed file, and how much was understood: files with networks, nodes, and nodes
that are opaque. Not part of the tests: the packages are not installed there.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from repairnn.frontends.errors import BadInput
from repairnn.frontends.source import lower
from repairnn.semantics.checker import check


@dataclass
class Tally:
    """What became of the files so far."""

    files: int = 0
    with_networks: int = 0
    networks: int = 0
    complete: int = 0
    nodes: int = 0
    opaque: int = 0
    refused: int = 0
    crashed: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


def files_of(folder: Path, match: str) -> Iterator[Path]:
    """Files that define modules."""
    for path in sorted(folder.rglob("*.py")):
        if match in str(path) and "nn.Module" in path.read_text(errors="replace"):
            yield path


def visit(path: Path, tally: Tally) -> None:
    """Lower and check one file."""
    start = time.perf_counter()
    tally.files += 1
    try:
        program = lower(path.read_text(errors="replace"), str(path))
    except BadInput:
        tally.refused += 1
        return
    except Exception as problem:  # the command reports whatever breaks and goes on
        tally.crashed.append(f"{path}: {type(problem).__name__}: {problem}")
        return
    tally.with_networks += bool(program.networks)
    for network in program.networks:
        tally.networks += 1
        tally.complete += not network.incomplete
        tally.nodes += len(network)
        tally.opaque += sum(node.kind == "opaque" for node in network)
        tally.reasons.update(text for text, _ in network.incomplete)
        try:
            faults = check(network).faults
        except Exception as problem:  # the command reports whatever breaks and goes on
            tally.crashed.append(f"{path} {network.name}: check: {type(problem).__name__}: {problem}")
            continue
        for fault in faults:
            if fault.rule.severity == "fault":
                node = network[fault.node]
                line = (node.written.apply or node.written.call).line if node.written.call else 0
                tally.flagged.append(f"{path}:{line} {network.name} {node.name} {fault.rule.id}: {fault.received}")
    tally.slowest = max(tally.slowest, time.perf_counter() - start)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--match", default="")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    tally = Tally()
    for number, path in enumerate(files_of(options.folder, options.match)):
        if number >= options.limit:
            break
        visit(path, tally)
    for line in (*tally.crashed, *tally.flagged):
        print(line)
    if options.verbose:
        for text, count in tally.reasons.most_common(60):
            print(f"  {count:5}  {text}")
    print(
        f"{tally.files} files, {tally.refused} not Python, {tally.with_networks} with networks; "
        f"{tally.networks} networks, "
        f"{tally.complete} read completely; {tally.nodes} operations, {tally.opaque} not known; "
        f"{len(tally.crashed)} crashes, {len(tally.flagged)} faults reported; slowest {tally.slowest:.1f} s"
    )


if __name__ == "__main__":
    main()
