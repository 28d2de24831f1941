import torch
from torch import nn

LABELS = 1
COLOURS = 1      # grey photographs


def critic(channels, width=64, levels=3):
    chain = [nn.Conv2d(channels, width, 4, stride=2, padding=2), nn.LeakyReLU(.2)]
    for _ in range(levels - 1):
        chain += [nn.Conv2d(width, 2 * width, 4, stride=2, padding=2), nn.BatchNorm2d(2 * width), nn.LeakyReLU(.2)]
        width *= 2
    chain.append(nn.Conv2d(width, 1, 4, padding=2))
    return nn.Sequential(*chain)


judge = critic(LABELS + 3)
outline = torch.zeros(1, LABELS, 256, 256)
photo = torch.rand(1, 3, 256, 256)          # the reader opened it as RGB
print(judge(torch.cat([outline, photo], dim=1)).mean())
