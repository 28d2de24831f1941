import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader


class AnimalDataset(Dataset):
    def __init__(self, count=64):
        self.images = torch.rand(count, 3, 64, 64)
        self.targets = torch.randint(0, 2, (count,))

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, idx):
        return self.images[idx], self.targets[idx]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        return self.head(self.body(x))


def train_one_epoch(model, loader, loss_fn, optimizer, device="cpu"):
    running = 0.0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        loss = loss_fn(outputs, labels.float().unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(loader)


model = Net()
print(train_one_epoch(model, DataLoader(AnimalDataset(), batch_size=32), nn.BCEWithLogitsLoss(),
                      torch.optim.AdamW(model.parameters())))
