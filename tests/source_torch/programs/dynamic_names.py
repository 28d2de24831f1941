# expect: valid
import torch
import torch.nn as nn
import torch.nn.functional as F
from functools import partial


class Net(nn.Module):
    activations = {"relu": nn.ReLU(), "tanh": nn.Tanh()}

    def __init__(self, sizes=(8, 16, 32), act="relu", norm=partial(nn.BatchNorm1d, eps=1e-3)):
        super().__init__()
        self.n = len(sizes) - 1
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            setattr(self, f"fc{i}", nn.Linear(a, b))
            self.add_module("norm%d" % i, norm(b))
        self.act = self.activations[act]
        self.final = getattr(F, "relu")
        self.drop = nn.Dropout(p=0.1) if act == "relu" else nn.Identity()
        self.out = nn.Linear(sizes[-1], 3)

    def forward(self, x):
        for i in range(self.n):
            x = getattr(self, "fc{}".format(i))(x)
            x = self.act(self._modules[f"norm{i}"](x))
        return self.out(self.drop(self.final(x)))


net = Net()
out = net.forward(torch.rand(5, 8))
for name, child in net.named_children():
    print(name, child)
