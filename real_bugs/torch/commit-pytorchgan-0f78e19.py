import numpy as np
import torch
import torch.nn as nn
import torch.autograd as autograd

img_shape = (1, 28, 28)
latent_dim = 100
batch = 64


class Generator(nn.Module):
    def __init__(self):
        super(Generator, self).__init__()

        def block(in_feat, out_feat, normalize=True):
            layers = [nn.Linear(in_feat, out_feat)]
            if normalize:
                layers.append(nn.BatchNorm1d(out_feat))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.model = nn.Sequential(*block(latent_dim, 128, normalize=False), *block(128, 256),
                                   nn.Linear(256, int(np.prod(img_shape))), nn.Tanh())

    def forward(self, z):
        return self.model(z)


class Discriminator(nn.Module):
    def __init__(self):
        super(Discriminator, self).__init__()
        self.model = nn.Sequential(nn.Linear(int(np.prod(img_shape)), 512), nn.LeakyReLU(0.2, inplace=True),
                                   nn.Linear(512, 1))

    def forward(self, img):
        return self.model(img)


def gradient_penalty(D, real_samples, fake_samples):
    alpha = torch.rand(real_samples.size(0), 1, 1, 1)
    mixed = (alpha * real_samples + (1 - alpha) * fake_samples).requires_grad_(True)
    d_mixed = D(mixed.view(real_samples.size(0), -1))
    grads = autograd.grad(outputs=d_mixed, inputs=mixed, grad_outputs=torch.ones_like(d_mixed),
                          create_graph=True, retain_graph=True)[0]
    return ((grads.view(grads.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()


G, D = Generator(), Discriminator()
real = torch.rand(batch, 784)
fake = G(torch.randn(batch, latent_dim))
gp = gradient_penalty(D, real, fake)
print(gp.item())
