"""What a piece of program does for models, judged by its text: to choose branches and to find what is never called."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from repairnn.semantics.registry import spellings

#: Methods and functions whose call means that a model is made, changed or used.
ACTIONS = frozenset(
    {"add", "compile", "fit", "fit_generator", "Sequential", "Model", "Input", "add_module", "backward"}
)
EXITS = frozenset({"exit", "quit", "_exit"})


@lru_cache(maxsize=1)
def layer_names() -> frozenset[str]:
    """What layers are called, in any framework."""
    return frozenset(name for fw in ("keras", "torch") for form, name in spellings(fw) if name[:1].isupper())


class Plan:
    """Weights of statements: how many calls in them build or use models, helper functions included.

    ``imported`` are names from files of the project that may be such helpers.
    """

    def __init__(self, tree: ast.Module, imported: frozenset[str] = frozenset()) -> None:
        self._weights: dict[int, int] = {}
        self._imported = imported
        self._own: frozenset[str] = imported
        self._helpers(tree)

    def _helpers(self, tree: ast.Module) -> None:
        """Functions that build count at their callers, through a few levels."""
        definitions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
        for _ in range(3):
            found = frozenset(d.name for d in definitions if self._count(d.body)) | self._imported
            if found == self._own:
                return
            self._own = found

    def weight(self, body: Sequence[ast.AST]) -> int:
        """How much statements build; 0 means nothing."""
        return sum(self._weight(statement) for statement in body)

    def builds(self, body: Sequence[ast.AST]) -> bool:
        """Whether anything in the statements builds or uses a model."""
        return any(self._weight(node) for node in body)

    def _weight(self, node: ast.AST) -> int:
        if id(node) not in self._weights:
            inner = node.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else [node]
            self._weights[id(node)] = self._count(inner)
        return self._weights[id(node)]

    def _count(self, body: Sequence[ast.AST]) -> int:
        total = 0
        for node in body:
            for part in ast.walk(node):
                if isinstance(part, ast.Call):
                    name = getattr(part.func, "attr", getattr(part.func, "id", ""))
                    total += name in layer_names() or name in ACTIONS or name in self._own
        return total

    @staticmethod
    def leaves(body: Sequence[ast.AST]) -> bool:
        """Whether a block ends the function or loop it is in."""
        return bool(body) and isinstance(body[-1], (ast.Return, ast.Continue, ast.Break))

    @staticmethod
    def fails(body: Sequence[ast.AST]) -> bool:
        """Whether a block ends by raising or leaving the program."""
        if not body:
            return False
        last = body[-1]
        if isinstance(last, ast.Raise):
            return True
        call = last.value if isinstance(last, ast.Expr) else None
        name = getattr(call.func, "attr", getattr(call.func, "id", "")) if isinstance(call, ast.Call) else ""
        return name in EXITS


def may_build(name: str) -> bool:
    """Whether something imported from another file may make a model or a part of one, judged by its name."""
    return name[:1].isupper() or name.startswith(("create_", "make_", "build_", "get_"))


def trains(body: Sequence[ast.stmt]) -> bool:
    """Whether statements are the step of a PyTorch training loop: they use a model and build none."""
    calls = (part for statement in body for part in ast.walk(statement) if isinstance(part, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in ("backward", "zero_grad") for call in calls)


def yields(node: ast.AST) -> bool:
    """Whether a function is a generator."""
    pending = list(getattr(node, "body", [])) if not isinstance(node, ast.Lambda) else [node.body]
    while pending:
        part = pending.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(part))
    return False


def everybody_means(name: str, roots: set[str]) -> str:
    """The library path of a bare layer name in a snippet without imports, or ""."""
    names = {name: path for path, names in BARE.items() for name in names}
    if "torch" in roots and not roots & {"keras", "tensorflow"}:
        return ""
    if name in names:
        return names[name]
    return f"keras.layers.{name}" if name in _keras_names() else ""


@lru_cache(maxsize=1)
def _keras_names() -> frozenset[str]:
    return frozenset(name for form, name in spellings("keras") if name[:1].isupper())


BARE = {
    "keras.Sequential": ("Sequential",), "keras.Model": ("Model",), "keras.Input": ("Input",),
    "keras.utils.to_categorical": ("to_categorical",), "keras.layers.Lambda": ("Lambda",),
    "keras.layers.concatenate": ("concatenate",), "keras.layers.add": (), "keras.layers.merge": ("merge",),
    "keras.layers.Layer": ("Layer",), "sklearn.model_selection.train_test_split": ("train_test_split",),
    "keras.preprocessing.image.ImageDataGenerator": ("ImageDataGenerator",),
}  # fmt: skip
