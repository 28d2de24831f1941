"""What comes first for faults that PyTorch programs share, against answers that are cheaper but hardly meant."""

from __future__ import annotations

import textwrap

import pytest

from repairnn.frontends.source import emit, lower
from repairnn.search import repair
from repairnn.semantics.checker import check
from repairnn.semantics.edits import ChangeArgument, InsertLayer, RemoveLayer

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
STATES = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(10, 20, num_layers=2)
        def forward(self, x):
            h = torch.zeros(2, x.size(0), 20)
            c = torch.zeros(2, x.size(0), 20)
            out, _ = self.lstm(x, (h, c))
            return out[:, -1, :]
    Net()(torch.randn(16, 7, 10))
"""
POSITIONS = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.start = nn.Parameter(torch.zeros(1, 1, 8))
            self.places = nn.Parameter(torch.zeros(1, 16, 8))
        def forward(self, x):
            x = torch.cat([self.start.expand(x.size(0), -1, -1), x], dim=1)
            return x + self.places
    Net()(torch.randn(2, 16, 8))
"""
TAGS = """
    net = nn.Linear(6, 9)
    y = torch.randint(0, 9, (8, 30))
    loss = nn.CrossEntropyLoss()(net(torch.randn(8, 30, 6)), y)
"""
COLUMN = """
    net = nn.Linear(4, 3)
    loss = nn.CrossEntropyLoss()(net(torch.randn(15, 4)), torch.randint(0, 3, (15, 1)))
"""
TORN = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
            self.fc = nn.Linear(8 * 16 * 16, 100)
        def forward(self, x):
            return self.fc(self.conv(x).view(-1, 8 * 8 * 8))
    Net()(torch.zeros(16, 3, 32, 32))
"""
SPREAD = """
    net = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.ConvTranspose2d(4, 1, 3, stride=2, padding=1))
    image = torch.rand(6, 1, 28, 28)
    loss = F.mse_loss(net(image), image)
"""


def first(text: str) -> object:
    """The only edit of the cheapest repair of a program's one network."""
    (network,) = lower(HEAD + textwrap.dedent(text)).networks
    edits = repair(network).edits
    assert len(edits) == 1
    return edits[0]


@pytest.mark.parametrize(
    ("text", "argument", "after"),
    [(STATES, "batch_first", True), (POSITIONS, "shape", (1, 17, 8)), (TORN, "target_shape", (-1, 2048))],
)
def test_the_argument_that_is_meant(text: str, argument: str, after: object) -> None:
    edit = first(text)
    assert isinstance(edit, ChangeArgument)
    assert (edit.argument, edit.after) == (argument, after)


@pytest.mark.parametrize(("text", "kind", "index"), [(TAGS, "transpose", 0), (COLUMN, "squeeze", 1)])
def test_the_layer_that_is_meant(text: str, kind: str, index: int) -> None:
    edit = first(text)
    assert isinstance(edit, InsertLayer)
    assert (edit.layer_kind, edit.index) == (kind, index)


def test_data_are_not_changed_where_the_network_can_answer() -> None:
    edit = first(SPREAD)
    assert isinstance(edit, ChangeArgument)
    assert edit.argument in ("kernel_size", "output_padding")


def test_a_batch_axis_may_be_added_by_a_view() -> None:
    text = "torch_net = nn.Conv2d(3, 4, 3)\ntorch_net(torch.randn(3, 32, 32).view(-1, 3, 32, 32))\n"
    for network in lower(HEAD + text).networks:
        assert not check(network).faults


