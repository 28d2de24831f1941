"""Modules as people write them: control flow on shapes, several inputs, shared and tied parts, functions, side effects.

Each takes a size; one size fits.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint


class FollowsShapes(nn.Module):
    """Another way for large pictures."""

    def __init__(self, size: int = 128) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear(size, 2)

    def forward(self, x: Any) -> Any:
        if x.shape[-1] > 10:
            x = F.max_pool2d(x, 2)
        x = self.conv(x)
        assert x.dim() == 4
        return self.head(x.flatten(1))


class AnyNumber(nn.Module):
    """Any number of inputs."""

    def __init__(self, size: int = 16) -> None:
        super().__init__()
        self.left = nn.Linear(6, 8)
        self.right = nn.Linear(5, 8)
        self.head = nn.Linear(size, 2)

    def forward(self, *inputs: Any) -> Any:
        return self.head(torch.cat([self.left(inputs[0]), self.right(inputs[1])], 1))


class Optional(nn.Module):
    """An input that may be left out, a setting, and a dict that comes back."""

    def __init__(self, size: int = 16) -> None:
        super().__init__()
        self.left = nn.Linear(6, 8)
        self.right = nn.Linear(5, 8)
        self.head = nn.Linear(size, 2)

    def forward(self, left: Any, right: Any = None, *, scale: float = 1.0) -> Any:
        hidden = self.left(left)
        if right is not None:
            hidden = torch.cat([hidden, self.right(right)], -1)
        return {"logits": self.head(hidden) * scale, "hidden": hidden}


class Shared(nn.Module):
    """One layer applied twice."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.layer = nn.Linear(size, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(self.layer(x)))


class Tied(nn.Module):
    """A table of words that is also the weight of the head."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.middle = nn.Linear(size, 8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.words.weight

    def forward(self, x: Any) -> Any:
        return self.head(torch.relu(self.middle(self.words(x))))


class Functions(nn.Module):
    """Parameters of its own in functions."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.rand(8, 3, 3, 3))
        self.head = nn.Conv2d(size, 2, 1)

    def forward(self, x: Any) -> Any:
        return self.head(F.relu(F.conv2d(x, self.kernel, None, 2, 1)))


class Keeps(nn.Module):
    """What ``forward`` leaves in the module: a count, a tensor, a running mean."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.first = nn.Linear(6, 8)
        self.second = nn.Linear(size, 2)
        self.calls = 0
        self.last: Any = None
        self.register_buffer("mean", torch.zeros(8))

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.last = x
        x = self.first(x)
        self.mean.add_(1.0)
        self.mean = 0.9 * self.mean + 0.1 * x.mean(0)
        return self.second(x - self.mean)


class Steps(nn.Module):
    """A cell in a loop over as many steps as come."""

    def __init__(self, size: int = 6) -> None:
        super().__init__()
        self.cell = nn.GRUCell(size, 5)
        self.head = nn.Linear(5, 2)

    def forward(self, x: Any) -> Any:
        h = x.new_zeros(x.size(0), 5)
        for step in range(x.size(1)):
            h = self.cell(x[:, step], h)
        return self.head(h)


class Rows(nn.Module):
    """A layer for each row of a tensor."""

    def __init__(self, size: int = 6) -> None:
        super().__init__()
        self.layer = nn.Linear(size, 5)

    def forward(self, x: Any) -> Any:
        return torch.stack([self.layer(row) for row in x])


class Masked(nn.Module):
    """A mask that is made where none is given."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(size, 2)

    def forward(self, x: Any, mask: Any = None) -> Any:
        if mask is None:
            mask = torch.triu(torch.ones(x.size(1), x.size(1), dtype=torch.bool), 1)
        out, _ = self.attention(x, x, x, attn_mask=mask, need_weights=False)
        return self.head(out)


class Recomputed(nn.Module):
    """A part whose results are computed again for the gradients."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 8), nn.ReLU())
        self.head = nn.Linear(size, 2)

    def forward(self, x: Any) -> Any:
        return self.head(checkpoint(self.body, x, use_reentrant=False))


class Heads(nn.Module):
    """Attention written out, with its sizes read from the tensor."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        batch, steps, width = x.shape
        parts = self.qkv(self.norm(x)).split(width, dim=2)
        q, k, v = (t.view(batch, steps, self.heads, width // self.heads).transpose(1, 2) for t in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return x + self.out(y.transpose(1, 2).contiguous().view(batch, steps, width))


class Language(nn.Module):
    """A small language model."""

    def __init__(self, size: int = 16) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 16)
        self.places = nn.Embedding(12, 16)
        self.blocks = nn.ModuleList(Heads(16, 4) for _ in range(3))
        self.norm = nn.LayerNorm(size)
        self.head = nn.Linear(16, 50, bias=False)

    def forward(self, x: Any) -> Any:
        x = self.words(x) + self.places(torch.arange(x.size(1), device=x.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def double(first: int, second: int) -> nn.Module:
    """Convolution, norm, activation."""
    return nn.Sequential(nn.Conv2d(first, second, 3, padding=1), nn.BatchNorm2d(second), nn.ReLU())


class UNet(nn.Module):
    """Down, up, and across, for pictures of odd sizes too."""

    def __init__(self, size: int = 80) -> None:
        super().__init__()
        self.down1, self.down2, self.middle = double(3, 16), double(16, 32), double(32, 32)
        self.up = double(size, 16)
        self.head = nn.Conv2d(16, 1, 1)

    def forward(self, x: Any) -> Any:
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        m = self.middle(F.max_pool2d(b, 2))
        m = torch.cat([F.interpolate(m, size=b.shape[2:]), b], 1)
        return self.head(self.up(torch.cat([F.interpolate(m, size=a.shape[2:]), a], 1)))


class Residual(nn.Module):
    """A block of a residual network."""

    def __init__(self, first: int, second: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(first, second, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(second)
        self.conv2 = nn.Conv2d(second, second, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(second)
        self.down = None
        if stride != 1 or first != second:
            self.down = nn.Sequential(nn.Conv2d(first, second, 1, stride, bias=False), nn.BatchNorm2d(second))

    def forward(self, x: Any) -> Any:
        skipped = x if self.down is None else self.down(x)
        return torch.relu(self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x))))) + skipped)


class ResNet(nn.Module):
    """A residual network."""

    def __init__(self, size: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.layers = nn.Sequential(Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(size, 10)

    def forward(self, x: Any) -> Any:
        return self.head(torch.flatten(self.pool(self.layers(self.stem(x))), 1))


class AsksValues(nn.Module):
    """A way that depends on the numbers in a tensor, behind two layers."""

    def __init__(self, size: int = 6) -> None:
        super().__init__()
        self.first = nn.Linear(size, 8)
        self.second = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        y = self.second(self.first(x))
        if (y > 0).any():
            y = -y
        return y


class MissesFlatten(nn.Module):
    """A linear layer right behind a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4, momentum=0.3)
        self.head = nn.Linear(144, 2)
        self.register_buffer("spare", torch.ones(3), persistent=False)

    def forward(self, x: Any) -> Any:
        return self.head(torch.relu(self.norm(self.conv(x))))


class Patches(nn.Module):
    """Pictures cut into patches, each with a learned place; the places are a parameter of the module's own."""

    def __init__(self, places: int = 16) -> None:
        super().__init__()
        self.cut = nn.Conv2d(3, 8, 8, 8)
        self.first = nn.Parameter(torch.zeros(1, 1, 8))
        self.places = nn.Parameter(torch.rand(1, places + 1, 8))
        self.head = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        x = self.cut(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(x[:, 0])
