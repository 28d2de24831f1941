import torch
import torch.nn as nn
import torch.utils.data as Data


class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2))
        self.layer3 = nn.Sequential(nn.Conv2d(32, 64, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(128, 4)

    def forward(self, x):
        x = self.layer1(x)
        x = self.layer2(x)
        print(x.shape)
        x = self.fc(x)
        return x


signals = torch.randn(60, 576).reshape(60, 1, 24, 24)
state = torch.randint(0, 4, (60,))
train_loader = Data.DataLoader(dataset=Data.TensorDataset(signals, state), batch_size=30, shuffle=True)
model = CNN()
optimizer = torch.optim.Adam(model.parameters())
loss_func = nn.CrossEntropyLoss()
for step, (b_x, b_y) in enumerate(train_loader):
    out = model(b_x)
    loss = loss_func(out, b_y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
