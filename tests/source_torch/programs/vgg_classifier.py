# expect: valid
import torch
from torch import nn
from torchvision import models

model = models.vgg16(pretrained=True)
for p in model.features.parameters():
    p.requires_grad = False
n_inputs = model.classifier[6].in_features
model.classifier[6] = nn.Sequential(nn.Linear(n_inputs, 256), nn.ReLU(), nn.Dropout(0.4), nn.Linear(256, 7), nn.LogSoftmax(dim=1))
y = model(torch.rand(3, 3, 224, 224))
loss = nn.NLLLoss()(y, torch.randint(7, (3,)))
