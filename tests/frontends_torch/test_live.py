"""Live PyTorch modules: traced without checking a shape, repaired with their weights, compared with PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402 - after the check that the extra is there
from torch import nn  # noqa: E402

import repairnn  # noqa: E402
from repairnn.frontends.torch import build, emit, lower  # noqa: E402
from repairnn.semantics.checker import check  # noqa: E402


class Images(nn.Module):
    def __init__(self, features: int = 400, channels: int = 6) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(channels, 16, 5)
        self.norm = nn.BatchNorm2d(16)
        self.head = nn.Sequential(nn.Linear(features, 120), nn.ReLU(), nn.Dropout(0.3), nn.Linear(120, 10))

    def forward(self, x: Any) -> Any:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.relu(self.norm(self.conv2(x))), 2)
        x = x.view(x.size(0), -1)
        return F.log_softmax(self.head(x), dim=1)


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 16)
        self.lstm = nn.LSTM(16, 8, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(16, 2)
        self.shift = nn.Parameter(torch.zeros(16))

    def forward(self, x: Any) -> Any:
        out, (hidden, _) = self.lstm(self.embedding(x))
        last = out[:, -1] + self.shift
        both = torch.cat([hidden[0], hidden[1]], dim=1)
        return self.fc((last + both) * 0.5).mean(dim=1, keepdim=True)


class Branching(nn.Module):
    def forward(self, x: Any) -> Any:
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(("module", "shape"), [(Images(), (4, 3, 32, 32)), (Words(), (4, 7))])
def test_shapes_are_those_of_pytorch(module: Any, shape: tuple[int, ...]) -> None:
    network = lower(module, shape)
    report = check(network)
    assert report.faults == ()
    assert network.incomplete == ()
    given = torch.zeros(shape, dtype=torch.long if isinstance(module, Words) else torch.float32)
    assert report.shape(network.outputs[0]) == tuple(module(given).shape)


def test_a_built_module_gives_the_same_shapes() -> None:
    network = lower(Images(), (4, 3, 32, 32))
    assert tuple(build(network)(torch.zeros(4, 3, 32, 32))[0].shape) == (4, 10)


@pytest.mark.parametrize("wrong", [{"features": 100}, {"channels": 8}])
def test_a_repaired_module_runs_and_keeps_what_fits(wrong: dict[str, int]) -> None:
    module = Images(**wrong)
    with pytest.raises(RuntimeError):
        module(torch.zeros(4, 3, 32, 32))
    result = repairnn.fix(module, input_shape=(4, 3, 32, 32), validate=False)
    assert result.status == "repaired", result.models[0].reason
    assert tuple(result.model(torch.zeros(4, 3, 32, 32)).shape) == (4, 10)
    assert torch.equal(result.model.conv1.weight, module.conv1.weight)
    assert repairnn.check(result.model, input_shape=(4, 3, 32, 32)).status == "valid"
    with pytest.raises(RuntimeError):
        module(torch.zeros(4, 3, 32, 32))


def test_a_missing_flatten_is_put_in() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(144, 5))
    result = repairnn.fix(module, input_shape=(2, 3, 8, 8), validate=False)
    assert result.status == "repaired", result.models[0].reason
    assert tuple(result.model(torch.zeros(2, 3, 8, 8)).shape) == (2, 5)


def test_without_edits_it_computes_the_same() -> None:
    module = Images().eval()
    again = emit(module, lower(module, (4, 3, 32, 32)), [])
    given = torch.rand(4, 3, 32, 32)
    assert torch.equal(module(given), again(given))


def test_control_flow_on_values_is_named() -> None:
    result = repairnn.fix(Branching(), input_shape=(2, 2), validate=False)
    assert result.status == "unsupported"
    assert "control flow that depends on the numbers in a tensor, in forward (test_live.py:" in str(
        result.models[0].unsupported
    )


def test_precision_mode_and_frozen_parameters_stay() -> None:
    module = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(5), nn.Linear(4, 2)).double().eval()
    module[0].weight.data.fill_(1 / 3)
    module[1].weight.requires_grad_(False)
    module[2].bias.data.fill_(1 / 7)
    repaired = repairnn.fix(module, input_shape=(3, 6), validate=False).model
    assert {value.dtype for value in repaired.parameters()} == {torch.float64}
    assert not repaired.training
    assert not repaired.get_submodule("1").training
    assert not repaired.get_parameter("1.weight").requires_grad
    for name in ("0.weight", "2.bias"):
        assert torch.equal(repaired.state_dict()[name], module.state_dict()[name])
    assert repaired(torch.zeros(3, 6, dtype=torch.float64)).shape == (3, 2)
