# expect: fault self.transformer transformer-features
import torch
import torch.nn as nn


class T(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(100, 128)
        self.transformer = nn.Transformer(d_model=256, nhead=8, num_encoder_layers=2, num_decoder_layers=2)
        self.out = nn.Linear(256, 100)

    def forward(self, s, t):
        return self.out(self.transformer(self.emb(s), self.emb(t)))


T()(torch.randint(0, 100, (10, 2)), torch.randint(0, 100, (9, 2)))
