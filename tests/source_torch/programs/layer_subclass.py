# expect: valid
import torch
from torch import nn


class Conv2dSame(nn.Conv2d):
    def __init__(self, cin, cout, k, **kw):
        super().__init__(cin, cout, k, padding=k // 2, **kw)

    def forward(self, x):
        return torch.relu(super().forward(x))


class Scaled(nn.Linear):
    pass


net = nn.Sequential(Conv2dSame(3, 8, 5, bias=False), nn.Flatten(), Scaled(8 * 16 * 16, 4))
print(net(torch.randn(2, 3, 16, 16)).shape, net[0].out_channels)
