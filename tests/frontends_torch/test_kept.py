"""What a repair of a live module must leave as it was, in parts that tracing does not show."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402 - after the check that the extra is there

import repairnn  # noqa: E402


def test_frozen_parts_stay_in_evaluation() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(9, 2))
    net[1].eval()
    repaired = repairnn.fix(net, input_shape=(3, 4)).model
    assert [part.training for part in (repaired, *repaired.children())] == [True, True, False, True]


def test_shared_and_unused_parts_keep_their_names() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(4, 4)
            self.again = self.first
            self.spare = nn.Linear(4, 1)
            self.last = nn.Linear(5, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.again(self.first(x)))

    net = Net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    repaired = repairnn.fix(net, input_shape=(3, 4)).model
    after = repaired.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before if name != "last.weight")
    assert repaired.first is repaired.again
