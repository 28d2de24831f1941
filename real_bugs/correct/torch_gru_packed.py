import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence, pack_padded_sequence, pad_packed_sequence


class Tagger(nn.Module):
    def __init__(self, vocab, tags, emb=20, hid=15):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb, padding_idx=0)
        self.gru = nn.GRU(emb, hid, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(2 * hid, tags)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.emb(x), lengths, batch_first=True, enforce_sorted=False)
        h, _ = self.gru(packed)
        h, _ = pad_packed_sequence(h, batch_first=True)
        return self.out(h)


sents = [torch.randint(1, 50, (n,)) for n in (4, 9, 6)]
x = pad_sequence(sents, batch_first=True)
lengths = torch.tensor([len(s) for s in sents])
model = Tagger(50, 7)
scores = model(x, lengths)
loss = nn.functional.cross_entropy(scores.transpose(1, 2), torch.zeros(3, 9, dtype=torch.long))
loss.backward()
