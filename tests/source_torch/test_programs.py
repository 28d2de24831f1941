"""PyTorch programs in many styles: what is right stays unflagged, what is wrong is found where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.source_torch.expectations import PROGRAMS, disagreement, judge


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.py")), ids=lambda path: path.stem)
def test_a_program_is_judged_as_it_says(path: Path) -> None:
    text = path.read_text()
    assert disagreement(text, judge(text, str(path))) == ""