def test_a_pooling_over_an_axis_of_unknown_length_is_read() -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(50, 12)
            self.convs = nn.ModuleList([nn.Conv2d(1, 10, (k, 12)) for k in (3, 4)])
            self.fc = nn.Linear(10, 2)
        def forward(self, x):
            x = self.embed(x).unsqueeze(1)
            x = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
            x = [F.max_pool1d(i, i.size(2)).squeeze(2) for i in x]
            return self.fc(torch.cat(x, 1))
    Net()(torch.randint(0, 50, (6, 40)))
    """
    edit = first(text)
    assert isinstance(edit, ChangeArgument)
    assert edit.after == 20


def test_a_repeated_encoder_layer_is_judged() -> None:
    text = """
    block = nn.TransformerEncoderLayer(20, 3, 40)
    nn.TransformerEncoder(block, 2)(torch.randn(5, 2, 20))
    """
    (network,) = lower(HEAD + textwrap.dedent(text)).networks
    assert [fault.rule.id for fault in check(network).faults] == ["transformer-heads"]


@pytest.mark.parametrize("flattening", ["torch.flatten(x, 1)", "x.view(-1, 512 * 7 * 7)", "x.view(x.size(0), -1)"])
def test_features_first_and_then_pooling_to_the_maps_that_were_meant(flattening: str) -> None:
    text = f"""
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Conv2d(3, 512, 3, padding=1, stride=4)
            self.classifier = nn.Linear(512 * 7 * 7, 10)
        def forward(self, x):
            x = self.features(x)
            return self.classifier({flattening})
    Net()(torch.randn(2, 3, 96, 96))
    """
    (network,) = lower(HEAD + textwrap.dedent(text)).networks
    best, second, *_ = repair(network).alternatives
    changes = [edit for edit in best.edits if isinstance(edit, ChangeArgument)]
    assert changes == list(best.edits)
    assert (changes[-1].argument, changes[-1].after) == ("in_features", 512 * 24 * 24)
    (insertion,) = second.edits
    assert isinstance(insertion, InsertLayer)
    assert (insertion.layer_kind, insertion.args["output_size"]) == ("adaptive_pool", 7)


def test_a_decoder_starts_with_larger_maps_where_larger_pictures_must_come_out() -> None:
    text = """
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(16, 32 * 4 * 4)
            self.up = nn.Sequential(nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ConvTranspose2d(16, 3, 4, 2, 1))
        def forward(self, z):
            return self.up(self.fc(z).view(-1, 32, 4, 4))
    images = torch.rand(8, 3, 32, 32)
    F.mse_loss(Decoder()(torch.randn(8, 16)), images)
    """
    (network,) = lower(HEAD + textwrap.dedent(text)).networks
    edits = repair(network).edits
    assert [(edit.argument, edit.after) for edit in edits if isinstance(edit, ChangeArgument)] == [
        ("target_shape", (-1, 32, 8, 8)),
        ("units", 32 * 8 * 8),
    ]


def test_a_view_that_is_a_flatten_too_much_goes() -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 5)
            self.fc = nn.Linear(4 * 24 * 24, 10)
        def forward(self, x):
            x = x.view(x.size(0), -1)
            return self.fc(torch.flatten(self.conv(x), 1))
    Net()(torch.randn(6, 1, 28, 28))
    """
    assert isinstance(first(text), RemoveLayer)


def test_noise_gets_axes_and_keeps_its_channels() -> None:
    edit = first("nn.ConvTranspose2d(100, 8, 4)(torch.randn(6, 100))\n")
    sizes = edit.args["target_shape"] if isinstance(edit, InsertLayer) else getattr(edit, "after", ())
    assert tuple(sizes)[1:] == (100, 1, 1)


