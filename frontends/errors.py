"""What a front end raises: input that cannot be read, and an edit that cannot be written."""

from __future__ import annotations


class BadInput(Exception):
    """The input itself is at fault: missing, not readable, not what it claims to be.

    ``message``  what is wrong, in one clause without a full stop
    ``path``     the file, or a name that stands for the text or object
    ``line``     1-based, where the input has lines and the place is known
    ``advice``   the smallest thing that would help; may be empty
    """

    def __init__(self, message: str, path: str = "<input>", line: int | None = None, advice: str = "") -> None:
        super().__init__(message, path, line, advice)
        self.message = message
        self.path = path
        self.line = line
        self.advice = advice

    @property
    def where(self) -> str:
        """The place as editors understand it: ``path`` or ``path:line``."""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    def __str__(self) -> str:
        """One line: place, message, advice."""
        return f"{self.where}: {self.message}" + (f"; {self.advice}" if self.advice else "")


class CannotEmit(Exception):
    """An edit has no place in what the front end would have to change; ``reason`` says why, in one clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotBuild(Exception):
    """A network, or a part of it, has no counterpart in the framework; ``reason`` names the part, in one clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
