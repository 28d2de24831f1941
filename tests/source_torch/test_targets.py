"""Labels and losses of PyTorch: how many classes there are, and the form in which a loss takes its target."""

from __future__ import annotations

import textwrap

import pytest

from repairnn import check_source, fix_source

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
NET = "net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 5))\nx = torch.randn(32, 20)\n"


def repaired(text: str) -> list[str]:
    """The lines that the repair writes anew."""
    before = (HEAD + textwrap.dedent(text)).splitlines()
    after = fix_source("\n".join(before) + "\n", validate=False).model.splitlines()
    return [new for old, new in zip(before, after, strict=True) if old != new]


def faults(text: str) -> list[str]:
    """The rules that a program breaks."""
    return [fault.rule.id for fault in check_source(HEAD + textwrap.dedent(text)).faults]


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        (
            "loss = F.cross_entropy(net(x), torch.randint(0, 10, (32,)))",
            "net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 10))",
        ),
        (
            "y = torch.empty(32, dtype=torch.long).random_(7)\nloss = F.cross_entropy(net(x), y)",
            "net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 7))",
        ),
        (
            "y = F.one_hot(torch.randint(0, 5, (32,)), 5)\nloss = nn.CrossEntropyLoss()(net(x), y)",
            "loss = nn.CrossEntropyLoss()(net(x), y.argmax(1))",
        ),
        (
            "y = torch.randint(0, 5, (32, 1))\nloss = nn.CrossEntropyLoss()(net(x), y)",
            "loss = nn.CrossEntropyLoss()(net(x), y.squeeze(1))",
        ),
        ("y = torch.zeros(32)\nloss = F.cross_entropy(net(x), y)", "loss = F.cross_entropy(net(x), y.long())"),
    ],
)
def test_targets_of_classes(loss: str, line: str) -> None:
    assert repaired(NET + loss) == [line]


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        ("loss = F.nll_loss(net(x), y)", "loss = F.cross_entropy(net(x), y)"),
        ("loss = nn.NLLLoss(reduction='sum')(net(x), y)", "loss = nn.CrossEntropyLoss(reduction='sum')(net(x), y)"),
    ],
)
def test_raw_scores_go_into_cross_entropy(loss: str, line: str) -> None:
    text = f"{NET}y = torch.randint(0, 5, (32,))\n{loss}"
    assert faults(text) == ["nll-of-scores"]
    assert check_source(HEAD + text).status == "valid"  # suspicious, no fault
    assert repaired(text) == [line]


@pytest.mark.parametrize("loss", ["nn.BCEWithLogitsLoss()", "nn.MSELoss()"])
def test_a_target_gets_the_last_axis_of_the_prediction(loss: str) -> None:
    text = f"net = nn.Linear(20, 1)\ny = torch.rand(32)\nloss = {loss}(net(torch.randn(32, 20)), y)"
    assert repaired(text) == [f"loss = {loss}(net(torch.randn(32, 20)), y.unsqueeze(1))"]


def test_the_classes_of_a_known_data_set() -> None:
    text = """
    from torchvision import datasets, transforms
    net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
    data = datasets.CIFAR100("d", transform=transforms.ToTensor())
    for x, y in torch.utils.data.DataLoader(data, batch_size=8):
        loss = F.cross_entropy(net(x), y)
    """
    assert faults(text) == ["class-count"]


@pytest.mark.parametrize(
    "loss",
    [
        "loss = F.cross_entropy(net(x), torch.randint(0, 5, (32,)))",
        "loss = F.cross_entropy(net(x), torch.randint(0, 3, (32,)))",
        "loss = F.cross_entropy(net(x), torch.randint(0, 10, (32,)) % 5)",
        "loss = F.cross_entropy(net(x), torch.randint(0, 10, (32,)).clamp(max=4))",
        "y = torch.randint(0, 10, (32,))\ny[y > 4] = 0\nloss = F.cross_entropy(net(x), y)",
        "y = torch.randint(0, 10, (32,))\ny.clamp_(max=4)\nloss = F.cross_entropy(net(x), y)",
        "loss = F.nll_loss(F.log_softmax(net(x), dim=1), torch.randint(0, 5, (32,)))",
        "loss = F.cross_entropy(net(x[:3]), torch.tensor([0, 1, 255]), ignore_index=255)",
        "loss = nn.CrossEntropyLoss(ignore_index=255)(net(x[:3]), torch.tensor([0, 1, 255]))",
    ],
)
def test_labels_that_fit(loss: str) -> None:
    assert faults(NET + loss) == []
