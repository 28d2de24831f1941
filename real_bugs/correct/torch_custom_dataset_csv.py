# files: {"housing.csv": [60, 9]}
import pandas as pd
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader, random_split


class HousingDataset(Dataset):
    def __init__(self, path):
        frame = pd.read_csv(path)
        self.X = torch.tensor(frame.iloc[:, :-1].values, dtype=torch.float32)
        self.y = torch.tensor(frame.iloc[:, -1].values, dtype=torch.float32).reshape(-1, 1)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return self.X[i], self.y[i]


class MLP(nn.Module):
    def __init__(self, n_in, widths=(32, 16)):
        super().__init__()
        layers = []
        for w in widths:
            layers += [nn.Linear(n_in, w), nn.BatchNorm1d(w), nn.ReLU()]
            n_in = w
        layers.append(nn.Linear(n_in, 1))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


data = HousingDataset('housing.csv')
train, test = random_split(data, [50, 10])
model = MLP(data.X.shape[1])
opt = torch.optim.Adam(model.parameters())
for xb, yb in DataLoader(train, batch_size=10, shuffle=True):
    loss = nn.functional.mse_loss(model(xb), yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
