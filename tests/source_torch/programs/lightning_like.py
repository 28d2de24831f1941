# expect: valid
import torch
from torch import nn
from torch.nn import functional as F


class Model(nn.Module):
    def __init__(self, **kw):
        super().__init__()
        self.hparams = dict(hidden=32, **kw)
        self.l1 = nn.Linear(28 * 28, self.hparams["hidden"])
        self.l2 = nn.Linear(self.hparams["hidden"], self.hparams.get("classes", 10))

    def forward(self, x):
        return self.l2(torch.relu(self.l1(x.view(x.size(0), -1))))

    def training_step(self, batch, batch_idx):
        x, y = batch
        y_hat = self(x)
        loss = F.cross_entropy(y_hat, y)
        return {"loss": loss}

    @torch.no_grad()
    def predict(self, x):
        self.eval()
        return self(x).argmax(-1)


m = Model(classes=10)
step = m.training_step((torch.rand(8, 1, 28, 28), torch.randint(10, (8,))), 0)
m.predict(torch.rand(2, 28, 28))
