import argparse
import torch
from torch import nn, optim
from torchvision import datasets, transforms


class Digits(nn.Module):
    def __init__(self, width=20):
        super(Digits, self).__init__()
        self.look1 = nn.Conv2d(1, width, 3)
        self.look2 = nn.Conv2d(width, 2 * width, 3)
        self.forget = nn.Dropout(.3)
        self.decide = nn.Linear(2 * width * 12 * 12, 10)

    def forward(self, page):
        page = torch.relu(self.look1(page))
        page = nn.functional.max_pool2d(torch.relu(self.look2(page)), 2)
        return self.decide(self.forget(page.flatten(1)))


def lap(net, pages, learn=None):
    right = 0
    for page, digit in pages:
        score = net(page)
        if learn is not None:
            learn.zero_grad()
            nn.functional.cross_entropy(score, digit).backward()
            learn.step()
        right += (score.argmax(-1) == digit).sum().item()
    return right


if __name__ == '__main__':
    cli = argparse.ArgumentParser()
    cli.add_argument('--batch', type=int, default=32)
    cli.add_argument('--laps', type=int, default=1)
    opts = cli.parse_args()
    scan = transforms.Compose([transforms.ToTensor(), transforms.Normalize((.5,), (.5,))])
    pages = torch.utils.data.DataLoader(datasets.MNIST('here', download=True, transform=scan), opts.batch)
    net = Digits()
    for _ in range(opts.laps):
        print(lap(net, pages, optim.Adagrad(net.parameters())))
