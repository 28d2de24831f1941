import torch
import torch.nn as nn
from torch.autograd import Variable


class OldResNet18(nn.Module):
    """Trunk with a fixed 7x7 average pool, as the first torchvision releases had it."""

    def __init__(self):
        super(OldResNet18, self).__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer2 = nn.Conv2d(64, 128, 3, stride=2, padding=1)
        self.layer3 = nn.Conv2d(128, 256, 3, stride=2, padding=1)
        self.layer4 = nn.Conv2d(256, 512, 3, stride=2, padding=1)
        self.avgpool = nn.AvgPool2d(7, stride=1)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.relu(self.layer2(x))
        x = self.relu(self.layer3(x))
        x = self.relu(self.layer4(x))
        x = self.avgpool(x)
        x = x.view(x.size(0), -1)
        return self.fc(x)


resnet = OldResNet18()
for param in resnet.parameters():
    param.requires_grad = False
# new top layer for 100 classes
resnet.fc = nn.Linear(resnet.fc.in_features, 100)

images = Variable(torch.randn(4, 3, 256, 256))
outputs = resnet(images)
print(outputs.size())
