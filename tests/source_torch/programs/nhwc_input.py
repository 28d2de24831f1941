# expect: fault self.conv conv-in-channels
import numpy as np
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 40, 3)

    def forward(self, x):
        return self.conv(x)


images = np.random.rand(64, 196, 196, 3).astype(np.float32)
batch = torch.from_numpy(images)
net = Net()
net(batch)
