# expect: valid
import torch
import torch.nn as nn
import torch.nn.functional as F


class SamePadding(nn.Conv2d):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def forward(self, x):
        x = F.pad(x, [1, 1, 1, 1])
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


net = nn.Sequential(SamePadding(3, 8, 3, bias=False), nn.ReLU(), SamePadding(8, 16, 3, stride=2))
out = net(torch.rand(2, 3, 32, 32))
