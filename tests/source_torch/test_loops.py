"""Layers that a loop makes and that all declare the first size: the size is handed on as a person would write it."""

from __future__ import annotations

import textwrap

import pytest

from repairnn import fix_source

HEAD = "import torch\nimport torch.nn as nn\n"
BLOCKS = """
    def make_layers(cfg):
        layers = []
        in_channels = 3
        for v in cfg:
            if v == "M":
                layers += [nn.MaxPool2d(2, 2)]
            else:
                layers += [nn.Conv2d(in_channels, v, 3, padding=1), nn.ReLU()]
        return nn.Sequential(*layers)
    out = make_layers([64, "M", 128, "M", 256])(torch.randn(2, 3, 32, 32))
"""
APPENDED = """
    class MLP(nn.Module):
        def __init__(self, in_dim, widths):
            super().__init__()
            layers = []
            for width in widths:
                layers.append(nn.Linear(in_dim, width))
                layers.append(nn.ReLU())
            self.net = nn.Sequential(*layers)
        def forward(self, x):
            return self.net(x)
    out = MLP(20, [64, 32, 8])(torch.rand(5, 20))
"""
COMPREHENSION = """
    class Net(nn.Module):
        def __init__(self, hidden=64, depth=3):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(20, hidden) for _ in range(depth)])
        def forward(self, x):
            for layer in self.layers:
                x = torch.relu(layer(x))
            return x
    out = Net()(torch.rand(5, 20))
"""
COUNTED = """
    layers = []
    for i in range(3):
        layers.append(nn.Linear(20, 64))
    out = nn.Sequential(*layers)(torch.rand(5, 20))
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BLOCKS, "            in_channels = v"),
        (APPENDED, "            in_dim = width"),
        (
            COMPREHENSION,
            "        self.layers = nn.ModuleList([nn.Linear(20 if i == 0 else hidden, hidden) for i in range(depth)])",
        ),
        (COUNTED, "    layers.append(nn.Linear(20 if i == 0 else 64, 64))"),
    ],
)
def test_the_size_is_handed_on(text: str, line: str) -> None:
    before = (HEAD + textwrap.dedent(text)).splitlines()
    result = fix_source("\n".join(before) + "\n", validate=False)
    assert [new for new in result.model.splitlines() if new not in before] == [line]
    assert [applied.edit.kind for applied in result.edits] == ["carry_size"]
    assert "of the one before" in result.models[0].to_json()["edits"][0]["message"]
