"""From text to a syntax tree, with the tolerance that pasted scripts and notebook exports need.

Repairs of the text keep every line and column where it was, so that spans stay true to what the user wrote.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from repairnn.frontends.errors import BadInput
from repairnn.semantics.ir import Span

MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 250

_LINE_END = re.compile(r"\r\n|\r|\n")
_MAGIC = re.compile(r"^(\s*)(%|!|\?)(?![=])")
_PRINT = re.compile(r"^(\s*|.*[:;]\s*)print(?=\s*[^\s(=.,)\]]|\s+\(.*\)\s*[%,]|\s*$)(?!\s*=)")


@dataclass(frozen=True)
class Source:
    """A program's text, its tree, and how tree positions become spans.

    ``text`` is what was parsed, ``original`` what the user wrote: where tolerance changed a line, they differ behind it.
    """

    text: str
    path: str
    tree: ast.Module
    lines: tuple[str, ...]
    original: str

    def span(self, node: ast.AST) -> Span:
        """The stretch of text of a node."""
        start, end = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
        first = self._column(start, node.col_offset)  # type: ignore[attr-defined]
        last = self._column(end, node.end_col_offset or 0)  # type: ignore[attr-defined]
        return Span(start, first, end, last)

    def _column(self, line: int, offset: int) -> int:
        """The tree counts bytes; spans count characters."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))


def read(text: str, path: str = "<script>") -> Source:
    """Parse a script. Raises :class:`BadInput` with one line when it is no Python program of reasonable size."""
    if not text.strip():
        raise BadInput("the file is empty", path)
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"the file has {len(text):,} characters", path, advice=f"at most {MAX_CHARACTERS:,} are read")
    if "\0" in text:
        raise BadInput("this is not a text file", path, advice="give a Python script")
    original = text
    tree, text = _parse(text.removeprefix("\ufeff"), path)
    _limit_depth(tree, path)
    return Source(text, path, tree, tuple(_LINE_END.split(text)), original)


def _parse(text: str, path: str) -> tuple[ast.Module, str]:
    error = None
    for attempt in (_as_is, _without_magics, _dedented, _python3):
        text = attempt(text)
        try:
            return _quiet_parse(text), text
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


def _as_is(text: str) -> str:
    return text


def _without_magics(text: str) -> str:
    """Turn notebook magics and shell lines into comments of the same width; prompts of a pasted session into spaces."""
    parts = re.split(r"(\r\n|\r|\n)", text)
    prompted = any(part.startswith(">>> ") for part in parts)
    for index in range(0, len(parts), 2):
        if _MAGIC.match(parts[index]):
            parts[index] = _MAGIC.sub(lambda m: m.group(1) + "#", parts[index])
        elif prompted:
            parts[index] = _prompted_line(parts[index])
    return "".join(parts)


def _prompted_line(line: str) -> str:
    """A line of a pasted session: output lines become comments. Columns shift by the width of the prompt."""
    if line.startswith((">>> ", "... ")):
        return line[4:]
    return "" if line in (">>>", "...") else "#" + line


def _dedented(text: str) -> str:
    """A snippet pasted with a common margin becomes a block under a condition that always holds."""
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    if not first.startswith((" ", "\t")):
        return text
    head = _LINE_END.split(text, maxsplit=1)[0]
    return text.replace(head, "if 1:" if not head.strip() or head.lstrip().startswith("#") else head, 1)


def _python3(text: str) -> str:
    """Rewrite Python 2 print statements and exception clauses line by line; every position before them stays."""
    parts = re.split(r"(\r\n|\r|\n)", text)
    for index in range(0, len(parts), 2):
        line = parts[index]
        match = _PRINT.match(line)
        if match:
            parts[index] = match.group(1) + _print_call(line[match.end() :])
        elif re.match(r"\s*except\s+[\w.()\s,]+,\s*\w+\s*:", line):
            parts[index] = re.sub(r",\s*(\w+)\s*:", r" as \1:", line)
        parts[index] = re.sub(r"\b(0)(\d+)\b(?![.\w])", r"\2", parts[index]) if "0" in line else parts[index]
    return "".join(parts)


def _print_call(rest: str) -> str:
    body = rest.strip()
    opened = sum(body.count(c) for c in "([{") - sum(body.count(c) for c in ")]}")
    if opened > 0 or body.endswith("\\"):
        return f"print(({body}" if not body.endswith("\\") else "(" + body
    comment = re.search(r"\s#[^'\"]*$", body)
    if comment:
        body = body[: comment.start()]
    return f"print({body.rstrip(',').removeprefix('>>')})"


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
