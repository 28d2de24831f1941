import torch
from torch import nn

PIXELS = 28 * 28
NOISE = 100

painter = nn.Sequential(nn.Linear(NOISE, 256), nn.BatchNorm1d(256), nn.LeakyReLU(.2), nn.Linear(256, PIXELS), nn.Tanh())
critic = nn.Sequential(nn.Linear(PIXELS, 512), nn.LeakyReLU(.2), nn.Linear(512, 1))


def slope_penalty(true, false):
    """How far the critic's slope is from one, on the way from true to false pictures."""
    share = torch.rand(len(true), 1, 1, 1)
    between = (share * true + (1 - share) * false).detach().requires_grad_()
    score = critic(between.reshape(len(true), -1))
    slope, = torch.autograd.grad(score.sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()


digits = torch.rand(64, PIXELS)
forged = painter(torch.randn(64, NOISE))
loss = critic(forged).mean() - critic(digits).mean() + 10 * slope_penalty(digits, forged)
loss.backward()
