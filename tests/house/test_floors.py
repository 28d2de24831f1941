"""The house has floors: imports run downwards, never in a circle, and the lower floors know no framework."""

import graphlib
from collections.abc import Mapping

import pytest

from tests.house.imports import Import, read_imports
from tests.house.layout import FLOORS, FRAMEWORKS, sources

FRAMEWORK_FREE = {"semantics", "search"}
LAZY_EVERYWHERE = {"z3"}

Graph = Mapping[str, list[Import]]


@pytest.fixture(scope="module")
def graph() -> Graph:
    files = sources()
    modules = frozenset(files)
    return {
        module: read_imports(
            path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py", modules=modules
        )
        for module, path in files.items()
    }


def test_every_room_is_read(graph: Graph) -> None:
    assert {room_of(module) for module in graph} == set(FLOORS)


def test_no_import_runs_upwards(graph: Graph) -> None:
    assert upward(graph) == []


def test_no_room_is_imported_by_its_bare_name(graph: Graph) -> None:
    assert bare(graph) == []


def test_no_circle_of_imports(graph: Graph) -> None:
    assert circle(graph) == []


def test_lower_floors_import_no_framework(graph: Graph) -> None:
    assert frameworks(graph) == []


def test_z3_is_imported_only_inside_functions(graph: Graph) -> None:
    assert eager_solver(graph) == []


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        ("upward", "repairnn.semantics.ir", "import repairnn"),
        ("upward", "repairnn.semantics.ir", "def f():\n    from repairnn.search.cost import price"),
        ("upward", "repairnn.semantics.ir", "from repairnn import frontends"),
        ("upward", "repairnn.semantics.ir", "from .. import search"),
        ("upward", "repairnn.search.cost", "from repairnn.frontends.source import lower"),
        ("upward", "repairnn.frontends.source", "import repairnn.search.cost"),
        ("upward", "repairnn.search.cost", "import importlib\nimportlib.import_module('repairnn.cli')"),
        ("bare", "repairnn.search.cost", "import semantics"),
        ("bare", "repairnn.cli", "from search.cost import price"),
        ("frameworks", "repairnn.semantics.ir", "def f():\n    import torch.nn as nn"),
        ("frameworks", "repairnn.search.cost", "from keras import layers"),
        ("frameworks", "repairnn.search.cost", "__import__('onnx')"),
        ("eager_solver", "repairnn.search.cost", "import z3"),
        ("eager_solver", "repairnn.semantics.ir", "class A:\n    from z3 import Int"),
        ("eager_solver", "repairnn.semantics.ir", "try:\n    import z3.z3\nexcept ImportError:\n    pass"),
    ],
)
def test_each_rule_fires(rule: str, module: str, source: str) -> None:
    assert RULES[rule](small_house({module: source}))


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        ("upward", "repairnn.cli", "from repairnn import frontends, search, semantics"),
        ("upward", "repairnn.search.cost", "from repairnn.semantics import ir"),
        ("upward", "repairnn.search.cost", "from .cost import price"),
        ("bare", "repairnn.cli", "from re import search"),
        ("frameworks", "repairnn.frontends.source", "import keras"),
        ("frameworks", "repairnn.semantics.ir", "import keras_like"),
        ("eager_solver", "repairnn.search.cost", "def f():\n    import z3"),
        ("eager_solver", "repairnn.search.cost", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import z3"),
        ("circle", "repairnn.semantics.ir", "def f():\n    from repairnn.semantics import ir"),
    ],
)
def test_each_rule_lets_sound_code_pass(rule: str, module: str, source: str) -> None:
    assert not RULES[rule](small_house({module: source}))


def test_a_circle_is_found() -> None:
    house = small_house(
        {
            "repairnn.semantics.ir": "from repairnn.semantics.shape import Shape",
            "repairnn.semantics.shape": "from repairnn.semantics import ir",
        }
    )
    assert set(circle(house)) == {"repairnn.semantics.ir", "repairnn.semantics.shape"}


def small_house(files: Mapping[str, str]) -> Graph:
    """A graph in which the rooms exist and `files` are read, each a module that is no package."""
    rooms = {"repairnn", "repairnn.semantics", "repairnn.search", "repairnn.frontends"}
    modules = frozenset(rooms | {"repairnn.cli", "repairnn.search.cost", "repairnn.frontends.source"} | set(files))
    return {module: read_imports(text, module, is_package=False, modules=modules) for module, text in files.items()}


def upward(graph: Graph) -> list[str]:
    """Imports of a room that is not below the importing one; a room may import itself."""
    return [
        f"{module}:{found.line} imports {found.target}"
        for module, found in each(graph)
        if is_ours(found.target)
        and room_of(found.target) != room_of(module)
        and FLOORS[room_of(found.target)] >= FLOORS[room_of(module)]
    ]


def bare(graph: Graph) -> list[str]:
    """Imports by a folder's name, which a wheel does not have."""
    rooms = set(FLOORS) - {"repairnn"}
    return [f"{module}:{found.line} imports {found.target}" for module, found in each(graph) if top(found) in rooms]


def circle(graph: Graph) -> list[str]:
    """One circle of modules that import each other as they are imported, or an empty list."""
    eager = {module: {found.target for found in found_list if found.eager} for module, found_list in graph.items()}
    try:
        graphlib.TopologicalSorter(eager).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def frameworks(graph: Graph) -> list[str]:
    """Imports of a framework, eager or not, in a room that must work without any."""
    return [
        f"{module}:{found.line} imports {found.target}"
        for module, found in each(graph)
        if room_of(module) in FRAMEWORK_FREE and top(found) in FRAMEWORKS
    ]


def eager_solver(graph: Graph) -> list[str]:
    return [
        f"{module}:{found.line} imports {found.target}"
        for module, found in each(graph)
        if found.eager and top(found) in LAZY_EVERYWHERE
    ]


def each(graph: Graph) -> list[tuple[str, Import]]:
    return [(module, found) for module, found_list in graph.items() for found in found_list]


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == "repairnn"


def top(found: Import) -> str:
    return found.target.partition(".")[0]


def room_of(module: str) -> str:
    inside = module.removeprefix("repairnn.").partition(".")[0]
    return inside if inside in FLOORS else "repairnn"


RULES = {
    "upward": upward,
    "bare": bare,
    "circle": circle,
    "frameworks": frameworks,
    "eager_solver": eager_solver,
}
