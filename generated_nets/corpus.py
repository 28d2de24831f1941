"""The fixed corpus: ``python -m generated_nets.corpus [FILE]`` writes it, from fixed seeds, always the same.

One JSON object a line, compressed: ``id``, ``framework``, ``form``, ``layers``, ``mutations`` (sort, node, words; none
for a valid network) and ``network`` in the form of :mod:`repairnn.semantics.serialise`. Broken networks come first,
Keras and PyTorch in turn; one hundred valid ones follow.
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
        yield entry(f"valid-{number}", form, generate(framework, form, size, 500_000 + number), ())


def broken() -> Iterator[dict[str, Any]]:
    """Broken networks without end, Keras and PyTorch in turn."""
    number = 0
    for seed in count():
        rng = random.Random(f"broken {seed}")
        framework, form, size = _drawn(rng, number)
        network = generate(framework, form, size, seed)
        many = rng.choices([c for c, _ in COUNTS], [often for _, often in COUNTS])[0]
        made = mutate(network, min(many, max(1, size // 2)), seed)
        if made is not None:
            yield entry(f"{framework}-{number}", form, made[0], made[1])
            number += 1


def entry(name: str, form: str, network: Network, mutations: tuple[Mutation, ...]) -> dict[str, Any]:
    """One line of the corpus."""
    return {
        "id": name,
        "framework": network.framework,
        "form": form,
        "layers": sum(1 for node in network if node.kind != "input"),
        "mutations": [{"sort": m.sort, "node": m.node, "words": m.words} for m in mutations],
        "network": to_json(network),
    }


def read(path: Path = CORPUS) -> Iterator[dict[str, Any]]:
    """The entries of a corpus file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def line(item: dict[str, Any]) -> str:
    """An entry as it stands in the file."""
    return json.dumps(item, separators=(",", ":"), sort_keys=True) + "\n"


def write(path: Path = CORPUS) -> int:
    """Write the corpus; the same bytes every time. Returns the number of entries."""
    text = "".join(map(line, items := list(entries())))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return len(items)


def _drawn(rng: random.Random, number: int) -> tuple[str, Any, int]:
    low, high = rng.choices([size for size, _ in SIZES], [often for _, often in SIZES])[0]
    return FRAMEWORKS[number % 2], rng.choice(FORMS), rng.randint(low, high)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    print(f"{write(target)} networks written to {target}")
