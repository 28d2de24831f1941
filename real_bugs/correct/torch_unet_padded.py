import torch
import torch.nn as nn
import torch.nn.functional as F


def two(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())


def fit_to(small, big):
    """Pad at the right and at the bottom until both are as large."""
    rows, cols = big.shape[-2] - small.shape[-2], big.shape[-1] - small.shape[-1]
    return F.pad(small, (0, cols, 0, rows))


class Cells(nn.Module):
    def __init__(self, w=6, learned=True):
        super().__init__()
        self.d1, self.d2, self.d3 = two(3, w), two(w, 2 * w), two(2 * w, 4 * w)
        self.u2 = nn.ConvTranspose2d(4 * w, 4 * w, 2, 2) if learned else nn.Upsample(scale_factor=2)
        self.u1 = nn.ConvTranspose2d(2 * w, 2 * w, 2, 2) if learned else nn.Upsample(scale_factor=2, mode='bilinear')
        self.m2, self.m1 = two(6 * w, 2 * w), two(3 * w, w)
        self.out = nn.Conv2d(w, 2, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.d3(F.max_pool2d(b, 2))
        b = self.m2(torch.cat([b, fit_to(self.u2(c), b)], 1))
        a = self.m1(torch.cat([a, fit_to(self.u1(b), a)], 1))
        return self.out(a)


for learned in (True, False):
    assert Cells(learned=learned)(torch.rand(1, 3, 101, 75)).shape[2:] == (101, 75)
