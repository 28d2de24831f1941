import torch
from torch import nn, Tensor


class Stock(nn.Module):
    """Up or down tomorrow, from 20 days of 5 prices."""

    def __init__(self, days: int = 20, prices: int = 5, width: int = 16):
        super().__init__()
        self.widen = nn.Linear(prices, width)
        self.day = nn.Parameter(torch.zeros(1, days, width))
        one = nn.TransformerEncoderLayer(width, nhead=4, dim_feedforward=32, batch_first=True)
        self.think = nn.TransformerEncoder(one, num_layers=2)
        self.updown = nn.Linear(days * width, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.think(self.widen(x) + self.day)
        return self.updown(x.flatten(1))


history = torch.rand(6, 20, 5)
nn.CrossEntropyLoss()(Stock()(history), torch.tensor([0, 1, 1, 0, 1, 0])).backward()
