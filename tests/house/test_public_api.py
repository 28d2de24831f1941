"""The public API is a list, and the manual lists the same names."""

import re

import repairnn
from tests.house.layout import ROOT

MANUAL = ROOT / "docs" / "api.md"


def test_every_public_name_exists() -> None:
    assert [name for name in repairnn.__all__ if not hasattr(repairnn, name)] == []


def test_every_public_name_is_documented_and_no_other() -> None:
    assert documented() == set(repairnn.__all__)


def documented() -> set[str]:
    """The names that have a heading of their own: ## `fix`, or ## `fix(model)`."""
    headings = re.findall(r"^#+ `(?:repairnn\.)?(\w+)", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    return set(headings)
