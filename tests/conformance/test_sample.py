"""A small sample of the conformance sweep, with a fixed seed; ``python -m tests.conformance`` runs many more.

Each framework is skipped where it is not installed: the sweep compares with what is there.
"""

from __future__ import annotations

import importlib.util
import random
import time

import pytest

from repairnn.semantics.checker import evaluate
from repairnn.semantics.ir import Node, Shape
from tests.conformance.accepted import DIFFERENCES
from tests.conformance.document import PAGE, documented

#: Seconds that the sample of one framework may take; what is left out is drawn from the end of the list.
SECONDS = 30.0
SAMPLES = 6
SEED = 20


def test_known_differences_are_documented() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(difference.reason.endswith(".") and difference.kinds for difference in DIFFERENCES)
    assert documented(text) == text, "out of date: run `python -m tests.conformance.document`"


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["keras", "torch"])
def test_semantics_agrees_with_the_framework(framework: str) -> None:
    pytest.importorskip(framework)
    from tests.conformance.sweep import Tally, spellings_of, sweep

    end = time.monotonic() + SECONDS
    pairs = list(spellings_of(framework))
    random.Random(SEED).shuffle(pairs)
    total = Tally()
    for declaration, spelling in pairs:
        total = total.plus(sweep(declaration, spelling, range(SAMPLES), seed=SEED, end=end, shrink=False))
    assert total.samples
    assert not total.disagreements, "\n".join(map(str, total.disagreements))


needs_keras = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is not installed")


def broken(kind: str, shapes: tuple[Shape, Shape], **args: object) -> list[str]:
    evaluation = evaluate(Node("n", kind, args), shapes, "keras")
    return [fault.rule.id for fault in evaluation.faults if fault.rule.severity == "fault"]


@needs_keras
@pytest.mark.parametrize("number", range(12))
def test_feeds_agree_with_keras(number: int) -> None:
    from tests.conformance import program_runner

    data, entry = program_runner.some_feed(random.Random(number))
    refusal = program_runner.feed(data, entry)
    assert bool(broken("feed", (data, entry))) == bool(refusal), (data, entry, refusal)


@needs_keras
@pytest.mark.parametrize("number", range(20))
def test_losses_agree_with_keras(number: int) -> None:
    from tests.conformance import program_runner

    name, prediction, target = program_runner.some_loss(random.Random(number))
    refusal = program_runner.loss(name, prediction, target, 0 if name.startswith("sparse") else 1)
    assert bool(broken("loss", (prediction, target), name=name)) == bool(refusal), (name, prediction, target, refusal)


@needs_keras
@pytest.mark.parametrize("classes", [3, 4])
def test_class_numbers_beyond_the_scores_are_refused(classes: int) -> None:
    from tests.conformance import program_runner

    name, shapes = "sparse_categorical_crossentropy", ((None, 3), (program_runner.SAMPLES,))
    refusal = program_runner.loss(name, *shapes, classes - 1)
    assert bool(broken("loss", shapes, name=name, form=f"classes:{classes}")) == bool(refusal)


@needs_keras
def test_values_of_losses_agree_with_keras() -> None:
    import numpy as np

    from tests.conformance import program_runner

    rng = np.random.default_rng(SEED)
    for name in program_runner.LOSSES:
        for _ in range(SAMPLES):
            ours, theirs = program_runner.values_of_loss(name, rng)
            assert np.isclose(ours, theirs, rtol=1e-4, atol=1e-5), name
