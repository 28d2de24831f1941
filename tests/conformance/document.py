"""Write the table of known differences into ``docs/conformance.md``: ``python -m tests.conformance.document``."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.accepted import DIFFERENCES
from tests.conformance.accepted_torch import TORCH_DIFFERENCES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
HEAD = "| framework | kinds | differs in | why |\n|---|---|---|---|\n"


def documented(text: str) -> str:
    """The page with its last part, the table, as it should be."""
    rows = (
        f"| {d.framework} | {', '.join(d.kinds).replace('*', 'all')} | {d.aspect} | {d.reason} |\n"
        for d in (*DIFFERENCES, *TORCH_DIFFERENCES)
    )
    return text.split(HEAD)[0] + HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(documented(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
