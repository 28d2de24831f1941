"""The two readings of the rules agree, and the solver's answers are right, bounded and always the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
import z3

from repairnn.semantics.checker import Evaluation, check, evaluate
from repairnn.semantics.declaration import Declaration, Example
from repairnn.semantics.ir import Arith, DimOf, Network, Node, Ref
from repairnn.semantics.registry import declarations
from repairnn.semantics.symbolic import (
    CannotRead,
    Counterexample,
    Hole,
    Proved,
    Reading,
    Solution,
    Unknown,
    Unsat,
    always_valid,
    filled,
    read,
    solve,
)

KINDS = declarations()
#: Kinds whose rank or rules depend on whether a size is 1, or that compare in several ways. It may only shrink.
INEXACT = {
    "category_encoding",
    "discretization",
    "einsum",
    "feed",
    "hashed_crossing",
    "hashing",
    "lookup",
    "loss",
    "one_hot",
    "squeeze",
    "torch_loss",
}
#: Kinds whose shape function looks at more than conditions and sums; the solver answers "unknown" for some of their
#: configurations. The number may only shrink.
MOST_UNREADABLE = 12


def network(*nodes: Node, framework: str = "keras") -> Network:
    return Network(framework, {node.id: node for node in nodes})


def around(declaration: type[Declaration], example: Example, inputs: tuple[Any, ...]) -> Network:
    """A network of one node that reads inputs of the given shapes."""
    entries = [Node(f"in{i}", "input", {"shape": shape}) for i, shape in enumerate(inputs)]
    tested = Node("tested", declaration.kind, dict(example.args), tuple(Ref(node.id) for node in entries))
    return network(*entries, tested, framework=example.framework)


def as_terms(inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Any], list[int]]:
    """Shapes with a z3 integer in place of each known size; the terms, and the sizes they stand for."""
    terms: list[Any] = []
    sizes: list[int] = []

    def term(size: Any) -> Any:
        if not isinstance(size, int):
            return size
        terms.append(z3.Int(f"d{len(terms)}"))
        sizes.append(size)
        return terms[-1]

    return tuple(None if s is None else tuple(term(n) for n in s) for s in inputs), terms, sizes


def concrete(declaration: type[Declaration], example: Example, inputs: tuple[Any, ...]) -> Evaluation:
    node = Node("tested", declaration.kind, dict(example.args))
    return evaluate(node, list(inputs), example.framework)


def valid(evaluation: Evaluation) -> bool:
    return not any(fault.rule.severity == "fault" for fault in evaluation.faults)


def variants(inputs: tuple[Any, ...], rng: random.Random, count: int) -> list[tuple[Any, ...]]:
    """The shapes as they are, and copies with some sizes changed."""
    changed = [inputs]
    for _ in range(count):
        changed.append(
            tuple(
                None if s is None else tuple(rng.choice([n, n, n + 1, 1, 6]) if isinstance(n, int) else n for n in s)
                for s in inputs
            )
        )
    return changed


def disagreement(declaration: type[Declaration], example: Example, inputs: tuple[Any, ...]) -> str | None:
    """What the two readings say differently of one configuration; raises ``CannotRead``."""
    expected = concrete(declaration, example, inputs)
    symbolic, terms, sizes = as_terms(inputs)
    reading = read(around(declaration, example, symbolic))
    solver = z3.Solver()
    solver.add(*(term == size for term, size in zip(terms, sizes, strict=True)))
    solver.add(*(requirement.condition for requirement in reading.requirements if requirement.node == "tested"))
    accepted = not [rule for node, rule in reading.broken if node == "tested"] and solver.check() == z3.sat
    if accepted != valid(expected):
        return f"{inputs} {example.args}: concrete {valid(expected)}, symbolic {accepted}"
    if accepted and (found := values(reading, solver.model())) is not None:
        for shape, other in zip(expected.outputs, found, strict=False):
            if shape is not None and other is not None and not same(shape, other):
                return f"{inputs} {example.args}: concrete {shape}, symbolic {other}"
    return None


def same(shape: Any, other: Any) -> bool:
    """A symbolic shape may know less than the concrete one, never something else."""
    return len(shape) == len(other) and all(b is None or a == b for a, b in zip(shape, other, strict=True))


def values(reading: Reading, model: Any) -> list[Any]:
    """The tested node's output shapes under a model."""
    found: list[Any] = []
    for shape in reading.shapes["tested"]:
        found.append(None if shape is None else tuple(value(size, model) for size in shape))
    return found


def value(size: Any, model: Any) -> Any:
    return size if size is None or isinstance(size, int) else model.eval(size, model_completion=True).as_long()


@pytest.mark.parametrize("declaration", KINDS, ids=lambda declaration: declaration.kind)
def test_both_readings_agree(declaration: type[Declaration]) -> None:
    rng = random.Random(declaration.kind)
    differing = []
    for example in declaration.examples if declaration.exact else ():
        for inputs in variants(example.inputs, rng, 4):
            try:
                found = disagreement(declaration, example, inputs)
            except CannotRead:
                continue
            differing += [found] if found else []
    assert not differing


def test_what_is_not_read_exactly_is_known() -> None:
    assert {declaration.kind for declaration in KINDS if not declaration.exact} == INEXACT


