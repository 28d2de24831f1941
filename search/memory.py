"""How much memory the process has taken, so that a search that finds no end stops in time."""

from __future__ import annotations

import sys

#: How many bytes more than at its begin the process may come to hold while a search runs.
MOST = 180 * 2**20


def peak() -> int:
    """The most memory that the process has held so far, in bytes; 0 where the system does not tell.

    Source: ``getrusage``, which counts in kibibytes on Linux and in bytes on macOS.
    """
    try:
        import resource
    except ImportError:  # Windows
        return 0
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024
