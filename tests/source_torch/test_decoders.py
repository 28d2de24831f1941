"""Decoders that come out a few cells short: the transposed convolutions give back what rounding took."""

from __future__ import annotations

import pytest

from repairnn import fix_source

HEAD = "import torch\nimport torch.nn as nn\n"
CODER = """
encoder = nn.Sequential(
    nn.Conv2d(1, 16, 3, stride=2, padding=1),
    nn.Conv2d(16, 32, 3, stride=2, padding=1),
)
decoder = nn.Sequential(
    nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1{first}),
    nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1),
)
x = torch.rand(16, 1, {side}, {side})
loss = nn.BCELoss()(torch.sigmoid(decoder(encoder(x))), x)
"""


@pytest.mark.parametrize(("first", "side", "count"), [("", 28, 2), (", output_padding=1", 64, 2), ("", 26, 1)])
def test_each_gets_its_cell_back(first: str, side: int, count: int) -> None:
    result = fix_source(HEAD + CODER.format(first=first, side=side), validate=False)
    assert result.status == "repaired"
    assert result.model.count("output_padding=1") == count
    assert "padding=1, output_padding=1),\n)" in result.model
