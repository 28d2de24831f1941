# expect: fault self.lstm recurrent-state-shape
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(10, 20, num_layers=2)

    def forward(self, x):
        h = torch.zeros(1, x.shape[1], 20)
        c = torch.zeros(1, x.shape[1], 20)
        out, (h, c) = self.lstm(x, (h, c))
        return out[-1]


print(Model()(torch.randn(5, 3, 10)).shape)
