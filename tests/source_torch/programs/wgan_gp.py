# expect: valid
import torch
import torch.nn as nn
import torch.autograd as autograd


class Critic(nn.Module):
    def __init__(self, img=(1, 28, 28)):
        super().__init__()
        n = 1
        for d in img:
            n *= d
        self.net = nn.Sequential(nn.Linear(n, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x.view(x.shape[0], -1))


def gradient_penalty(D, real, fake):
    alpha = torch.rand(real.size(0), 1, 1, 1)
    inter = (alpha * real + ((1 - alpha) * fake)).requires_grad_(True)
    d = D(inter)
    ones = torch.ones(real.shape[0], 1)
    g = autograd.grad(outputs=d, inputs=inter, grad_outputs=ones, create_graph=True)[0]
    g = g.view(g.size(0), -1)
    return ((g.norm(2, dim=1) - 1) ** 2).mean()


D = Critic()
gp = gradient_penalty(D, torch.rand(6, 1, 28, 28), torch.rand(6, 1, 28, 28))
