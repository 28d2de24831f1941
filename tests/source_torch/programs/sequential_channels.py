# expect: fault 3 conv-in-channels
import torch
import torch.nn as nn

layers = [nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 32, 3), nn.ReLU()]
model = nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(10))
model(torch.rand(1, 3, 32, 32))
