"""Tuples that modules return, used where PyTorch wants a tensor: found, and the output taken as a person would."""

from __future__ import annotations

import textwrap

import pytest

from repairnn import check_source, fix_source

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def net(forward: str) -> str:
    """A program around the body of ``forward``."""
    text = f"""
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(12, 48, 2, batch_first=True)
            self.attn = nn.MultiheadAttention(48, 4, batch_first=True)
            self.fc = nn.Linear(48, 3)

        def forward(self, x):
{textwrap.indent(textwrap.dedent(forward).strip(), " " * 12)}

    out = Net()(torch.rand(4, 30, 12))
    """
    return HEAD + textwrap.dedent(text)


SEQUENTIAL = """
model = nn.Sequential(
    nn.Embedding(100, 12),
    nn.GRU(12, 32, batch_first=True),
    nn.Dropout(0.1),
    nn.Linear(32, 2),
)
out = model(torch.randint(0, 100, (8, 20)))
"""
CLASS = """class FirstOutput(nn.Module):
    def forward(self, results):
        return results[0]


model = nn.Sequential(
    nn.Embedding(100, 12),
    nn.GRU(12, 32, batch_first=True),
    FirstOutput(),
"""


@pytest.mark.parametrize(
    ("forward", "line"),
    [
        ("out = self.lstm(x)\nreturn self.fc(out)", "out, _ = self.lstm(x)"),
        ("out = self.lstm(x)\nout = out[:, -1, :]\nreturn self.fc(out)", "out, _ = self.lstm(x)"),
        ("out = self.lstm(x)\nreturn self.fc(out.reshape(4, -1, 48))", "out, _ = self.lstm(x)"),
        ("return self.fc(self.lstm(x)[:, -1])", "return self.fc(self.lstm(x)[0][:, -1])"),
        ("return self.fc(F.relu(self.lstm(x)))", "return self.fc(F.relu(self.lstm(x)[0]))"),
        (
            "x, _ = self.lstm(x)\nx = x + self.attn(x, x, x)\nreturn self.fc(x)",
            "x = x + self.attn(x, x, x)[0]",
        ),
        ("both = self.lstm(x)\nreturn self.fc(both[1])", "return self.fc(both[1][0])"),
    ],
)
def test_the_output_is_taken(forward: str, line: str) -> None:
    before = net(forward).splitlines()
    after = fix_source("\n".join(before) + "\n", validate=False).model.splitlines()
    assert [new.strip() for old, new in zip(before, after, strict=True) if old != new] == [line]


def test_a_container_gets_a_module_that_takes_it() -> None:
    assert CLASS in fix_source(HEAD + SEQUENTIAL, validate=False).model


@pytest.mark.parametrize(
    ("container", "line"),
    [
        (
            'nn.Sequential(OrderedDict([("rnn", nn.LSTM(8, 4)), ("fc", nn.Linear(4, 2))]))',
            '("rnn_output", FirstOutput())',
        ),
        (
            'nn.Sequential()\nnet.add_module("rnn", nn.GRU(8, 4))\nnet.add_module("fc", nn.Linear(4, 2))',
            'net.add_module("rnn_output", FirstOutput())\n',
        ),
    ],
)
def test_modules_with_names(container: str, line: str) -> None:
    text = f"from collections import OrderedDict\n{HEAD}net = {container}\nout = net(torch.rand(4, 5, 8))\n"
    assert line in fix_source(text, validate=False).model


@pytest.mark.parametrize(
    "forward",
    [
        "out, (h, c) = self.lstm(x)\nreturn self.fc(h[-1])",
        "out = self.lstm(x)\nreturn self.fc(out[0])",
        "out = self.lstm(x)\nout, state = out\nreturn self.fc(out)",
        "out, state = self.lstm(x)\nout, state = self.lstm(x, state)\nreturn self.fc(out)",
        "results = self.lstm(x)\nresults = results + (x,)\nreturn self.fc(results[0])",
        "return nn.Identity()(self.lstm(x))[0]",
        "return self.lstm(x)",
    ],
)
def test_tuples_that_stay_tuples(forward: str) -> None:
    assert not check_source(net(forward)).faults
