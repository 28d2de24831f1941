"""Imports: names become symbols of libraries, whatever is installed here, or come from files of the project."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.modules import imported_module, pending, starred
from repairnn.frontends.source.scopes import Frame
from repairnn.frontends.source.values import Symbol

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


#: A module that imports everything from more files than this is the index of a library: not all are looked through.
MAX_STARS = 12


def run_import(machine: Machine, node: ast.Import, frame: Frame) -> Any:
    """``import a.b as c``."""
    for alias in node.names:
        path = alias.name if alias.asname else alias.name.split(".")[0]
        module = imported_module(machine, path)
        if module is not None:
            frame.assign(alias.asname or path, module)
            continue
        frame.assign(alias.asname or path, Symbol(machine.library.canonical(path)))
        machine.imported(alias.name)


def run_import_from(machine: Machine, node: ast.ImportFrom, frame: Frame) -> Any:
    """``from a import b as c``; after ``from a import *`` a name that nothing else defines may come from ``a``."""
    module = "." * node.level + (node.module or "")
    found = imported_module(machine, node.module or "", node.level)
    if found is None:
        machine.imported(module)
    for alias in node.names:
        if found is not None and alias.name == "*":
            if len(frame.module.stars) < MAX_STARS:
                frame.module.stars.append(lambda name, found=found: starred(machine, found, name))  # type: ignore[misc]
            continue
        if found is not None:
            frame.assign(alias.asname or alias.name, pending(machine, found, alias.name))
            continue
        if alias.name == "*":
            machine.stars.append(machine.library.canonical(module))
            continue
        value = Symbol(machine.library.canonical(f"{module}.{alias.name}"))
        frame.assign(alias.asname or alias.name, machine.library.constant(value.path) or value)
