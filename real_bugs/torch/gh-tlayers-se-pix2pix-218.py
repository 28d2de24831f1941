import numpy as np
import torch
import torch.nn as nn


class NLayerDiscriminator(nn.Module):
    def __init__(self, input_nc, ndf=64, n_layers=3):
        super(NLayerDiscriminator, self).__init__()
        kw = 4
        padw = int(np.ceil((kw - 1.0) / 2))
        sequence = [[nn.Conv2d(input_nc, ndf, kernel_size=kw, stride=2, padding=padw), nn.LeakyReLU(0.2, True)]]
        nf = ndf
        for n in range(1, n_layers):
            nf_prev = nf
            nf = min(nf * 2, 512)
            sequence += [[
                nn.Conv2d(nf_prev, nf, kernel_size=kw, stride=2, padding=padw),
                nn.BatchNorm2d(nf), nn.LeakyReLU(0.2, True)
            ]]
        sequence += [[nn.Conv2d(nf, 1, kernel_size=kw, stride=1, padding=padw)]]
        stream = []
        for part in sequence:
            stream += part
        self.model = nn.Sequential(*stream)

    def forward(self, input):
        return self.model(input)


label_nc, output_nc = 1, 1
netD = NLayerDiscriminator(label_nc + output_nc)

label = torch.zeros(1, 1, 256, 256)
image = torch.rand(1, 3, 256, 256)           # grey picture, opened as RGB
pair = torch.cat((label, image), dim=1)
pred = netD(pair)
print(pred.shape)
