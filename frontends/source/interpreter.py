"""The machine: runs a program abstractly, statement by statement, without ever executing it.

``Machine.run`` follows the module, then the functions and classes that the program defines and never uses. Conditions
that the text does not decide are decided once a run (see :meth:`Machine.decide`), so that every run is one consistent
path through the program.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source import building
from repairnn.frontends.source.assumptions import assumed_call
from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.classes import Super
from repairnn.frontends.source.graph import Graph
from repairnn.frontends.source.library import ASSUMED, COMMON, Library
from repairnn.frontends.source.modules import Module, building_imports
from repairnn.frontends.source.operators import FAILURES, equal
from repairnn.frontends.source.project import Project
from repairnn.frontends.source.reading import Source
from repairnn.frontends.source.scopes import Budget, Frame, GeneratorFull, OutOfBudget, ProgramEnds, ProgramRaises
from repairnn.frontends.source.values import (
    Array,
    Class,
    Function,
    Instance,
    Known,
    Listing,
    Method,
    Symbol,
    Table,
    Unknown,
    Value,
)  # fmt: skip
from repairnn.semantics.ir import DimOf, Shape, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.models import Record


class Machine:
    """One run over one program.

    ``graph`` collects nodes, ``records`` the models in the order they were made, ``notes`` what a user should know.
    ``decisions`` says how conditions that the text does not decide are taken, by their text; others are guessed and
    recorded in ``guessed``.
    """

    def __init__(
        self, source: Source, *, decisions: dict[str, bool] | None = None, strict: bool = False,
        input_shapes: Sequence[Shape] | Mapping[str, Shape] | None = None, project: Project | None = None,
    ) -> None:  # fmt: skip
        self.source = source  # the file whose code is being followed
        self.program = source
        self.project = project or Project("")
        self.modules: dict[str, Module] = {}
        self.folders: dict[str, Path] = {"": self.project.folder}
        self.importing = 0
        self.input_shapes = input_shapes
        self.strict = strict
        self.library = Library()
        self.graph = Graph(strict)
        self.budget = Budget()
        self.records: list[Record] = []
        self.notes: list[tuple[str, Span | None]] = []
        self.decisions = dict(decisions or {})
        self.guessed: dict[str, tuple[bool, bool]] = {}
        self.stars: list[str] = []
        self.roots: set[str] = set()
        self.ran: set[ast.AST] = set()
        self.defined: list[Value] = []
        self.used_classes: set[ast.AST] = set()
        self.callers: list[Span | None] = []
        self.following: Sequence[ast.stmt] = ()
        self.unsure: list[tuple[Span, str]] = []
        self.endless = 0
        self.here: Span | None = None  # the operation that is being evaluated
        self.memory: dict[str, Any] = {}  # what a framework's part remembers of this run
        self.frame = Frame(kind="module", names={"__name__": Known("__main__"), "__file__": Known(source.path)})
        self.memo: dict[str, Any] = {}
        self._generators: dict[ast.AST, bool] = {}
        self._serial = 0
        self._numbers: dict[str, int] = {}
        self._asked = 0

    @property
    def plan(self) -> building.Plan:
        """What the statements of the current file build."""
        plans, key = self.project.plans, self.source.label
        if key not in plans:
            plans[key] = building.Plan(self.source.tree, building_imports(self))
        return plans[key]

    # running

    def run(self) -> None:
        """Follow the program. Raises nothing on any program; what stops it is noted."""
        try:
            self._module()
            self._unused()
        except OutOfBudget:
            self.note("the program runs longer than it was followed", None)

    def _module(self) -> None:
        body = self.source.tree.body
        for index, statement in enumerate(body):
            self.following = body[index + 1 :]
            if not self._guarded(statement):
                return

    def _guarded(self, statement: ast.stmt) -> bool:
        """Run one statement of the module. False when the program ends there."""
        from repairnn.frontends.source.statements import execute

        self.budget.next_statement()
        try:
            execute(self, statement, self.frame)
        except OutOfBudget:
            if self.budget.exhausted:
                raise
            self.note("this statement runs longer than it was followed", self.source.span(statement))
        except ProgramRaises as stop:
            self.note(f"the program stops with {stop}", self.source.span(statement))
        except ProgramEnds:
            return False
        except GeneratorFull:
            return True
        except (*FAILURES, RecursionError) as problem:
            if self.strict:
                raise
            self.note(f"this statement could not be read ({type(problem).__name__})", self.source.span(statement))
        return True

    def guarded(self, run: Callable[[], object], what: str, span: Span | None) -> None:
        """Run a piece of interpretation that must not stop the rest; what stops it is noted."""
        self.budget.next_statement()
        try:
            run()
        except (ProgramRaises, ProgramEnds, GeneratorFull):
            return
        except OutOfBudget:
            self.note(f"{what} takes longer to read than it was followed", span)
        except (*FAILURES, RecursionError) as problem:
            if self.strict:
                raise
            self.note(f"{what} could not be read ({type(problem).__name__})", span)

    def _unused(self) -> None:
        """Functions and classes that build models and that nobody used."""
        for value in list(self.defined):
            if isinstance(value, Function) and value.owner is None and value.node not in self.ran:
                if value.frame.kind == "module" and self.plan.builds([value.node]):
                    self._attempt(value)
            elif isinstance(value, Class) and value.node not in self.used_classes and self.plan.builds([value.node]):
                self._attempt(value)

    def _attempt(self, value: Function | Class) -> None:
        def run() -> None:
            result = value.call(self, assumed_call(self, value))
            if isinstance(result, Instance):
                self._methods(result)

        self.guarded(run, value.describe(), value.span)

    def _methods(self, instance: Instance) -> None:
        bases = self.library.bases_of(instance)
        for found in bases:
            found.unused(self, instance)
        if bases:
            return
        for method in instance.cls.names.values():
            if isinstance(method, Function) and method.node not in self.ran and self.plan.builds([method.node]):
                Method(method, instance).call(self, Call(open=True))

    # conditions

    def decide(
        self, value: Value, test: ast.expr, body: Sequence[ast.AST], orelse: Sequence[ast.AST],
        following: Sequence[ast.AST] = (),
    ) -> bool | None:  # fmt: skip
        """Which way a condition goes. ``None``: it is not known, and neither way matters for the networks.

        A branch that raises or leaves with nothing is not taken; otherwise the one that builds more of a model is.
        """
        truth = value.truth()
        if truth is not None:
            return truth
        key = ast.unparse(test) if len(self.decisions) + len(self.guessed) < 500 else ""
        if key in self.decisions:
            return self.decisions[key]
        if key in self.guessed:
            return self.guessed[key][0]
        left, right = self.plan.weight(body), self.plan.weight(orelse)
        if self.plan.leaves(body) and not orelse:
            right = self.plan.weight(following)
        if self.plan.fails(body) != self.plan.fails(orelse):
            return self.plan.fails(orelse)
        if left == right == 0:
            return None
        choice = left >= right
        self.guessed[key] = (choice, left > 0 and right > 0)
        return choice

    def builds(self, body: Sequence[ast.AST]) -> bool:
        """Whether statements make or change a model."""
        return self.plan.weight(body) > 0

    def join(self, one: Value, other: Value) -> Value:
        """A value that is one or the other."""
        if one is other or equal(one, other):
            return one
        if isinstance(one, Array) and isinstance(other, Array):
            if one.shape is None or other.shape is None or len(one.shape) != len(other.shape):
                return Array(None, label=one.label)
            shape = tuple(a if a == b else None for a, b in zip(one.shape, other.shape, strict=True))
            return Array(shape, one.dtype, one.form if one.form == other.form else "", label=one.label)
        joined = one.join(self, other) or other.join(self, one)
        if joined is not None:
            return joined
        return Unknown("a value that depends on a condition")

    def unsure_loop(self, node: ast.For | ast.While) -> None:
        """A loop of unknown length adds to a model: the model is incomplete."""
        if self.builds(node.body) and not building.trains(node.body):
            self.unsure.append((self.source.span(node), "how often this loop runs is not known"))

    # values

    def sample(self, source: Value | None) -> list[Value]:
        """What one iteration over something of unknown length sees."""
        if isinstance(source, Listing) and source.items:
            return list(source.items)
        if isinstance(source, Table) and source.entries:
            return [key for key, _ in source.entries.values()]
        if isinstance(source, Array) and source.shape:
            return [source.item(self, Known(0))]
        found = source.sample(self) if source is not None else None
        if found is not None:
            return found
        return [Unknown(source.reason if isinstance(source, Unknown) else "an element of something not known")]

    def dimension(self, array: Array, axis: int) -> Value:
        """``array.shape[axis]`` as a number that remembers the array."""
        symbol = DimOf(self.graph.data(array), axis)
        size = array.shape[axis] if array.shape is not None and -len(array.shape) <= axis < len(array.shape) else None
        return Unknown(f"a size of {array.describe()}", symbol) if size is None else Known(size, symbol)

    def free_name(self, name: str, span: Span | None) -> Value:
        """A name that the program does not define: a builtin, something star-imported, or what everybody means."""
        builtin = f"builtins.{name}"
        if self.library.knows(builtin):
            return Symbol(builtin)
        for module in reversed(self.stars):
            path = self.library.canonical(f"{module}.{name}")
            if self.library.knows(path):
                return self.library.constant(path) or Symbol(path)
        if name in COMMON:
            return Symbol(COMMON[name])
        for assume in ASSUMED:
            value = assume(self, name)
            if value is not None:
                return value
        found = building.everybody_means(name, self.roots)
        return Symbol(found) if found else Unknown(f"{name}, which is not defined here", span=span)

    def unknown_call(self, function: Value, call: Call) -> Value:
        """A call of something that is not known. With tensors among its arguments it is an unknown layer."""
        from repairnn.frontends.source.models import Tensor

        tensors = [t for value in call.values for t in _tensors(value)]
        reason = f"{function.describe()}" if not isinstance(function, Unknown) else function.reason
        if tensors:
            first = tensors[0]
            assert isinstance(first, Tensor)
            return first.unknown(self, tensors, reason, call)
        return Unknown(reason if reason.endswith(")") or not reason else f"{reason}()"[:120])

    def scoped_builtin(self, name: str, node: ast.Call, frame: Frame) -> Value | None:
        """``super()``, ``locals()``, ``globals()``: builtins that look at the frame."""
        if name == "super":
            scope: Frame | None = frame
            while scope is not None and scope.receiver is None:
                scope = scope.parent
            if scope is not None and isinstance(scope.owner, Class) and scope.receiver is not None:
                return Super(scope.owner, scope.receiver)
            return None
        if name in ("locals", "globals", "vars") and not node.args and frame.lookup(name) is None:
            return Table.of((frame.module if name == "globals" else frame).names)
        return None

    def is_generator(self, node: ast.AST) -> bool:
        """Whether a function has a ``yield`` of its own."""
        if node not in self._generators:
            self._generators[node] = building.yields(node)
        return self._generators[node]

    def as_record(self, value: Value) -> Value:
        """Mark a class as a dataclass."""
        if isinstance(value, Class):
            value.record = True
        return value

    # names and shapes of models

    def serial(self) -> int:
        """A number that no other object has."""
        self._serial += 1
        return self._serial

    def numbered(self, stem: str) -> str:
        """A default name as frameworks count them: ``dense``, ``dense_1``, ..."""
        count = self._numbers.get(stem, 0)
        self._numbers[stem] = count + 1
        return stem if not count else f"{stem}_{count}"

    def unnumber(self, stem: str) -> None:
        """Give a default name back."""
        self._numbers[stem] -= 1

    def asked_shape(self, name: str, complete: bool) -> Shape | None:
        """The shape that the user gave for an input: by name always, in order only where the text leaves it open."""
        asked = self.input_shapes
        if isinstance(asked, Mapping):
            return tuple(asked[name]) if name in asked else None
        if not asked or complete:
            return None
        shape = asked[min(self._asked, len(asked) - 1)]
        self._asked += 1
        return tuple(shape)

    # notes

    def imported(self, module: str) -> None:
        """Remember which libraries the program imports."""
        self.roots.add(module.split(".")[0])

    def note(self, text: str, span: Span | None) -> None:
        """Something the user should know."""
        if (text, span) not in self.notes:
            self.notes.append((text, span))


def _tensors(value: Value, depth: int = 0) -> list[Value]:
    from repairnn.frontends.source.models import Tensor

    if isinstance(value, Tensor):
        return [value]
    if depth < 3 and isinstance(value, Listing):
        return [t for item in value.items for t in _tensors(item, depth + 1)]
    return []


__all__ = ["Argument", "Machine"]
