import argparse
import torch
import torch.nn as nn


class SlotHead(nn.Module):
    def __init__(self, args, channel=512):
        super().__init__()
        self.args = args
        self.conv1x1 = nn.Conv2d(channel, args.hidden_dim, kernel_size=(1, 1), stride=(1, 1))
        self.backbone = nn.Conv2d(3, channel, kernel_size=16, stride=16)

    def forward(self, x):
        x = self.backbone(x)
        x = torch.relu(self.conv1x1(x))
        b = x.shape[0]
        x = x.reshape(b, -1)
        x = x.view(b, self.args.hidden_dim, self.args.feature_size, self.args.feature_size)
        return x.mean(dim=(2, 3))


def get_args():
    parser = argparse.ArgumentParser("train", add_help=False)
    parser.add_argument("--hidden_dim", default=128, type=int)
    parser.add_argument("--batch_size", default=32, type=int)
    parser.add_argument("--img_size", default=224, type=int)
    parser.set_defaults(feature_size=14)
    return parser


args = get_args().parse_args()
net = SlotHead(args)
imgs = torch.zeros(args.batch_size, 3, args.img_size, args.img_size)
print(net(imgs).shape)
