import numpy as np
import torch
from torch import nn

pictures = np.zeros((64, 196, 196, 3), dtype=np.float32)     # cv2.resize(img, (196, 196))
classes = np.array([0, 1] * 32)


class WaterNet(nn.Module):
    def __init__(self, n_classes=2):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 40, 3)
        self.conv2 = nn.Conv2d(40, 20, 3)
        self.pool = nn.MaxPool2d(4)
        self.flat = nn.Flatten()
        self.fc = nn.Linear(20 * 11 * 11, n_classes)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.fc(self.flat(x))


device = 'cpu'
net = WaterNet().to(device)
criterion = nn.CrossEntropyLoss()
for x_batch, y_batch in [(pictures, classes)]:
    x_batch = torch.tensor(x_batch).permute(0, 3, 1, 2)
    y_batch = torch.tensor(y_batch)
    pred = net(x_batch.to(device))
    loss = criterion(pred, y_batch.to(device))
    print(loss)
