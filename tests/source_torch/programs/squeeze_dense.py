# expect: valid
import torch
import torch.nn as nn
import torch.nn.functional as F


class DenseLayer(nn.Sequential):
    def __init__(self, num_input_features, growth_rate, bn_size):
        super().__init__()
        self.add_module("norm1", nn.BatchNorm2d(num_input_features))
        self.add_module("relu1", nn.ReLU(inplace=True))
        self.add_module("conv1", nn.Conv2d(num_input_features, bn_size * growth_rate, 1, bias=False))
        self.add_module("conv2", nn.Conv2d(bn_size * growth_rate, growth_rate, 3, padding=1, bias=False))

    def forward(self, x):
        new_features = super().forward(x)
        return torch.cat([x, new_features], 1)


class DenseBlock(nn.Sequential):
    def __init__(self, num_layers, num_input_features, bn_size, growth_rate):
        super(DenseBlock, self).__init__()
        for i in range(num_layers):
            self.add_module("denselayer%d" % (i + 1), DenseLayer(num_input_features + i * growth_rate, growth_rate, bn_size))


class Net(nn.Module):
    def __init__(self, growth=4):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, 8, 3, padding=1))
        n = 8
        for i, k in enumerate((2, 3)):
            self.features.add_module(f"block{i}", DenseBlock(k, n, 2, growth))
            n = n + k * growth
            if i == 0:
                self.features.add_module("trans", nn.Sequential(nn.Conv2d(n, n // 2, 1), nn.AvgPool2d(2)))
                n = n // 2
        self.classifier = nn.Linear(n, 10)

    def forward(self, x):
        f = F.relu(self.features(x), inplace=True)
        f = F.adaptive_avg_pool2d(f, (1, 1)).view(f.size(0), -1)
        return self.classifier(f)


print(Net()(torch.randn(2, 3, 20, 20)).shape)
