# expect: fault self.out dense-in-features
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(8, 16, num_layers=2, bidirectional=True)
        self.out = nn.Linear(16, 3)

    def forward(self, x):
        out, h = self.rnn(x)
        h = torch.cat([h[-2], h[-1]], dim=1)
        return self.out(h)


print(Net()(torch.randn(7, 4, 8)).shape)
