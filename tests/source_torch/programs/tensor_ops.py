# expect: valid
import torch
import torch.nn as nn
import torch.nn.functional as F


class Ops(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(24, 72)
        self.proj = nn.Linear(24, 24)
        self.scale = nn.Parameter(torch.ones(4, 1, 1))
        self.register_buffer("idx", torch.arange(6).flip(0))

    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, 4, C // 4).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        a = torch.einsum("bhid,bhjd->bhij", q, k) * self.scale
        a = F.softmax(a, dim=-1)
        y = torch.einsum("bhij,bhjd->bhid", a, v)
        y = y.transpose(1, 2).reshape(B, N, C)
        q2, k2, v2 = self.qkv(x).chunk(3, dim=-1)
        z = torch.stack([q2, k2, v2], dim=1).sum(1)
        y = y + z[:, self.idx]
        u, w = torch.split(y, [2, 4], dim=1)
        y = torch.cat([w, u], dim=1)
        mask = torch.ones(N, N).tril().bool()
        a = a.masked_fill(~mask, float("-inf"))
        top, where = y.topk(3, dim=-1)
        y = y[..., None].expand(-1, -1, -1, 2).mean(-1)
        y = torch.where(y > 0, y, torch.zeros_like(y))
        y = y.clamp(min=0).mul(2.0).add(1).pow(2).unsqueeze(0).squeeze(0)
        m, _ = y.max(dim=1, keepdim=True)
        y = y - m
        return self.proj(y[:, 0:4:2].flatten(0, 1)), top


out, top = Ops()(torch.randn(2, 6, 24))
print(out.shape, top.shape)
