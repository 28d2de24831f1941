"""What lowering a PyTorch program says besides shapes: places, ties, assumptions, what is not understood."""

from __future__ import annotations

from repairnn.frontends.source import lower
from repairnn.semantics.checker import check
from repairnn.semantics.ir import DimOf, Network, Node

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def network_of(body: str, **settings: object) -> Network:
    (network,) = lower(HEAD + body, strict=True, **settings).networks  # type: ignore[arg-type]
    return network


def named(network: Network, name: str) -> Node:
    return next(node for node in network if node.name == name)


NET = """
class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, kernel_size=3)
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = x.mean((2, 3))
        return self.fc(x)

"""


def test_a_layer_knows_where_it_is_made_and_where_it_is_applied() -> None:
    node = named(network_of(NET + "Net()(torch.randn(2, 3, 16, 16))"), "self.conv")
    assert node.written.call is not None
    assert node.written.call.line == 8
    assert node.written.apply is not None
    assert node.written.apply.line == 12
    assert node.written.arguments["in_channels"].column == 30
    assert node.written.arguments["kernel_size"].column == 52


def test_an_input_is_written_where_the_tensor_is_made() -> None:
    network = network_of(NET + "Net()(torch.randn(2, 3, 16, 16))")
    node = named(network, "randn")
    assert node.args["shape"] == (2, 3, 16, 16)
    span = node.written.arguments["shape"]
    assert (span.column, span.end_column) == (18, 30)


def test_a_module_used_in_two_programs_parts_is_one_layer() -> None:
    network = network_of(NET + "net = Net()\nnet(torch.randn(2, 3, 16, 16))\nnet(torch.randn(1, 3, 9, 9))")
    first, second = (node for node in network if node.name == "self.fc")
    assert first.layer == second.layer


def test_epochs_add_nothing() -> None:
    body = "net = Net()\nfor epoch in range(20):\n    out = net(torch.randn(2, 3, 16, 16))\n"
    assert len(network_of(NET + body)) == 5


def test_sizes_read_from_tensors_follow_them() -> None:
    body = """
class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(32, 32)

    def forward(self, x):
        b, t, c = x.shape
        return self.q(x).view(b, t, 4, c // 4).transpose(1, 2)

Heads()(torch.randn(2, 5, 32))
"""
    node = next(node for node in network_of(body) if node.kind == "reshape")
    assert isinstance(node.args["target_shape"][0], DimOf)


def test_an_input_that_is_not_written_is_solved_for_and_named() -> None:
    body = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5)
        self.fc = nn.Linear(4 * 12 * 12, 10)

    def forward(self, x):
        x = F.max_pool2d(self.conv(x), 2)
        return self.fc(x.view(x.size(0), -1))
"""
    program = lower(HEAD + body, strict=True)
    (entry,) = [node for node in program.networks[0] if node.kind == "input"]
    assert entry.args["shape"] == (2, 1, 28, 28)
    assert any("(2, 1, 28, 28)" in text for text, _ in program.notes)
    assert check(program.networks[0]).valid


def test_an_input_that_fits_nothing_stays_unknown() -> None:
    body = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5)
        self.fc = nn.Linear(4 * 11 * 7, 10)

    def forward(self, x):
        x = self.conv(x)
        return self.fc(x.view(x.size(0), -1))
"""
    network = network_of(body)
    assert check(network).valid
    assert next(node for node in network if node.kind == "input").args["shape"][2:] == (None, None)


def test_a_given_input_shape_is_taken() -> None:
    network = network_of(NET, input_shapes=[(4, 3, 40, 40)])
    assert next(node for node in network if node.kind == "input").args["shape"] == (4, 3, 40, 40)
    network = network_of(NET, input_shapes={"x": (4, 5, 40, 40)})
    assert not check(network).valid


def test_a_condition_on_the_data_between_different_shapes_is_named() -> None:
    body = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 8)
        self.b = nn.Linear(4, 6)

    def forward(self, x):
        y = self.a(x)
        if x.sum() > 0:
            y = self.b(x)
        return y

Net()(torch.randn(3, 4))
"""
    network = network_of(body)
    assert check(network).valid
    assert any("condition on the data" in text for text, _ in network.incomplete)


def test_what_is_not_known_is_opaque_and_named() -> None:
    body = """
from somewhere import Mystery

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.m = Mystery(3)
        self.fc = nn.Linear(4, 8)

    def forward(self, x):
        return self.fc(self.m(x))

Net()(torch.randn(3, 4))
"""
    network = network_of(body)
    assert any(node.kind == "opaque" for node in network)
    assert any("Mystery" in text for text, _ in network.incomplete)
    assert check(network).valid


def test_a_loader_gives_batches_of_its_data() -> None:
    body = (
        NET
        + """
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.randn(100, 3, 8, 8), torch.randint(0, 10, (100,))), batch_size=25)
net, criterion = Net(), nn.CrossEntropyLoss()
for images, labels in loader:
    loss = criterion(net(images), labels)
"""
    )
    network = network_of(body)
    report = check(network)
    assert report.valid
    (loss,) = [node for node in network if node.kind == "class_loss"]
    assert [report.shape(ref) for ref in loss.inputs] == [(25, 10), (25,)]
    assert loss.args["target"] == "indices"


def test_a_shape_given_by_name_counts_for_more_than_the_one_that_is_stated() -> None:
    text = NET + "Net()(torch.randn(4, 3, 40, 40))\n"
    network = network_of(text, input_shapes={"x": (2, 3, 50, 50)})
    assert [node.args["shape"] for node in network if node.kind == "input"] == [(2, 3, 50, 50)]
    assert not [node for node in network_of(text, input_shapes=[(2, 3, 50, 50)]) if node.kind == "input"]


BATCHES = """
import torch
import torch.nn as nn

X, y = torch.randn(6000, 14), torch.randn(6000, 1)
net = nn.Sequential(nn.Linear(13, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(100):
    for i in range(0, len(X), 32):
        loss = nn.functional.mse_loss(net(X[i:i + 32]), y[i:i + 32])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""


def test_batches_cut_from_a_tensor_are_those_of_the_first_steps() -> None:
    (network,) = lower(BATCHES, strict=True).networks
    assert not network.incomplete
    assert len(network) < 20
    assert {fault.rule.id for fault in check(network).faults} == {"dense-in-features"}


PICKED = """
import torch
import torch.nn as nn

class Maxout(nn.Module):
    def __init__(self, into, out):
        super().__init__()
        self.out, self.linear = out, nn.Linear(into, out * 2)

    def forward(self, x):
        return self.linear(x).view(*x.shape[:-1], self.out, 2).max(-1).values

nn.Sequential(Maxout(12, 20), Maxout(20, 5))(torch.randn(7, 3, 12))
"""


def test_what_max_finds_goes_by_its_name() -> None:
    (network,) = lower(PICKED, strict=True).networks
    assert not network.incomplete
    shapes = check(network).shapes
    assert [shapes[node.id][0] for node in network if node.kind == "reduce"] == [(7, 3, 20), (7, 3, 5)]
