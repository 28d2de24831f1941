"""Programs whose inputs come from other libraries: environments to act in, pictures that are augmented."""

from __future__ import annotations

import pytest

from repairnn.frontends.source import lower
from repairnn.semantics.checker import check

HEAD = "import torch\nimport torch.nn as nn\n"

POLICY = """
import {library} as gym

env = gym.make("{name}")
observations, actions = env.observation_space.shape[0], env.action_space{actions}

class Policy(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(observations, hidden), nn.Tanh())
        self.act, self.value = nn.Linear(hidden, actions), nn.Linear({width}, 1)

    def forward(self, state):
        hidden = self.net(state)
        return self.act(hidden), self.value(hidden)

policy = Policy()
state = env.reset()
choice, value = policy(torch.as_tensor(state, dtype=torch.float32))
"""


def faults(text: str) -> list[tuple[str, str]]:
    networks = lower(HEAD + text, strict=True).networks
    return [(network[fault.node].name, fault.rule.id) for network in networks for fault in check(network).faults]


@pytest.mark.parametrize(
    ("library", "name", "actions"),
    [("gym", "CartPole-v1", ".n"), ("gymnasium", "Pendulum-v1", ".shape[0]"), ("gym", "ALE/Pong-v5", ".n")],
)
def test_an_environment_says_its_sizes(library: str, name: str, actions: str) -> None:
    settings = {"library": library, "name": name, "actions": actions}
    assert faults(POLICY.format(width="hidden", **settings)) == []
    assert faults(POLICY.format(width="hidden * 2", **settings)) == [("self.value", "dense-in-features")]


AUGMENTED = """
import albumentations as A
import cv2
from albumentations.pytorch import ToTensorV2
from torch.utils.data import DataLoader, Dataset

turn = A.Compose([A.Resize({size}), A.HorizontalFlip(p=0.5), A.Normalize(), ToTensorV2()])

class Leaves(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        image = cv2.cvtColor(cv2.imread(self.rows[index][0]), cv2.COLOR_BGR2RGB)
        return turn(image=image)["image"], torch.tensor(self.rows[index][1])

net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(8 * 32 * 16, 5))
for x, y in DataLoader(Leaves([("a.jpg", 0)]), batch_size=2):
    net(x)
"""


@pytest.mark.parametrize("size", ["128, 64", "height=128, width=64"])
def test_augmented_pictures_have_the_size_that_is_asked_for(size: str) -> None:
    assert faults(AUGMENTED.format(size=size)) == []


def test_pictures_of_another_size_do_not_fit() -> None:
    assert [rule for _, rule in faults(AUGMENTED.format(size="64, 64"))] == ["dense-in-features"]


READING = """
from transformers import BertModel

class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.bert = BertModel.from_pretrained("{name}")
        self.rnn = nn.LSTM({width}, 32, batch_first=True)
        self.fc = nn.Linear({pooled} + 32, 3)

    def forward(self, ids, mask):
        out = self.bert(input_ids=ids, attention_mask=mask)
        last, _ = self.rnn(out.last_hidden_state)
        return self.fc(torch.cat([out.pooler_output, last[:, -1]], dim=1))

ids = torch.randint(0, 30000, (4, 64))
nn.CrossEntropyLoss()(Classifier()(ids, torch.ones_like(ids)), torch.tensor([0, 1, 2, 0]))
"""


def test_a_published_language_model_says_its_hidden_size() -> None:
    base, config = "bert-base-uncased", "self.bert.config.hidden_size"
    assert faults(READING.format(name=base, width=768, pooled=config)) == []
    assert faults(READING.format(name=base, width=1024, pooled=config)) == [("self.rnn", "recurrent-in-features")]
    assert faults(READING.format(name="bert-large-cased", width=1024, pooled=768)) == [("self.fc", "dense-in-features")]
