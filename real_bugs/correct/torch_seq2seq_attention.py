import torch
from torch import nn

OLD, NEW, EMB, HID = 60, 70, 12, 20


class Translate(nn.Module):
    def __init__(self):
        super().__init__()
        self.old, self.new = nn.Embedding(OLD, EMB), nn.Embedding(NEW, EMB)
        self.listen = nn.GRU(EMB, HID, bidirectional=True)
        self.begin = nn.Linear(2 * HID, HID)
        self.match = nn.Linear(HID, 2 * HID)
        self.speak = nn.GRUCell(EMB + 2 * HID, HID)
        self.word = nn.Linear(3 * HID, NEW)

    def forward(self, heard, told):
        seen, last = self.listen(self.old(heard))           # (time, batch, 2 HID)
        state = torch.tanh(self.begin(torch.cat([last[0], last[1]], dim=1)))
        said = []
        for now in self.new(told):
            weight = (seen * self.match(state)).sum(-1).softmax(0)
            view = (weight.unsqueeze(-1) * seen).sum(0)
            state = self.speak(torch.cat([now, view], 1), state)
            said.append(self.word(torch.cat([state, view], 1)))
        return torch.stack(said)


heard, told = torch.randint(0, OLD, (11, 6)), torch.randint(0, NEW, (9, 6))
said = Translate()(heard, told[:-1])
nn.CrossEntropyLoss()(said.reshape(-1, NEW), told[1:].reshape(-1)).backward()
