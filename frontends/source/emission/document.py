"""A text that is edited in place: spans become offsets, splices are collected and applied at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from repairnn.frontends.errors import CannotEmit
from repairnn.semantics.ir import Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")


@dataclass(frozen=True, order=True)
class Splice:
    """Replace the characters from ``start`` to ``end`` by ``text``; insertions at one place keep their ``order``."""

    start: int
    end: int
    order: int
    text: str


@dataclass
class Document:
    """The original text (line ends as they are) and the splices collected so far; ``path`` is that of its spans."""

    text: str
    path: str = ""
    splices: list[Splice] = field(default_factory=list)

    def __post_init__(self) -> None:
        starts, position = [0], 0
        for match in _LINE.finditer(self.text):
            position = match.end()
            starts.append(position)
        self._starts = starts
        self.newline = (
            "\r\n" if "\r\n" in self.text else "\n" if "\n" in self.text else "\r" if "\r" in self.text else "\n"
        )

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based line and 0-based character column."""
        return min(self._starts[line - 1] + column, len(self.text))

    def bounds(self, span: Span) -> tuple[int, int]:
        """Start and end offset of a span. Raises :class:`CannotEmit` for a span of another file."""
        if span.path != self.path:
            raise CannotEmit(f"it is written in {span.path or 'the program itself'}")
        return self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)

    def read(self, span: Span) -> str:
        """The text of a span."""
        start, end = self.bounds(span)
        return self.text[start:end]

    def line_start(self, line: int) -> int:
        """The offset of the first character of a 1-based line."""
        return self._starts[line - 1]

    def indent(self, line: int) -> str:
        """The white space a line begins with."""
        rest = self.text[self.line_start(line) :]
        return rest[: len(rest) - len(rest.lstrip(" \t"))]

    def begins_line(self, offset: int) -> bool:
        """Whether nothing but white space stands before ``offset`` on its line."""
        line_start = max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1
        return not self.text[line_start:offset].strip()

    def replace(self, start: int, end: int, text: str) -> None:
        """Note a replacement; an insertion where ``start == end``. The same splice twice counts once."""
        same = [s for s in self.splices if (s.start, s.end, s.text) == (start, end, text)]
        if not same:
            self.splices.append(Splice(start, end, len(self.splices), text))

    def result(self) -> str:
        """The edited text. Raises :class:`CannotEmit` when two edits want the same characters."""
        pieces, position = [], 0
        for splice in sorted(part for whole in self.splices for part in self._parted(whole)):
            if splice.start < position:
                raise CannotEmit("two edits change the same place of the text")
            pieces += [self.text[position : splice.start], splice.text]
            position = splice.end
        return "".join([*pieces, self.text[position:]])

    def _parted(self, splice: Splice) -> list[Splice]:
        """A splice that wraps its place, where another one lies inside of that, as what it puts before and behind it.

        ``f(g(x))`` becomes ``f(g(x).t()).t()`` by two splices of which each keeps the text it stands around.
        """
        old = self.text[splice.start : splice.end]
        inner = any(
            (splice.start, splice.end) != (other.start, other.end)
            and splice.start <= other.start
            and other.end <= splice.end
            for other in self.splices
        )
        if not old or not inner or splice.text.count(old) != 1:
            return [splice]
        before, behind = splice.text.split(old)
        outermost = len(self.splices)
        return [
            Splice(splice.start, splice.start, splice.order - outermost, before),
            Splice(splice.end, splice.end, splice.order + outermost, behind),
        ]
