"""The example of the manual runs, and does what it says."""

from __future__ import annotations

import re

import pytest

from tests.house.layout import ROOT

pytest.importorskip("torch")


def test_the_example_of_the_manual_runs() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, "docs/api.md", "exec"), {})
