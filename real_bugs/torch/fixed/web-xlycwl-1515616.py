import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 32, 5),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(32 * 24 * 24, 2),
)
x = torch.rand(32, 3, 784)
y = model(x.view(32, 3, 28, 28))
print(y.shape)
