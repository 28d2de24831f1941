import torch
from torch import nn


class PlaceAttention(nn.Module):
    """Every cell of a map attends to every other; learned offsets tell where a cell is."""

    def __init__(self, depth, rows, cols, heads=4):
        super().__init__()
        self.heads, self.each = heads, depth // heads
        self.qkv = nn.Conv2d(depth, 3 * depth, 1)
        self.by_row = nn.Parameter(torch.randn(heads, self.each, rows, 1) * .1)
        self.by_col = nn.Parameter(torch.randn(heads, self.each, 1, cols) * .1)

    def forward(self, maps):
        b, depth, rows, cols = maps.shape
        q, k, v = self.qkv(maps).reshape(b, 3, self.heads, self.each, rows * cols).unbind(1)
        place = (self.by_row + self.by_col).flatten(2)
        by_content = q.transpose(-2, -1) @ k
        by_place = place.transpose(-2, -1) @ q
        weight = (by_content + by_place).softmax(-1)
        return (v @ weight.transpose(-2, -1)).reshape(b, depth, rows, cols)


class AttentiveNet(nn.Module):
    def __init__(self, kinds, resolution=(224, 224)):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 4, 4), nn.ReLU(), nn.Conv2d(64, 128, 4, 4), nn.ReLU())
        self.attend = PlaceAttention(128, resolution[0] // 16, resolution[1] // 16)
        self.say = nn.Linear(128, kinds)

    def forward(self, x):
        return self.say(self.attend(self.stem(x)).mean((2, 3)))


tiny_images = torch.randn(2, 3, 32, 32)
print(AttentiveNet(10, resolution=(32, 32))(tiny_images).size())
