# expect: fault norm.1 group-norm-groups
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv3d(1, 10, 3, padding=1)
        self.norm = nn.Sequential(nn.ReLU(), nn.GroupNorm(4, 10))

    def forward(self, x):
        return self.norm(self.down(x))


Net()(torch.randn(1, 1, 8, 8, 8))
