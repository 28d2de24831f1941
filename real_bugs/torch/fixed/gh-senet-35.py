import torch
from torch import nn


class ChannelGate(nn.Module):
    """One weight a channel, from the mean of its map."""

    def __init__(self, n, ratio=16):
        super().__init__()
        self.squeeze = nn.Linear(n, n // ratio)
        self.excite = nn.Linear(n // ratio, n)

    def forward(self, maps):
        means = maps.mean(dim=(2, 3))
        weights = torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))
        return maps * weights[:, :, None, None]


class GatedBottleneck(nn.Module):
    def __init__(self, outer, width):
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(outer, width, 1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1), nn.BatchNorm2d(4 * width))
        self.gate = ChannelGate(4 * width)

    def forward(self, maps):
        return torch.relu(maps + self.gate(self.convs(maps)))


block = GatedBottleneck(outer=256, width=64)
print(block(torch.randn(2, 256, 14, 14)).size())
