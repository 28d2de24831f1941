import json
import torch
import torch.nn as nn

CONFIG = json.loads("""{
    "bert_hid_size": 768,
    "lstm_hid_size": 512,
    "emb_dropout": 0.5,
    "label_num": 6
}""")


class Config:
    def __init__(self, d):
        for k, v in d.items():
            setattr(self, k, v)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dropout = nn.Dropout(config.emb_dropout)
        self.encoder = nn.LSTM(config.bert_hid_size, config.lstm_hid_size // 2, num_layers=1,
                               batch_first=True, bidirectional=True)
        self.out = nn.Linear(config.lstm_hid_size, config.label_num)

    def forward(self, word_reps):
        word_reps = self.dropout(word_reps)
        outs, (hidden, _) = self.encoder(word_reps)
        return self.out(outs)


config = Config(CONFIG)
model = Model(config)
bert_embs = torch.randn(4, 32, 768)        # bert-base
scores = model(bert_embs)
print(scores.size())
