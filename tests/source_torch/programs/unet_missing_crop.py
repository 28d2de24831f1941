# expect: fault torch.cat concatenate-shapes
import torch
import torch.nn as nn


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Conv2d(1, 4, 3, padding=1)
        self.down = nn.MaxPool2d(2)
        self.mid = nn.Conv2d(4, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.dec = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        skip = torch.relu(self.enc(x))
        x = self.mid(self.down(skip))
        x = self.up(x)
        x = torch.cat((x, skip), 1)
        return self.dec(x)


Tiny()(torch.ones(1, 1, 33, 33))
