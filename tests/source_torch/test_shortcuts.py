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

GUARDED = """
    class Block(nn.Module):
        def __init__(self, in_planes, planes, stride=1):
            super().__init__()
            self.conv1 = nn.Conv2d(in_planes, planes, 3, stride, 1)
            self.shortcut = nn.Sequential()
            if stride > 1:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(in_planes, planes, kernel_size=1, stride=stride, bias=False),
                    nn.BatchNorm2d(planes),
                )
        def forward(self, x):
            out = self.conv1(x)
            out += self.shortcut(x)
            return out
    net = nn.Sequential(Block(3, 64), Block(64, 128, 2), Block(128, 128))
    out = net(torch.rand(2, 3, 32, 32))
"""
HANDED = """
    class Block(nn.Module):
        def __init__(self, inplanes, planes, stride=1, downsample=None):
            super().__init__()
            self.conv1 = nn.Conv2d(inplanes, planes, 1, stride)
            self.conv2 = nn.Conv2d(planes, planes * 4, 1)
            self.downsample = downsample
        def forward(self, x):
            residual = x
            out = self.conv2(F.relu(self.conv1(x)))
            if self.downsample is not None:
                residual = self.downsample(x)
            out += residual
            return F.relu(out)
    def make(inplanes, planes, stride=1):
        downsample = None
        if stride != 1:
            downsample = nn.Conv2d(inplanes, planes * 4, 1, stride)
        return nn.Sequential(Block(inplanes, planes, stride, downsample), Block(planes * 4, planes))
    net = nn.Sequential(make(64, 64), make(256, 128, 2))
    out = net(torch.rand(2, 64, 32, 32))
"""

JOINED = """
    class TwoIn(nn.Module):
        def __init__(self):
            super().__init__()
            self.cnn = nn.Sequential(nn.Conv2d(3, 16, 3), nn.AdaptiveAvgPool2d(4))
            self.mlp = nn.Linear(5, 16)
            self.out = nn.Linear(272, 1)
        def forward(self, img, meta):
            a = self.cnn(img)
            b = self.mlp(meta)
            return self.out(torch.cat([a, b], dim=1))
    out = TwoIn()(torch.rand(4, 3, 64, 64), torch.rand(4, 5))
"""


def changed(text: str) -> list[str]:
    """The lines that the repair adds or writes anew, without their indentation."""
    before = (HEAD + textwrap.dedent(text)).splitlines()
    after = fix_source("\n".join(before) + "\n", validate=False).model.splitlines()
    return [line.strip() for line in after if line not in before]


def test_maps_are_flattened_to_be_joined_with_rows() -> None:
    assert changed(JOINED) == ["a = torch.flatten(a, 1)"]


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
        (GUARDED, ["if stride > 1 or in_planes != planes:"]),
        (HANDED, ["if stride != 1 or inplanes != planes * 4:"]),
        (DENSE, ["self.shortcut = nn.Linear(dim_in, dim_out)", "return self.shortcut(x) + y"]),
        (CHANGED, ["x = F.interpolate(x, size=skip.shape[2:])"]),
    ],
)
def test_the_shortcut_is_projected(text: str, lines: list[str]) -> None:
    assert changed(text) == lines
