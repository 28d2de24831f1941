"""Check model files of installed packages: correct code of others must not be flagged, and nothing may crash or hang.

    python -m tests.source_torch.zoo FOLDER... [--every N] [--match TEXT] [--marker TEXT] [--verbose]

Prints one line for each flagged, crashed or hanging file, and for each folder how much was understood: files that
define modules, networks found in them, and how many of those were read completely, partly (some layers of them are
known) or not at all. With ``--verbose`` also why, the commonest reason first, and the slowest files. Not part of the
tests: the packages are not installed there.
"""

from __future__ import annotations

import argparse
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from repairnn.frontends.errors import BadInput
from repairnn.frontends.source import lower
from repairnn.semantics.checker import check
from repairnn.semantics.ir import Network

#: Seconds of CPU that a file may take before it counts as hanging.
LIMIT = 60
NOT_LAYERS = frozenset({"input", "data", "feed", "loss", "opaque"})


class Hangs(Exception):
    """A file took longer than the limit."""


@dataclass
class Tally:
    """What became of the files so far."""

    files: int = 0
    with_networks: int = 0
    complete: int = 0
    partly: int = 0
    nothing: int = 0
    nodes: int = 0
    opaque: int = 0
    refused: int = 0
    crashed: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: list[tuple[float, str]] = field(default_factory=list)

    @property
    def networks(self) -> int:
        """All networks that were found."""
        return self.complete + self.partly + self.nothing


def files_of(folder: Path, match: str, marker: str) -> Iterator[Path]:
    """Files that define modules."""
    for path in sorted(folder.rglob("*.py")):
        if match in str(path) and re.search(marker, path.read_text(errors="replace")):
            yield path


def _stop(*_: object) -> None:
    raise Hangs


def visit(path: Path, tally: Tally) -> None:
    """Lower and check one file."""
    start = time.process_time()
    tally.files += 1
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        program = lower(path.read_text(errors="replace"), str(path))
        tally.with_networks += bool(program.networks)
        for network in program.networks:
            _judge(path, network, tally)
    except BadInput:
        tally.refused += 1
    except Exception as problem:  # the command reports whatever breaks and goes on
        tally.crashed.append(f"{path}: {type(problem).__name__}: {problem}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    tally.seconds.append((time.process_time() - start, str(path)))


def _judge(path: Path, network: Network, tally: Tally) -> None:
    opaque = sum(node.kind == "opaque" for node in network)
    tally.nodes += len(network)
    tally.opaque += opaque
    tally.reasons.update(text for text, _ in network.incomplete)
    if not network.incomplete:
        tally.complete += 1
    elif any(node.kind not in NOT_LAYERS for node in network):
        tally.partly += 1
    else:
        tally.nothing += 1
    for fault in check(network).faults:
        if fault.rule.severity == "fault":
            node = network[fault.node]
            span = node.written.apply or node.written.call
            where = f"{path}:{span.line if span else 0}"
            tally.flagged.append(f"{where} {network.name} {node.name} {fault.rule.id}: {fault.received}")


def report(name: str, tally: Tally, verbose: bool) -> None:
    """What became of one folder."""
    for line in (*tally.crashed, *tally.flagged):
        print(line)
    if verbose:
        for text, count in tally.reasons.most_common(80):
            print(f"  {count:5}  {text}")
        for seconds, path in sorted(tally.seconds, reverse=True)[:8]:
            print(f"  {seconds:5.1f} s  {path}")
    slowest = max(tally.seconds, default=(0.0, ""))[0]
    print(
        f"{name}: {tally.files} files, {tally.refused} not Python, {tally.with_networks} with networks; "
        f"{tally.networks} networks, {tally.complete} read completely, {tally.partly} partly, {tally.nothing} not; "
        f"{tally.nodes} operations, {tally.opaque} not known; {len(tally.crashed)} crashes, {len(tally.flagged)} "
        f"faults reported; {sum(s for s, _ in tally.seconds):.0f} s, slowest {slowest:.1f} s",
        flush=True,
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="only every n-th file")
    parser.add_argument("--match", default="", help="only paths with this text")
    parser.add_argument("--marker", default=r"nn\.Module", help="only files in which this is found")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    for folder in options.folders:
        tally = Tally()
        for number, path in enumerate(files_of(folder, options.match, options.marker)):
            if number % options.every == 0:
                visit(path, tally)
        report(folder.name, tally, options.verbose)


if __name__ == "__main__":
    main()
