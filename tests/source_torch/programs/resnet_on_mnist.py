# expect: fault conv1 conv-in-channels
import torch
from torch import nn
from torchvision import models, datasets, transforms as T

ds = datasets.FashionMNIST('.', train=True, download=True, transform=T.Compose([T.Resize(224), T.ToTensor()]))
dl = torch.utils.data.DataLoader(ds, batch_size=32)
net = models.resnet50(weights='DEFAULT')
net.fc = nn.Sequential(nn.Linear(2048, 256), nn.ReLU(), nn.Linear(256, 10))
for x, y in dl:
    out = net(x)
    loss = nn.CrossEntropyLoss()(out, y)
