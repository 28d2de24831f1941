"""What is put on the data where a program calls its model: a forgotten axis, another order, more channels."""

from __future__ import annotations

import textwrap

import pytest

from repairnn import fix_source

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
BATCH_NORM = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 16, 3)
            self.norm = nn.BatchNorm2d(16)
            self.fc = nn.Linear(16, 10)
        def forward(self, x):
            x = F.relu(self.norm(self.conv(x))) + F.relu(self.conv(x))
            return self.fc(F.adaptive_avg_pool2d(x, 1).view(x.size(0), -1))
    model = Net().eval()
    img = torch.randn(3, 64, 64)
    out = model(img)
"""
FLATTENED = """
    model = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))
    out = model(torch.randn(28, 28))
"""
NO_CHANNEL = """
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
    data = torch.rand(32, 28, 28)
    loss = F.cross_entropy(model(data), torch.randint(0, 10, (32,)))
"""
NEITHER = """
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 26 * 26, 10)).eval()
    out = model(torch.randn(28, 28))
"""
SERIES = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(1, 50, batch_first=True)
        def forward(self, x):
            return self.lstm(x)[0]
    out = Net()(torch.randn(100, 30))
"""
LAST = """
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 30 * 30, 2))
    pictures = torch.rand(10, 32, 32, 3)
    out = model(pictures)
"""
BACKBONE = """
    from torchvision import models
    model = models.resnet18()
    out = model(torch.randn(4, 1, 64, 64))
"""
VIEWED = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 20, 5)
            self.fc = nn.Linear(20 * 12 * 12, 10)
        def forward(self, x):
            x = F.max_pool2d(self.conv(x), 2)
            return self.fc(x.view(-1, 20 * 12 * 12))
    out = Net()(torch.rand(28, 28))
"""
SIZES = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 32, 8, 4)
            self.fc = nn.Linear(32 * 20 * 20, 6)
        def forward(self, x):
            return self.fc(self.conv(x).view(x.size()[0], -1))
    out = Net()(torch.rand(4, 84, 84)).max(1)[1].view(1, 1)
"""
TARGET_TOO = """
    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.up = nn.Linear(64, 8), nn.Linear(8, 64)
            self.norm = nn.BatchNorm1d(8)
        def forward(self, x):
            return self.up(self.norm(self.down(x)))
    model = Coder().eval()
    x = torch.rand(64)
    out = model(x)
    energy = (x ** 2).sum()
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BATCH_NORM, "out = model(img.unsqueeze(0))"),
        (FLATTENED, "out = model(torch.randn(28, 28).unsqueeze(0))"),
        (NO_CHANNEL, "loss = F.cross_entropy(model(data.unsqueeze(1)), torch.randint(0, 10, (32,)))"),
        (NEITHER, "out = model(torch.randn(28, 28).unsqueeze(0).unsqueeze(0))"),
        (SERIES, "out = Net()(torch.randn(100, 30).unsqueeze(-1))"),
        (LAST, "out = model(pictures.permute(0, 3, 1, 2))"),
        (BACKBONE, "out = model(torch.randn(4, 1, 64, 64).repeat(1, 3, 1, 1))"),
        (VIEWED, "out = Net()(torch.rand(28, 28).unsqueeze(0).unsqueeze(0))"),
        (SIZES, "out = Net()(torch.rand(4, 84, 84).unsqueeze(0)).max(1)[1].view(1, 1)"),
        (TARGET_TOO, "out = model(x.unsqueeze(0))"),
    ],
)
def test_the_call_is_changed(text: str, line: str) -> None:
    before = (HEAD + textwrap.dedent(text)).splitlines()
    after = fix_source("\n".join(before) + "\n", validate=False).model.splitlines()
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [line]


def test_both_calls_of_a_model_are_changed() -> None:
    text = """
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
    out = model(torch.rand(32, 28, 28))
    other = model(torch.rand(16, 28, 28))
    """
    after = fix_source(HEAD + textwrap.dedent(text), validate=False).model
    assert after.count(".unsqueeze(1)") == 2


def test_what_a_model_computes_is_no_entrance() -> None:
    text = """
    conv = nn.Conv2d(3, 8, 3)
    norm = nn.BatchNorm1d(8)
    out = norm(conv(torch.rand(2, 3, 8, 8)))
    """
    result = fix_source(HEAD + textwrap.dedent(text), validate=False)
    assert "unsqueeze" not in (result.model or "")
