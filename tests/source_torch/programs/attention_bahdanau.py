# expect: valid
import torch
import torch.nn as nn
import torch.nn.functional as F


class Attention(nn.Module):
    def __init__(self, enc_hid_dim, dec_hid_dim):
        super().__init__()
        self.attn = nn.Linear((enc_hid_dim * 2) + dec_hid_dim, dec_hid_dim)
        self.v = nn.Linear(dec_hid_dim, 1, bias=False)

    def forward(self, hidden, encoder_outputs):
        batch_size = encoder_outputs.shape[1]
        src_len = encoder_outputs.shape[0]
        hidden = hidden.unsqueeze(1).repeat(1, src_len, 1)
        encoder_outputs = encoder_outputs.permute(1, 0, 2)
        energy = torch.tanh(self.attn(torch.cat((hidden, encoder_outputs), dim=2)))
        attention = self.v(energy).squeeze(2)
        return F.softmax(attention, dim=1)


enc = torch.randn(11, 3, 40)
hid = torch.randn(3, 24)
a = Attention(20, 24)(hid, enc)
weighted = torch.bmm(a.unsqueeze(1), enc.permute(1, 0, 2))
rnn = nn.GRU(40 + 8, 24)
out, h = rnn(torch.cat((torch.randn(1, 3, 8), weighted.permute(1, 0, 2)), dim=2), hid.unsqueeze(0))
