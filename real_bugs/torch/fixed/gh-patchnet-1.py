import torch
import torch.nn as nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
            nn.Conv2d(64, 512, 3, stride=2, padding=1), nn.BatchNorm2d(512), nn.ReLU(),
            nn.AdaptiveAvgPool2d((1, 1)))

    def forward(self, x):
        return self.net(x).squeeze(-1).squeeze(-1)


class AdMSoftmaxLoss(nn.Module):
    def __init__(self, in_features, out_features, s=30.0, m=0.4):
        super(AdMSoftmaxLoss, self).__init__()
        self.s = s
        self.m = m
        self.fc = nn.Linear(in_features, out_features, bias=False)

    def forward(self, x, labels):
        x = F.normalize(x, dim=1)
        wf = self.fc(x)
        numerator = self.s * (wf.gather(1, labels.view(-1, 1)).squeeze(1) - self.m)
        return -(numerator - torch.logsumexp(self.s * wf, dim=1)).mean()


enc = Encoder()
criterion = AdMSoftmaxLoss(512, 2)
opt = torch.optim.Adam(list(enc.parameters()) + list(criterion.parameters()), lr=1e-3)

for it in range(2):
    patch, label = torch.rand(8, 3, 160, 160), torch.randint(0, 2, (8,))
    loss = criterion(enc(patch), label)
    opt.zero_grad(); loss.backward(); opt.step()
    print('it %d loss %.3f' % (it, loss.item()))
