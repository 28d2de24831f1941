import torch
import torch.nn as nn
import random


class PyramidTail(nn.Module):
    """A pyramid-like net for 32x32 images, widths grow from 16 to 566."""

    def __init__(self, num_classes=100):
        super().__init__()
        widths = [16, 150, 300, 566]
        self.stem = nn.Conv2d(3, widths[0], kernel_size=3, padding=1)
        self.blocks = nn.ModuleList()
        for i in range(1, len(widths)):
            self.blocks.append(nn.Sequential(
                nn.Conv2d(widths[i - 1], widths[i], 3, stride=1 if i == 1 else 2, padding=1),
                nn.BatchNorm2d(widths[i]),
                nn.ReLU(inplace=True)))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        x = self.pool(x)
        x = x.flatten(1)
        return self.fc(x)


net = PyramidTail()
criterion = nn.CrossEntropyLoss()
opt = torch.optim.SGD(net.parameters(), 0.1)
for crop in [28, 24]:
    x = torch.rand(4, 3, crop, crop)
    y = torch.randint(100, (4,))
    loss = criterion(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
