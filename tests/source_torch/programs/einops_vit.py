# expect: valid
import torch
from torch import nn
from einops import rearrange, repeat
from einops.layers.torch import Rearrange


class Attention(nn.Module):
    def __init__(self, dim, heads=4, dim_head=8):
        super().__init__()
        inner = dim_head * heads
        self.heads = heads
        self.to_qkv = nn.Linear(dim, inner * 3, bias=False)
        self.to_out = nn.Linear(inner, dim)

    def forward(self, x):
        qkv = self.to_qkv(x).chunk(3, dim=-1)
        q, k, v = map(lambda t: rearrange(t, 'b n (h d) -> b h n d', h=self.heads), qkv)
        attn = torch.matmul(q, k.transpose(-1, -2)).softmax(dim=-1)
        out = rearrange(torch.matmul(attn, v), 'b h n d -> b n (h d)')
        return self.to_out(out)


class ViT(nn.Module):
    def __init__(self, image=32, patch=8, dim=24, classes=5):
        super().__init__()
        n = (image // patch) ** 2
        pdim = 3 * patch ** 2
        self.embed = nn.Sequential(Rearrange('b c (h p1) (w p2) -> b (h w) (p1 p2 c)', p1=patch, p2=patch), nn.LayerNorm(pdim), nn.Linear(pdim, dim))
        self.pos = nn.Parameter(torch.randn(1, n + 1, dim))
        self.cls = nn.Parameter(torch.randn(1, 1, dim))
        self.attn = Attention(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, img):
        x = self.embed(img)
        b, n, _ = x.shape
        cls = repeat(self.cls, '1 1 d -> b 1 d', b=b)
        x = torch.cat((cls, x), dim=1)
        x += self.pos[:, :(n + 1)]
        return self.head(self.attn(x)[:, 0])


print(ViT()(torch.randn(2, 3, 32, 32)).shape)
