"""Sizes are written as their author would: by the name that the layer before has."""

from __future__ import annotations

import textwrap

import pytest

from repairnn import fix_source

HEAD = "import torch\nimport torch.nn as nn\n"
NET = """
class Net(nn.Module):
    def __init__(self, vocab, embed_dim, hidden_dim):
        super().__init__()
        self.hidden = hidden_dim
        self.embed = nn.Embedding(vocab, embed_dim)
        self.lstm = nn.LSTM(embed_dim, {units}, batch_first=True{more})
        self.fc = nn.Linear({features}, 3)

    def forward(self, x):
        out, _ = self.lstm(self.embed(x))
        return self.fc(out[:, -1])

out = Net(1000, 50, 96)(torch.randint(0, 1000, (4, 9)))
"""


@pytest.mark.parametrize(
    ("units", "more", "features", "after"),
    [
        ("hidden_dim", "", "100", "nn.Linear(hidden_dim, 3)"),
        ("self.hidden", "", "100", "nn.Linear(self.hidden, 3)"),
        ("hidden_dim", "", "embed_dim", "nn.Linear(hidden_dim, 3)"),
        ("hidden_dim", ", bidirectional=True", "100", "nn.Linear(hidden_dim * 2, 3)"),
        ("hidden_dim", ", bidirectional=True", "hidden_dim", "nn.Linear(hidden_dim * 2, 3)"),
        ("96", "", "100", "nn.Linear(96, 3)"),
    ],
)
def test_features_by_the_name_of_the_layer_before(units: str, more: str, features: str, after: str) -> None:
    text = HEAD + NET.format(units=units, more=more, features=features)
    assert after in fix_source(text, validate=False).model


def test_a_name_that_changes_is_not_used() -> None:
    text = """
    width = 16
    first = nn.Linear(8, width)
    width = 64
    last = nn.Linear(10, 2)
    out = last(first(torch.rand(4, 8)))
    """
    assert "last = nn.Linear(16, 2)" in fix_source(HEAD + textwrap.dedent(text), validate=False).model
