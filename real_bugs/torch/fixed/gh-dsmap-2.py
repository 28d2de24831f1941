import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.enc1 = nn.Conv2d(3, dim, 7, 1, 3)
        self.enc2 = nn.Conv2d(dim, dim * 2, 4, 2, 1)
        self.enc3 = nn.Conv2d(dim * 2, dim * 4, 4, 2, 1)
        self.enc4 = nn.Conv2d(dim * 4, dim * 4, 4, 2, 1)
        self.up = nn.Upsample(scale_factor=2)
        self.dec3 = nn.Conv2d(dim * 4, dim * 4, 5, 1, 2)
        self.dec2 = nn.Conv2d(dim * 4, dim * 2, 5, 1, 2)
        self.dec1 = nn.Conv2d(dim * 2, 3, 7, 1, 3)

    def forward(self, img):
        e1 = self.enc1(img)
        e2 = self.enc2(torch.relu(e1))
        e3 = self.enc3(torch.relu(e2))
        e4 = self.enc4(torch.relu(e3))
        d3 = self.dec3(self.up(e4)) + e3
        d2 = self.dec2(self.up(d3)) + e2
        return torch.tanh(self.dec1(self.up(d2)))


def load_batch(n=1, size=352):
    return torch.rand(n, 3, size, size) * 2 - 1


gen = Generator()
fake = gen(load_batch())
print(fake.min(), fake.max())