def test_no_proof_comes_from_a_layer_that_is_not_read_exactly() -> None:
    squeezed = network(
        Node("x", "input", {"shape": (2, 3)}),
        Node("s", "squeeze", {}, (Ref("x"),)),
        Node("d", "dense", {"units": 3}, (Ref("s"),)),
        Node("m", "matmul", {}, (Ref("d"), Ref("x"))),
    )
    holes = [Hole("x", "shape", 0, 1, 4)]
    assert isinstance(always_valid(squeezed, holes, nodes=["s"]), Unknown)
    assert isinstance(solve(squeezed, [Hole("x", "shape", 0, 5, 6)], nodes=["s", "m"]), Unknown)


def test_nearly_all_kinds_can_be_read() -> None:
    unreadable = set()
    for declaration in KINDS:
        for example in declaration.examples:
            try:
                read(around(declaration, example, as_terms(example.inputs)[0]))
            except CannotRead:
                unreadable.add(declaration.kind)
    assert len(unreadable) <= MOST_UNREADABLE, sorted(unreadable)


def chain() -> Network:
    return network(
        Node("x", "input", {"shape": (None, 10, 10, 3)}),
        Node("a", "conv", {"rank": 2, "filters": 8, "kernel_size": (5, 5)}, (Ref("x"),)),
        Node("b", "pool", {"rank": 2, "pool_size": 2, "function": "max"}, (Ref("a"),)),
        Node("c", "conv", {"rank": 2, "filters": 8, "kernel_size": 5}, (Ref("b"),)),
    )


def test_the_nearest_input_that_makes_a_chain_valid() -> None:
    answer = solve(chain(), [Hole("x", "shape", 1, 1, 64), Hole("x", "shape", 2, 1, 64)])
    assert isinstance(answer, Solution)
    assert [*answer.values.values()] == [14, 14]
    assert check(answer.network).valid
    assert solve(chain(), [*answer.values]).values == answer.values  # type: ignore[union-attr]


def test_the_nearest_kernel_below_the_written_one() -> None:
    answer = solve(chain(), [Hole("a", "kernel_size", i, 1, 11) for i in (0, 1)])
    assert isinstance(answer, Solution)
    assert [*answer.values.values()] == [1, 1]


def test_no_answer_within_the_bounds_names_the_rule() -> None:
    answer = solve(chain(), [Hole("x", "shape", 1, 1, 13), Hole("x", "shape", 2, 1, 64)])
    assert isinstance(answer, Unsat)
    assert "conv-window-exceeds-input" in {rule.id for rule in answer.rules}


def test_strides_are_tried_one_by_one() -> None:
    strided = chain().updated({"a": chain()["a"].with_(args={**chain()["a"].args, "strides": 2})})
    holes = [Hole("a", "strides", None, 1, 3), Hole("x", "shape", 1, 1, 14), Hole("x", "shape", 2, 1, 14)]
    answer = solve(strided, holes)
    assert isinstance(answer, Solution)
    assert [*answer.values.values()] == [1, 14, 14]


def test_a_range_is_proved_or_refuted() -> None:
    holes = [Hole("x", "shape", 1, 14, 500), Hole("x", "shape", 2, 14, 500)]
    assert isinstance(always_valid(chain(), holes), Proved)
    verdict = always_valid(chain(), [Hole("x", "shape", 1, 13, 500), holes[1]])
    assert isinstance(verdict, Counterexample)
    assert min(verdict.values.values()) == 13


def test_sizes_read_from_tensors_take_part() -> None:
    doubled = network(
        Node("x", "input", {"shape": (4, 6)}),
        Node("y", "input", {"shape": (4, Arith("//", DimOf(Ref("x"), 1), 2))}),
        Node("sum", "stack", {"axis": 0}, (Ref("y"), Ref("y"))),
        Node("m", "matmul", {}, (Ref("y"), Ref("z"))),
        Node("z", "input", {"shape": (5, 2)}),
    )
    ordered = doubled.rebuilt(doubled)
    answer = solve(ordered, [Hole("x", "shape", 1, 1, 64)])
    assert isinstance(answer, Solution)
    assert [*answer.values.values()] == [10]


def test_too_little_time_is_an_answer_of_its_own() -> None:
    sides = [Hole("x", "shape", i, 2, 10**9) for i in (0, 1, 2)]
    cubes = network(
        Node("x", "input", {"shape": (2, 2, 2)}),
        Node("r", "reshape", {"target_shape": (1000003 * 998244353,), "batch_included": True}, (Ref("x"),)),
        framework="torch",
    )
    assert isinstance(solve(cubes, sides, timeout=0.01), Unknown | Solution)


def test_a_shared_layer_needs_equal_inputs() -> None:
    twice = network(
        Node("x", "input", {"shape": (None, 8)}),
        Node("y", "input", {"shape": (None, 9)}),
        Node("a", "dense", {"units": 3}, (Ref("x"),), layer="shared"),
        Node("b", "dense", {"units": 3}, (Ref("y"),), layer="shared"),
    )
    answer = solve(twice, [Hole("y", "shape", 1, 1, 64)])
    assert isinstance(answer, Solution)
    assert [*answer.values.values()] == [8]


def test_filling_holes_changes_what_they_name() -> None:
    full = filled(chain(), {Hole("x", "shape", 1): 14, Hole("c", "filters"): 4})
    assert full["x"].args["shape"] == (None, 14, 10, 3)
    assert full["c"].args["filters"] == 4
