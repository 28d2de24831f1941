# expect: valid
import torch
import torch.nn as nn


class LazyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.LazyConv2d(8, kernel_size=3)
        self.bn = nn.LazyBatchNorm2d()
        self.fc = nn.LazyLinear(out_features=4)

    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x)))
        return self.fc(x.mean(dim=(2, 3)))


print(LazyNet()(torch.randn(2, 5, 9, 9)).shape)
