import torch
import torch.nn as nn

PLANS = {
    'short': '32 / 64 / 128 128 / 256 /',
    'long': '32 32 / 64 64 / 128 128 128 / 256 /',
}


class Planned(nn.Module):
    def __init__(self, plan, kinds=10, colours=3):
        super(Planned, self).__init__()
        steps, depth = [], colours
        for word in PLANS[plan].split():
            if word == '/':
                steps.append(nn.MaxPool2d(2))
                continue
            steps += [nn.Conv2d(depth, int(word), 3, padding='same'), nn.BatchNorm2d(int(word)), nn.ReLU()]
            depth = int(word)
        self.steps = nn.Sequential(*steps)
        self.kind = nn.Linear(depth * 2 * 2, kinds)

    def forward(self, x):
        x = self.steps(x)
        return self.kind(x.view(x.shape[0], -1))


for plan in PLANS:
    print(plan, Planned(plan)(torch.randn(2, 3, 32, 32)).size())
