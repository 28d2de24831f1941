import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader


class Twice(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.one, self.norm1 = nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o)
        self.two, self.norm2 = nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o)

    def forward(self, t):
        t = torch.relu(self.norm1(self.one(t)))
        return torch.relu(self.norm2(self.two(t)))


class Rise(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.grow = nn.ConvTranspose2d(i, o, 2, 2)
        self.mix = Twice(2 * o, o)

    def forward(self, low, high):
        joined = torch.cat([self.grow(low), high], axis=1)
        return self.mix(joined)


class VesselNet(nn.Module):
    def __init__(self, w=8):
        super().__init__()
        self.in1, self.in2, self.in3 = Twice(3, w), Twice(w, 2 * w), Twice(2 * w, 4 * w)
        self.in4, self.deep = Twice(4 * w, 8 * w), Twice(8 * w, 16 * w)
        self.out4, self.out3 = Rise(16 * w, 8 * w), Rise(8 * w, 4 * w)
        self.out2, self.out1 = Rise(4 * w, 2 * w), Rise(2 * w, w)
        self.mask = nn.Conv2d(w, 1, 1)
        self.pool = nn.MaxPool2d((2, 2))

    def forward(self, eye):
        a = self.in1(eye)
        b = self.in2(self.pool(a))
        c = self.in3(self.pool(b))
        d = self.in4(self.pool(c))
        e = self.deep(self.pool(d))
        return self.mask(self.out1(self.out2(self.out3(self.out4(e, d), c), b), a))


class Eyes(Dataset):
    def __init__(self, count, height, width):
        self.count, self.shape = count, (height, width)

    def __len__(self):
        return self.count

    def __getitem__(self, k):
        return torch.rand(3, *self.shape), torch.zeros(1, *self.shape)


if __name__ == "__main__":
    height, width = 512, 512
    net = VesselNet()
    adam = torch.optim.Adam(net.parameters(), 1e-4)
    for eye, vessels in DataLoader(Eyes(2, height, width), batch_size=2):
        adam.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(eye), vessels)
        loss.backward()
        adam.step()
