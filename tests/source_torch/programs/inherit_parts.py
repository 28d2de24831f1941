# expect: valid
import torch
from torch import nn


class Base(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.body = self.build()

    def build(self):
        raise NotImplementedError

    def forward(self, x):
        return self.head(self.body(x))


class Child(Base):
    def __init__(self, width=16, classes=4):
        super().__init__(width)
        self.head = nn.Linear(self.width * 2, classes)

    def build(self):
        return nn.ModuleDict({"a": nn.Linear(8, self.width), "b": nn.Linear(8, self.width)})

    def forward(self, x):
        parts = []
        for key in self.body:
            parts.append(self.body[key](x))
        return self.head(torch.cat(parts, -1))


print(Child()(torch.randn(3, 8)).shape)
