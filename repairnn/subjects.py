"""What a user hands over, behind one interface: networks out, edits in, read again.

A subject never judges. Its content is immutable: ``emit`` gives new content, ``reread`` makes a subject of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from repairnn.files import SourceText, decode, read_bytes
from repairnn.frontends.errors import BadInput, CannotEmit
from repairnn.jsontext import JsonText, read_json
from repairnn.semantics.edits import Edit
from repairnn.semantics.ir import Network, Shape, Span

#: ``None``, one full shape, shapes of the open inputs in order, or shapes by input name.
InputShapes: TypeAlias = Any

KERAS_FILES = (".keras", ".h5", ".hdf5")
STDIN = "<stdin>"


class Subject(Protocol):
    """One input: its models as networks, and the way back."""

    @property
    def path(self) -> str:
        """How messages call it; for files, where it lies."""
        ...

    @property
    def networks(self) -> tuple[Network, ...]:
        """Its models, faults included."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the reading."""
        ...

    @property
    def content(self) -> Any:
        """What was read: text, a model, a configuration."""
        ...

    def emit(self, index: int, edits: Sequence[Edit]) -> Any:
        """The content with the edits of network ``index`` in it. Raises ``CannotEmit``."""
        ...

    def reread(self, content: Any) -> Subject:
        """The subject of another content. Raises ``BadInput``."""
        ...

    def patch(self, content: Any) -> str:
        """The unified diff to other content, where content is text."""
        ...


@dataclass(frozen=True, slots=True)
class Texts:
    """A program's text, and those of the files of its project that are edited with it, by path."""

    text: str
    siblings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceSubject:
    """Python source; ``content`` is its text with ``\\n`` line ends, or ``Texts`` where other files changed with it.

    ``siblings`` are the changed texts of files that it imports.
    """

    source: SourceText
    input_shapes: InputShapes
    program: Any
    path: str
    networks: tuple[Network, ...]
    notes: tuple[str, ...]
    siblings: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def read(
        source: SourceText, input_shapes: InputShapes = None, siblings: Mapping[str, str] | None = None
    ) -> SourceSubject:
        """Lower the text. Raises ``BadInput``."""
        from repairnn.frontends.source import lower

        program = lower(source.text, source.path, input_shapes=_as_lower_wants(input_shapes), texts=siblings)
        notes = tuple(_told(text, span) for text, span in program.notes)
        return SourceSubject(source, input_shapes, program, source.path, program.networks, notes, siblings or {})

    @property
    def content(self) -> str | Texts:
        return Texts(self.source.text, self.siblings) if self.siblings else self.source.text

    def emit(self, index: int, edits: Sequence[Edit]) -> str | Texts:
        from repairnn.frontends.source.emission.emit import emit_files

        changed = emit_files(self.program, self.networks[index], edits)
        own = changed.pop("", self.source.text)
        for path in changed:
            self._sibling(path)
        others = {**self.siblings, **changed}
        return Texts(own, others) if others else own

    def _sibling(self, path: str) -> SourceText:
        """A file of the project as it lies on the disk. Raises ``CannotEmit`` where it was read in another way."""
        try:
            source = decode(read_bytes(Path(path)), path)
        except BadInput as error:
            raise CannotEmit(f"{path} {error.message}") from error
        if path not in self.siblings and source.text != self.program.siblings[path].original:
            raise CannotEmit(f"{path} is not plain UTF-8 text")
        return source

    def reread(self, content: str | Texts) -> SourceSubject:
        text, siblings = (content.text, content.siblings) if isinstance(content, Texts) else (content, {})
        source = SourceText(self.path, text, self.source.encoding, self.source.bom)
        return SourceSubject.read(source, self.input_shapes, siblings)

    def patch(self, content: str | Texts) -> str:
        from repairnn.patch import unified

        if not isinstance(content, Texts):
            return unified(self.source.original(), self.source.restored(content), self.path)
        pieces = [unified(self.source.original(), self.source.restored(content.text), self.path)]
        for path, text in sorted(content.siblings.items()):
            source = self._sibling(path)
            pieces.append(unified(source.restored(self.siblings.get(path, source.text)), source.restored(text), path))
        return "".join(pieces)

    def files(self, content: str | Texts) -> dict[str, bytes]:
        """The bytes of every file that the content changes, by path. Raises ``BadInput``."""
        if not isinstance(content, Texts):
            return {self.path: self.source.encoded(content)}
        own = {self.path: self.source.encoded(content.text)} if content.text != self.source.text else {}
        return own | {path: self._sibling(path).encoded(text) for path, text in sorted(content.siblings.items())}


