"""Text files read and written so that nothing but the edited places changes.

Encoding (byte order mark and PEP 263 cookie), line ends, permissions and symbolic links are kept; a write replaces the
file in one step or not at all.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from repairnn.frontends.errors import BadInput

#: Longer than any model written by a person; what is longer is data or generated.
MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text with ``\\n`` line ends and what is needed to give it back as it was."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    ends: tuple[str, ...] = ()

    def original(self) -> str:
        """The text as it was read, line ends and byte order mark included."""
        return self.restored(self.text)

    def restored(self, text: str) -> str:
        """``text``, an edited version of this one, with the line ends and the byte order mark of the file."""
        mark = "\ufeff" if self.bom else ""
        if all(end == "\n" for end in self.ends):
            return mark + text
        return mark + "".join(_with_ends(self.text.split("\n"), text.split("\n"), self.ends))

    def encoded(self, text: str) -> bytes:
        """The bytes of an edited version. Raises ``BadInput`` when the file's encoding lacks a character of it."""
        try:
            return self.restored(text).encode(self.encoding)
        except UnicodeEncodeError as error:
            character = error.object[error.start : error.end]
            raise BadInput(f"its encoding {self.encoding} cannot hold {character!r}", self.path) from error


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises ``BadInput``, in one line, for whatever keeps it from being read."""
    try:
        if path.is_dir():
            raise BadInput("is a folder", str(path))
        if path.exists() and not path.is_file():
            raise BadInput("is not a regular file", str(path))
        size = path.stat().st_size
        if path.suffix == ".py" and size > MAX_BYTES:
            raise too_long(str(path), size)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput("no such file", str(path), advice="check the path") from error
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be read: {_reason(error)}", str(path)) from error


def too_long(path: str, size: int) -> BadInput:
    """The refusal of a text of ``size`` bytes."""
    limit = f"{MAX_BYTES / 1e6:g} MB"
    return BadInput(f"is {size / 1e6:.1f} MB long, and at most {limit} are read", path, advice="cut the model out")


def decode(data: bytes, path: str) -> SourceText:
    """The text of Python source bytes, by byte order mark and PEP 263 cookie. Raises ``BadInput`` for other bytes."""
    if len(data) > MAX_BYTES:
        raise too_long(path, len(data))
    if b"\0" in data:
        raise BadInput("is binary, not Python source", path)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise BadInput(f"is not text in its encoding: {error}", path, advice="save it as UTF-8") from error
    bom = encoding == "utf-8-sig"
    plain, ends = _without_ends(text)
    return SourceText(path, plain, "utf-8" if bom else encoding, bom, ends)


def source_of(text: str, path: str) -> SourceText:
    """Text that was never a file. Raises ``BadInput`` when it is too long or binary."""
    if len(text) > MAX_BYTES:
        raise too_long(path, len(text))
    if "\0" in text:
        raise BadInput("is binary, not Python source", path)
    plain, ends = _without_ends(text.removeprefix("\ufeff"))
    return SourceText(path, plain, "utf-8", text.startswith("\ufeff"), ends)


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` where ``path`` leads (through symbolic links), keeping permissions; all of it or nothing.

    The bytes go to a temporary file in the same folder that then takes the name. What is no regular file (a device,
    a pipe) is written directly. Raises ``BadInput`` in one line.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            with open(target, "wb") as stream:
                stream.write(data)
            return
        if target.exists() and _is_read_only(target):
            raise BadInput("cannot be written: it is read-only", str(path), advice="change its permissions or use -o")
        _replace(target, data)
    except (OSError, RuntimeError) as error:
        raise BadInput(f"cannot be written: {_reason(error)}", str(path)) from error


def write_all(files: Mapping[str, bytes]) -> None:
    """Put every file in its place, or leave all as they were: what is written already is put back when one fails.

    Raises ``BadInput`` in one line.
    """
    written: dict[Path, bytes] = {}
    try:
        for name, data in files.items():
            path = Path(name)
            before = read_bytes(path)
            write_atomically(path, data)
            written[path] = before
    except BaseException:
        for path, before in written.items():
            write_atomically(path, before)
        raise


def _is_read_only(target: Path) -> bool:
    """No write bit set counts too: the owner said so, even to a superuser."""
    return not target.stat().st_mode & 0o222 or not os.access(target, os.W_OK)


def _replace(target: Path, data: bytes) -> None:
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _without_ends(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with ``\\n`` only, and the end of each of its lines as it was."""
    if "\r" not in text:
        return text, ()
    lines: list[str] = []
    ends: list[str] = []
    for piece in text.split("\n"):
        *olds, last = piece.split("\r")
        if not last and olds:  # the \r belongs to this \n
            last = olds.pop()
            following = "\r\n"
        else:
            following = "\n"
        for old in olds:
            lines.append(old)
            ends.append("\r")
        lines.append(last)
        ends.append(following)
    ends.pop()
    if text.endswith("\r"):  # the last piece ended in \r, which no \n follows
        lines.append("")
        ends.append("\r")
    return "\n".join(lines), tuple(ends)


def _with_ends(old: list[str], new: list[str], ends: tuple[str, ...]) -> list[str]:
    """The new lines, each with the end of the old line it stands for; added lines end as their neighbours do."""
    from difflib import SequenceMatcher

    common = max(set(ends), key=ends.count)
    found = [common] * len(new)
    for tag, start, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for offset in range(last - first):
            source = start + offset
            if tag in ("equal", "replace") and source < stop and source < len(ends):
                found[first + offset] = ends[source]
    return [line + end for line, end in zip(new[:-1], found, strict=False)] + new[-1:]
