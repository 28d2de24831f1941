"""Modules of the program's own project: read when something of them is needed, as far as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from repairnn.frontends.source.building import may_build
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.reading import Source
from repairnn.frontends.source.scopes import Frame, GeneratorFull, OutOfBudget, ProgramEnds, ProgramRaises
from repairnn.frontends.source.values import Known, Pending, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: What these define is modelled: of their own files only those beside the program are read.
FRAMEWORKS = frozenset({"keras", "tensorflow", "tf_keras", "torch", "numpy"})
#: How many steps all modules together may take on top of what the program itself may.
MAX_STEPS = 400_000


@dataclass(eq=False)
class Module(Value):
    """A file of the project, or a folder of them. ``frame`` holds its names once it was read.

    ``asked`` are the names that are being looked up.
    """

    name: str
    file: Path | None
    folder: Path | None
    frame: Frame | None = None
    asked: set[str] = field(default_factory=set)

    def attribute(self, machine: Machine, name: str) -> Value:
        found = self.member(machine, name)
        return found if found is not None else Unknown(f"{self.name}.{name}")

    def member(self, machine: Machine, name: str) -> Value | None:
        """A name that the module defines, or a module inside it; ``None`` when there is neither."""
        frame = loaded(machine, self)
        if self.folder is not None and (frame is None or name not in frame.names):
            found = project_module(machine, f"{self.name}.{name}", *machine.project.find(name, 1, self.folder))
            if found is not None:
                return found
        return self.defined(machine, name)

    def defined(self, machine: Machine, name: str) -> Value | None:
        """A name that the module's statements bind; ``None`` too where modules that import each other go in circles."""
        frame = loaded(machine, self)
        if frame is None or name in self.asked:
            return None
        self.asked.add(name)
        try:
            return frame.lookup(name)
        finally:
            self.asked.discard(name)

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        frame = loaded(machine, self)
        if frame is not None:
            frame.names[name] = value

    def describe(self) -> str:
        return self.name


def imported_module(machine: Machine, module: str, level: int = 0) -> Module | None:
    """A module of the project by its dotted name; ``None`` when it is a library's, or there is no such file."""
    project, root = machine.project, module.split(".")[0]
    if not level and machine.library.models(root) and root != project.own:
        return None
    here = machine.folders.get(machine.source.label)
    file, folder = project.find(module, level, here)
    if not level and root in FRAMEWORKS and here not in (folder, file.parent if file is not None else None):
        return None
    return project_module(machine, module, file, folder)


def building_imports(machine: Machine) -> frozenset[str]:
    """Names that the current file imports from its project and that may build models."""
    found: set[str] = set()
    for node in machine.source.tree.body:
        module = imported_module(machine, node.module or "", node.level) if isinstance(node, ast.ImportFrom) else None
        if module is None or not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            names = _defined(machine, module) if alias.name == "*" else [alias.asname or alias.name]
            found.update(name for name in names if may_build(name))
    return frozenset(found)


def _defined(machine: Machine, module: Module) -> list[str]:
    """What classes and functions of a module are called."""
    source = machine.project.source(module.file) if module.file is not None else None
    body = source.tree.body if source is not None else []
    return [node.name for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]


def project_module(machine: Machine, name: str, file: Path | None, folder: Path | None) -> Module | None:
    """The one module that stands for a file or a folder."""
    if file is None and folder is None:
        return None
    key = str(file or folder)
    if key not in machine.modules:
        machine.modules[key] = Module(name, file, folder)
    return machine.modules[key]


def pending(machine: Machine, module: Module, name: str) -> Pending:
    """``from module import name``: looked up when the name is first used, as modules may import each other."""

    def settle() -> Value:
        found = module.member(machine, name)
        return found if found is not None else Unknown(f"{name} of {module.name}")

    return Pending(settle)


def starred(machine: Machine, module: Module, name: str) -> Value | None:
    """A name that ``from module import *`` brings."""
    if name.startswith("_") or (module.file is not None and not machine.project.mentions(module.file, name)):
        return None
    return module.defined(machine, name)


def loaded(machine: Machine, module: Module) -> Frame | None:
    """The names of a module, after its statements were followed; ``None`` for a folder or a file that is not read."""
    if module.frame is not None or module.file is None:
        return module.frame
    source = machine.project.source(module.file)
    if source is None:
        return None
    machine.folders[source.label] = module.file.parent
    names: dict[str, Value] = {"__name__": Known(module.name.lstrip(".")), "__file__": Known(source.path)}
    module.frame = Frame(kind="module", names=names)
    with _apart(machine, source):
        for index, statement in enumerate(source.tree.body):
            machine.following = source.tree.body[index + 1 :]
            if not _followed(machine, statement, module.frame):
                break
    return module.frame


def _followed(machine: Machine, statement: ast.stmt, frame: Frame) -> bool:
    """Run one statement of a module; False when enough was followed. What cannot be followed stays unknown."""
    from repairnn.frontends.source.statements import execute

    machine.budget.next_statement()
    try:
        execute(machine, statement, frame)
    except OutOfBudget:
        return not machine.budget.exhausted
    except (ProgramRaises, ProgramEnds, GeneratorFull):
        return True
    except (*FAILURES, RecursionError):
        if machine.strict:
            raise
    return True


@contextmanager
def _apart(machine: Machine, source: Source) -> Iterator[None]:
    """Follow a module without what it makes counting as the program's own, and without the program paying for it."""
    budget = machine.budget
    before = (machine.source, machine.following, budget.limit, budget.level, budget.used)
    defined, records = len(machine.defined), len(machine.records)
    machine.source = source
    machine.importing += 1
    try:
        yield
    finally:
        machine.importing -= 1
        machine.source, machine.following, limit, budget.level, used = before
        free = min(budget.used - used, MAX_STEPS - budget.granted)
        budget.granted += free
        budget.steps += free
        budget.limit = limit + free
        del machine.defined[defined:]
        for record in machine.records[records:]:
            record.imported = True
