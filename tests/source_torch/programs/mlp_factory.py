# expect: fault net.2 dense-in-features
import torch
from torch import nn


def mlp(sizes, activation=nn.ReLU, output_activation=nn.Identity):
    layers = []
    for j in range(len(sizes) - 1):
        act = activation if j < len(sizes) - 2 else output_activation
        layers += [nn.Linear(sizes[j], sizes[j + 1]), act()]
    return nn.Sequential(*layers)


class Actor(nn.Module):
    def __init__(self, obs_dim, act_dim, hidden):
        super().__init__()
        self.net = mlp([obs_dim] + list(hidden) + [act_dim])
        self.net[2] = nn.Linear(65, 64)

    def forward(self, obs):
        return self.net(obs)


Actor(11, 3, (64, 64))(torch.zeros(5, 11))
