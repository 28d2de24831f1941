import torch
import torch.nn as nn


class MHSA(nn.Module):
    def __init__(self, n_dims, width=14, height=14, heads=4):
        super(MHSA, self).__init__()
        self.heads = heads
        self.query = nn.Conv2d(n_dims, n_dims, kernel_size=1)
        self.key = nn.Conv2d(n_dims, n_dims, kernel_size=1)
        self.value = nn.Conv2d(n_dims, n_dims, kernel_size=1)
        self.rel_h = nn.Parameter(torch.randn([1, heads, n_dims // heads, 1, height]), requires_grad=True)
        self.rel_w = nn.Parameter(torch.randn([1, heads, n_dims // heads, width, 1]), requires_grad=True)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        n_batch, C, width, height = x.size()
        q = self.query(x).view(n_batch, self.heads, C // self.heads, -1)
        k = self.key(x).view(n_batch, self.heads, C // self.heads, -1)
        v = self.value(x).view(n_batch, self.heads, C // self.heads, -1)
        content_content = torch.matmul(q.permute(0, 1, 3, 2), k)
        content_position = (self.rel_h + self.rel_w).view(1, self.heads, C // self.heads, -1).permute(0, 1, 3, 2)
        content_position = torch.matmul(content_position, q)
        energy = content_content + content_position
        attention = self.softmax(energy)
        out = torch.matmul(v, attention.permute(0, 1, 3, 2))
        return out.view(n_batch, C, width, height)


class BoTNet(nn.Module):
    def __init__(self, num_classes=1000, resolution=(224, 224), heads=4):
        super(BoTNet, self).__init__()
        size = list(resolution)
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, stride=4, padding=3), nn.ReLU(),
                                  nn.Conv2d(64, 128, 3, stride=4, padding=1), nn.ReLU())
        for i in range(2):
            size = [s // 4 for s in size]
        self.mhsa = MHSA(128, width=int(size[0]), height=int(size[1]), heads=heads)
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(128, num_classes)

    def forward(self, x):
        out = self.mhsa(self.stem(x))
        out = self.avg_pool(out)
        return self.fc(torch.flatten(out, 1))


x = torch.randn([2, 3, 32, 32])
model = BoTNet(num_classes=10)
print(model(x).size())
