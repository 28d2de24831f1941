# expect: valid
import torch
import torch.nn as nn
from torchvision import models

model_ft = models.resnet18(pretrained=True)
for param in model_ft.parameters():
    param.requires_grad = False
num_ftrs = model_ft.fc.in_features
model_ft.fc = nn.Linear(num_ftrs, 2)
out = model_ft(torch.randn(4, 3, 224, 224))
loss = nn.CrossEntropyLoss()(out, torch.tensor([0, 1, 1, 0]))
