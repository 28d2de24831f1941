import torch
from torch import nn


class SKBlockNet(nn.Module):
    def __init__(self, class_num=10):
        super(SKBlockNet, self).__init__()
        self.basic_conv = nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1),
            nn.BatchNorm2d(64)
        )
        self.stage_1 = self._stage(64, 256, stride=1)
        self.stage_2 = self._stage(256, 512, stride=2)
        self.stage_3 = self._stage(512, 1024, stride=2)
        self.pool = nn.AvgPool2d(8)
        self.classifier = nn.Sequential(
            nn.Linear(1024, class_num),
        )

    @staticmethod
    def _stage(inp, out, stride):
        return nn.Sequential(
            nn.Conv2d(inp, out // 2, 1),
            nn.BatchNorm2d(out // 2),
            nn.ReLU(),
            nn.Conv2d(out // 2, out, 3, stride=stride, padding=1),
            nn.BatchNorm2d(out),
            nn.ReLU())

    def forward(self, x):
        fea = self.basic_conv(x)
        fea = self.stage_1(fea)
        fea = self.stage_2(fea)
        fea = self.stage_3(fea)
        fea = self.pool(fea)
        fea = torch.squeeze(fea)
        fea = self.classifier(fea)
        return fea


if __name__ == '__main__':
    x = torch.rand(8, 3, 32, 32)
    net = SKBlockNet()
    out = net(x)
    print(out.shape)
