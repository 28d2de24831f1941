"""What the constructors of modules refuse is found although the program never applies them."""

from __future__ import annotations

import pytest

from repairnn import check_source, fix_source

HEAD = "import torch\nimport torch.nn as nn\n"


@pytest.mark.parametrize(
    ("module", "rule", "after"),
    [
        ("nn.MultiheadAttention(embed_dim=100, num_heads=8)", "embedded-attention-heads", "num_heads=5"),
        ("nn.TransformerEncoderLayer(d_model=200, nhead=6)", "transformer-heads", "nhead=5"),
        ("nn.Conv2d(32, 48, 3, groups=32)", "conv-groups", "groups=16"),
        ("nn.GroupNorm(8, 20)", "group-norm-groups", "GroupNorm(5, 20)"),
        ("nn.LSTM(10, 20, proj_size=20)", "recurrent-projection-size", "proj_size=0"),
    ],
)
def test_a_module_that_is_never_applied(module: str, rule: str, after: str) -> None:
    text = f"{HEAD}unused = {module}\n"
    assert [fault.rule.id for fault in check_source(text).faults] == [rule]
    assert after in fix_source(text, validate=False).model


@pytest.mark.parametrize(
    "module",
    [
        "nn.MultiheadAttention(96, 8)",
        "nn.MultiheadAttention(256, 8, kdim=64, vdim=32)",
        "nn.Conv2d(32, 64, 3, groups=32)",
        "nn.GroupNorm(4, 20)",
        "nn.LSTM(10, 20, proj_size=5)",
        "nn.ConvTranspose2d(8, 4, 2, groups=4)",
        "nn.Conv1d(8, 16, 3, padding='same', stride=1)",
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4), 2)",
    ],
)
def test_constructors_that_accept(module: str) -> None:
    assert not check_source(f"{HEAD}unused = {module}\n").faults


def test_the_input_of_an_attention_is_solved_for() -> None:
    text = f"""{HEAD}
class Net(nn.Module):
    def __init__(self, width=300, heads=8):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads)

    def forward(self, x):
        out, _ = self.attention(x, x, x)
        return out
net = Net()
"""
    assert "heads=6" in fix_source(text, validate=False).model
