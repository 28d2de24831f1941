"""Edits written back into programs: what the text becomes, and that it lowers to the repaired network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source import emit, lower
from repairnn.semantics.checker import check
from repairnn.semantics.edits import (
    ChangeArgument,
    Edit,
    InsertLayer,
    RemoveLayer,
    ReplaceLayer,
    Rewire,
    Swap,
    apply_all,
)
from repairnn.semantics.ir import Arith, Network, Node, OperandDim, Ref


def kind(network: Network, wanted: str, number: int = 0) -> Node:
    """The n-th node of a kind."""
    return [node for node in network if node.kind == wanted][number]


def edited(text: str, edits: Callable[[Network], Sequence[Edit]]) -> str:
    """The program after the edits, checked to lower to the edited network."""
    program = lower(text, strict=True)
    network = program.networks[0]
    chosen = edits(network)
    result = emit(program, network, chosen)
    wanted = [(n.kind, dict(n.args)) for n in apply_all(network, chosen) if n.kind not in ("data", "feed", "loss")]
    found = [
        (n.kind, dict(n.args)) for n in lower(result, strict=True).networks[0] if n.kind not in ("data", "feed", "loss")
    ]
    assert found == wanted
    return result


def change(
    wanted: str, argument: str, before: object, after: object, number: int = 0
) -> Callable[[Network], list[Edit]]:
    return lambda network: [ChangeArgument(kind(network, wanted, number).id, argument, before, after)]


def insert(before: str, layer: str, spelling: str, number: int = 0, **args: object) -> Callable[[Network], list[Edit]]:
    return lambda network: [InsertLayer(kind(network, before, number).id, 0, layer, args, spelling)]


SEQUENTIAL = """from keras.models import Sequential
from keras.layers import Conv2D, Dense

