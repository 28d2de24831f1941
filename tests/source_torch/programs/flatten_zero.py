# expect: fault fc dense-in-features
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.flat = nn.Flatten(start_dim=0)
        self.fc = nn.Linear(2 * 26 * 26, 10)

    def forward(self, x):
        return self.fc(self.flat(self.conv(x)))


Net()(torch.randn(4, 1, 28, 28))
