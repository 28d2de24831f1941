import torch
import torch.nn as nn

NOISE, WIDE = 30, 12


def rise(i, o, first=False):
    return [nn.ConvTranspose2d(i, o, 4, 1 if first else 2, 0 if first else 1), nn.BatchNorm2d(o), nn.ReLU()]


painter = nn.Sequential(
    *rise(NOISE, 4 * WIDE, first=True), *rise(4 * WIDE, 2 * WIDE), *rise(2 * WIDE, WIDE),
    nn.ConvTranspose2d(WIDE, 3, 4, 2, 1), nn.Tanh())


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        steps, i = [], 3
        for o in (WIDE, 2 * WIDE, 4 * WIDE):
            steps += [nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(.2)]
            i = o
        self.steps = nn.Sequential(*steps, nn.Conv2d(i, 1, 4))

    def forward(self, x):
        return self.steps(x).view(-1)


critic = Critic()
cost = nn.BCEWithLogitsLoss()
true = torch.rand(6, 3, 32, 32)
false = painter(torch.randn(6, NOISE, 1, 1))
(cost(critic(true), torch.ones(6)) + cost(critic(false.detach()), torch.zeros(6))).backward()
cost(critic(false), torch.full((6,), 1.)).backward()
