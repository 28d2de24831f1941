# expect: fault self.conv1 conv-in-channels
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(6, 16, 3)
        self.pool = nn.MaxPool1d(2)
        self.fc = nn.Linear(16 * 49, 4)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = x.reshape(x.size(0), -1)
        return self.fc(x)


x = torch.randn(32, 100, 6)
print(Net()(x).shape)
