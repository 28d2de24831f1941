"""The benchmark: ``python -m generated_nets.bench [CORPUS] [--json FILE] [--limit N] [--profile unit|human] ...``.

``CORPUS`` is our own corpus (the default) or a file of the ExAIS benchmark, both one JSON object a line and compressed
or not. ``--validate`` builds every repaired network and runs it forward in one child process of its framework.
``--keras-time`` builds the same networks in Keras within this run, after the search, and puts the times side by side.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generated_nets.corpus import CORPUS
from generated_nets.measure import Measurement, figures, measured, percentiles, same
from generated_nets.table import table
from repairnn.frontends.errors import CannotBuild
from repairnn.frontends.exais import lower
from repairnn.search import Outcome, repair
from repairnn.semantics.ir import Network
from repairnn.semantics.serialise import from_json

#: The form of networks of the ExAIS benchmark.
TREE = "tree"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, print the table; returns 1 where a network got no repair or more edits than known."""
    options = _options(arguments)
    items = list(_items(Path(options.corpus), options.limit))
    _warm_up(items)
    rows, repaired = [], []
    for item in items:
        row, outcome = _measured(item, options)
        rows.append(row)
        repaired.append(outcome.network)
    result = {"corpus": Path(options.corpus).name, "profile": options.profile, "top": options.top, **figures(rows)}
    result["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    if options.validate:
        result["validation"] = _validated(rows, repaired)
    if options.keras_time:
        result["keras"] = _keras_times(rows, repaired)
    print(table(result))
    if options.json:
        Path(options.json).write_text(
            json.dumps({**result, "rows": [asdict(row) for row in rows]}, indent=1), encoding="utf-8"
        )
    return 1 if result["without_repair"] or result["more_edits"] or result["valid_edited"] else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m generated_nets.bench", description="Measure search and repairs.")
    parser.add_argument("corpus", nargs="?", default=str(CORPUS), metavar="CORPUS")
    parser.add_argument("--json", metavar="FILE", help="write all figures and one row for each network")
    parser.add_argument("--limit", type=int, metavar="N", help="only N networks, spread over the file")
    parser.add_argument("--profile", choices=("unit", "human"), default="unit")
    parser.add_argument("--budget", type=float, default=10.0, metavar="SECONDS", help="wall time for one network")
    parser.add_argument("--top", type=int, default=1, metavar="N", help="how many different repairs are wanted")
    parser.add_argument("--validate", action="store_true", help="build and run what came out in its framework")
    parser.add_argument("--keras-time", action="store_true", help="build the same Keras networks in this run")
    return parser.parse_args(arguments)


def _items(path: Path, limit: int | None) -> Iterator[dict[str, Any]]:
    """The objects of a file; with a limit, some of them, always the same."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    if limit is not None and limit < len(lines):
        lines = [lines[index] for index in sorted(random.Random(0).sample(range(len(lines)), limit))]
    for line in lines:
        yield json.loads(line)


def _measured(item: dict[str, Any], options: argparse.Namespace) -> tuple[Measurement, Outcome]:
    search = {"profile": options.profile, "budget": options.budget, "top": options.top}
    if "peer" in item:
        broken = not (item["keras_3"]["builds"] and item["keras_3"]["weights_fit"])
        known = item["peer"]["edits"]
        return measured(str(item["id"]), TREE, broken, known, lambda: lower(item), search)
    mutations = item["mutations"]
    known = len(mutations) if mutations else None
    row, outcome = measured(
        item["id"], item["form"], bool(mutations), known, lambda: from_json(item["network"]), search
    )
    row.sorts = tuple(mutation["sort"] for mutation in mutations)
    row.undone = bool(mutations) and outcome.status == "repaired" and same(outcome.network, from_json(item["original"]))
    return row, outcome


def _warm_up(items: Sequence[dict[str, Any]]) -> None:
    """Load the declarations and moves, which a process does once, before the clock runs."""
    for item in items[:1]:
        repair(lower(item) if "peer" in item else from_json(item["network"]), profile="unit", budget=1.0)


def _validated(rows: Sequence[Measurement], networks: Sequence[Network]) -> dict[str, Any]:
    """Build and run every network that is said to be valid; counts by verdict, and what was not validated."""
    from repairnn.validation import Validator

    counts: dict[str, int] = {}
    with Validator("cpu") as validator:
        for row, network in zip(rows, networks, strict=True):
            if row.status not in ("repaired", "valid"):
                continue
            verdict = validator.validate(_one_sample(network) if row.form == TREE else network)
            row.validation, row.reason = verdict.status, verdict.reason
            counts[verdict.status] = counts.get(verdict.status, 0) + 1
    stood_in = sum(row.validation == "validated" and bool(row.reason) for row in rows)
    odd = [(row.name, row.validation, row.reason) for row in rows if _is_odd(row)]
    return {"counts": counts, "stood_in": stood_in, "not": odd}


def _one_sample(network: Network) -> Network:
    """The network with a batch of one, as the inputs of an ExAIS description have it."""
    entries = [node for node in network if node.kind == "input" and node.args["shape"][0] is None]
    shapes = {node.id: (1, *node.args["shape"][1:]) for node in entries}
    return network.updated({node.id: node.with_(args={**node.args, "shape": shapes[node.id]}) for node in entries})


def _is_odd(row: Measurement) -> bool:
    return row.validation not in ("", "validated")


def _keras_times(rows: Sequence[Measurement], networks: Sequence[Network]) -> dict[str, Any]:
    """Seconds of processor time that Keras needs to build each network once, and the share our search takes of it."""
    import keras

    from repairnn.frontends.keras.build import build

    chosen = [
        (row, network)
        for row, network in zip(rows, networks, strict=True)
        if network.framework == "keras" and row.status in ("repaired", "valid")
    ]
    for row, network in [*chosen[:1], *chosen]:  # the first one twice: what Keras does once in a process is left out
        keras.backend.clear_session()
        begun = time.process_time()
        try:
            build(network)
        except (CannotBuild, ValueError, TypeError, RuntimeError) as error:
            row.reason = row.reason or f"Keras: {error}"[:200]
            continue
        row.framework_seconds = time.process_time() - begun
    built = [row for row, _ in chosen if row.framework_seconds is not None]
    ours, theirs = sum(row.search for row in built), sum(row.framework_seconds or 0.0 for row in built)
    return {
        "version": keras.__version__,
        "built": len(built),
        "milliseconds": percentiles(row.framework_seconds or 0.0 for row in built),
        "search_milliseconds": percentiles(row.search for row in built),
        "search_share_of_total": round(ours / theirs, 3) if theirs else None,
        "search_at_most_half": sum(2 * row.search <= (row.framework_seconds or 0.0) for row in built),
    }


if __name__ == "__main__":
    sys.exit(main())
