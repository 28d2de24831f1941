import argparse
import torch
import torch.nn as nn

parser = argparse.ArgumentParser()
parser.add_argument("--img_height", type=int, default=256, help="size of image height")
parser.add_argument("--img_width", type=int, default=256, help="size of image width")
parser.add_argument("--channels", type=int, default=3)
parser.add_argument("--latent_dim", type=int, default=8)
opt = parser.parse_args()

h, w = opt.img_height, opt.img_width
latent_dim = opt.latent_dim


class Encoder(nn.Module):
    def __init__(self, latent_dim):
        super(Encoder, self).__init__()
        trunk = []
        c = opt.channels
        for out in (32, 64, 128, 256):
            trunk += [nn.Conv2d(c, out, 3, stride=2, padding=1), nn.BatchNorm2d(out), nn.LeakyReLU(0.2)]
            c = out
        self.feature_extractor = nn.Sequential(*trunk)
        self.pooling = nn.AvgPool2d(kernel_size=8, stride=8, padding=0)
        # mean and log-variance of the code
        self.fc_mu = nn.Linear(256, latent_dim)
        self.fc_logvar = nn.Linear(256, latent_dim)

    def forward(self, img):
        out = self.feature_extractor(img)
        out = self.pooling(out)
        out = out.view(out.size(0), -1)
        mu = self.fc_mu(out)
        logvar = self.fc_logvar(out)
        return mu, logvar


encoder = Encoder(latent_dim)
mu, logvar = encoder(torch.randn(2, opt.channels, h, w))
print(mu.shape, logvar.shape)
