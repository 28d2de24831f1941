"""A number is changed where it comes from, when nothing else depends on it there; else where the layer is made."""

from __future__ import annotations

import textwrap

import pytest

from repairnn.frontends.source import emit, lower
from repairnn.search import repair

HEAD = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, inputs, hidden=32, outputs=2):
        super(Net, self).__init__()
        self.first = nn.Linear(inputs, hidden)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))

"""


def changed(text: str) -> list[tuple[str, str]]:
    """The lines that the cheapest repair of the only model changes: before and after."""
    program = lower(text)
    (network,) = program.networks
    after = emit(program, network, repair(network).edits)
    pairs = zip(text.splitlines(), after.splitlines(), strict=True)
    return [(old.strip(), new.strip()) for old, new in pairs if old != new]


@pytest.mark.parametrize(
    ("use", "before", "after"),
    [
        ("net = Net(10)\nnet(torch.zeros(8, 4))", "net = Net(10)", "net = Net(4)"),
        ("net = Net(hidden=16, inputs=10)\nnet(torch.zeros(8, 4))", "net = Net(hidden=16, inputs=10)",
         "net = Net(hidden=16, inputs=4)"),
        ("FEATURES = 10\nnet = Net(FEATURES, 16)\nnet(torch.zeros(8, 4))", "FEATURES = 10", "FEATURES = 4"),
        ("def make(n):\n    return Net(n)\n\nmake(10)(torch.zeros(8, 4))", "make(10)(torch.zeros(8, 4))",
         "make(4)(torch.zeros(8, 4))"),
    ],
)  # fmt: skip
def test_a_number_with_one_reader_is_changed_where_it_is_written(use: str, before: str, after: str) -> None:
    assert changed(HEAD + use + "\n") == [(before, after)]


@pytest.mark.parametrize(
    "use",
    [
        "FEATURES = 10\nnet = Net(FEATURES)\nprint(FEATURES)\nnet(torch.zeros(8, 4))",
        "net = Net(*[10])\nnet(torch.zeros(8, 4))",
        "for n in (10,):\n    Net(n)(torch.zeros(8, 4))",
        "a = Net\nnet = Net(10)\nnet(torch.zeros(8, 4))",
    ],
)
def test_a_number_that_others_read_is_changed_where_the_layer_is_made(use: str) -> None:
    assert changed(HEAD + use + "\n") == [
        ("self.first = nn.Linear(inputs, hidden)", "self.first = nn.Linear(4, hidden)")
    ]


def test_a_default_is_changed_where_the_call_leaves_it_to_that() -> None:
    text = HEAD.replace("inputs, hidden=32", "inputs=10, hidden=32") + "Net()(torch.zeros(8, 4))\n"
    ((before, after),) = changed(text)
    assert (before, after) == (
        "def __init__(self, inputs=10, hidden=32, outputs=2):",
        "def __init__(self, inputs=4, hidden=32, outputs=2):",
    )


def test_a_number_is_told_from_one_near_by() -> None:
    text = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, side=32, patch=4):
        super().__init__()
        self.patches = (side // patch) ** 2
        self.token = nn.Parameter(torch.zeros(1, 1, 24))
        self.places = nn.Parameter(torch.zeros(1, self.patches, 24))

    def forward(self, x):
        return torch.cat([self.token.expand(x.size(0), -1, -1), x], dim=1) + self.places

Net()(torch.randn(2, 64, 24))
"""
    ((_, after),) = changed(text)
    assert after == "self.places = nn.Parameter(torch.zeros(1, self.patches + 1, 24))"


def test_no_factor_of_one_is_written() -> None:
    text = textwrap.dedent("""
    import torch
    from torch import nn

    hidden = 32
    net = nn.Sequential(nn.Linear(8, hidden), nn.BatchNorm1d(hidden * 2), nn.Linear(hidden, 3))
    net(torch.zeros(5, 8))
    """)
    ((_, after),) = changed(text)
    assert "nn.BatchNorm1d(hidden)" in after


def test_an_operation_goes_where_its_own_class_calls_the_container() -> None:
    text = """
import torch
from torch import nn

class Maker(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.ConvTranspose2d(100, 8, 4), nn.Tanh())

    def forward(self, x):
        return self.main(x)

class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Conv2d(8, 1, 4), nn.Sigmoid())

    def forward(self, x):
        return self.main(x)

Judge()(Maker()(torch.randn(6, 100)))
"""
    changes = changed(text)
    assert [before for before, _ in changes] in (["return self.main(x)"], ["Judge()(Maker()(torch.randn(6, 100)))"])


