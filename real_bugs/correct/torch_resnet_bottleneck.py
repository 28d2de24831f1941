import torch
import torch.nn as nn
from typing import List


class Narrow(nn.Module):
    grow: int = 4

    def __init__(self, outer: int, inner: int, stride: int = 1) -> None:
        super().__init__()
        wide = inner * self.grow
        self.body = nn.Sequential(
            nn.Conv2d(outer, inner, 1), nn.BatchNorm2d(inner), nn.ReLU(),
            nn.Conv2d(inner, inner, 3, stride, 1), nn.BatchNorm2d(inner), nn.ReLU(),
            nn.Conv2d(inner, wide, 1), nn.BatchNorm2d(wide))
        self.skip = nn.Sequential()
        if stride > 1 or outer != wide:
            self.skip = nn.Conv2d(outer, wide, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.skip(x))


class Birds(nn.Module):
    def __init__(self, repeats: List[int], kinds: int) -> None:
        super().__init__()
        self.start = nn.Sequential(nn.Conv2d(3, 12, 5, 2, 2), nn.MaxPool2d(3, 2, 1))
        outer, rows = 12, []
        for level, n in enumerate(repeats):
            inner = 12 * 2 ** level
            for k in range(n):
                rows.append(Narrow(outer, inner, 2 if level and k == 0 else 1))
                outer = inner * Narrow.grow
        self.rows = nn.Sequential(*rows)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.name = nn.Linear(outer, kinds)

    def forward(self, x):
        return self.name(self.mean(self.rows(self.start(x))).flatten(1))


assert Birds([2, 2, 1], 37)(torch.randn(2, 3, 97, 131)).shape == (2, 37)
