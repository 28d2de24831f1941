import torch
from torch import nn

SIDE = 224


def pair(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1), nn.ReLU())


class Segmenter(nn.Module):
    def __init__(self, colours=3, labels=5, width=8, depth=4):
        super().__init__()
        sizes = [width * 2 ** min(d, 3) for d in range(depth + 1)]
        self.first = pair(colours, sizes[0])
        self.down = nn.ModuleList()
        self.lift = nn.ModuleList()
        self.merge = nn.ModuleList()
        for d in range(depth):
            self.down.append(pair(sizes[d], sizes[d + 1]))
            self.lift.append(nn.ConvTranspose2d(sizes[d + 1], sizes[d + 1], 2, stride=2))
            self.merge.append(pair(sizes[d + 1] + sizes[d], sizes[d]))
        self.shrink = nn.MaxPool2d(2)
        self.last = nn.Conv2d(sizes[0], labels, 1)

    def forward(self, img):
        kept = [self.first(img)]
        for step in self.down:
            kept.append(step(self.shrink(kept[-1])))
        y = kept.pop()
        for lift, merge in zip(reversed(self.lift), reversed(self.merge)):
            y = torch.cat((lift(y), kept.pop()), dim=1)
            y = merge(y)
        return self.last(y)


model = Segmenter()
photo = torch.randn(1, 3, SIDE, SIDE)
truth = torch.randint(0, 5, (1, SIDE, SIDE))
nn.functional.cross_entropy(model(photo), truth).backward()
