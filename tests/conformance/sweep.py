"""Many samples of one layer against the installed framework."""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from repairnn.semantics.declaration import Declaration
from repairnn.semantics.registry import declarations
from repairnn.semantics.spelling import Spelling
from tests.conformance.accepted import accepted
from tests.conformance.compare import Disagreement, compare, minimised
from tests.conformance.draw import draw

#: What surrounds a model; compared by tests of its own.
NOT_LAYERS = frozenset({"input", "data", "feed", "loss"})


@dataclass(frozen=True)
class Tally:
    """How a sweep went: samples run, how many the semantics found valid, known differences, and disagreements."""

    samples: int = 0
    valid: int = 0
    known: int = 0
    disagreements: tuple[Disagreement, ...] = ()

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.samples + other.samples, self.valid + other.valid, self.known + other.known,
                     self.disagreements + other.disagreements)  # fmt: skip

    def summary(self) -> str:
        """The figures in one line."""
        known = f", {self.known} known differences" if self.known else ""
        return f"{self.samples} samples ({self.valid} valid), {len(self.disagreements)} disagreements{known}"


def runner(framework: str) -> Any:
    """The module that runs configurations in a framework; importing it imports the framework."""
    return importlib.import_module(f"tests.conformance.{framework}_runner")


def spellings_of(framework: str, names: Sequence[str] = ()) -> Iterator[tuple[type[Declaration], Spelling]]:
    """Every spelling that the installed framework has, by kind; only those with a name or kind among ``names``."""
    available = getattr(runner(framework), "available", lambda spelling: True)
    for declaration in declarations():
        if declaration.kind in NOT_LAYERS:
            continue
        for spelling in _names(declaration, framework):
            wanted = not names or spelling.name in names or declaration.kind in names
            if spelling.framework == framework and wanted and available(spelling):
                yield declaration, spelling


def _names(declaration: type[Declaration], framework: str) -> Iterator[Spelling]:
    """The spellings of a declaration; in PyTorch each further name that is no operator as one of its own."""
    for spelling in declaration.spellings:
        yield spelling
        if framework == "torch":
            others = (alias for alias in spelling.aliases if not alias.startswith("__"))
            yield from (replace(spelling, name=alias, aliases=()) for alias in others)


def sweep(
    declaration: type[Declaration],
    spelling: Spelling,
    numbers: Sequence[int],
    *,
    seed: int = 0,
    end: float | None = None,
    shrink: bool = True,
) -> Tally:
    """Compare on the samples with these numbers; stops at the time ``end`` (``time.monotonic``).

    With ``shrink``, disagreements are made small before they are kept.
    """
    module = runner(spelling.framework)
    run, in_double = module.run, getattr(module, "in_double", None)
    tally = Tally()
    for number in numbers:
        if end is not None and time.monotonic() > end:
            break
        rng = random.Random(f"{seed}:{spelling.framework}:{spelling.form}:{spelling.name}:{number}")
        configuration = draw(declaration, spelling, rng)
        found = compare(configuration, run, number, in_double)
        known = found is not None and accepted(found) is not None
        if found is not None and not known and shrink:
            found = minimised(found, run, number, in_double)
            known = accepted(found) is not None
        new = (found,) if found is not None and not known else ()
        tally = tally.plus(Tally(1, int(configuration.valid()), int(known), new))
    return tally
