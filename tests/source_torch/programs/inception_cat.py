# expect: fault self.fc dense-in-features
import torch
import torch.nn as nn


class BasicConv2d(nn.Module):
    def __init__(self, in_channels, out_channels, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x):
        return nn.functional.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    def __init__(self, cin, c1, c3, pool):
        super().__init__()
        self.branch1 = BasicConv2d(cin, c1, kernel_size=1)
        self.branch3 = nn.Sequential(BasicConv2d(cin, c3[0], kernel_size=1), BasicConv2d(c3[0], c3[1], kernel_size=3, padding=1))
        self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), BasicConv2d(cin, pool, kernel_size=1))

    def forward(self, x):
        outputs = [self.branch1(x), self.branch3(x), self.pool(x)]
        return torch.cat(outputs, 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Inception(3, 16, (8, 24), 8)
        self.b = Inception(48, 32, [16, 48], 16)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        x = self.b(self.a(x))
        x = self.gap(x)
        x = torch.flatten(x, 1)
        return self.fc(x)


Net()(torch.randn(2, 3, 30, 30))
