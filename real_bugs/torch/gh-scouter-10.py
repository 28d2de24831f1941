import argparse
import torch
from torch import nn


class Explainer(nn.Module):
    def __init__(self, hidden, grid):
        super().__init__()
        self.hidden, self.grid = hidden, grid
        self.trunk = nn.Conv2d(3, 512, kernel_size=16, stride=16)
        self.narrow = nn.Conv2d(512, hidden, 1)

    def forward(self, x):
        n = len(x)
        cells = self.narrow(torch.relu(self.trunk(x)))
        cells = cells.reshape(n, -1)
        cells = cells.view(n, self.hidden, self.grid, self.grid)
        return cells.amax(dim=(2, 3))


cli = argparse.ArgumentParser(description='slots over a feature map')
cli.add_argument('--hidden', default=128, type=int)
cli.add_argument('--grid', default=9, type=int, help='side of the feature map')
cli.add_argument('--side', default=224, type=int)
args = cli.parse_args()

model = Explainer(args.hidden, args.grid)
print(model(torch.zeros(32, 3, args.side, args.side)).shape)
