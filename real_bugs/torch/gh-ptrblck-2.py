import torch
import torch.nn as nn
import torch.nn.functional as F


class BaseConv(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, padding=1, stride=1):
        super(BaseConv, self).__init__()
        self.act = nn.ReLU()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size, stride, padding)

    def forward(self, x):
        return self.act(self.conv2(self.act(self.conv1(x))))


class DownConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super(DownConv, self).__init__()
        self.pool1 = nn.MaxPool2d(kernel_size=2)
        self.conv_block = BaseConv(in_channels, out_channels)

    def forward(self, x):
        return self.conv_block(self.pool1(x))


class UpConv(nn.Module):
    def __init__(self, in_channels, in_channels_skip, out_channels):
        super(UpConv, self).__init__()
        self.conv_trans1 = nn.ConvTranspose2d(in_channels, in_channels, kernel_size=2, stride=2)
        self.conv_block = BaseConv(in_channels + in_channels_skip, out_channels)

    def forward(self, x, x_skip):
        x = self.conv_trans1(x)
        x = torch.cat((x, x_skip), dim=1)
        return self.conv_block(x)


class UNet(nn.Module):
    def __init__(self, in_channels, out_channels, n_class):
        super(UNet, self).__init__()
        self.init_conv = BaseConv(in_channels, out_channels)
        self.down1 = DownConv(out_channels, 2 * out_channels)
        self.down2 = DownConv(2 * out_channels, 4 * out_channels)
        self.down3 = DownConv(4 * out_channels, 8 * out_channels)
        self.down4 = DownConv(8 * out_channels, 8 * out_channels)
        self.up4 = UpConv(8 * out_channels, 8 * out_channels, 4 * out_channels)
        self.up3 = UpConv(4 * out_channels, 4 * out_channels, 2 * out_channels)
        self.up2 = UpConv(2 * out_channels, 2 * out_channels, out_channels)
        self.up1 = UpConv(out_channels, out_channels, out_channels)
        self.out = nn.Conv2d(out_channels, n_class, kernel_size=1)

    def forward(self, x):
        x0 = self.init_conv(x)
        x1 = self.down1(x0)
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x4 = self.down4(x3)
        y = self.up4(x4, x3)
        y = self.up3(y, x2)
        y = self.up2(y, x1)
        y = self.up1(y, x0)
        return F.log_softmax(self.out(y), dim=1)


model = UNet(in_channels=3, out_channels=8, n_class=5)
x = torch.randn(1, 3, 222, 222)
mask = torch.empty(1, x.shape[2], x.shape[3], dtype=torch.long).random_(5)
output = model(x)
loss = nn.NLLLoss()(output, mask)
loss.backward()
