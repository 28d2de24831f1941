import torch
import torch.nn as nn
from torch.autograd import Variable
import numpy as np

N_word = 100
N_h = 100
N_depth = 2


class AggPredictor(nn.Module):
    def __init__(self, N_word, N_h, N_depth):
        super(AggPredictor, self).__init__()
        self.agg_lstm = nn.LSTM(input_size=N_word, hidden_size=N_h // 2, num_layers=N_depth,
                                batch_first=True, dropout=0.3, bidirectional=True)
        self.agg_att = nn.Linear(N_h, 1)
        self.agg_out = nn.Sequential(nn.Linear(N_h, N_h), nn.Tanh(), nn.Linear(N_h, 6))
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x_emb_var):
        h_enc, _ = self.agg_lstm(x_emb_var)
        att = self.softmax(self.agg_att(h_enc).squeeze(2))
        K_agg = (h_enc * att.unsqueeze(2).expand_as(h_enc)).sum(1)
        return self.agg_out(K_agg)


def gen_x_batch(batch, dim, max_len=20):
    val_emb_array = np.zeros((batch, max_len, dim), dtype=np.float32)
    return Variable(torch.from_numpy(val_emb_array))


glove_dim = 100     # glove.6B.100d.txt
model = AggPredictor(N_word, N_h, N_depth)
score = model(gen_x_batch(15, glove_dim))
print(score.data.numpy().shape)
