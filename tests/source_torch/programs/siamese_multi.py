# expect: valid
import torch
import torch.nn as nn


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.AdaptiveMaxPool2d(4))
        self.fc = nn.Linear(256, 32)

    def embed(self, x):
        x = self.cnn(x)
        x = x.view(x.shape[0], -1)
        return self.fc(x)

    def forward(self, a, b, c=None):
        ea, eb = self.embed(a), self.embed(b)
        if c is not None:
            return ea, eb, self.embed(c)
        return ea, eb


net = Siamese()
a, p, n = net(torch.randn(4, 1, 64, 64), torch.randn(4, 1, 64, 64), torch.randn(4, 1, 64, 64))
loss = nn.TripletMarginLoss(margin=1.0)(a, p, n)
