"""From places in patched text back to places in the text the user has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from repairnn.semantics.ir import Span


@dataclass(frozen=True, slots=True)
class LineMap:
    """Line numbers (1-based) of a later text to those of an earlier one; empty where nothing moved."""

    lines: dict[int, int]

    @staticmethod
    def between(later: Any, earlier: Any) -> LineMap:
        """The map between two subjects of the same input; empty unless their contents are text that differs."""
        new, old = (getattr(content, "text", content) for content in (later.content, earlier.content))
        if new is old or not (isinstance(new, str) and isinstance(old, str)):
            return LineMap({})
        from difflib import SequenceMatcher

        found: dict[int, int] = {}
        matcher = SequenceMatcher(None, old.split("\n"), new.split("\n"), autojunk=False)
        for _, i1, i2, j1, j2 in matcher.get_opcodes():
            for offset in range(j2 - j1):
                found[j1 + offset + 1] = min(i1 + offset, max(i2 - 1, i1)) + 1
        return LineMap(found)

    def span(self, span: Span | None) -> Span | None:
        """The span in the earlier text; columns stay. Spans in other files of the project stay too."""
        if span is None or span.path or not self.lines:
            return span
        line = self.lines.get(span.line, span.line)
        return replace(span, line=line, end_line=max(line, self.lines.get(span.end_line, span.end_line)))
