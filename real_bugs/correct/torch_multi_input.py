import torch
from torch import nn


class PriceModel(nn.Module):
    """Photo, description and table columns of a flat."""

    def __init__(self, vocab=2000, n_num=7, cat_sizes=(12, 5, 30)):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU(),
                                 nn.AdaptiveMaxPool2d(1), nn.Flatten())
        self.text = nn.EmbeddingBag(vocab, 24)
        self.embs = nn.ModuleList([nn.Embedding(n, min(8, n // 2)) for n in cat_sizes])
        emb = sum(e.embedding_dim for e in self.embs)
        self.mix = nn.Sequential(nn.Linear(16 + 24 + emb + n_num, 32), nn.LayerNorm(32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, photo, words, cats, nums):
        parts = [self.cnn(photo), self.text(words)]
        parts += [e(cats[:, i]) for i, e in enumerate(self.embs)]
        parts.append(nums)
        return self.mix(torch.cat(parts, dim=-1)).squeeze(-1)


m = PriceModel()
y = m(torch.rand(4, 3, 50, 70), torch.randint(0, 2000, (4, 30)), torch.randint(0, 5, (4, 3)), torch.rand(4, 7))
nn.functional.l1_loss(y, torch.rand(4)).backward()
