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


@pytest.mark.parametrize("widths", [(64,), (64, 128)])
def test_weights_of_channels_get_axes_at_every_width(widths: tuple[int, ...]) -> None:
    text = f"""
import torch
from torch import nn
class Excite(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(c, c)
    def forward(self, x):
        b, c, _, _ = x.size()
        y = torch.sigmoid(self.fc(self.pool(x).view(b, c)))
        return x * y
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([Excite(c) for c in {widths}])
    def forward(self, *maps):
        return [part(x) for part, x in zip(self.parts, maps)]
Net()({", ".join(f"torch.randn(2, {width}, 8, 8)" for width in widths)})
"""
    result = repairnn.fix_source(text, path="net.py", validate=False)
    assert result.status == "repaired"
    assert "y[:, :, None, None]" in result.patch


def test_one_step_of_a_decoder_gets_an_axis_of_steps() -> None:
    text = """
import torch
from torch import nn
class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 12)
        self.rnn = nn.LSTM(12, 20, 2)
        self.fc = nn.Linear(20, 50)
    def forward(self, token, h, c):
        out, (h, c) = self.rnn(self.embedding(token), (h, c))
        return self.fc(out.squeeze(0)), h, c
decoder = Decoder()
token, h, c = torch.randint(0, 50, (16,)), torch.zeros(2, 16, 20), torch.zeros(2, 16, 20)
for step in range(8):
    out, h, c = decoder(token, h, c)
    token = out.argmax(1)
"""
    result = repairnn.fix_source(text, path="net.py", validate=False)
    assert "self.rnn(self.embedding(token).unsqueeze(0), (h, c))" in result.patch
