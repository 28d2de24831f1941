# expect: fault self.c1 conv-in-channels
import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader


class ImgSet(Dataset):
    def __init__(self, n):
        self.x = np.zeros((n, 64, 64, 3), dtype='float32')
        self.y = np.random.randint(0, 2, size=n)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), self.y[i]


class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8 * 62 * 62, 2)

    def forward(self, x):
        return self.fc(self.c1(x).flatten(1))


m = M()
for xb, yb in DataLoader(ImgSet(50), batch_size=10):
    loss = nn.functional.cross_entropy(m(xb), yb)
