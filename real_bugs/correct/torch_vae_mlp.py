import torch
from torch import nn


class Compress(nn.Module):
    def __init__(self, size=12 * 12, code=5):
        super().__init__()
        self.size = size
        self.into = nn.Sequential(nn.Linear(size, 60), nn.ReLU())
        self.both = nn.Linear(60, 2 * code)
        self.back = nn.Sequential(nn.Linear(code, 60), nn.ReLU(), nn.Linear(60, size), nn.Sigmoid())

    def forward(self, stamp):
        centre, spread = self.both(self.into(stamp.view(-1, self.size))).chunk(2, dim=1)
        code = centre + spread.mul(.5).exp() * torch.randn_like(centre)
        cost = (centre ** 2 + spread.exp() - spread - 1).sum(1).mean() / 2
        return self.back(code), cost


net = Compress()
stamps = torch.rand(20, 1, 12, 12)
drawn, cost = net(stamps)
(nn.functional.binary_cross_entropy(drawn, stamps.reshape(20, -1)) + cost).backward()
print(net.back(torch.randn(3, 5)).view(3, 1, 12, 12).shape)
