"""Networks of the corpus as live PyTorch modules: repaired, run forward, unchanged weights kept."""

from __future__ import annotations

from itertools import islice

import pytest

pytest.importorskip("torch")

from generated_nets import live
from repairnn.semantics.ir import Network


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "network"), list(islice(live.networks(), 12)), ids=lambda value: str(value)[:10])
def test_a_live_network_is_repaired_and_keeps_its_weights(name: str, network: Network) -> None:
    found = live.repaired(name, network)
    assert (found.status, found.trouble) == ("repaired", "")
