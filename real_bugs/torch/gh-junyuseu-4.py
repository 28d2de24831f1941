import torch
import torch.nn as nn


class Unit(nn.Module):
    def __init__(self, cin, cout, step):
        super().__init__()
        self.a = nn.Conv2d(cin, cout, 3, step, 1, bias=False)
        self.an = nn.BatchNorm2d(cout)
        self.b = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        same = step == 1 and cin == cout
        self.side = nn.Identity() if same else nn.Conv2d(cin, cout, 1, step, bias=False)

    def forward(self, x):
        y = torch.relu(self.an(self.a(x)))
        return torch.relu(self.bn(self.b(y)) + self.side(x))


class Signs(nn.Module):
    def __init__(self, kinds, per_stage=3):
        super().__init__()
        units = [nn.Conv2d(3, 16, 3, padding=1, bias=False)]
        cin = 16
        for cout, step in ((16, 1), (32, 2), (64, 2)):
            for k in range(per_stage):
                units.append(Unit(cin, cout, step if k == 0 else 1))
                cin = cout
        self.trunk = nn.Sequential(*units)
        self.mean = nn.AvgPool2d(8, stride=1)
        self.score = nn.Linear(64, kinds)

    def forward(self, x):
        x = self.mean(self.trunk(x))
        x = x.view(x.size(0), -1)
        return self.score(x)


traffic_signs = Signs(kinds=42)
photos = torch.randn(8, 3, 64, 64)
print(traffic_signs(photos).shape)
