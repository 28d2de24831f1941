"""Two axes that are exchanged are written as people write it, and read back as the permutation that was meant."""

from __future__ import annotations

import pytest

import repairnn

ATTENTION = """
import torch
from torch import nn
class Scores(nn.Module):
    def forward(self, q, k):
        return torch.matmul(q, k).softmax(-1)
q = torch.randn(4, 8, 50, 32)
Scores()(q, q)
"""
SEQUENCE = """
import torch
from torch import nn
net = nn.Conv1d(6, 32, 3)
out = net(torch.randn(5, 30, 6))
"""
PICTURE = """
import torch
from torch import nn
net = nn.Conv2d(3, 32, 3)
out = net(torch.randn(5, 30, 30, 3))
"""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (ATTENTION, "k.transpose(-2, -1)"),
        (SEQUENCE, ".transpose(1, 2)"),
        (PICTURE, ".permute(0, 3, 1, 2)"),
    ],
)
def test_an_exchange_of_axes(text: str, written: str) -> None:
    result = repairnn.fix_source(text, path="net.py", validate=False)
    assert result.status == "repaired"
    assert [line for line in result.patch.splitlines() if line.startswith("+") and written in line]

MIXER = """
import torch
from torch import nn
class Mixer(nn.Module):
    def __init__(self, patches=196, width=512):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.tokens = nn.Sequential(nn.Linear(patches, 256), nn.GELU(), nn.Linear(256, patches))
    def forward(self, x):
        return x + self.tokens(self.norm(x))
Mixer()(torch.randn(2, 196, 512))
"""


def test_an_operation_inside_of_what_another_one_is_put_around() -> None:
    result = repairnn.fix_source(MIXER, path="net.py", validate=False)
    assert "+        return x + self.tokens(self.norm(x).transpose(1, 2)).transpose(1, 2)" in result.patch.splitlines()


def test_labels_lose_an_axis_by_squeeze() -> None:
    text = """
import torch
from torch import nn
net = nn.Conv2d(3, 21, 3, padding=1)
mask = torch.randint(0, 21, (2, 1, 32, 32))
loss = nn.CrossEntropyLoss()(net(torch.randn(2, 3, 32, 32)), mask)
"""
    result = repairnn.fix_source(text, path="net.py", validate=False)
    assert "mask.squeeze(1))" in result.patch
