"""Reads which modules a Python file imports, without running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

LAZY_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DYNAMIC_IMPORTS = {"import_module", "__import__"}


@dataclass(frozen=True)
class Import:
    """One imported module. `eager` imports run as soon as the importing module is imported."""

    target: str
    line: int
    eager: bool


def read_imports(source: str, module: str, *, is_package: bool, modules: frozenset[str]) -> list[Import]:
    """Every import in `source`, at any depth.

    `from a import b` counts as an import of `a.b` where `modules` has a module of that name, and of `a` otherwise.
    """
    package = module if is_package else module.rpartition(".")[0]
    return [
        Import(_resolve(name, modules), line, eager)
        for node, eager in _walk(ast.parse(source), eager=True)
        for name, line in _imported_names(node, package)
    ]


def _walk(node: ast.AST, eager: bool) -> Iterator[tuple[ast.AST, bool]]:
    yield node, eager
    if isinstance(node, ast.If) and _is_type_checking(node.test):
        yield from _walk_all(node.body, eager=False)
        yield from _walk_all(node.orelse, eager)
        return
    yield from _walk_all(ast.iter_child_nodes(node), eager and not isinstance(node, LAZY_SCOPES))


def _walk_all(nodes: Iterator[ast.AST] | list[ast.stmt], eager: bool) -> Iterator[tuple[ast.AST, bool]]:
    for node in nodes:
        yield from _walk(node, eager)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _imported_names(node: ast.AST, package: str) -> list[tuple[str, int]]:
    """Absolute dotted names, the last part of which may be a name inside a module."""
    match node:
        case ast.Import():
            return [(alias.name, node.lineno) for alias in node.names]
        case ast.ImportFrom():
            base = _absolute(node, package)
            return [(f"{base}.{alias.name}", node.lineno) for alias in node.names]
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _called(node) in DYNAMIC_IMPORTS:
            return [(name, node.lineno)]
    return []


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    return ".".join(parts[: len(parts) - node.level + 1] + ([node.module] if node.module else []))


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


def _resolve(name: str, modules: frozenset[str]) -> str:
    """The longest leading part of `name` that is one of our modules, or `name` itself where it is foreign."""
    candidate = name
    while candidate:
        if candidate in modules:
            return candidate
        candidate = candidate.rpartition(".")[0]
    return name
