import torch
from torch import nn
from torch.nn import functional as F


class ASPPModule(nn.Module):
    def __init__(self, features, out_channels=512, dilations=(12, 24, 36)):
        super().__init__()
        self.context = nn.Sequential(nn.Conv2d(features, out_channels, kernel_size=3, padding=1),
                                     nn.BatchNorm2d(out_channels))
        self.conv2 = nn.Sequential(nn.Conv2d(features, out_channels, kernel_size=1, bias=False),
                                   nn.BatchNorm2d(out_channels))
        self.conv3, self.conv4, self.conv5 = [
            nn.Sequential(nn.Conv2d(features, out_channels, kernel_size=3, padding=d, dilation=d, bias=False),
                          nn.BatchNorm2d(out_channels))
            for d in dilations]
        self.bottleneck = nn.Sequential(
            nn.Conv2d(out_channels * 4, out_channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.Dropout2d(0.1))

    def forward(self, x):
        feats = [self.context(x), self.conv2(x), self.conv3(x), self.conv4(x), self.conv5(x)]
        out = torch.cat(feats, 1)
        return self.bottleneck(out)


aspp = ASPPModule(64)
fmap = torch.randn(2, 64, 12, 12)
seg = aspp(fmap)
print(F.interpolate(seg, scale_factor=8).shape)
