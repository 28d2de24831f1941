# expect: valid
import math

import torch
import torch.nn as nn


class SelfAttention(nn.Module):
    def __init__(self, embed, heads):
        super().__init__()
        self.heads = heads
        self.head_dim = embed // heads
        assert self.head_dim * heads == embed
        self.q = nn.Linear(embed, embed)
        self.k = nn.Linear(embed, embed)
        self.v = nn.Linear(embed, embed)
        self.out = nn.Linear(embed, embed)

    def forward(self, x, mask=None):
        b, t, e = x.shape
        q = self.q(x).view(b, t, self.heads, self.head_dim).transpose(1, 2)
        k = self.k(x).view(b, t, self.heads, self.head_dim).transpose(1, 2)
        v = self.v(x).view(b, t, self.heads, self.head_dim).transpose(1, 2)
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.head_dim)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        p = scores.softmax(dim=-1)
        y = torch.matmul(p, v).transpose(1, 2).contiguous().view(b, t, e)
        return self.out(y)


class Block(nn.Module):
    def __init__(self, embed=64, heads=8, ratio=4.0):
        super().__init__()
        self.norm1 = nn.LayerNorm(embed)
        self.attn = SelfAttention(embed, heads)
        self.norm2 = nn.LayerNorm(embed)
        hidden = int(embed * ratio)
        self.mlp = nn.Sequential(nn.Linear(embed, hidden), nn.GELU(), nn.Linear(hidden, embed))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(self, image_size=32, patch_size=4, in_chans=3, embed=64, depth=2, num_classes=10):
        super().__init__()
        num_patches = (image_size // patch_size) ** 2
        self.patch = nn.Conv2d(in_chans, embed, kernel_size=patch_size, stride=patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, embed))
        self.pos = nn.Parameter(torch.randn(1, num_patches + 1, embed) * 0.02)
        self.blocks = nn.ModuleList([Block(embed) for _ in range(depth)])
        self.norm = nn.LayerNorm(embed)
        self.head = nn.Linear(embed, num_classes)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        cls = self.cls_token.expand(x.shape[0], -1, -1)
        x = torch.cat((cls, x), dim=1) + self.pos
        for blk in self.blocks:
            x = blk(x)
        return self.head(self.norm(x)[:, 0])


print(ViT()(torch.randn(2, 3, 32, 32)).shape)
