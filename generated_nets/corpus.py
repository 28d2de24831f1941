"""The fixed corpus: ``python -m generated_nets.corpus [FILE [SEED]]`` writes one, always the same for a seed.

One JSON object a line, compressed: ``id``, ``framework``, ``form``, ``layers``, ``mutations`` (sort, node, words; none
for a valid network), ``network`` in the form of :mod:`repairnn.semantics.serialise`, and ``original``, what it was
before it was broken. Broken networks come first, Keras and PyTorch in turn; one hundred valid ones follow.

The file that is kept stays as it is: what is drawn follows the declarations, which change.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

from generated_nets.catalogue import FRAMEWORKS
from generated_nets.generate import FORMS, generate
from generated_nets.mutate import Mutation, mutate
from repairnn.semantics.ir import Network
from repairnn.semantics.serialise import to_json

CORPUS = Path(__file__).parent / "data" / "corpus.jsonl.gz"
BROKEN = 1000
VALID = 100
#: Sizes, how often each: from (layers at least) to (layers at most).
SIZES = (((2, 5), 4), ((6, 12), 8), ((13, 24), 4), ((25, 60), 1))
#: How many mutations, how often each.
COUNTS = ((1, 8), (2, 5), (3, 3), (4, 1))


def entries() -> Iterator[dict[str, Any]]:
    """All entries of the corpus, in order."""
    yield from islice(broken(), BROKEN)
    for number in range(VALID):
        framework, form, size = _drawn(random.Random(f"valid {number}"), number)
        network = generate(framework, form, size, 500_000 + number)
        yield entry(f"valid-{number}", form, network, network, ())


def broken(first: int = 0) -> Iterator[dict[str, Any]]:
    """Broken networks without end, Keras and PyTorch in turn, from a seed on."""
    number = 0
    for seed in count(first):
        rng = random.Random(f"broken {seed}")
        framework, form, size = _drawn(rng, number)
        network = generate(framework, form, size, seed)
        many = rng.choices([c for c, _ in COUNTS], [often for _, often in COUNTS])[0]
        made = mutate(network, min(many, max(1, size // 2)), seed)
        if made is not None:
            yield entry(f"{framework}-{number}", form, network, made[0], made[1])
            number += 1


def entry(name: str, form: str, original: Network, network: Network, mutations: tuple[Mutation, ...]) -> dict[str, Any]:
    """One line of the corpus."""
    return {
        "id": name,
        "framework": network.framework,
        "form": form,
        "layers": sum(1 for node in network if node.kind != "input"),
        "mutations": [{"sort": m.sort, "node": m.node, "words": m.words} for m in mutations],
        "network": to_json(network),
        "original": to_json(original) if mutations else None,
    }


def read(path: Path = CORPUS) -> Iterator[dict[str, Any]]:
    """The entries of a corpus file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def line(item: dict[str, Any]) -> str:
    """An entry as it stands in the file."""
    return json.dumps(item, separators=(",", ":"), sort_keys=True) + "\n"


def write(path: Path = CORPUS, first: int | None = None) -> int:
    """Write the corpus; the same bytes every time. Returns the number of entries.

    With ``first``, a fresh one of broken networks alone, from that seed on.
    """
    items = list(entries() if first is None else islice(broken(first), BROKEN))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(map(line, items)).encode(), 9, mtime=0))
    return len(items)


def _drawn(rng: random.Random, number: int) -> tuple[str, Any, int]:
    low, high = rng.choices([size for size, _ in SIZES], [often for _, often in SIZES])[0]
    return FRAMEWORKS[number % 2], rng.choice(FORMS), rng.randint(low, high)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    print(f"{write(target, int(sys.argv[2]) if len(sys.argv) > 2 else None)} networks written to {target}")
