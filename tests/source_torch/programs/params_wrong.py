# expect: fault torch.mm product
import torch
import torch.nn as nn


class L(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(12, 4))

    def forward(self, x):
        return torch.mm(x, self.w)


L()(torch.rand(30, 16))
