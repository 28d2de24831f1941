# expect: valid
import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import Dataset, DataLoader


class Series(Dataset):
    def __init__(self, data, window=20):
        self.data = torch.tensor(data, dtype=torch.float32)
        self.window = window

    def __len__(self):
        return len(self.data) - self.window

    def __getitem__(self, idx):
        x = self.data[idx:idx + self.window]
        y = self.data[idx + self.window]
        return x.unsqueeze(-1), y


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        _, h = self.rnn(x)
        return self.out(h[-1]).squeeze(-1)


loader = DataLoader(Series(np.sin(np.linspace(0, 10, 200))), batch_size=16, shuffle=True)
model = Forecaster()
opt = optim.Adam(model.parameters())
for x, y in loader:
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
