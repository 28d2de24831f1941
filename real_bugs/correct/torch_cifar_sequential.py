import torch
from torch import nn
import torchvision
from torchvision.transforms import ToTensor

net = nn.Sequential(
    nn.Conv2d(3, 10, 5), nn.ReLU(), nn.MaxPool2d(2, 2),
    nn.Conv2d(10, 20, 3), nn.ReLU(), nn.AvgPool2d(3),
    nn.Flatten(),
    nn.Linear(20 * 4 * 4, 50), nn.Tanh(),
    nn.Linear(50, 10))
things = torchvision.datasets.CIFAR10('.', download=True, transform=ToTensor())
adam = torch.optim.Adam(net.parameters())
for i, (thing, kind) in enumerate(torch.utils.data.DataLoader(things, batch_size=16, shuffle=True)):
    adam.zero_grad()
    nn.CrossEntropyLoss()(net(thing), kind).backward()
    adam.step()
    if i == 2:
        break
