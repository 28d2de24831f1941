import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class LitModule(nn.Module):
    def __init__(self, input_dim: int = 28 * 28, hidden: int = 64, classes: int = 10, **kwargs):
        super().__init__()
        self.hparams = dict(input_dim=input_dim, hidden=hidden, classes=classes, **kwargs)
        self.l1 = nn.Linear(self.hparams["input_dim"], self.hparams["hidden"])
        self.l2 = nn.Linear(self.hparams["hidden"], self.hparams["classes"])

    def forward(self, x):
        return self.l2(F.relu(self.l1(x.flatten(start_dim=1))))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.get("lr", 1e-3))


def fit(module, loader, max_epochs=1):
    opt = module.configure_optimizers()
    for _ in range(max_epochs):
        for i, batch in enumerate(loader):
            loss = module.training_step(batch, i)
            opt.zero_grad()
            loss.backward()
            opt.step()


fit(LitModule(lr=1e-2), DataLoader(TensorDataset(torch.rand(32, 1, 28, 28), torch.randint(0, 10, (32,))), 8))
