import torch
from torch import nn
from torchvision import models


class FeatureNet(nn.Module):
    def __init__(self, n_out=10):
        super().__init__()
        vgg = models.vgg11(weights=None)
        self.backbone = vgg.features
        self.pool = nn.AdaptiveAvgPool2d((2, 2))
        self.head = nn.Sequential(nn.Linear(512 * 2 * 2, 32), nn.ReLU(), nn.Linear(32, n_out))

    def forward(self, x):
        f = self.pool(self.backbone(x))
        return self.head(f.reshape(f.shape[0], -1))


print(FeatureNet()(torch.zeros(1, 3, 64, 80)).shape)
