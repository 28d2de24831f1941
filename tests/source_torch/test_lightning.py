"""Lightning: a trainer gives the batches of loaders to the steps of a module."""

from __future__ import annotations

import textwrap

import pytest

from repairnn import check_source, fix_source
from repairnn.semantics.ir import Shape

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
import pytorch_lightning as pl
from torch.utils.data import DataLoader, TensorDataset

data = TensorDataset(torch.randn(100, 3, 20, 20), torch.randint(0, 5, (100,)))

class Net(pl.LightningModule):
    def __init__(self, width=8):
        super().__init__()
        self.save_hyperparameters()
        self.features = nn.Sequential(nn.Conv2d(3, self.hparams.width, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(self.hparams.width * 10 * 10, 5)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("loss", loss)
        return loss
"""
LOADER = "pl.Trainer(max_epochs=1).fit(Net(), DataLoader(data, batch_size=16))\n"
KEYWORD = "trainer = pl.Trainer()\ntrainer.fit(model=Net(), train_dataloaders=DataLoader(data, batch_size=16))\n"
OWN = textwrap.indent("\ndef train_dataloader(self):\n    return DataLoader(data, batch_size=16)\n\n", "    ")
MODULE = """
class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        self.train = data

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=16)

pl.Trainer().fit(Net(), datamodule=Data())
"""


def inputs(text: str) -> list[Shape | None]:
    """What reaches the faulty layers."""
    return [fault.inputs[0] for fault in check_source(text).faults]


@pytest.mark.parametrize("fit", [LOADER, KEYWORD, OWN + "pl.Trainer().fit(Net())\n", MODULE])
def test_batches_reach_the_training_step(fit: str) -> None:
    assert inputs(HEAD + fit) == [(16, 648)]
    assert "self.hparams.width * 9 * 9, 5)" in fix_source(HEAD + fit, validate=False).model


def test_a_step_that_needs_its_rows_flattened() -> None:
    text = HEAD.replace("self.head(self.features(x).flatten(1))", "self.head(x)").replace(
        "self.hparams.width * 10 * 10", "1200"
    )
    assert (
        "        x = torch.flatten(x, 1)\n        return self.head(x)"
        in fix_source(text + LOADER, validate=False).model
    )


def test_a_model_that_fits_its_loader() -> None:
    text = HEAD.replace("10 * 10, 5", "9 * 9, 5")
    assert inputs(text + LOADER) == []
