"""Repairs where one call makes several layers, and where what people mean is more than one number."""

from __future__ import annotations

from repairnn.frontends.source import emit, lower
from repairnn.search import repair
from repairnn.semantics.checker import check

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def repaired(body: str) -> str:
    """The text of the cheapest repair, which leaves no fault."""
    program = lower(HEAD + body, strict=True)
    (network,) = program.networks
    outcome = repair(network)
    assert outcome.status == "repaired"
    text = emit(program, network, outcome.edits)
    assert [fault for again in lower(text, strict=True).networks for fault in check(again).faults] == []
    return text


BLOCKS = """
class Block(nn.Module):
    def __init__(self, dim, dim_out):
        super().__init__()
        self.proj = nn.Conv2d(dim, dim_out, 3, padding=1)
        self.norm = nn.GroupNorm(8, dim)

    def forward(self, x):
        return self.norm(self.proj(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Block(16, 32), Block(32, 64)

    def forward(self, x):
        return self.second(self.first(x))

Net()(torch.randn(2, 16, 8, 8))
"""


def test_a_block_that_is_used_with_several_widths_gets_another_name() -> None:
    assert "nn.GroupNorm(8, dim_out)" in repaired(BLOCKS)


WIDTHS = """
class Mixer(nn.Module):
    def __init__(self, width=128, inner=512):
        super().__init__()
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm = nn.LayerNorm(inner)

    def forward(self, x):
        return self.norm(x + self.down(self.up(x)))

nn.Sequential(*[Mixer() for _ in range(3)])(torch.randn(8, 50, 128))
"""


def test_a_name_is_preferred_to_a_default_that_others_read() -> None:
    assert "nn.LayerNorm(width)" in repaired(WIDTHS)


GATED = """
class Block(nn.Module):
    def __init__(self, width, dilation):
        super().__init__()
        self.filter = nn.Conv1d(width, width, kernel_size=3, dilation=dilation)
        self.gate = nn.Conv1d(width, width, kernel_size=3, dilation=dilation)

    def forward(self, x):
        return x + torch.tanh(self.filter(x)) * torch.sigmoid(self.gate(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(8, d) for d in (1, 2, 4)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x

Net()(torch.randn(4, 8, 64))
"""


def test_what_a_call_leaves_out_is_left_out_for_all_its_layers() -> None:
    text = repaired(GATED)
    assert text.count("padding='same'") == 2


EXCHANGED = """
net = nn.Sequential(
    nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(),
    nn.ConvTranspose2d(16, 32, 4, 2, 1), nn.ReLU(),
    nn.ConvTranspose2d(16, 3, 4, 2, 1))
net(torch.randn(2, 64, 4, 4))
"""


def test_two_sizes_that_were_exchanged_are_put_back() -> None:
    assert "nn.ConvTranspose2d(32, 16, 4, 2, 1)" in repaired(EXCHANGED)


DECODER = """
class Decoder(nn.Module):
    def __init__(self, latent=10):
        super().__init__()
        self.fc = nn.Linear(latent, 32 * 7 * 7)
        self.norm = nn.BatchNorm2d(32)
        self.conv = nn.Conv2d(32, 1, 3, padding=1)

    def forward(self, z):
        x = self.fc(z)
        return self.conv(self.norm(x.view(x.shape[0], 32, 8, 8)))

Decoder()(torch.randn(4, 10))
"""


def test_the_sides_of_a_map_change_together() -> None:
    assert "x.view(x.shape[0], 32, 7, 7)" in repaired(DECODER)


LANGUAGE = """
class Model(nn.Module):
    def __init__(self, words=50):
        super().__init__()
        self.words = words
        self.embed, self.rnn, self.out = nn.Embedding(words, 8), nn.GRU(8, 8), nn.Linear(8, words)

    def forward(self, x):
        y, _ = self.rnn(self.embed(x))
        return self.out(y).view(-1, self.words)

loss = nn.CrossEntropyLoss()
words, following = torch.randint(0, 50, (35, 20)), torch.randint(0, 50, (35, 20))
loss(Model()(words), following)
"""


def test_targets_are_made_flat_as_the_prediction_is() -> None:
    assert any(
        f"loss(Model()(words), {way})" in repaired(LANGUAGE) for way in ("following.reshape(-1)", "following.view(-1)")
    )