model = Sequential()
model.add(Conv2D(32, (3, 3), input_shape=(28, 28, 1)))
model.add(Dense(10))
"""

CASES = {
    "a literal is replaced where it stands": (
        SEQUENTIAL,
        change("dense", "units", 10, 4),
        [("model.add(Dense(10))", "model.add(Dense(4))")],
    ),
    "an argument that was not written is added by keyword": (
        SEQUENTIAL,
        change("conv", "padding", "valid", "same"),
        [("input_shape=(28, 28, 1)))", "input_shape=(28, 28, 1), padding='same'))")],
    ),
    "a tuple keeps its style when a number of it changes": (
        SEQUENTIAL,
        change("conv", "kernel_size", (3, 3), (3, 1)),
        [("(3, 3)", "(3, 1)")],
    ),
    "the batch axis is not written": (
        SEQUENTIAL,
        change("input", "shape", (None, 28, 28, 1), (None, 28, 28, 3)),
        [("(28, 28, 1)", "(28, 28, 3)")],
    ),
    "an added layer gets a line and its import": (
        SEQUENTIAL,
        insert("dense", "flatten", "Flatten"),
        [
            ("import Conv2D, Dense", "import Conv2D, Dense, Flatten"),
            ("model.add(Dense(10))", "model.add(Flatten())\nmodel.add(Dense(10))"),
        ],
    ),
    "a layer before the first takes the input shape over": (
        "from keras import layers, models\n\nm = models.Sequential()\nm.add(layers.Dense(3, input_shape=(4, 4)))\n",
        insert("dense", "flatten", "Flatten"),
        [
            (
                "m.add(layers.Dense(3, input_shape=(4, 4)))",
                "m.add(layers.Flatten(input_shape=(4, 4)))\nm.add(layers.Dense(3))",
            )
        ],
    ),
    "input_dim becomes input_shape where one number cannot say it": (
        "from keras import Sequential\nfrom keras.layers import Dense\nm = Sequential([Dense(2, input_dim=5)])\n",
        change("input", "shape", (None, 5), (None, 7, 5)),
        [("input_dim=5", "input_shape=(7, 5)")],
    ),
    "a list with a layer a line": (
        "import keras\nm = keras.Sequential([\n    keras.Input((8, 8, 1)),\n    keras.layers.Conv2D(4, 3),\n"
        "    keras.layers.Dense(2),  # classes\n])\n",
        insert("dense", "flatten", "Flatten"),
        [("    keras.layers.Dense(2)", "    keras.layers.Flatten(),\n    keras.layers.Dense(2)")],
    ),
    "a list on one line": (
        "import keras\nm = keras.Sequential([keras.Input((8, 8)), keras.layers.Dense(2)])\n",
        insert("dense", "flatten", "Flatten"),
        [("keras.layers.Dense(2)", "keras.layers.Flatten(), keras.layers.Dense(2)")],
    ),
    "a call that rebinds its input gets a line before it": (
        "import keras\nfrom keras.layers import *\ni = Input((4, 4))\nx = Dense(3)(i)\nx = Dense(2)(x)\n"
        "m = keras.Model(i, x)\n",
        insert("dense", "flatten", "Flatten", 1),
        [("x = Dense(2)(x)", "x = Flatten()(x)\nx = Dense(2)(x)")],
    ),
    "a call whose input is read elsewhere is wrapped": (
        "import keras\nfrom keras.layers import *\ni = Input((4, 4))\na = Dense(3)(i)\nb = Dense(3)(i)\n"
        "m = keras.Model(i, [a, b])\n",
        insert("dense", "flatten", "Flatten", 1),
        [("b = Dense(3)(i)", "b = Dense(3)(Flatten()(i))")],
    ),
    "a new layer of a subclassed model is made in the constructor": (
        "import keras\nfrom keras import layers\n\nclass Net(keras.Model):\n    def __init__(self):\n"
        "        super().__init__()\n        self.out = layers.Dense(2)\n\n    def call(self, x):\n"
        "        return self.out(x)\n\nnet = Net()\nnet.build((None, 4, 4))\n",
        insert("dense", "flatten", "Flatten"),
        [
            ("        self.out", "        self.flatten = layers.Flatten()\n        self.out"),
            ("return self.out(x)", "x = self.flatten(x)\n        return self.out(x)"),
        ],
    ),
    "a removed layer takes its line along": (
        SEQUENTIAL,
        lambda network: [RemoveLayer(kind(network, "dense").id)],
        [("model.add(Dense(10))\n", "")],
    ),
    "a removed element takes its comma along": (
        "import keras\nm = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(2)])\n",
        lambda network: [RemoveLayer(kind(network, "flatten").id)],
        [("keras.layers.Flatten(), ", "")],
    ),
    "the only statement of a block becomes pass": (
        SEQUENTIAL + "if True:\n    model.add(Dense(5))\n",
        lambda network: [RemoveLayer(kind(network, "dense", 1).id)],
        [("    model.add(Dense(5))", "    pass")],
    ),
    "two swapped layers exchange their texts": (
        SEQUENTIAL + "model.add(Dense(7, activation='relu'))\n",
        lambda network: [Swap(kind(network, "dense").id, kind(network, "dense", 1).id)],
        [
            (
                "(Dense(10))\nmodel.add(Dense(7, activation='relu'))",
                "(Dense(7, activation='relu'))\nmodel.add(Dense(10))",
            )
        ],
    ),
    "a replaced layer keeps the arguments that stay": (
        "import keras\nm = keras.Sequential([keras.Input((9, 2)), keras.layers.Conv2D(4, 3, activation='relu')])\n",
        lambda network: [
            ReplaceLayer(
                kind(network, "conv").id, "conv", {"filters": 4, "kernel_size": 3, "activation": "relu"}, "Conv1D"
            )
        ],
        [("Conv2D", "Conv1D")],
    ),
    "an input is rewired to the variable that holds the tensor": (
        "import keras\nfrom keras.layers import *\ni = Input((4,))\na = Dense(3)(i)\nb = Dense(2)(a)\nc = Dense(1)(b)\n"
        "m = keras.Model(i, [b, c])\n",
        lambda network: [Rewire(kind(network, "dense", 2).id, 0, Ref(kind(network, "dense", 0).id))],
        [("c = Dense(1)(b)", "c = Dense(1)(a)")],
    ),
    "names behind letters that take two bytes": (
        'from keras import layers, models\nm = models.Sequential([layers.Input((4,)), layers.Dense(3, name="größe"), '
        "layers.Dense(2)])\n",
        change("dense", "units", 2, 5, 1),
        [("layers.Dense(2)", "layers.Dense(5)")],
    ),
    "a call over several lines with a trailing comma": (
        "from keras import layers, models\nm = models.Sequential()\nm.add(layers.Conv1D(\n    8,\n    3,\n"
        "    input_shape=(9, 1),\n))\n",
        change("conv", "padding", "valid", "same"),
        [("input_shape=(9, 1),", "input_shape=(9, 1), padding='same',")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_only_the_edited_places_change(name: str) -> None:
    text, edits, replacements = CASES[name]
    wanted = text
    for old, new in replacements:
        assert old in wanted
        wanted = wanted.replace(old, new) if wanted.count(old) == 1 else new.join(wanted.rsplit(old, 1))
    assert edited(text, edits) == wanted


def test_line_ends_and_byte_order_mark_stay() -> None:
    text = "\ufeff" + SEQUENTIAL.replace("\n", "\r\n")
    result = edited(text, insert("dense", "flatten", "Flatten"))
    assert result.startswith("\ufeff")
    assert result.count("\r\n") == result.count("\n") == text.count("\n") + 1


def test_layers_of_a_loop_change_together() -> None:
    text = (
        "from keras import layers, models\nm = models.Sequential([layers.Input((4, 1))])\nfor n in (8, 8):\n"
        "    m.add(layers.Conv1D(n, 3))\n"
    )
    result = edited(
        text,
        lambda network: [ChangeArgument(kind(network, "conv", i).id, "padding", "valid", "same") for i in range(2)],
    )
    assert result == text.replace("Conv1D(n, 3)", "Conv1D(n, 3, padding='same')")


def test_data_are_wrapped_where_they_are_fed() -> None:
    text = (
        "import numpy as np\nfrom keras import layers, models\nx = np.zeros((10, 8, 8))\n"
        "m = models.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3)])\nm.predict(x)\n"
    )
    program = lower(text, strict=True)
    network = program.networks[0]
    edit = InsertLayer(kind(network, "feed").id, 0, "expand_dims", {"axis": -1}, "expand_dims")
    assert emit(program, network, [edit]) == text.replace("predict(x)", "predict(np.expand_dims(x, -1))")


def test_what_no_text_decides_is_refused() -> None:
    text = "from keras import layers, models\nm = models.Sequential([layers.Dense(2, input_dim=int(input()))])\n"
    program = lower(text)
    network = program.networks[0]
    with pytest.raises(CannotEmit):
        emit(program, network, [ChangeArgument(kind(network, "dense").id, "no_such_argument", 1, 2)])


BLOCKS = """import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(i, o, 3, stride=stride, padding=1), nn.ReLU())

    def forward(self, x):
        return self.body(x) + x


