# expect: fault self.out dense-in-features
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList()
        width = 4
        while width < 32:
            self.layers.append(nn.Linear(width, width * 2))
            width *= 2
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = torch.relu(layer(x))
        return self.out(x)


Net()(torch.rand(5, 4))
