import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PLAN = [64, 'M', 128, 'M', 256, 'M', 512, 'M', 512, 'M']


def make_features(plan, in_channels=1):
    layers = []
    for v in plan:
        if v == 'M':
            layers += [nn.MaxPool2d(kernel_size=2)]
        else:
            layers += [nn.Conv2d(in_channels, v, kernel_size=3, padding=1)]
            in_channels = v
    return nn.Sequential(*layers)


class VGG(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.features = make_features(PLAN)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 2 * 2, 4096), nn.ReLU(True),
            nn.Linear(4096, 4096), nn.ReLU(True),
            nn.Linear(4096, num_classes))

    def forward(self, x):
        x = self.features(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


images, targets = torch.randn(128, 1, 32, 32), torch.randint(10, (128,))
loader = DataLoader(TensorDataset(images, targets), batch_size=128, shuffle=True)
model = VGG()
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.SGD(model.parameters(), lr=1e-2)
for xb, yb in loader:
    loss = loss_fn(model(xb), yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
