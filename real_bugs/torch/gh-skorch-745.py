import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
from sklearn.preprocessing import StandardScaler


class SmallCifar(nn.Module):
    def __init__(self, dropout=0.5):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, kernel_size=3)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(16 * 30 * 30, 10)

    def forward(self, x, **kwargs):
        x = F.relu(self.conv(x))
        x = torch.flatten(x, 1)
        return F.softmax(self.fc(self.drop(x)), dim=-1)


X = np.random.randint(0, 255, (64, 3, 32, 32)).astype(np.float32)
y = np.random.randint(0, 10, 64).astype(np.int64)
X = StandardScaler().fit_transform(X.reshape(len(X), -1)).astype(np.float32)

for rate in (0.3, 0.5):
    net = SmallCifar(dropout=rate)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    for i in range(0, len(X), 32):
        xb, yb = torch.from_numpy(X[i:i + 32]), torch.from_numpy(y[i:i + 32])
        loss = F.nll_loss(torch.log(net(xb)), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
