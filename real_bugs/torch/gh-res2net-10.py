import torch
import torch.nn as nn


class Down(nn.Module):
    def __init__(self, inplanes, planes, stride=2):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, kernel_size=1, bias=False)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential(
            nn.MaxPool2d(stride, stride),
            nn.Conv2d(inplanes, planes, kernel_size=1, bias=False),
            nn.BatchNorm2d(planes))

    def forward(self, x):
        residual = self.downsample(x)
        out = self.relu(self.conv1(x))
        out = self.bn(self.conv2(out))
        out += residual
        return self.relu(out)


m = Down(64, 128)
x = torch.rand(1, 64, 75, 75)
y = m(x)
print(y.shape)
