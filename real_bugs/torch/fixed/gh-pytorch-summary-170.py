import torch
import torch.nn as nn
from torchsummary import summary


def conv3x3(inp, out, stride=1):
    return nn.Conv2d(inp, out, 3, stride=stride, padding=1, bias=False)


class Block(nn.Module):
    def __init__(self, inp, out, stride=1):
        super(Block, self).__init__()
        self.conv1 = conv3x3(inp, out, stride)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = conv3x3(out, out)
        self.bn2 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.short = None
        if stride != 1 or inp != out:
            self.short = nn.Sequential(nn.Conv2d(inp, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        res = x if self.short is None else self.short(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + res)


class ResNet(nn.Module):
    def __init__(self, n=3, num_classes=7):
        super(ResNet, self).__init__()
        self.conv = conv3x3(3, 16)
        self.bn = nn.BatchNorm2d(16)
        self.layer1 = self._stage(16, 16, n, 1)
        self.layer2 = self._stage(16, 32, n, 2)
        self.layer3 = self._stage(32, 64, n, 2)
        self.avgpool = nn.AvgPool2d(16)
        self.fc = nn.Linear(64, num_classes)

    def _stage(self, inp, out, n, stride):
        blocks = [Block(inp, out, stride)]
        for _ in range(1, n):
            blocks.append(Block(out, out))
        return nn.Sequential(*blocks)

    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = self.avgpool(x)
        x = x.view(x.size(0), -1)
        return self.fc(x)


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = ResNet().to(device)
summary(model, (3, 64, 64), device=str(device))
