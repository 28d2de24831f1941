# expect: fault fc dense-in-features
import torch
import torch.nn as nn

net = nn.Sequential()
conv = nn.Conv2d(3, 8, 3, padding=1)
fc = nn.Linear(8 * 16 * 16, 2)
image = torch.rand(3, 16, 16)
h = torch.relu(conv(image))
y = fc(h.flatten(1))
