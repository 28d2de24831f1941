# expect: valid
import torch
import torch.nn as nn
import torch.nn.functional as F


class TextCNN(nn.Module):
    def __init__(self, vocab=500, dim=64, n_filters=10, sizes=(2, 3, 4), classes=5, pad_idx=0):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=pad_idx)
        self.convs = nn.ModuleList([nn.Conv2d(1, n_filters, (fs, dim)) for fs in sizes])
        self.fc = nn.Linear(len(sizes) * n_filters, classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, text):
        embedded = self.embedding(text).unsqueeze(1)
        conved = [F.relu(conv(embedded)).squeeze(3) for conv in self.convs]
        pooled = [F.max_pool1d(c, c.shape[2]).squeeze(2) for c in conved]
        cat = self.dropout(torch.cat(pooled, dim=1))
        return self.fc(cat)


print(TextCNN()(torch.randint(0, 500, (6, 12))).shape)
