import argparse
import torch
from torch import nn

cli = argparse.ArgumentParser()
cli.add_argument("--height", type=int, default=256)
cli.add_argument("--width", type=int, default=256)
cli.add_argument("--code", type=int, default=8)
args = cli.parse_args()


class PictureCode(nn.Module):
    """A picture to the centre and spread of its code."""

    def __init__(self, code):
        super().__init__()
        trunk, depth = [], 3
        for wider in 32, 64, 128, 256:
            trunk += nn.Conv2d(depth, wider, 3, 2, 1), nn.BatchNorm2d(wider), nn.LeakyReLU(.2)
            depth = wider
        self.trunk = nn.Sequential(*trunk)
        self.mean = nn.AvgPool2d(kernel_size=8, stride=8)
        cells = (args.height // 128) * (args.width // 128)
        self.centre = nn.Linear(256 * cells, code)
        self.spread = nn.Linear(256 * cells, code)

    def forward(self, picture):
        seen = self.mean(self.trunk(picture)).flatten(1)
        return self.centre(seen), self.spread(seen)


centre, spread = PictureCode(args.code)(torch.randn(2, 3, args.height, args.width))
print(centre.shape, spread.shape)
