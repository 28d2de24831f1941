import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

cfg = dict(
    channels=512,
    num_classes=19,
    data=dict(samples_per_gpu=1, workers_per_gpu=0),
)


class PoolBranch(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.branch = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU())
        self.cls = nn.Conv2d(channels, cfg['num_classes'], 1)

    def forward(self, x):
        pooled = self.branch(x)
        return self.cls(pooled.expand_as(x))


data = TensorDataset(torch.rand(4, 512, 4, 4), torch.randint(19, (4, 4, 4)))
loader = DataLoader(data, batch_size=cfg['data']['samples_per_gpu'], num_workers=cfg['data']['workers_per_gpu'])
head = PoolBranch(cfg['channels'])
head.train()
for feats, gt in loader:
    loss = nn.functional.cross_entropy(head(feats), gt)
    loss.backward()
