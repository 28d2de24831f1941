"""The files around a program that it imports: found by Python's rules, read as text, never run.

Only files below the project's root are read, and only so many of them: a program's meaning may lie in its siblings
(``from models.unet import UNet``), not in everything that is installed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from repairnn.frontends.errors import BadInput
from repairnn.frontends.source.building import Plan
from repairnn.frontends.source.reading import Source, read

MAX_FILES = 100
#: CPU time that parsing files of the project may take.
MAX_SECONDS = 1.5
MAX_BYTES = 600_000
MAX_TOTAL = 6_000_000
#: How far above a program its project's root is looked for.
MAX_CLIMB = 6
MARKERS = (".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "environment.yml")


class Project:
    """What one program may import from its own project.

    ``texts`` are contents that stand in place of files', by the path that spans carry: edits not yet written.
    ``sources`` are the files read so far, by that path, ``plans`` what their statements build, ``seconds`` the CPU time
    that parsing took.
    """

    def __init__(self, path: str, texts: Mapping[str, str] | None = None) -> None:
        self.sources: dict[str, Source] = {}
        self.plans: dict[str, Plan] = {}
        self._texts = dict(texts or {})
        self._read: dict[str, Source | None] = {}
        self._content: dict[str, str | None] = {}
        self.seconds = 0.0
        self._total = 0
        self._known: dict[str, bool] = {}
        self._prefix = os.path.dirname(path)
        here = Path(path)
        self.exists = _is_file(here)
        self.folder = here.parent.resolve() if self.exists else Path()
        self.package = _package_base(self.folder) if self.exists else Path()
        self.root = _root(self.package) if self.exists else Path()

    @property
    def own(self) -> str:
        """The name of the package that the program lies in, or ""."""
        inside = self.folder.relative_to(self.package).parts if self.exists else ()
        return inside[0] if inside else ""

    def find(self, module: str, level: int = 0, folder: Path | None = None) -> tuple[Path | None, Path | None]:
        """The file and the folder of a module; either may be missing.

        ``level`` counts the leading dots, which start at ``folder``, that of the importing file.
        """
        if not self.exists:
            return None, None
        parts = [part for part in module.split(".") if part]
        if level:
            start = folder or self.folder
            for _ in range(level - 1):
                start = start.parent
            return self._at(start, parts)
        for start in self._places():
            found = self._at(start, parts)
            if found != (None, None):
                return found
        return None, None

    def source(self, file: Path) -> Source | None:
        """A file of the project as read; ``None`` where it cannot be, or enough has been read."""
        label = self.label(file)
        if label not in self._read:
            self._read[label] = self._load(file, label)
            if self._read[label] is not None:
                self.sources[label] = self._read[label]  # type: ignore[assignment]
        return self._read[label]

    def mentions(self, file: Path, name: str) -> bool:
        """Whether a file may define a name or import it: a look at its text costs less than reading it."""
        label = self.label(file)
        if label not in self._content:
            self._content[label] = self._text(file, label)
        text = self._content[label]
        return text is not None and (name in text or "import *" in text)

    def label(self, file: Path) -> str:
        """The path of a file in the way that the program's own path was given."""
        return os.path.normpath(os.path.join(self._prefix, os.path.relpath(file, self.folder)))

    def _places(self) -> list[Path]:
        """Where absolute imports are looked for: the package's folder, the root, and between them."""
        found = [self.package]
        while found[-1] != self.root and len(found) < MAX_CLIMB:
            found.append(found[-1].parent)
        return [*found, self.root / "src", self.folder]

    def _at(self, start: Path, parts: list[str]) -> tuple[Path | None, Path | None]:
        target = start.joinpath(*parts)
        if not self._inside(target):
            return None, None
        if parts and self._has(target.with_name(target.name + ".py")):
            return target.with_name(target.name + ".py"), None
        if self._has(target / "__init__.py"):
            return target / "__init__.py", target
        return None, target if self._is_folder(target) else None

    def _has(self, file: Path) -> bool:
        key = str(file)
        if key not in self._known:
            self._known[key] = self.label(file) in self._texts or _is_file(file)
        return self._known[key]

    def _is_folder(self, folder: Path) -> bool:
        """A folder without ``__init__.py`` is a package where it holds Python files."""
        key = f"{folder}/"
        if key not in self._known:
            try:
                self._known[key] = any(entry.name.endswith(".py") for entry in os.scandir(folder))
            except (OSError, ValueError):
                self._known[key] = False
        return self._known[key]

    def _inside(self, target: Path) -> bool:
        try:
            return target.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError, ValueError):
            return False

    def _load(self, file: Path, label: str) -> Source | None:
        if len(self.sources) >= MAX_FILES or self.seconds > MAX_SECONDS:
            return None
        start = time.process_time()
        text = self._content.get(label) or self._text(file, label)
        try:
            return _parsed(text, label) if text is not None else None
        except BadInput:
            return None
        finally:
            self.seconds += time.process_time() - start

    def _text(self, file: Path, label: str) -> str | None:
        if label in self._texts:
            return self._texts[label]
        try:
            size = file.stat().st_size
            if not 0 < size <= MAX_BYTES or self._total + size > MAX_TOTAL or not self._inside(file):
                return None
            self._total += size
            return _plain(file.read_bytes())
        except (OSError, ValueError):
            return None


@lru_cache(maxsize=60)
def _parsed(text: str, label: str) -> Source:
    """The programs of a project import the same files. Raises :class:`BadInput`."""
    return read(text, label, of_project=True)


def _plain(data: bytes) -> str:
    """The text of a file with ``\\n`` line ends. Raises ``ValueError`` for what is no UTF-8."""
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _package_base(folder: Path) -> Path:
    """The folder that holds the outermost package around a folder."""
    while _is_file(folder / "__init__.py") and folder.parent != folder:
        folder = folder.parent
    return folder


def _root(base: Path) -> Path:
    """The nearest folder above that looks like a project's root; without one, the base itself."""
    folder = base
    for _ in range(MAX_CLIMB):
        if folder == folder.parent or folder == Path.home():
            break
        if any((folder / marker).exists() for marker in MARKERS):
            return folder
        folder = folder.parent
    return base


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
