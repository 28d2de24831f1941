import torch
from torch import nn
from torchvision import models

trunk = models.resnet18(weights=None)
trunk.requires_grad_(False)
trunk.fc = nn.Sequential(nn.Linear(trunk.fc.in_features, 40), nn.Tanh(), nn.Linear(40, 3))
xray = torch.rand(2, 3, 160, 160)
nn.functional.cross_entropy(trunk(xray), torch.tensor([0, 2])).backward()
torch.optim.SGD(trunk.fc.parameters(), lr=.01).step()
