# expect: valid
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


class Tagger(nn.Module):
    def __init__(self, vocab=30, tags=5):
        super().__init__()
        self.emb = nn.Embedding(vocab, 12)
        self.rnn = nn.LSTM(12, 20, batch_first=True, bidirectional=True)
        self.out = nn.Linear(40, tags)

    def forward(self, x, lengths):
        x = self.emb(x)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        out, _ = self.rnn(packed)
        out, _ = pad_packed_sequence(out, batch_first=True)
        return self.out(out)


x = torch.randint(0, 30, (3, 7))
print(Tagger()(x, torch.tensor([7, 5, 3])).shape)
