"""Every declaration against its own examples: rules fire one step beyond what is valid, and say what they must."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from repairnn.semantics.checker import GENERAL_RULES, Evaluation, evaluate
from repairnn.semantics.declaration import Declaration, Example, bind_arguments
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedDim, NeedMultiple, NeedShape, Rule
from repairnn.semantics.ir import Node, Shape
from repairnn.semantics.registry import declarations
from repairnn.semantics.spelling import bind

KINDS = declarations()
EXAMPLES = [(declaration, example) for declaration in KINDS for example in declaration.examples]
RULES = [(declaration, rule) for declaration in KINDS for rule in declaration.rules]


def named(pair: object) -> str:
    return str(getattr(pair, "kind", "") or getattr(pair, "id", "") or getattr(pair, "breaks", "") or "")


def judged(declaration: type[Declaration], example: Example) -> Evaluation:
    node = Node("n", declaration.kind, dict(example.args))
    return evaluate(node, example.inputs, example.framework)


@pytest.mark.parametrize(("declaration", "example"), EXAMPLES, ids=named)
def test_examples_are_judged_as_they_say(declaration: type[Declaration], example: Example) -> None:
    evaluation = judged(declaration, example)
    found = {fault.rule.id for fault in evaluation.faults}
    if example.breaks is not None:
        assert found == {example.breaks}
        return
    assert not found
    shapes = list(evaluation.outputs) if isinstance(example.output, list) else evaluation.outputs[0]
    assert shapes == example.output


@pytest.mark.parametrize(
    ("declaration", "example"), [pair for pair in EXAMPLES if pair[1].breaks is not None], ids=named
)
def test_messages_say_what_they_must(declaration: type[Declaration], example: Example) -> None:
    for fault in judged(declaration, example).faults:
        sentences = f"{fault.received}, expected {fault.expected}"
        assert "{" not in fault.received.replace("{}", "")
        assert fault.expected
        if example.expected is not None:
            assert example.expected in sentences
            break


@pytest.mark.parametrize(("declaration", "rule"), RULES, ids=named)
def test_every_rule_fires_on_an_example_of_its_own(declaration: type[Declaration], rule: Rule) -> None:
    assert rule.id in {example.breaks for example in declaration.examples}


@pytest.mark.parametrize("declaration", [d for d in KINDS if d.rules], ids=named)
def test_every_kind_with_rules_has_a_valid_example(declaration: type[Declaration]) -> None:
    assert any(example.breaks is None for example in declaration.examples)


def test_rule_ids_are_unique() -> None:
    owners = Counter(rule.id for rule in {id(rule): rule for _, rule in RULES}.values())
    owners.update(rule.id for rule in GENERAL_RULES)
    assert not {rule for rule, count in owners.items() if count > 1}


@pytest.mark.parametrize(("declaration", "rule"), RULES, ids=named)
def test_rules_are_documented(declaration: type[Declaration], rule: Rule) -> None:
    assert all((rule.id, rule.summary, rule.message, rule.expected, rule.why))
    assert rule.id == rule.id.lower()
    assert set(rule.id) <= set(string.ascii_lowercase + string.digits + "-")
    assert not rule.summary.endswith(".")
    assert rule.why.endswith(".")


@pytest.mark.parametrize("declaration", KINDS, ids=named)
def test_declarations_are_documented(declaration: type[Declaration]) -> None:
    assert declaration.__doc__
    assert declaration.examples
    assert len({argument.name for argument in declaration.arguments}) == len(declaration.arguments)


@pytest.mark.parametrize("declaration", KINDS, ids=named)
def test_defaults_and_samples_lie_in_their_domains(declaration: type[Declaration]) -> None:
    rng = random.Random(0)
    for spelling in declaration.spellings or (None,):
        fixed = {**spelling.defaults, **spelling.fixed} if spelling else {}
        everything = vars(bind_arguments(declaration, {}, fixed))
        for argument in declaration.arguments:
            domain = argument.domain_in(spelling.framework, spelling) if spelling else argument.domain
            value = everything[argument.name]
            if value is not None:
                assert domain.accepts(value, everything), argument.name
            for _ in range(10):
                sample = domain.sample(rng, everything)
                assert domain.accepts(sample, everything), (argument.name, sample)
            for outside in domain.outside(everything):
                assert not domain.accepts(outside, everything), (argument.name, outside)
            assert domain.describe(everything)


@pytest.mark.parametrize("declaration", KINDS, ids=named)
def test_spellings_name_known_arguments(declaration: type[Declaration]) -> None:
    known = {argument.name for argument in declaration.arguments}
    for spelling in declaration.spellings:
        assert set(spelling.fixed) <= known, spelling.name
        assert set(spelling.defaults) <= known, spelling.name
        bound = bind(spelling, (), {})
        assert not bound.args
        assert not bound.unknown


@pytest.mark.parametrize(
    ("declaration", "example"), [pair for pair in EXAMPLES if pair[1].breaks is not None], ids=named
)
def test_needs_speak_of_what_is_there(declaration: type[Declaration], example: Example) -> None:
    known = {argument.name for argument in declaration.arguments}
    for fault in judged(declaration, example).faults:
        assert set(fault.arguments) <= known
        for need in fault.needs:
            if isinstance(need, NeedArgument):
                assert need.argument in known
            elif isinstance(need, NeedDim):
                assert need.value is not None
            if hasattr(need, "input"):
                assert need.input < len(example.inputs)


#: Kinds some of whose needs are a step only: several of them must be met together. It may only shrink.
SEVERAL_STEPS = {"affine_grid", "class_loss", "conv_recurrent", "diagonal"}


def meeting(need: Need, example: Example) -> Iterator[tuple[tuple[Shape | None, ...], Mapping[str, Any]]]:
    """The example with a need met; nothing for needs that can be met in many ways."""
    if isinstance(need, NeedArgument):
        yield from ((example.inputs, {**example.args, need.argument: value}) for value in need.values)
        return
    if not isinstance(need, (NeedDim, NeedAtLeast, NeedMultiple, NeedShape)):
        return
    inputs = [list(shape or ()) for shape in example.inputs]
    if isinstance(need, NeedShape):
        batch = inputs[need.input][:1]
        inputs[need.input] = [*(batch if need.shape[:1] == (None,) else need.shape[:1]), *need.shape[1:]]
    else:
        size = {NeedDim: "value", NeedAtLeast: "minimum", NeedMultiple: "divisor"}[type(need)]
        inputs[need.input][need.axis] = getattr(need, size)
    yield tuple(tuple(shape) for shape in inputs), example.args


@pytest.mark.parametrize(
    ("declaration", "example"),
    [pair for pair in EXAMPLES if pair[1].breaks is not None and pair[0].kind not in SEVERAL_STEPS],
    ids=named,
)
def test_meeting_a_need_removes_the_fault(declaration: type[Declaration], example: Example) -> None:
    before = Counter(fault.rule.id for fault in judged(declaration, example).faults)
    for fault in judged(declaration, example).faults:
        for need in fault.needs:
            for inputs, args in meeting(need, example):
                after = evaluate(Node("n", declaration.kind, dict(args)), inputs, example.framework)
                assert Counter(f.rule.id for f in after.faults)[fault.rule.id] < before[fault.rule.id], need
