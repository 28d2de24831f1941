"""The syntax tree as emission needs it: nodes by span, parents, statements, and where names come from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from repairnn.frontends.source.emission.document import Document
from repairnn.frontends.source.reading import Source
from repairnn.semantics.ir import Span

BLOCKS = ("body", "orelse", "finalbody", "handlers")


class Outline:
    """Lookup tables over one program's tree."""

    def __init__(self, source: Source, document: Document) -> None:
        self.source = source
        self.document = document
        self.parents: dict[ast.AST, ast.AST] = {}
        self.imported: set[str] = set()
        self._by_span: dict[Span, list[ast.AST]] = {}
        for node in ast.walk(source.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.imported.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, (ast.expr, ast.stmt)):
                self._by_span.setdefault(source.span(node), []).append(node)

    def expression(self, span: Span | None) -> ast.expr | None:
        """The outermost expression with exactly this span."""
        found = [node for node in self._by_span.get(span, []) if isinstance(node, ast.expr)] if span else []
        return found[0] if found else None

    def augmented(self, span: Span | None) -> ast.AugAssign | None:
        """The statement ``x += y`` with exactly this span."""
        found = [node for node in self._by_span.get(span, []) if isinstance(node, ast.AugAssign)] if span else []
        return found[0] if found else None

    def call(self, span: Span | None) -> ast.Call | None:
        """The call with exactly this span."""
        found = [node for node in self._by_span.get(span, []) if isinstance(node, ast.Call)] if span else []
        return found[0] if found else None

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds this one."""
        return self.parents.get(node)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that holds a node."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parents.get(current)
        return current

    def scope(self, node: ast.AST) -> ast.AST:
        """The innermost function (or the module) that holds a node."""
        current = self.parents.get(node)
        while current is not None and not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
            current = self.parents.get(current)
        return current if current is not None else self.source.tree

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """The class that a node stands in."""
        current = self.parents.get(node)
        while current is not None and not isinstance(current, ast.ClassDef):
            current = self.parents.get(current)
        return current

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements that a statement stands in."""
        parent = self.parents[statement]
        for name in BLOCKS:
            found = getattr(parent, name, None)
            if isinstance(found, list) and statement in found:
                return found
        return [statement]

    def bounds(self, node: ast.AST) -> tuple[int, int]:
        """Start and end offset of a node in the document, enclosing parentheses left out."""
        return self.document.bounds(self.source.span(node))

    def text(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.bounds(node)
        return self.document.text[start:end]

    def statements_in(self, scope: ast.AST) -> Iterator[ast.stmt]:
        """Every statement of a scope, nested blocks included, inner functions not."""
        for child in ast.iter_child_nodes(scope):
            if isinstance(child, ast.stmt):
                yield child
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            yield from self.statements_in(child)


@dataclass(frozen=True)
class Imports:
    """How a program reaches library names: aliases of modules, names imported from them, star imports."""

    modules: dict[str, str]  # alias -> dotted module
    names: dict[str, tuple[str, str]]  # local name -> (module, original name)
    stars: tuple[str, ...]
    froms: tuple[ast.ImportFrom, ...]
    last: ast.stmt | None

    @staticmethod
    def of(tree: ast.Module) -> Imports:
        """All imports anywhere in the program; ``last`` is the last one at the top of the module."""
        modules: dict[str, str] = {}
        names: dict[str, tuple[str, str]] = {}
        stars: list[str] = []
        froms: list[ast.ImportFrom] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    modules[alias.asname or alias.name] = alias.name
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                froms.append(node)
                for alias in node.names:
                    if alias.name == "*":
                        stars.append(node.module)
                    else:
                        names[alias.asname or alias.name] = (node.module, alias.name)
        top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        return Imports(modules, names, tuple(stars), tuple(froms), top[-1] if top else None)

    def alias(self, module: str) -> str | None:
        """The local name of a module, however it was imported (``import numpy as np``, ``from torch import nn``)."""
        for local, dotted in self.modules.items():
            if dotted == module:
                return local
        for local, (origin, name) in self.names.items():
            if f"{origin}.{name}" == module:
                return local
        return None
