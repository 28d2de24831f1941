"""The search finds what brute force over the same grammar finds, on more than a thousand small broken networks."""

from __future__ import annotations

import pytest

from repairnn.search import repair
from tests.search.brute import TooMany, cheaper
from tests.search.networks import random_chain, random_merge

BLOCK = 50
BLOCKS = 9


@pytest.mark.parametrize("profile", ["unit", "human"])
@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_is_cheaper(profile: str, block: int) -> None:
    compared = 0
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        for make in (random_chain, random_merge):
            network = make(seed, 4) if make is random_chain else make(seed)
            outcome = repair(network, profile=profile, top=1, budget=300.0)
            if outcome.status == "valid":
                continue
            assert outcome.status in ("repaired", "unrepairable")
            assert outcome.optimal or outcome.status == "unrepairable"
            try:
                found = cheaper(network, profile, 4.0 if outcome.cost is None else outcome.cost, most=150)
            except TooMany:
                continue
            assert found is None, f"{make.__name__}({seed}): {found}"
            compared += 1
    assert compared >= 56  # in 18 blocks more than a thousand
