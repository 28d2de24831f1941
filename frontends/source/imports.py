"""Imports: names become symbols of libraries, whatever is installed here."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.scopes import Frame
from repairnn.frontends.source.values import Symbol

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


def run_import(machine: Machine, node: ast.Import, frame: Frame) -> Any:
    """``import a.b as c``."""
    for alias in node.names:
        path = alias.name if alias.asname else alias.name.split(".")[0]
        frame.assign(alias.asname or path, Symbol(machine.library.canonical(path)))
        machine.imported(alias.name)


def run_import_from(machine: Machine, node: ast.ImportFrom, frame: Frame) -> Any:
    """``from a import b as c``; after ``from a import *`` a name that nothing else defines may come from ``a``."""
    module = "." * node.level + (node.module or "")
    machine.imported(module)
    for alias in node.names:
        if alias.name == "*":
            machine.stars.append(machine.library.canonical(module))
            continue
        value = Symbol(machine.library.canonical(f"{module}.{alias.name}"))
        frame.assign(alias.asname or alias.name, machine.library.constant(value.path) or value)
