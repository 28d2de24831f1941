# expect: valid
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 8)
        self.b = nn.Linear(8, 2)
        self.c = nn.Linear(8, 2)

    def forward(self, x):
        x = torch.relu(self.a(x))
        if x.sum() > 0:
            y = self.b(x)
        else:
            y = self.c(x)
        return y


Net()(torch.randn(3, 4))