def test_both_states_of_a_bidirectional_layer_are_made_larger() -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(10, 20, num_layers=2, bidirectional=True)
        def forward(self, x, states):
            return self.lstm(x, states)[0]
    Net()(torch.randn(7, 16, 10), (torch.zeros(2, 16, 20), torch.zeros(2, 16, 20)))
    """
    (network,) = lower(HEAD + textwrap.dedent(text)).networks
    edits = repair(network).edits
    assert [(edit.argument, edit.after) for edit in edits if isinstance(edit, ChangeArgument)] == [
        ("shape", (4, 16, 20))
    ] * 2


def test_a_decoder_is_as_deep_as_the_states_that_it_gets() -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc = nn.GRU(10, 20, bidirectional=True)
            self.dec = nn.GRU(10, 20)
            self.out = nn.Linear(20, 5)
        def forward(self, x, y):
            _, h = self.enc(x)
            return self.out(self.dec(y, h)[0])
    Net()(torch.randn(7, 16, 10), torch.randn(5, 16, 10))
    """
    edit = first(text)
    assert isinstance(edit, ChangeArgument)
    assert (edit.argument, edit.after) == ("num_layers", 2)


def test_a_branch_keeps_the_size_of_its_maps_as_the_other_branches_do() -> None:
    text = """
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.small = nn.Conv2d(3, 8, 1)
            self.middle = nn.Conv2d(3, 8, 3, padding=1)
            self.large = nn.Conv2d(3, 8, 5, padding=1)
        def forward(self, x):
            return torch.cat([self.small(x), self.middle(x), self.large(x)], 1)
    Block()(torch.randn(2, 3, 32, 32))
    """
    edit = first(text)
    assert isinstance(edit, ChangeArgument)
    assert (edit.argument, edit.after) == ("padding", 2)


def test_features_become_the_first_step_of_what_they_are_joined_with() -> None:
    text = """
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(50, 12)
            self.lstm = nn.LSTM(12, 20, batch_first=True)
        def forward(self, features, captions):
            inputs = torch.cat((features, self.embed(captions[:, :-1])), dim=1)
            return self.lstm(inputs)[0]
    Decoder()(torch.randn(4, 12), torch.randint(0, 50, (4, 9)))
    """
    program = lower(HEAD + textwrap.dedent(text))
    (network,) = program.networks
    assert "torch.cat((features.unsqueeze(1), self.embed" in emit(program, network, repair(network).edits)


def test_dilated_convolutions_in_a_loop_keep_the_size_of_what_skips_them() -> None:
    text = """
    class Block(nn.Module):
        def __init__(self, d):
            super().__init__()
            self.f = nn.Conv1d(8, 8, 3, dilation=d)
            self.g = nn.Conv1d(8, 8, 3, dilation=d)
        def forward(self, x):
            return x + torch.tanh(self.f(x)) * torch.sigmoid(self.g(x))
    nn.Sequential(*[Block(2 ** i) for i in range(4)])(torch.randn(2, 8, 100))
    """
    program = lower(HEAD + textwrap.dedent(text))
    (network,) = program.networks
    edits = repair(network).edits
    assert {(edit.argument, edit.after) for edit in edits if isinstance(edit, ChangeArgument)} == {("padding", "same")}
    assert emit(program, network, edits).count("dilation=d, padding='same')") == len(edits) == 2


def test_a_forgotten_pooling_is_offered_where_features_count_on_it() -> None:
    text = """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 64, 5)
            self.fc = nn.Linear(9216, 10)
        def forward(self, x):
            return self.fc(torch.flatten(self.conv(x), 1))
    Net()(torch.randn(2, 1, 28, 28))
    """
    (network,) = lower(HEAD + textwrap.dedent(text)).networks
    _, second, *_ = repair(network).alternatives
    (insertion,) = second.edits
    assert isinstance(insertion, InsertLayer)
    assert (insertion.layer_kind, insertion.args["pool_size"]) == ("pool", 2)


def test_the_last_convolution_follows_the_labels_not_the_labels_it() -> None:
    text = """
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 17, 1))
    target = torch.rand(4, 16, 32, 24)
    loss = F.mse_loss(net(torch.rand(4, 3, 32, 24)), target)
    """
    edit = first(text)
    assert isinstance(edit, ChangeArgument)
    assert (edit.argument, edit.before, edit.after) == ("filters", 17, 16)
