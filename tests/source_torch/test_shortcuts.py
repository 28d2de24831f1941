"""Residual blocks that several places share: the shortcut gets a projection that suits all of them."""

from __future__ import annotations

import textwrap

import pytest

from repairnn import fix_source

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
IN_PLACE = """
    class Block(nn.Module):
        def __init__(self, in_ch, out_ch, stride=1):
            super().__init__()
            self.conv1 = nn.Conv2d(in_ch, out_ch, 3, stride=stride, padding=1)
            self.conv2 = nn.Conv2d(out_ch, out_ch, 3, padding=1)
        def forward(self, x):
            identity = x
            out = self.conv2(F.relu(self.conv1(x)))
            out += identity
            return F.relu(out)
    layers = []
    width = 16
    for planes in [16, 32, 64]:
        layers.append(Block(width, planes, 1 if planes == 16 else 2))
        layers.append(Block(planes, planes))
        width = planes
    net = nn.Sequential(*layers)
    y = net(torch.randn(2, 16, 32, 32))
"""
DENSE = """
    class Block(nn.Module):
        def __init__(self, dim_in, dim_out):
            super().__init__()
            self.fc = nn.Linear(dim_in, dim_out)
        def forward(self, x):
            y = torch.relu(self.fc(x))
            return x + y
    net = nn.Sequential(Block(32, 64), Block(64, 64), Block(64, 128))
    y = net(torch.randn(8, 32))
"""
CHANGED = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.MaxPool2d(2)
            self.up = nn.Upsample(scale_factor=2)
            self.same = nn.Conv2d(1, 8, 3, padding=1)
        def forward(self, x):
            skip = self.same(x)
            x = self.up(self.down(skip))
            x += skip
            return x
    out = Net()(torch.randn(1, 1, 101, 101))
"""


def changed(text: str) -> list[str]:
    """The lines that the repair adds or writes anew, without their indentation."""
    before = (HEAD + textwrap.dedent(text)).splitlines()
    after = fix_source("\n".join(before) + "\n", validate=False).model.splitlines()
    return [line.strip() for line in after if line not in before]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            IN_PLACE,
            [
                "self.shortcut = nn.Conv2d(in_ch, out_ch, kernel_size=1, stride=stride)",
                "out += self.shortcut(identity)",
            ],
        ),
        (DENSE, ["self.shortcut = nn.Linear(dim_in, dim_out)", "return self.shortcut(x) + y"]),
        (CHANGED, ["x = F.interpolate(x, size=skip.shape[2:])"]),
    ],
)
def test_the_shortcut_is_projected(text: str, lines: list[str]) -> None:
    assert changed(text) == lines