model = nn.Sequential(Block(3, 3), Block(3, 8, stride=2))
model(torch.randn(2, 3, 16, 16))
"""


def test_a_shared_block_gets_one_shortcut_in_its_own_terms() -> None:
    program = lower(BLOCKS, strict=True)
    network = program.networks[0]
    args = {
        "rank": 2,
        "filters": OperandDim(0, 1),
        "kernel_size": 1,
        "in_channels": OperandDim(1, 1),
        "strides": Arith("//", OperandDim(1, 2), OperandDim(0, 2)),
    }
    faulty = kind(network, "merge", 1)
    result = emit(program, network, [InsertLayer(faulty.id, 1, "conv", args, "Conv2d")])
    assert "        self.shortcut = nn.Conv2d(i, o, kernel_size=1, stride=stride)\n" in result
    assert "self.body(x) + self.shortcut(x)" in result
    assert check(lower(result).networks[0]).valid


def test_a_tensor_is_resampled_to_the_size_of_its_neighbour() -> None:
    text = (
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def forward(self, x, y):\n"
        "        return torch.cat([x, y], dim=1)\n\n\nNet()(torch.randn(1, 2, 8, 8), torch.randn(1, 2, 9, 9))\n"
    )
    program = lower(text, strict=True)
    network = program.networks[0]
    size = (OperandDim(1, 2), OperandDim(1, 3))
    edit = InsertLayer(kind(network, "concatenate").id, 0, "interpolate", {"size": size}, "interpolate")
    result = emit(program, network, [edit])
    assert "torch.cat([F.interpolate(x, size=y.shape[2:]), y], dim=1)" in result
    assert "import torch.nn.functional as F\n" in result
    assert check(lower(result).networks[0]).valid


def test_what_is_no_layer_is_applied_where_the_container_is_called() -> None:
    text = (
        "import torch\nfrom torch import nn\nnet = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"
        "out = net(torch.rand(2, 8, 8, 3))\n"
    )
    program = lower(text, strict=True)
    network = program.networks[0]
    edit = InsertLayer(kind(network, "conv").id, 0, "transpose", {"axes": (0, 3, 1, 2)}, "permute")
    result = emit(program, network, [edit])
    assert "net(torch.rand(2, 8, 8, 3).permute(0, 3, 1, 2))" in result
    assert check(lower(result).networks[0]).valid


def test_what_is_no_layer_cannot_stand_inside_a_container() -> None:
    text = (
        "import torch\nfrom torch import nn\nnet = nn.Sequential(nn.ReLU(), nn.Conv2d(3, 4, 3))\n"
        "out = net(torch.rand(2, 8, 8, 3))\n"
    )
    program = lower(text, strict=True)
    network = program.networks[0]
    edit = InsertLayer(kind(network, "conv").id, 0, "transpose", {"axes": (0, 3, 1, 2)}, "permute")
    with pytest.raises(CannotEmit):
        emit(program, network, [edit])
