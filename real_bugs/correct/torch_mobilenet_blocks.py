import torch
import torch.nn as nn


class Thin(nn.Module):
    """Widen, look at each channel alone, narrow."""

    def __init__(self, i, o, stride, times):
        super().__init__()
        wide = i * times
        self.keep = stride == 1 and i == o
        self.steps = nn.Sequential()
        if times > 1:
            self.steps.add_module('widen', nn.Conv2d(i, wide, 1))
        self.steps.add_module('alone', nn.Conv2d(wide, wide, 3, stride, 1, groups=wide))
        self.steps.add_module('norm', nn.BatchNorm2d(wide))
        self.steps.add_module('act', nn.Hardswish())
        self.steps.add_module('narrow', nn.Conv2d(wide, o, 1))

    def forward(self, x):
        y = self.steps(x)
        return x + y if self.keep else y


class Phone(nn.Module):
    table = ((1, 8, 1), (2, 16, 4), (1, 16, 4), (2, 24, 4))

    def __init__(self, kinds=10):
        super().__init__()
        rows, i = [nn.Conv2d(3, 8, 3, 2, 1)], 8
        for stride, o, times in self.table:
            rows.append(Thin(i, o, stride, times))
            i = o
        self.rows = nn.Sequential(*rows)
        self.kind = nn.Linear(i, kinds)

    def forward(self, x):
        return self.kind(self.rows(x).mean([2, 3]))


print(Phone()(torch.rand(2, 3, 96, 96)).shape)
