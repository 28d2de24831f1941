"""The generated pages are up to date, and speak of every rule and every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from repairnn.semantics.pages import describe, pages, rules
from repairnn.semantics.registry import declarations
from tests.semantics.test_examples import EXAMPLES, judged

DOCS = Path(__file__).resolve().parents[2] / "docs"
RENEW = "out of date: run `python -m repairnn.semantics.pages docs`"


def test_pages_are_up_to_date() -> None:
    made = pages()
    stale = [path for path, text in made.items() if not (DOCS / path).exists() or (DOCS / path).read_text() != text]
    gone = [old.name for old in (DOCS / "rules").glob("*.md") if f"rules/{old.name}" not in made]
    assert not stale, RENEW
    assert not gone, RENEW


def test_every_rule_has_a_page_with_an_example() -> None:
    made = pages()
    for rule, owners in rules():
        text = made[f"rules/{rule.id}.md"]
        assert rule.why in text
        if owners:
            assert "## Example" in text, rule.id


@pytest.mark.parametrize("page", ["layers.md", "coverage.md"])
def test_every_kind_is_listed(page: str) -> None:
    text = pages()[page]
    assert all(declaration.kind in text for declaration in declarations())


def test_every_need_can_be_put_into_words() -> None:
    for declaration, example in EXAMPLES:
        for fault in judged(declaration, example).faults:
            assert all(describe(need) for need in fault.needs)
