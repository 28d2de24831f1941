import os
import time
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader


class conv_block(nn.Module):
    def __init__(self, in_c, out_c):
        super().__init__()
        self.conv1 = nn.Conv2d(in_c, out_c, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(out_c)
        self.conv2 = nn.Conv2d(out_c, out_c, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(out_c)
        self.relu = nn.ReLU()

    def forward(self, inputs):
        x = self.relu(self.bn1(self.conv1(inputs)))
        x = self.relu(self.bn2(self.conv2(x)))
        return x


class encoder_block(nn.Module):
    def __init__(self, in_c, out_c):
        super().__init__()
        self.conv = conv_block(in_c, out_c)
        self.pool = nn.MaxPool2d((2, 2))

    def forward(self, inputs):
        x = self.conv(inputs)
        p = self.pool(x)
        return x, p


class decoder_block(nn.Module):
    def __init__(self, in_c, out_c):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_c, out_c, kernel_size=2, stride=2, padding=0)
        self.conv = conv_block(out_c + out_c, out_c)

    def forward(self, inputs, skip):
        x = self.up(inputs)
        x = torch.cat([x, skip], axis=1)
        return self.conv(x)


class build_unet(nn.Module):
    def __init__(self, base=8):
        super().__init__()
        self.e1 = encoder_block(3, base)
        self.e2 = encoder_block(base, base * 2)
        self.e3 = encoder_block(base * 2, base * 4)
        self.e4 = encoder_block(base * 4, base * 8)
        self.b = conv_block(base * 8, base * 16)
        self.d1 = decoder_block(base * 16, base * 8)
        self.d2 = decoder_block(base * 8, base * 4)
        self.d3 = decoder_block(base * 4, base * 2)
        self.d4 = decoder_block(base * 2, base)
        self.outputs = nn.Conv2d(base, 1, kernel_size=1, padding=0)

    def forward(self, inputs):
        s1, p1 = self.e1(inputs)
        s2, p2 = self.e2(p1)
        s3, p3 = self.e3(p2)
        s4, p4 = self.e4(p3)
        b = self.b(p4)
        d1 = self.d1(b, s4)
        d2 = self.d2(d1, s3)
        d3 = self.d3(d2, s2)
        d4 = self.d4(d3, s1)
        return self.outputs(d4)


class VesselDataset(Dataset):
    def __init__(self, n, size):
        self.n, self.size = n, size

    def __getitem__(self, index):
        return torch.rand(3, *self.size), torch.zeros(1, *self.size)

    def __len__(self):
        return self.n


if __name__ == "__main__":
    """ Hyperparameters """
    H = 512
    W = 512
    size = (H, W)
    batch_size = 2
    lr = 1e-4

    train_loader = DataLoader(VesselDataset(2, size), batch_size=batch_size, shuffle=True, num_workers=0)
    model = build_unet()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    loss_fn = nn.BCEWithLogitsLoss()
    for x, y in train_loader:
        optimizer.zero_grad()
        y_pred = model(x)
        loss = loss_fn(y_pred, y)
        loss.backward()
        optimizer.step()
