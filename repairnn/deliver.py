"""A repaired input as the bytes of a file."""

from __future__ import annotations

from typing import Any

from repairnn.frontends.errors import BadInput
from repairnn.jsontext import JsonText
from repairnn.subjects import ObjectSubject, SourceSubject, Subject


def content_bytes(subject: Subject, content: Any) -> bytes:
    """The bytes that hold ``content`` in the form of the subject. Raises ``BadInput`` where there is none."""
    if isinstance(subject, SourceSubject):
        return subject.source.encoded(content)
    if isinstance(content, (dict, list)):
        text = getattr(subject, "text", None) or JsonText("", content)
        return text.dump(content).encode()
    if isinstance(subject, ObjectSubject) and hasattr(subject.room, "to_bytes"):
        return subject.room.to_bytes(content, subject.path)
    raise BadInput("a repaired model of this form cannot be written to a file", subject.path)
