# coding: utf-8

# In[1]:
import torch
import torch.nn as nn
import torch.nn.functional as F

# In[2]:
class SiameseNetwork(nn.Module):
    def __init__(self):
        super(SiameseNetwork, self).__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2, 2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2, 2),
            nn.Conv2d(32, 48, kernel_size=3, padding=1), nn.ReLU(inplace=True))
        self.fc = nn.Sequential(
            nn.Linear(27648, 500), nn.ReLU(inplace=True),
            nn.Linear(500, 128), nn.ReLU(inplace=True),
            nn.Linear(128, 5))

    def forward_once(self, x):
        output = self.cnn(x)
        output = output.view(output.size()[0], -1)
        return self.fc(output)

    def forward(self, input1, input2):
        output1 = self.forward_once(input1)
        output2 = self.forward_once(input2)
        return output1, output2

# In[3]:
class ContrastiveLoss(nn.Module):
    def __init__(self, margin=2.0):
        super(ContrastiveLoss, self).__init__()
        self.margin = margin

    def forward(self, o1, o2, label):
        d = F.pairwise_distance(o1, o2, keepdim=True)
        return torch.mean((1 - label) * d.pow(2) + label * torch.clamp(self.margin - d, min=0.0).pow(2))

# In[4]:
net = SiameseNetwork()
criterion = ContrastiveLoss()
img0, img1 = torch.rand(64, 1, 96, 96), torch.rand(64, 1, 96, 96)
label = torch.randint(0, 2, (64, 1)).float()
output1, output2 = net(img0, img1)
loss = criterion(output1, output2, label)
print(f"loss {loss.item():.4f}")
