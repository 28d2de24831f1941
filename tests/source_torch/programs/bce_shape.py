# expect: fault criterion target-shape
import torch
import torch.nn as nn

model = nn.Sequential(nn.Linear(10, 5), nn.ReLU(), nn.Linear(5, 1), nn.Sigmoid())
criterion = nn.BCELoss()
x, y = torch.randn(32, 10), torch.randint(0, 2, (32,)).float()
out = model(x)
loss = criterion(out, y)
