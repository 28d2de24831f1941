# expect: valid
import torch
from torch import nn


class Multi(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.branches = nn.ModuleDict({k: nn.Linear(**v) for k, v in spec.items()})
        self.head = nn.Bilinear(6, 4, 3)

    def forward(self, inputs, *, scale=1.0):
        parts = {k: self.branches[k](v) for k, v in inputs.items()}
        return self.head(parts["a"], parts["b"]) * scale, list(parts.values())


m = Multi({"a": dict(in_features=5, out_features=6), "b": dict(in_features=7, out_features=4, bias=False)})
y, rest = m({"a": torch.rand(2, 5), "b": torch.rand(2, 7)}, scale=0.5)
