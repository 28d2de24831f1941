import numpy as np
import torch
from torch import nn

WORD_DIM = 300
HIDDEN = 50


class AggregateGuesser(nn.Module):
    """Which of six SQL aggregates does a question ask for?"""

    def __init__(self):
        super(AggregateGuesser, self).__init__()
        self.read = nn.LSTM(input_size=WORD_DIM, hidden_size=HIDDEN, batch_first=True)
        self.look = nn.Linear(HIDDEN, 1)
        self.say = nn.Linear(HIDDEN, 6)

    def forward(self, words):
        states, _ = self.read(words)
        weight = torch.softmax(self.look(states), dim=1)
        return self.say((states * weight).sum(dim=1))


def embed(questions, table, longest=20):
    dim = len(next(iter(table.values())))
    out = np.zeros((len(questions), longest, dim), dtype='float32')
    for q, text in enumerate(questions):
        for w, word in enumerate(text.split()[:longest]):
            out[q, w] = table.get(word, 0)
    return torch.from_numpy(out)


glove = {w: np.random.rand(100) for w in 'how many people live in this town'.split()}
batch = embed(['how many people', 'in this town'], glove)
print(batch.shape)
print(AggregateGuesser()(batch).shape)
