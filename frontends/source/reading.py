"""From text to a syntax tree, with the tolerance that pasted scripts and notebook exports need.

What is adapted keeps every line and column where it was, so that spans stay true to what the user wrote.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from repairnn.frontends.errors import BadInput
from repairnn.semantics.ir import Span

MAX_CHARACTERS = 600_000
MAX_DEPTH = 250

_LINE_END = re.compile(r"\r\n|\r|\n")
_MAGIC = re.compile(r"^(\s*)(%|!|\?)(?![=])")
_PRINT = re.compile(r"^(\s*|.*[:;]\s*)print(?=\s*[^\s(=.,)\]:]|\s+\()(?!\s*=)")


@dataclass(frozen=True)
class Source:
    """A program's text, its tree, and how tree positions become spans.

    ``text`` is what was parsed, ``original`` what the user wrote. Where they differ, every position is still that of
    the original: ``moved`` says by how many columns each line was moved to the left (empty: none was).
    ``label`` is what spans carry as their path: "" for the program itself, the path for a file that it imports.
    """

    text: str
    path: str
    tree: ast.Module
    lines: tuple[str, ...]
    original: str
    moved: tuple[int, ...] = ()
    python2: bool = False
    label: str = ""

    def span(self, node: ast.AST) -> Span:
        """The stretch of text of a node."""
        start, end = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
        first = self._column(start, node.col_offset)  # type: ignore[attr-defined]
        last = self._column(end, node.end_col_offset or 0)  # type: ignore[attr-defined]
        return Span(start, first, end, last, self.label)

    def _column(self, line: int, offset: int) -> int:
        """The tree counts bytes; spans count characters."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        moved = self.moved[line - 1] if line <= len(self.moved) else 0
        return moved + (offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore")))


def read(text: str, path: str = "<script>", *, of_project: bool = False) -> Source:
    """Parse a script, or a file that one imports (``of_project``).

    Raises :class:`BadInput` with one line when it is no Python program of reasonable size.
    """
    if not text.strip():
        raise BadInput("the file is empty", path)
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"the file has {len(text):,} characters", path, advice=f"at most {MAX_CHARACTERS:,} are read")
    if "\0" in text:
        raise BadInput("this is not a text file", path, advice="give a Python script")
    tree, attempt = _parse(text.removeprefix("\ufeff"), path)
    _limit_depth(tree, path)
    return Source(
        attempt.text, path, tree, tuple(_LINE_END.split(attempt.text)), text, attempt.moved, attempt.python2,
        path if of_project else "",
    )  # fmt: skip


@dataclass(frozen=True)
class _Attempt:
    """Text to parse, and by how many columns each line was moved to the left."""

    text: str
    moved: tuple[int, ...] = ()
    python2: bool = False


def _parse(text: str, path: str) -> tuple[ast.Module, _Attempt]:
    error = None
    attempt = _Attempt(text)
    for adapt in (_as_is, _without_magics, _without_prompts, _dedented, _python3):
        attempt = adapt(attempt)
        try:
            return _quiet_parse(attempt.text), attempt
        except SyntaxError as problem:
            error = error or problem
        except (RecursionError, MemoryError):
            raise BadInput("the program nests too deeply", path) from None
        except ValueError as problem:
            raise BadInput(f"this is not a Python program: {problem}", path) from None
    assert error is not None
    line = error.lineno if error.lineno and error.lineno > 0 else None
    raise BadInput(f"this does not parse as Python: {error.msg}", path, line, "repairnn reads Python 3") from None


def _quiet_parse(text: str) -> ast.Module:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _by_line(text: str, change: Callable[[str], str]) -> str:
    """Change every line; line ends stay as they are."""
    parts = re.split(r"(\r\n|\r|\n)", text)
    parts[::2] = [change(line) for line in parts[::2]]
    return "".join(parts)


def _as_is(attempt: _Attempt) -> _Attempt:
    return attempt


def _without_magics(attempt: _Attempt) -> _Attempt:
    """Notebook magics and shell lines become comments of the same width."""
    return replace(attempt, text=_by_line(attempt.text, lambda line: _MAGIC.sub(lambda m: m.group(1) + "#", line)))


def _without_prompts(attempt: _Attempt) -> _Attempt:
    """A pasted session loses its prompts; lines that were printed become comments."""
    lines = _LINE_END.split(attempt.text)
    if not any(line.startswith(">>> ") for line in lines):
        return attempt
    moved = tuple(4 if line.startswith((">>> ", "... ")) else 0 for line in lines)
    return _Attempt(_by_line(attempt.text, _prompted_line), moved)


def _prompted_line(line: str) -> str:
    if line.startswith((">>> ", "... ")):
        return line[4:]
    return "" if line in (">>>", "...") else "#" + line


def _dedented(attempt: _Attempt) -> _Attempt:
    """A snippet that was cut out of a block loses the margin that its first line has."""
    lines = _LINE_END.split(attempt.text)
    code = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    margin = code[0][: len(code[0]) - len(code[0].lstrip())] if code else ""
    if not margin:
        return attempt
    moved = tuple(len(margin) if line.startswith(margin) else 0 for line in lines)
    return _Attempt(_by_line(attempt.text, lambda line: line.removeprefix(margin)), moved)


def _python3(attempt: _Attempt) -> _Attempt:
    """Python 2 becomes what Python 3 parses, every column in its place: ``print x`` turns into ``prin= x``."""
    return replace(attempt, text=_by_line(attempt.text, _python3_line), python2=True)


def _python3_line(line: str) -> str:
    match = _PRINT.match(line)
    if match:
        rest = line[match.end() :]
        line = f"{match.group(1)}prin={rest.replace('>>', '  ', 1) if rest.lstrip().startswith('>>') else rest}"
    line = re.sub(r"^(\s*)exec (?!=)", r"\1exe= ", line)
    line = re.sub(r"^(\s*except\s+[\w.()\s,]+?),(\s*\w+\s*:\s*)$", r"\1:#\2", line)
    line = re.sub(r"^(\s*raise\s+[\w.]+),", r"\1#", line)
    line = re.sub(r"(?<![\w.])0(\d+)(?![\w.])", r" \1", line)
    line = re.sub(r"(?<![\w.])(\d+)[lL]\b", r"\1 ", line)
    return line.replace("<>", "!=")


def _limit_depth(tree: ast.Module, path: str) -> None:
    """Refuse trees deeper than the interpreter descends. ``elif`` chains are flat: they are read in a loop."""
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            line = getattr(level[0], "lineno", None)
            raise BadInput(f"the program nests more than {MAX_DEPTH} levels deep", path, line)
        level = [child for node in level for child in _children(node)]


def _children(node: ast.AST) -> list[ast.AST]:
    children: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        while isinstance(node, ast.If) and isinstance(child, ast.If) and [child] == node.orelse:
            children.extend([child.test, *child.body])
            if len(child.orelse) == 1 and isinstance(child.orelse[0], ast.If):
                child, node = child.orelse[0], child
                continue
            children.extend(child.orelse)
            break
        else:
            children.append(child)
    return children
