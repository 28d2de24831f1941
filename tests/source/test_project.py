"""Programs that are spread over files: what is imported is read, faults are repaired where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

import repairnn
from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source import emit, lower
from repairnn.semantics.checker import check
from repairnn.semantics.edits import ChangeArgument
from repairnn.session import Request, run

BLOCKS = """\
import torch.nn as nn
from utils import layers as L

class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = L.conv3x3(cin, cout)
        self.bn = nn.BatchNorm2d({width})

    def forward(self, x):
        return self.bn(self.conv(x)).relu()
"""
LAYERS = """\
from torch import nn

WIDTH = 16

def conv3x3(cin, cout):
    return nn.Conv2d(cin, cout, 3, padding=1)
"""
NET = """\
import torch
from torch import nn
from .blocks import Block

class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.block = Block(3, 16)
        self.fc = nn.Linear({features}, classes)

    def forward(self, x):
        x = self.block(x).mean((2, 3))
        return self.fc(x)
"""
TRAIN = """\
import torch
from models import Net

net = Net(10)
out = net(torch.randn(4, 3, 32, 32))
"""
HEAD = """\
head = torch.nn.Linear(11, 2)
head(out)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of five files without a fault."""
    return written(tmp_path)


def written(folder: Path, width: str = "16", features: str = "16") -> Path:
    (folder / "models").mkdir()
    (folder / "utils").mkdir()
    (folder / "requirements.txt").write_text("torch\n")
    (folder / "models" / "__init__.py").write_text("from .net import *\n")
    (folder / "models" / "blocks.py").write_text(BLOCKS.format(width=width))
    (folder / "models" / "net.py").write_text(NET.format(features=features))
    (folder / "utils" / "layers.py").write_text(LAYERS)
    (folder / "train.py").write_text(TRAIN)
    return folder


def read(file: Path, **options: object):
    return lower(file.read_text(), str(file), strict=True, **options)  # type: ignore[arg-type]


def test_a_program_is_read_through_its_imports(project: Path) -> None:
    program = read(project / "train.py")
    (network,) = program.networks
    assert network.name == "Net"
    assert not network.incomplete
    assert [node.spelling for node in network if node.layer] == ["Conv2d", "BatchNorm2d", "Linear"]
    assert check(network).valid
    assert sorted(Path(path).name for path in program.siblings) == ["__init__.py", "blocks.py", "layers.py", "net.py"]


def test_places_carry_the_file_they_are_in(project: Path) -> None:
    (network,) = read(project / "train.py").networks
    conv = next(node for node in network if node.kind == "conv")
    assert conv.written.call is not None
    assert conv.written.call.path == str(project / "utils" / "layers.py")
    assert conv.written.arguments["in_channels"].path == str(project / "utils" / "layers.py")
    data = next(node for node in network if node.kind == "data")
    assert data.written.call is not None
    assert data.written.call.path == ""


def test_text_without_a_file_reads_nothing_else(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    program = lower(TRAIN)
    assert not program.siblings
    assert not any(network.name == "Net" for network in program.networks)


def test_a_fault_elsewhere_is_repaired_elsewhere(tmp_path: Path) -> None:
    project = written(tmp_path, width="32")
    result = repairnn.fix(project / "train.py", validate=False)
    assert result.status == "repaired"
    (edit,) = result.edits
    assert edit.location is not None
    assert edit.location.path == str(project / "models" / "blocks.py")
    assert "-        self.bn = nn.BatchNorm2d(32)\n+        self.bn = nn.BatchNorm2d(16)\n" in result.patch
    assert "blocks.py" in result.patch
    assert "train.py" not in result.patch
    assert result.model.text == TRAIN


def test_a_patch_may_reach_into_several_files(tmp_path: Path) -> None:
    project = written(tmp_path, width="32")
    (project / "train.py").write_text(TRAIN + HEAD)
    result = repairnn.fix(project / "train.py", validate=False)
    assert result.status == "repaired"
    assert {Path(e.location.path).name if e.location else None for e in result.edits} == {"", "blocks.py"}
    assert "nn.BatchNorm2d(16)" in result.patch
    assert result.patch.count("+++ ") == 2


def test_the_given_file_is_repaired_where_the_fault_is_its_own(project: Path) -> None:
    (project / "train.py").write_text(TRAIN + HEAD)
    result = repairnn.fix(project / "train.py", validate=False)
    assert result.status == "repaired"
    assert isinstance(result.model, str)
    assert check(lower(result.model, str(project / "train.py")).networks[0]).valid


def test_writing_changes_the_right_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = written(tmp_path, width="32")
    assert run(Request((str(project / "train.py"),), fixing=True, write=True)) == 0
    assert "nn.BatchNorm2d(16)" in (project / "models" / "blocks.py").read_text()
    assert (project / "train.py").read_text() == TRAIN
    assert run(Request((str(project / "train.py"),))) == 0


def test_one_output_cannot_hold_several_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = written(tmp_path, width="32")
    assert run(Request((str(project / "train.py"),), fixing=True, output=str(tmp_path / "out.py"))) == 2
    assert "blocks.py" in capsys.readouterr().err
    assert not (tmp_path / "out.py").exists()


def test_emitting_one_text_refuses_edits_of_another(tmp_path: Path) -> None:
    program = read(written(tmp_path, width="32") / "train.py")
    network = program.networks[0]
    norm = next(node for node in network if node.kind == "batch_norm")
    name = next(name for name, value in norm.args.items() if value == 32)
    with pytest.raises(CannotEmit, match=r"blocks\.py"):
        emit(program, network, [ChangeArgument(norm.id, name, 32, 16)])


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import *\nfrom b import Net, other\nfrom torch import nn\n")
    (tmp_path / "b.py").write_text("from a import *\nfrom a import nn\nclass Net(nn.Linear):\n    pass\n")
    (tmp_path / "main.py").write_text("import torch\nfrom a import Net\nNet(3, 4)(torch.zeros(2, 5))\n")
    (network,) = read(tmp_path / "main.py").networks
    assert [fault.rule.id for fault in check(network).faults]


def test_files_outside_the_project_are_not_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.py").write_text(LAYERS)
    (inner / "link.py").symlink_to(tmp_path / "secret.py")
    (inner / "main.py").write_text("from ..secret import conv3x3\nimport secret\nimport link\nlink.conv3x3(1, 2)\n")
    assert not read(inner / "main.py").siblings


def test_a_missing_or_broken_sibling_stays_unknown(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "main.py").write_text(
        "import torch\nfrom broken import Encoder\nfrom gone import Head\nfrom torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.encoder, self.fc, self.head = Encoder(), nn.Linear(3, 4), Head()\n"
        "    def forward(self, x):\n"
        "        return self.head(self.fc(self.encoder(x)))\n"
        "Net()(torch.zeros(2, 3))\n"
    )
    (network,) = read(tmp_path / "main.py").networks
    assert network.incomplete
    assert check(network).valid


def test_an_imported_script_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(
        "import torch\nfrom torch import nn\nWIDTH = 5\nmodel = nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 5))\n"
        "class Unused(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a, self.b = nn.Linear(2, 3), nn.Linear(4, 5)\n"
        "    def forward(self, x):\n"
        "        return self.b(self.a(x))\n"
    )
    (tmp_path / "main.py").write_text(
        "import torch\nfrom torch import nn\nfrom other import WIDTH\nnn.Linear(WIDTH, 2)(torch.zeros(1, 5))\n"
    )
    (network,) = read(tmp_path / "main.py").networks
    assert check(network).valid
    assert len([node for node in network if node.layer]) == 1


def test_a_star_brings_the_parts_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "parts.py").write_text(
        "import torch\nfrom torch import nn\n\n\nclass Part(nn.Module):\n"
        "    def __init__(self, n):\n        super().__init__()\n        self.fc = nn.Linear(n, 2 * n)\n"
        "    def forward(self, x):\n        return self.fc(x)\n"
    )
    (tmp_path / "pkg" / "model.py").write_text(
        "from .parts import *\n\n\nclass Whole(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a, self.b = Part(4), Part(9)\n    def forward(self, x):\n        return self.b(self.a(x))\n"
    )
    (network,) = read(tmp_path / "pkg" / "model.py").networks
    assert [fault.rule.id for fault in check(network).faults] == ["dense-in-features"]


def test_a_name_is_written_in_the_file_of_the_layer_not_in_that_of_its_value(tmp_path: Path) -> None:
    (tmp_path / "blocks.py").write_text(
        "from torch import nn\n\n"
        "class Block(nn.Module):\n"
        "    def __init__(self, i, o):\n"
        "        super().__init__()\n"
        "        self.conv = nn.Conv2d(i, o, 3)\n"
        "        self.norm = nn.BatchNorm2d(i)\n\n"
        "    def forward(self, x):\n"
        "        return self.norm(self.conv(x))\n"
    )
    main = tmp_path / "train.py"
    main.write_text(
        "import torch\nfrom blocks import Block\n\n"
        "net = torch.nn.Sequential(Block(3, 8), Block(8, 12))\nnet(torch.zeros(2, 3, 20, 20))\n"
    )
    result = repairnn.fix(main, validate=False)
    assert [line for line in result.patch.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        "-        self.norm = nn.BatchNorm2d(i)",
        "+        self.norm = nn.BatchNorm2d(o)",
    ]


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    project = written(tmp_path, width="32", features="11")
    blocks, net = project / "models" / "blocks.py", project / "models" / "net.py"
    before = blocks.read_text(), net.read_text()
    for locked in (blocks, net):
        locked.chmod(0o444)
        assert run(Request((str(project / "train.py"),), fixing=True, write=True)) == 2
        locked.chmod(0o644)
        assert (blocks.read_text(), net.read_text()) == before
    assert run(Request((str(project / "train.py"),), fixing=True, write=True)) == 0
    assert "BatchNorm2d(16)" in blocks.read_text()
    assert "Linear(16, classes)" in net.read_text()
