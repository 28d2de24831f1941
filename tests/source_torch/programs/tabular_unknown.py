# expect: valid
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

df = pd.read_csv('train.csv')
X = torch.tensor(df.drop('target', axis=1).values, dtype=torch.float32)
y = torch.tensor(df['target'].values, dtype=torch.float32).unsqueeze(1)
dl = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(X.shape[1], 64), nn.ReLU(), nn.Linear(64, 1))
crit = nn.BCEWithLogitsLoss()
for xb, yb in dl:
    loss = crit(model(xb), yb)
