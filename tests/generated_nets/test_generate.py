"""Generated networks are valid, by the checker and by the frameworks, and mutations break them."""

from __future__ import annotations

import importlib.util

import pytest

from generated_nets.catalogue import FRAMEWORKS, layers
from generated_nets.generate import FORMS, Form, generate
from generated_nets.mutate import mutate
from repairnn.semantics.checker import check
from repairnn.semantics.edits import Edit
from repairnn.semantics.ir import Network
from repairnn.semantics.serialise import to_json


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("form", FORMS)
def test_networks_are_valid(framework: str, form: Form) -> None:
    for seed in range(8):
        network = generate(framework, form, 2 + 3 * seed, seed)
        assert check(network).faults == ()
        assert sum(1 for node in network if node.kind != "input") >= 2 + 3 * seed


def test_a_chain_of_a_thousand_layers() -> None:
    network = generate("torch", "chain", 1000, 3)
    assert len(network) == 1001
    assert check(network).faults == ()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_nearly_every_layer_is_drawn(framework: str) -> None:
    drawn = {node.spelling for seed in range(60) for node in generate(framework, "chain", 16, seed)}
    names = {choice.name for choice in layers(framework)}
    assert len(names & drawn) > 0.8 * len(names)


def test_the_seed_decides_everything() -> None:
    once, again, other = (to_json(generate("keras", "branches", 12, seed)) for seed in (5, 5, 6))
    assert once == again
    assert once["nodes"] != other["nodes"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_framework_takes_them(framework: str) -> None:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    from repairnn.validation import Validator

    with Validator("cpu") as validator:
        for seed in range(12):
            verdict = validator.validate(generate(framework, FORMS[seed % 4], 6, 9000 + seed))
            assert verdict.status == "validated", f"seed {9000 + seed}: {verdict.reason}"


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("count", [1, 3])
def test_each_mutation_breaks_the_network(framework: str, count: int) -> None:
    broken = 0
    for seed in range(20):
        network = generate(framework, FORMS[seed % 4], 8, seed)
        made = mutate(network, count, seed)
        if made is None:
            continue
        broken += 1
        result, mutations = made
        assert len(mutations) == count
        assert not check(result).valid
        for mutation in mutations:
            assert not check(_applied(network, mutation.edit)).valid
    assert broken >= 15


def _applied(network: Network, edit: Edit) -> Network:
    return edit.apply(network)
