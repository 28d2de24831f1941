import argparse
import torch
from torch import nn
from torch.nn import functional as F
from torchvision import datasets, transforms


class Victim(nn.Module):
    def __init__(self, colours=1, side=28):
        super().__init__()
        self.side = side
        self.first = nn.Conv2d(colours, 32, 5, padding=2)
        self.second = nn.Conv2d(32, 64, 5, padding=2)
        self.dense = nn.Linear(7 * 7 * 64, 1024)
        self.logits = nn.Linear(1024, 10)

    def forward(self, img):
        for conv in (self.first, self.second):
            img = F.max_pool2d(F.relu(conv(img)), 2, 2)
        quarter = self.side // 4
        flat = img.view(-1, quarter * quarter * 64)
        return self.logits(F.relu(self.dense(flat)))


def attack(model, images, labels, eps=0.1):
    images = images.clone().requires_grad_(True)
    F.cross_entropy(model(images), labels).backward()
    return (images + eps * images.grad.sign()).clamp(0, 1).detach()


if __name__ == '__main__':
    cli = argparse.ArgumentParser()
    cli.add_argument('--batch', type=int, default=64)
    opts = cli.parse_args()
    digits = datasets.MNIST('data', download=True, transform=transforms.ToTensor())
    victim = Victim()
    for images, labels in torch.utils.data.DataLoader(digits, batch_size=opts.batch):
        adversarial = attack(victim, images, labels)
        print((victim(adversarial).argmax(1) == labels).float().mean())
