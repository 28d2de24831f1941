import torch
import torch.nn as nn
import numpy as np

FS, SECONDS, CHANNELS = 100, 3, 6


def block(i, o, k, pool=2, p=0.1):
    return nn.Sequential(nn.Conv1d(i, o, k, padding=k // 2), nn.BatchNorm1d(o), nn.ReLU(), nn.MaxPool1d(pool),
                         nn.Dropout(p))


class HARNet(nn.Module):
    def __init__(self, n_channels=CHANNELS, n_classes=5, length=FS * SECONDS):
        super().__init__()
        self.enc = nn.Sequential(block(n_channels, 16, 7), block(16, 32, 5), block(32, 64, 3))
        with torch.no_grad():
            n = self.enc(torch.zeros(1, n_channels, length)).numel()
        self.fc = nn.Linear(n, n_classes)

    def forward(self, x):
        return self.fc(self.enc(x).flatten(1))


x = np.random.randn(20, FS * SECONDS, CHANNELS).astype('float32')
x = torch.from_numpy(x).permute(0, 2, 1)
net = HARNet()
loss = nn.CrossEntropyLoss()(net(x), torch.randint(0, 5, (20,)))
loss.backward()
