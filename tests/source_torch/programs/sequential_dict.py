# expect: valid
from collections import OrderedDict

import torch
from torch import nn

body = nn.Sequential(OrderedDict([
    ("conv", nn.Conv2d(3, 8, kernel_size=3, padding=1)),
    ("norm", nn.BatchNorm2d(8)),
    ("act", nn.ReLU(inplace=True)),
    ("pool", nn.AdaptiveAvgPool2d((1, 1))),
]))
model = nn.Sequential()
model.add_module("body", body)
model.add_module("flat", nn.Flatten())
model.append(nn.Linear(8, 5))
y = model(torch.zeros(2, 3, 17, 19))
assert y.shape == (2, 5)