CRITIC = """
import torch
from torch import nn

class Critic(nn.Module):
    def __init__(self, state_dim, action_dim, hidden=400):
        super().__init__()
        self.first = nn.Linear(state_dim, hidden)
        self.last = nn.Linear({last}, 1)

    def forward(self, state, action):
        return self.last(torch.relu(self.first({first})))

state_dim, action_dim = 24, 5
Critic(state_dim, action_dim)(torch.randn(8, state_dim), torch.randn(8, action_dim))
"""


def test_a_sum_of_two_parameters_is_written_as_one() -> None:
    text = CRITIC.format(last="hidden", first="torch.cat([state, action], 1)")
    ((_, after),) = changed(text)
    assert after == "self.first = nn.Linear(state_dim + action_dim, hidden)"


def test_a_parameter_is_called_by_its_name() -> None:
    ((_, after),) = changed(CRITIC.format(last="state_dim", first="state"))
    assert after == "self.last = nn.Linear(hidden, 1)"


def test_a_product_keeps_its_spacing() -> None:
    text = textwrap.dedent("""
    import torch
    from torch import nn
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8*5*5, 10))
    net(torch.zeros(2, 3, 12, 12))
    """)
    ((_, after),) = changed(text)
    assert "nn.Linear(8*10*10, 10)" in after


def test_an_option_of_the_command_line_is_called_by_its_name() -> None:
    text = """
import argparse
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--ninp", type=int, default=200)
parser.add_argument("--nhid", type=int, default=256)
args = parser.parse_args()

class Model(nn.Module):
    def __init__(self, ninp, nhid):
        super().__init__()
        self.embedding = nn.Embedding(1000, ninp)
        self.rnn = nn.LSTM(nhid, nhid)

    def forward(self, x):
        return self.rnn(self.embedding(x))[0]

Model(args.ninp, args.nhid)(torch.randint(1000, (35, 20)))
"""
    ((_, after),) = changed(text)
    assert after == "self.rnn = nn.LSTM(ninp, nhid)"


@pytest.mark.parametrize(
    ("read", "said", "after"),
    [
        ("pass", "x.size(1)", "x.size(0)"),
        ("steps = x.shape[1]", "steps", "x.shape[0]"),
        ("batch, steps, features = x.shape", "steps", "batch"),
    ],
)
def test_a_size_is_read_from_the_axis_that_has_it(read: str, said: str, after: str) -> None:
    text = f"""
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(28, 20, batch_first=True)

    def forward(self, x):
        {read}
        h = torch.zeros(1, {said}, 20)
        return self.rnn(x, h)[0]

Model()(torch.randn(64, 30, 28))
"""
    assert changed(text) == [(f"h = torch.zeros(1, {said}, 20)", f"h = torch.zeros(1, {after}, 20)")]


@pytest.mark.parametrize(
    ("given", "said"), [("steps=30", "steps"), ("sizes=(3, 4) * 15", "30"), ("sizes=[1, 2, 3]", "")]
)
def test_a_factor_is_called_by_its_name(given: str, said: str) -> None:
    steps = 3 if not said else 30
    text = f"""
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self, hidden=20, {given}):
        super().__init__()
        self.rnn = nn.GRU(28, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.fc(torch.flatten(self.rnn(x)[0], 1))

Model()(torch.randn(64, {steps}, 28))
"""
    ((_, after),) = changed(text)
    assert after == f"self.fc = nn.Linear(hidden * {said or 'len(sizes)'}, 1)"


def test_the_last_state_loses_the_axis_of_layers() -> None:
    text = """
import torch
from torch import nn

class Fusion(nn.Module):
    def __init__(self, pixels=512, words=300, width=256):
        super().__init__()
        self.image = nn.Linear(pixels, width)
        self.text = nn.GRU(words, width, batch_first=True)
        self.out = nn.Linear(width, 2)

    def forward(self, i, t):
        v = torch.relu(self.image(i))
        _, h = self.text(t)
        z = torch.cat([v, h], dim=-1)
        return self.out(z)

Fusion()(torch.randn(4, 512), torch.randn(4, 20, 300))
"""
    assert changed(text) == [
        ("self.out = nn.Linear(width, 2)", "self.out = nn.Linear(width * 2, 2)"),
        ("z = torch.cat([v, h], dim=-1)", "z = torch.cat([v, h.squeeze(0)], dim=-1)"),
    ]


def test_a_parameter_is_called_by_its_name_where_a_small_one_divides_it() -> None:
    text = CRITIC.format(last="action_dim", first="state").replace("hidden=400", "hidden=400, layers=1")
    ((_, after),) = changed(text)
    assert after == "self.last = nn.Linear(hidden, 1)"
