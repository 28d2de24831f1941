import torch
from torch import nn

RATES = 12, 24, 36


class Pyramid(nn.Module):
    """Look at a map at several dilation rates and fuse what is seen."""

    def __init__(self, depth, each=512):
        super().__init__()
        self.context = nn.Conv2d(depth, each, 3, padding=1)
        self.point = nn.Conv2d(depth, each, 1)
        self.wide = nn.ModuleList(nn.Conv2d(depth, each, 3, padding=r, dilation=r) for r in RATES)
        self.fuse = nn.Conv2d(5 * each, each, 1)
        self.norm = nn.BatchNorm2d(each)

    def forward(self, maps):
        seen = [self.context(maps), self.point(maps)]
        seen.extend(w(maps) for w in self.wide)
        return self.norm(self.fuse(torch.cat(seen, 1)))


street = Pyramid(depth=64)
print(street(torch.randn(2, 64, 12, 12)).shape)