@dataclass(frozen=True, slots=True)
class ObjectSubject:
    """A live model, a configuration or a decoded file; one network. ``room`` is its front end."""

    room: Any
    content: Any
    path: str
    networks: tuple[Network, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    text: JsonText | None = None

    @staticmethod
    def read(room: Any, content: Any, path: str, text: JsonText | None = None, **options: Any) -> ObjectSubject:
        """Lower the object; ``text`` is what it was read from. Raises ``BadInput``."""
        network = room.lower(content, **options)
        settled = {**options, **getattr(network.origin, "options", {})}
        return ObjectSubject(room, content, path, (network,), settled, getattr(network.origin, "notes", ()), text)

    def emit(self, index: int, edits: Sequence[Edit]) -> Any:
        return self.room.emit(self.content, self.networks[index], edits)

    def reread(self, content: Any) -> ObjectSubject:
        return ObjectSubject.read(self.room, content, self.path, self.text, **self.options)

    def patch(self, content: Any) -> str:
        """A diff where the content is text or plain data; otherwise nothing."""
        if not isinstance(self.content, (dict, list)):
            return ""
        from repairnn.patch import unified

        text = self.text or JsonText("", self.content)
        before = text.original() if self.content is text.data else text.dump(self.content)
        return unified(before, text.dump(content), self.path)


def open_subject(given: Any, input_shapes: InputShapes = None, example_inputs: Any = None) -> Subject:
    """The subject behind a path, a live model, a function that builds one, or a dict. Raises ``BadInput``."""
    if isinstance(given, (str, Path)):
        return open_path(Path(given), input_shapes)
    if isinstance(given, Mapping):
        return _open_dict(JsonText("", dict(given)), "<dict>")
    kind = _live_kind(given)
    if kind == "keras":
        from repairnn.frontends import keras

        return ObjectSubject.read(keras, given, "<keras model>")
    if kind == "torch":
        return _open_module(given, input_shapes, example_inputs)
    if callable(given):
        from repairnn.frontends import keras

        return ObjectSubject.read(keras, keras.recorded_model(given), f"<{getattr(given, '__name__', 'builder')}>")
    raise BadInput(
        f"a {type(given).__name__} is nothing that can be read",
        "<object>",
        advice="give a path, a Keras model, a function that builds one, a PyTorch module or a dict",
    )


def open_path(path: Path, input_shapes: InputShapes = None) -> Subject:
    """The subject in a file, by its suffix; a file without a known one is read as Python. Raises ``BadInput``."""
    suffix = path.suffix.lower()
    if suffix in KERAS_FILES:
        read_bytes_check(path)
        from repairnn.frontends import keras

        return ObjectSubject.read(keras, path, str(path))
    if suffix == ".onnx":
        raise BadInput("ONNX files are not read by this version", str(path), advice="give the source of the model")
    data = read_bytes(path)
    if suffix == ".json":
        text, mended = read_json(data, str(path))
        return replace(_open_dict(text, str(path)), notes=mended)
    return open_text(data, str(path), input_shapes)


def open_text(data: bytes, path: str, input_shapes: InputShapes = None) -> SourceSubject:
    """The subject in the bytes of Python source. Raises ``BadInput``."""
    return open_source(decode(data, path), input_shapes)


def open_source(source: SourceText, input_shapes: InputShapes = None) -> SourceSubject:
    """The subject in Python source. Raises ``BadInput``."""
    if not source.text.strip() and Path(source.path).name != "__init__.py":
        raise BadInput("is empty", source.path)
    return SourceSubject.read(source, input_shapes)


def _as_lower_wants(shapes: InputShapes) -> Any:
    """One shape is a list of one; lists and dicts stay."""
    if isinstance(shapes, tuple) and all(dim is None or isinstance(dim, int) for dim in shapes):
        return [shapes]
    return shapes


def _told(text: str, span: Span | None) -> str:
    if span is None:
        return text
    return f"{span.path}, line {span.line}: {text}" if span.path else f"line {span.line}: {text}"


def read_bytes_check(path: Path) -> None:
    """Fail early, with one line, for a file that cannot be opened."""
    if not path.is_file():
        read_bytes(path)


def _open_dict(text: JsonText, path: str) -> ObjectSubject:
    data = text.data
    if not isinstance(data, dict):
        raise BadInput("is JSON, but not an object that describes a model", path)
    room = import_module(f"repairnn.frontends.{'keras' if 'class_name' in data or 'config' in data else 'exais'}")
    try:
        return ObjectSubject.read(room, data, path, text)
    except BadInput as error:
        raise BadInput(error.message, path, error.line, error.advice) from error


def _open_module(module: Any, input_shapes: InputShapes, example_inputs: Any) -> Subject:
    from repairnn.frontends import torch

    shapes = {"input_shapes": input_shapes, "example_inputs": example_inputs}
    return ObjectSubject.read(torch, module, "<torch module>", **shapes)


def _live_kind(given: Any) -> str | None:
    """Which framework an object belongs to, told by its classes' modules so that no framework is imported."""
    for base in type(given).__mro__:
        top = base.__module__.partition(".")[0]
        if base.__name__ == "Model" and top in ("keras", "tf_keras", "tensorflow"):
            return "keras"
        if base.__name__ == "Module" and top == "torch":
            return "torch"
    return None


def concrete_shape(text: str) -> Shape:
    """A shape as typed: ``28,28,1`` or ``(None, 28, 28, 1)``. Raises ``ValueError``."""
    parts = [part.strip() for part in text.strip().strip("()[]").split(",") if part.strip()]
    if not parts:
        raise ValueError("no dimension given")
    dims = [None if part in ("None", "?", "-1", "*") else int(part) for part in parts]
    if any(dim is not None and dim < 1 for dim in dims):
        raise ValueError("a dimension is a positive number, or None where it varies")
    return tuple(dims)