SHUFFLED = """
class Up(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.conv = nn.Conv2d(8, factor * 2, 3, padding=1)
        self.shuffle = nn.PixelShuffle(factor)

    def forward(self, x):
        return self.shuffle(self.conv(x))

up = Up(3)
nn.MSELoss()(up(torch.randn(2, 8, 6, 6)), torch.randn(2, 1, 18, 18))
"""


def test_channels_before_a_shuffle_become_a_multiple() -> None:
    assert "nn.Conv2d(8, factor * 3, 3, padding=1)" in repaired(SHUFFLED)


CELLS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.LSTMCell(1, 51), nn.LSTMCell(50, 51)

    def forward(self, x):
        h, c, g, d = (torch.zeros(x.size(0), 51) for _ in range(4))
        out = []
        for step in x.split(1, dim=1):
            h, c = self.first(step, (h, c))
            g, d = self.second(h, (g, d))
            out.append(g)
        return torch.stack(out, 1)

Net()(torch.randn(4, 12))
"""


def test_a_layer_that_a_loop_uses_often_is_one_layer_to_change() -> None:
    assert "nn.LSTMCell(51, 51)" in repaired(CELLS)


FILES = """
import cv2
from torch.utils.data import DataLoader, Dataset

class Scans(Dataset):
    def __init__(self, files, labels):
        self.files, self.labels = files, labels

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        image = cv2.resize(cv2.imread(self.files[index], {flag}), (96, 96))
        return torch.tensor(image, dtype=torch.float32){then} / 255.0, self.labels[index]

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4 * 46 * 46, 2)

    def forward(self, x):
        return self.fc(F.max_pool2d(self.conv(x), 2).flatten(1))

net = Net()
for x, y in DataLoader(Scans(names, kinds), batch_size=8):
    F.cross_entropy(net(x), y).backward()
"""


def test_pictures_that_opencv_reads_have_the_channels_that_are_asked_for() -> None:
    text = FILES.format(flag="cv2.IMREAD_GRAYSCALE", then=".unsqueeze(0)")
    assert "nn.Linear(4 * 47 * 47, 2)" in repaired(text)
    text = FILES.format(flag="cv2.IMREAD_COLOR", then=".permute(2, 0, 1)")
    assert "nn.Conv2d(3, 4, 3), nn.Linear(4 * 47 * 47, 2)" in repaired(text)


SPARSE = "torch.spmm(torch.eye(5), torch.sparse.mm(torch.eye(5), nn.Linear(4, 3)(torch.randn(5, 4))))"


def test_products_with_sparse_matrices_are_products() -> None:
    (network,) = lower(HEAD + SPARSE, strict=True).networks
    assert [node.kind for node in network].count("product") == 2
    assert not network.incomplete


INDEXED = """
sizes = [20, 100, 50, 10]
layers = []
for i in range(len(sizes) - 1):
    layers.append(nn.Linear(sizes[i], sizes[i + 1]))
    if i < len(sizes) - 2:
        layers.append(nn.BatchNorm1d(sizes[i]))
nn.Sequential(*layers)(torch.rand(32, 20))
"""


def test_a_loop_reads_another_element_of_its_list() -> None:
    assert "nn.BatchNorm1d(sizes[i + 1])" in repaired(INDEXED)


COUPLED = """
class Coupling(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, 64), nn.ReLU(), nn.Linear(64, dim))

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        s, t = self.net(a).chunk(2, dim=1)
        return torch.cat([a, b * s.exp() + t], dim=1)

nn.Sequential(Coupling(6), Coupling(6))(torch.randn(10, 6))
"""


def test_a_block_takes_half_of_what_its_name_says() -> None:
    assert "nn.Linear(dim // 2, 64)" in repaired(COUPLED)


FACTORS = """
class Machine(nn.Module):
    def __init__(self, features=40, rank=8):
        super().__init__()
        self.linear, self.v = nn.Linear(features, 1), nn.Parameter(torch.randn(8, 40))

    def forward(self, x):
        return self.linear(x) + torch.matmul(x, self.v).pow(2).sum(1, keepdim=True)

Machine()(torch.randn(16, 40))
"""


def test_a_matrix_is_made_with_its_sizes_in_the_other_order() -> None:
    assert "torch.randn(40, 8)" in repaired(FACTORS)
