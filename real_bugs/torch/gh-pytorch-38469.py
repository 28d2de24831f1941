import torch
from torch import nn, optim


class Chips(nn.Module):
    """Sort 21x21 cut-outs of a circuit board into ten kinds."""

    def __init__(self):
        super(Chips, self).__init__()
        self.c1 = nn.Conv2d(3, 6, 5)
        self.c2 = nn.Conv2d(6, 16, 5)
        self.shrink = nn.MaxPool2d(2, 2)
        self.hidden = nn.Linear(400, 120)
        self.hidden2 = nn.Linear(120, 84)
        self.kind = nn.Linear(84, 10)

    def forward(self, t):
        t = self.shrink(torch.relu(self.c1(t)))
        t = self.shrink(torch.relu(self.c2(t)))
        t = t.view(-1, 400)
        t = torch.relu(self.hidden(t))
        t = torch.relu(self.hidden2(t))
        return self.kind(t)


chips = Chips()
judge = nn.CrossEntropyLoss()
sgd = optim.SGD(chips.parameters(), lr=0.01)
cutouts, kinds = torch.rand(6, 3, 21, 21), torch.arange(6)
for lap in range(3):
    sgd.zero_grad()
    error = judge(chips(cutouts), kinds)
    error.backward()
    sgd.step()
    print(lap, error.item())
