import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

WORDS, LENGTH, BATCH = 500, 30, 10
letters = TensorDataset(torch.randint(0, WORDS, (40, LENGTH)), torch.randint(0, 2, (40,)))


class Mood(nn.Module):
    def __init__(self, emb=16, hidden=24, layers=2):
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.words = nn.Embedding(WORDS, emb)
        self.read = nn.LSTM(emb, hidden, layers, batch_first=True, dropout=.2)
        self.good = nn.Linear(hidden, 1)

    def start(self, n):
        return tuple(torch.zeros(self.layers, n, self.hidden) for _ in 'hc')

    def forward(self, text, state):
        seen, state = self.read(self.words(text), state)
        each = torch.sigmoid(self.good(seen.reshape(-1, self.hidden)))
        return each.view(len(text), -1)[:, -1], state


net = Mood()
adam = torch.optim.Adam(net.parameters())
state = net.start(BATCH)
for text, good in DataLoader(letters, BATCH, shuffle=True):
    state = tuple(s.detach() for s in state)
    guess, state = net(text, state)
    adam.zero_grad()
    nn.BCELoss()(guess, good.float()).backward()
    adam.step()
