import torch
from torch import nn
from torchsummary import summary


def stage(before, after):
    return nn.Sequential(nn.Conv2d(before, after, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(kernel_size=2))


class Handwriting(nn.Module):
    def __init__(self):
        super().__init__()
        self.low = stage(1, 16)
        self.high = stage(16, 32)
        self.answer = nn.Linear(1050, 10)

    def forward(self, page):
        page = self.high(self.low(page))
        flat = page.flatten(start_dim=1)
        return self.answer(flat)


reader = Handwriting()
summary(reader, (1, 28, 28), device='cpu')
