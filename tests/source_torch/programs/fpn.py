# expect: valid
import torch
import torch.nn as nn
import torch.nn.functional as F


class FPN(nn.Module):
    def __init__(self, in_channels=(16, 32, 64), out=8):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        self.c = nn.ModuleList([nn.Conv2d(a, b, 3, 2, 1) for a, b in zip(in_channels[:-1], in_channels[1:])])
        self.lateral = nn.ModuleList(nn.Conv2d(c, out, 1) for c in in_channels)
        self.smooth = nn.ModuleDict({f"p{i}": nn.Conv2d(out, out, 3, padding=1) for i in range(len(in_channels))})

    def forward(self, x):
        feats = [self.stem(x)]
        for conv in self.c:
            feats.append(F.relu(conv(feats[-1])))
        tops = [l(f) for l, f in zip(self.lateral, feats)]
        for i in range(len(tops) - 1, 0, -1):
            tops[i - 1] = tops[i - 1] + F.interpolate(tops[i], size=tops[i - 1].shape[-2:], mode="nearest")
        return {k: self.smooth[k](t) for k, t in zip(self.smooth.keys(), tops)}


outs = FPN()(torch.randn(1, 3, 50, 70))
print({k: v.shape for k, v in outs.items()})
