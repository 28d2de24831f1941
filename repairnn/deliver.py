"""A repaired input as the bytes of a file."""

from __future__ import annotations

from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.jsontext import JsonText
from repairnn.subjects import ObjectSubject, SourceSubject, Subject, Texts


def content_bytes(subject: Subject, content: Any) -> bytes:
    """The bytes that hold ``content`` in the form of the subject. Raises ``BadInput`` where there is none."""
    if isinstance(content, Texts):
        names = ", ".join(sorted(content.siblings))
        raise BadInput(f"the repair also changes {names}", subject.path, advice="use --write, or apply the patch")
    if isinstance(subject, SourceSubject):
        return subject.source.encoded(content)
    if isinstance(content, (dict, list)):
        text = getattr(subject, "text", None) or JsonText("", content)
        return text.dump(content).encode()
    if isinstance(subject, ObjectSubject) and hasattr(subject.room, "to_bytes"):
        return subject.room.to_bytes(content, subject.path)
    raise BadInput("a repaired model of this form cannot be written to a file", subject.path)


def files_of(subject: Subject, content: Any) -> dict[str, bytes]:
    """The bytes of every file to write, by path; more than one where a repair reaches into what a program imports."""
    if isinstance(subject, SourceSubject):
        return subject.files(content)
    return {subject.path: content_bytes(subject, content)}
