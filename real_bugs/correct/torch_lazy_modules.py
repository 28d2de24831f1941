import torch
from torch import nn

parts = []
for n in (10, 20):
    parts.extend((nn.LazyConv2d(n, 5, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2)))
net = nn.Sequential(*parts, nn.Flatten(), nn.LazyLinear(30), nn.SiLU(), nn.LazyLinear(4))
t = torch.rand(2, 2, 33, 47)
for part in net:
    t = part(t)
print(t.shape)
