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
