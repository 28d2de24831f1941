# expect: valid
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, shape=(3, 48, 40), classes=7):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(shape[0], 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU())
        n = self._get_conv_output(shape)
        self.classifier = nn.Sequential(nn.Linear(n, 32), nn.ReLU(), nn.Linear(32, classes))

    def _get_conv_output(self, shape):
        with torch.no_grad():
            o = self.features(torch.zeros(1, *shape))
        return int(o.numel())

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.flatten(1))


print(Net()(torch.rand(5, 3, 48, 40)).shape)
