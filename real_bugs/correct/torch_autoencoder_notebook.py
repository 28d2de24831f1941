# coding: utf-8
# In[1]:
import torch
import torch.nn as nn
get_ipython().run_line_magic('load_ext', 'autoreload')

# In[2]:
class Denoise(nn.Module):
    def __init__(self):
        super(Denoise, self).__init__()
        self.small1 = nn.Conv2d(1, 10, 4, stride=2, padding=1)
        self.small2 = nn.Conv2d(10, 5, 4, stride=2, padding=1)
        self.large1 = nn.ConvTranspose2d(5, 10, 3, stride=2, padding=1, output_padding=1)
        self.large2 = nn.ConvTranspose2d(10, 1, 3, stride=2, padding=1, output_padding=1)

    def forward(self, scan):
        code = self.small2(self.small1(scan).relu()).relu()
        return self.large2(self.large1(code).relu()).sigmoid()

net = Denoise()
net

# In[3]:
clean = torch.rand(8, 1, 36, 44)
adam = torch.optim.Adam(net.parameters())
for _ in range(2):
    adam.zero_grad()
    drawn = net(clean + .1 * torch.randn_like(clean))
    nn.functional.mse_loss(drawn, clean).backward()
    adam.step()

# In[4]:
drawn.view(8, 36, 44).detach().numpy().shape
