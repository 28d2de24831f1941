"""Unified diffs that ``git apply`` takes, byte for byte."""

from __future__ import annotations

import os
from difflib import SequenceMatcher

CONTEXT = 3


def unified(before: str, after: str, path: str) -> str:
    """The diff from one text to another, with ``a/`` and ``b/`` before the path; empty when they are equal.

    Lines end at ``\\n`` only, so that other line ends stay inside the lines as git sees them.
    """
    if before == after:
        return ""
    old, new = _lines(before), _lines(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    name = shown_path(path)
    pieces = [f"--- {_quoted('a/' + name)}\n", f"+++ {_quoted('b/' + name)}\n"]
    for group in matcher.get_grouped_opcodes(CONTEXT):
        first, last = group[0], group[-1]
        pieces.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                pieces.extend(map(_context, old[i1:i2]))
                continue
            pieces.extend(_marked("-", line) for line in old[i1:i2])
            pieces.extend(_marked("+", line) for line in new[j1:j2])
    return "".join(pieces)


def shown_path(path: str) -> str:
    """The path relative to the current folder where it lies inside, with forward slashes, without a leading one."""
    absolute = os.path.abspath(path)
    relative = os.path.relpath(absolute)
    inside = not relative.startswith("..")
    return (relative if inside else absolute).replace(os.sep, "/").lstrip("/")


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    ended = [line + "\n" for line in lines[:-1]]
    return ended + ([lines[-1]] if lines[-1] else [])


def _context(line: str) -> str:
    return _marked(" ", line)


def _marked(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + (1 if length else 0)},{length}"


def _quoted(name: str) -> str:
    """A file name as git writes it: in C quotes where a character would end the line or the name."""
    if any(character in name for character in '"\\\n\t\r'):
        escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
        return '"' + "".join(escapes.get(character, character) for character in name) + '"'
    return name + "\t" if " " in name else name
