"""Writing edits back into a program's text: the edited spans change, nothing else does."""

from repairnn.frontends.source.emission.emit import emit

__all__ = ["emit"]
