"""Colours on a terminal, and nowhere else."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TextIO

CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
#: Width of a report that goes to a file or a pipe.
PLAIN_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text when ``on``; an unknown colour leaves it as it is."""

    on: bool = False

    def __call__(self, text: str, colour: str) -> str:
        code = CODES.get(colour)
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and code and text else text


def paint_for(stream: TextIO) -> Paint:
    """Colours for a terminal, unless ``NO_COLOR`` is set or the terminal is dumb."""
    return Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def width_of(stream: TextIO) -> int:
    """Columns of the terminal, at least 40; ``COLUMNS`` overrules; a wide page where there is no terminal."""
    if not stream.isatty() and not os.environ.get("COLUMNS"):
        return PLAIN_WIDTH
    return max(40, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns)
