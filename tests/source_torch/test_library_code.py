"""Ways of writing that model libraries share: settings objects, registries, layers chosen by name or by kind."""

from __future__ import annotations

from repairnn.frontends.source import lower
from repairnn.semantics.checker import check
from repairnn.semantics.ir import Network

HEAD = "import collections.abc\nimport functools\nimport itertools\nimport torch\nfrom torch import nn\n"


def only(text: str) -> Network:
    (network,) = lower(HEAD + text, strict=True).networks
    return network


def understood(text: str) -> Network:
    network = only(text)
    assert not network.incomplete
    return network


CONFIG = """
class TinyConfig:
    width: int = 12
    heads: int = 3

class TinyBlock(nn.Module):
    def __init__(self, config{annotation}):
        super().__init__()
        self.head = config.width // config.heads
        self.proj, self.back = nn.Linear(config.width, {out}), nn.Linear(config.width, config.width)
    def forward(self, x):
        return self.back(self.proj(x)).view(x.shape[0], x.shape[1], -1, self.head)
"""


def test_settings_are_assumed_with_their_defaults() -> None:
    for annotation in ("", ": TinyConfig", ": 'TinyConfig | None'", ": TinyConfig | None"):
        network = understood(CONFIG.format(annotation=annotation, out="config.width"))
        dense = next(node for node in network if node.kind == "dense")
        assert (dense.args["in_features"], dense.args["units"]) == (12, 12)
        assert check(network).valid


def test_faults_are_found_under_assumed_settings() -> None:
    network = only(CONFIG.format(annotation=": TinyConfig", out="config.width + 1"))
    assert [fault.rule.severity for fault in check(network).faults] == ["fault"]


def test_layers_chosen_by_name_or_given() -> None:
    text = """
LAYERS = dict(relu=nn.ReLU, gelu=nn.GELU)
for table in (LAYERS,):
    table.setdefault("swish", nn.SiLU)

def layer_of(name):
    if isinstance(name, functools.partial):
        return name
    if isinstance(name, str):
        return LAYERS[name]
    return name

net = nn.Sequential(
    nn.Linear(4, 5), layer_of("swish")(), layer_of(nn.ReLU)(), layer_of(functools.partial(nn.LayerNorm, 5))())
net(torch.zeros(2, 4))
"""
    network = understood(text)
    assert [node.spelling for node in network if node.layer] == ["Linear", "SiLU", "ReLU", "LayerNorm"]


def test_pairs_are_made_of_numbers() -> None:
    text = """
def pair(n):
    def parse(x):
        if isinstance(x, collections.abc.Iterable) and not isinstance(x, str):
            return tuple(x)
        return tuple(itertools.repeat(x, n))
    return parse

nn.Conv2d(3, 8, pair(2)(5), stride=pair(2)([1, 2]))(torch.zeros(1, 3, 9, 9))
"""
    network = understood(text)
    assert check(network).shapes[network.outputs[0].node][0] == (1, 8, 5, 3)


def test_registries_that_inherit_from_dict() -> None:
    text = """
class Makers(collections.OrderedDict):
    def __getitem__(self, key):
        content = super().__getitem__(key)
        cls, settings = content if isinstance(content, tuple) else (content, {})
        return cls(**settings)

MAKERS = Makers({"leaky": (nn.LeakyReLU, {"negative_slope": 0.1}), "gelu": nn.GELU})
nn.Sequential(nn.Linear(2, 3), MAKERS["leaky"], MAKERS["gelu"])(torch.zeros(1, 2))
"""
    assert [node.spelling for node in understood(text) if node.layer] == ["Linear", "LeakyReLU", "GELU"]


def test_iterating_over_a_module_that_is_a_list() -> None:
    text = """
class Steps(nn.Sequential):
    def forward(self, x):
        for step in self:
            x = step(x)
        return x

Steps(nn.Linear(2, 3), nn.Linear(4, 5))(torch.zeros(1, 2))
"""
    assert [fault.rule.id for fault in check(only(text)).faults] == ["dense-in-features"]


