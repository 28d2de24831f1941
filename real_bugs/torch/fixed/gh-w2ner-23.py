import json
from types import SimpleNamespace

import torch
from torch import nn

SETTINGS = """
{"encoder_width": 768, "reader_width": 256, "keep": 0.5, "relations": 6}
"""


class RelationTagger(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.drop = nn.Dropout(1 - s.keep)
        self.reader = nn.LSTM(s.encoder_width, s.reader_width, batch_first=True)
        self.relation = nn.Linear(s.reader_width, s.relations)

    def forward(self, vectors):
        states, _ = self.reader(self.drop(vectors))
        return self.relation(states)


settings = SimpleNamespace(**json.loads(SETTINGS))
tagger = RelationTagger(settings)
from_small_bert = torch.randn(4, 32, 768)
print(tagger(from_small_bert).size())
