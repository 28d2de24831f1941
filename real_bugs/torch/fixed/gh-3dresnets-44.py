import math
import torch
import torch.nn as nn


class Tiny3D(nn.Module):
    def __init__(self, sample_size, sample_duration, num_classes=400):
        super(Tiny3D, self).__init__()
        self.conv1 = nn.Conv3d(3, 64, kernel_size=7, stride=(1, 2, 2), padding=(3, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.maxpool = nn.MaxPool3d(kernel_size=(3, 3, 3), stride=2, padding=1)
        self.layer2 = nn.Conv3d(64, 128, 3, stride=2, padding=1)
        self.layer3 = nn.Conv3d(128, 256, 3, stride=2, padding=1)
        self.layer4 = nn.Conv3d(256, 512, 3, stride=2, padding=1)
        last_duration = int(math.ceil(sample_duration / 16))
        last_size = int(math.ceil(sample_size / 32)) - 1
        self.avgpool = nn.AvgPool3d((last_duration, last_size, last_size), stride=2)
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for layer in (self.layer2, self.layer3, self.layer4):
            x = torch.relu(layer(x))
        x = self.avgpool(x)
        x = x.view(x.size(0), -1)
        return self.fc(x)


model = Tiny3D(sample_size=112, sample_duration=16, num_classes=101)
clips = torch.rand(2, 3, 16, 112, 112)
print(model(clips).shape)