def test_an_input_nobody_tells_of_stays_open_beside_one_that_is_told() -> None:
    text = """
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k = nn.Linear(8, 8), nn.Linear(8, 8)
    def forward(self, x, angles, mask):
        shape = (*x.shape[:-1], -1, 4)
        q, k = self.q(x).view(shape).transpose(1, 2), self.k(x).view(shape).transpose(1, 2)
        return torch.matmul(q, k.transpose(2, 3)) + mask
"""
    network = understood(text)
    entry = next(node for node in network if node.name == "x")
    assert entry.args["shape"] == (2, None, 8)


def test_a_way_that_cannot_fit_is_not_that_of_an_unknown_size() -> None:
    text = """
class Sampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.offsets = nn.Linear(8, 24)
    def forward(self, x, points):
        offsets = self.offsets(x).reshape(x.shape[0], x.shape[1], 12, 2)
        if points.shape[-1] == 2:
            places = offsets / torch.ones(1, 1, 3, 2)
        else:
            places = offsets * points[:, :, None, 2:]
        return places
"""
    assert check(only(text)).valid
    assert not check(only(text.replace("points[:, :, None, 2:]", "torch.ones(5, 2)"))).valid


def test_numbers_that_stand_for_not_given() -> None:
    text = """
class Rotary(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = nn.Linear(8, 8)
    def forward(self, x, repeats=-1):
        return self.k(x).view(x.shape[0], repeats, -1, 8)
"""
    assert check(only(text)).valid
    called = f"{text}\nRotary()(torch.zeros(2, 6, 8))\n"
    assert not check(only(called)).valid


def test_an_argument_that_is_not_known_is_not_missing() -> None:
    text = "from somewhere import n\nnn.Linear(4, 3)(torch.zeros(2, 4).roll(n // 2, -1).clamp_min(n))\n"
    assert check(only(text)).valid


def test_a_pattern_tells_the_rank_of_an_input() -> None:
    text = """
from einops import rearrange
class Patches(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(48, 5)
    def forward(self, images):
        return self.fc(rearrange(images, 'b c (h p) (w q) -> b (h w) (p q c)', p=4, q=4))
"""
    network = understood(text)
    entry = next(node for node in network if node.kind == "input")
    assert len(entry.args["shape"]) == 4


def test_a_setting_that_is_not_known_scales() -> None:
    text = """
class Scaled(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.scale, self.fc = dim ** -0.5, nn.Linear(6, 6)
    def forward(self, x):
        return (self.fc(x) * self.scale).permute(0, 2, 1)
"""
    network = understood(text)
    assert check(network).shapes[network.outputs[0].node][0] == (2, 6, None)


def test_places_where_a_condition_holds() -> None:
    text = """
class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 4)
    def forward(self, x, mask):
        rows, columns = torch.where(mask)
        return self.fc(x[rows])

Experts()(torch.zeros(10, 8), torch.zeros(10, 2, dtype=torch.bool))
"""
    network = understood(text)
    assert check(network).shapes[network.outputs[0].node][0] == (None, 4)


def test_experts_that_were_hit() -> None:
    text = """
hit = torch.greater(torch.zeros(4), 0).nonzero()
for expert in hit:
    expert = expert[0]
    nn.Linear(9, 2)(torch.zeros(4, 16, 8)[expert])
"""
    assert [fault.rule.id for fault in check(only(text)).faults] == ["dense-in-features"]


def test_members_of_an_enumeration() -> None:
    text = """
from enum import Enum

class Format(str, Enum):
    NCHW = "NCHW"
    NHWC = "NHWC"

def spatial(format):
    format = Format(format)
    return (1, 2) if format is Format.NHWC else (2, 3)

nn.Linear(8, 2)(torch.zeros(2, 7, 7, 8).mean(spatial("NHWC")))
nn.Linear(8, 2)(torch.zeros(2, 8, 7, 7).mean(spatial(Format.NCHW.value)))
"""
    for network in lower(HEAD + text, strict=True).networks:
        assert check(network).valid
        assert not network.incomplete
