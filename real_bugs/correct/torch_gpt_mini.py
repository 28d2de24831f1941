from dataclasses import dataclass
import torch
from torch import nn


@dataclass
class Size:
    words: int = 80
    longest: int = 24
    width: int = 36
    heads: int = 3
    floors: int = 2


class Look(nn.Module):
    """Every word looks at those before it."""

    def __init__(self, s: Size):
        super().__init__()
        self.heads, self.each = s.heads, s.width // s.heads
        self.ask_tell_give = nn.Linear(s.width, 3 * s.width)
        self.join = nn.Linear(s.width, s.width)
        self.register_buffer("later", torch.ones(s.longest, s.longest).triu(1).bool())

    def forward(self, x):
        n, length, width = x.shape
        parts = self.ask_tell_give(x).reshape(n, length, 3, self.heads, self.each)
        ask, tell, give = parts.permute(2, 0, 3, 1, 4)
        near = ask @ tell.mT / self.each ** .5
        near = near.masked_fill(self.later[:length, :length], -1e9).softmax(-1)
        return self.join((near @ give).transpose(1, 2).reshape(n, length, width))


class Floor(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(s.width), nn.LayerNorm(s.width)
        self.look = Look(s)
        self.think = nn.Sequential(nn.Linear(s.width, 3 * s.width), nn.GELU(), nn.Linear(3 * s.width, s.width))

    def forward(self, x):
        x = x + self.look(self.n1(x))
        return x + self.think(self.n2(x))


class Teller(nn.Module):
    def __init__(self, s=Size()):
        super().__init__()
        self.word, self.place = nn.Embedding(s.words, s.width), nn.Embedding(s.longest, s.width)
        self.floors = nn.ModuleList(Floor(s) for _ in range(s.floors))
        self.next = nn.Linear(s.width, s.words)

    def forward(self, text):
        x = self.word(text) + self.place(torch.arange(text.shape[1]))
        for floor in self.floors:
            x = floor(x)
        return self.next(x)


text = torch.randint(0, 80, (3, 17))
score = Teller()(text[:, :-1])
nn.functional.cross_entropy(score.flatten(0, 1), text[:, 1:].flatten()).backward()
