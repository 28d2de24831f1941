# expect: fault self.attn embedded-attention-heads
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(embed_dim=50, num_heads=8, batch_first=True)

    def forward(self, x):
        out, w = self.attn(x, x, x)
        return out


Net()(torch.randn(2, 5, 50))
