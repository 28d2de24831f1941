"""One proof for each way to edit: at all sizes in bounds it removes the fault that it is for.

Each claim gives a network before and after the edit. Sizes of entries and arrays are open within bounds; what the edit
reads off them is an expression over them. Before the edit there are sizes at which the network is not valid, after it
there are none. Ways without a proof here are listed with the reason.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from repairnn.search.costs import SURPRISE
from repairnn.semantics.checker import check
from repairnn.semantics.ir import Arith, DimOf, Network, Node, Ref
from repairnn.semantics.symbolic import Counterexample, Hole, Proved, Verdict, always_valid, filled

#: Kind, name in the framework, arguments, what it reads.
Layer = tuple[str, str, dict[str, Any], Sequence[str]]
Layers = dict[str, Layer]
Bounds = tuple[int, int]


def size(of: str, axis: int) -> DimOf:
    return DimOf(Ref(of), axis)


def times(one: Any, other: Any) -> Arith:
    return Arith("*", one, other)


def less(one: Any, other: Any) -> Arith:
    return Arith("-", one, other)


def entry(*shape: Any) -> Layer:
    """An entry; bounds in its shape are open sizes."""
    return ("input", "Input", {"shape": shape}, ())


def data(*shape: Any) -> Layer:
    return ("data", "", {"shape": shape}, ())


def feed(array: str, to: str) -> Layer:
    return ("feed", "fit", {}, (array, to))


def conv(source: str, kernel: Any = 3, rank: int = 2, **args: Any) -> Layer:
    return ("conv", f"Conv{rank}D", {"filters": 4, "kernel_size": kernel, **args}, (source,))


def torch_conv(source: str, channels: Any, kernel: Any = 1, **args: Any) -> Layer:
    return ("conv", "Conv2d", {"filters": 4, "kernel_size": kernel, "in_channels": channels, **args}, (source,))


def dense(source: str, units: Any = 4, **args: Any) -> Layer:
    return ("dense", "Dense", {"units": units, **args}, (source,))


def linear(source: str, features: Any, units: Any = 4) -> Layer:
    return ("dense", "Linear", {"units": units, "in_features": features}, (source,))


def add(*sources: str) -> Layer:
    return ("merge", "Add", {}, sources)


def loss(name: str, *sources: str) -> Layer:
    return ("loss", "compile", {"name": name}, sources)


def plain(kind: str, spelling: str, source: str, **args: Any) -> Layer:
    return (kind, spelling, args, (source,))


ROWS = plain("repeat_vector", "RepeatVector", "x", n=3)
LSTM = plain("recurrent", "LSTM", "x", units=4)
SMALL: Bounds = (2, 12)
WIDE: Bounds = (1, 64)


@dataclass(frozen=True)
class Claim:
    """A way (a row of the cost table), and layers before and after the edit."""

    way: str
    framework: str
    before: Layers
    after: Layers


def keras(way: str, before: Layers, after: Layers) -> Claim:
    return Claim(way, "keras", before, after)


def torch(way: str, before: Layers, after: Layers) -> Claim:
    return Claim(way, "torch", before, after)


X = entry(None, SMALL, SMALL)
MAPS = entry(None, SMALL, SMALL, SMALL)
CLAIMS = (
    keras("input.from-data", {"d": data(None, SMALL, WIDE), "x": entry(None, 5, 3), "f": feed("d", "x")},
          {"d": data(None, SMALL, WIDE), "x": entry(None, size("d", 1), size("d", 2)), "f": feed("d", "x")}),
    keras("input.permute", {"x": entry(None, (1, 4), (9, 32), (9, 32)), "c": conv("x", 9)},
          {"x": entry(None, (9, 32), (9, 32), (1, 4)), "c": conv("x", 9)}),
    keras("input.drop-batch", {"x": entry(None, WIDE, WIDE), "r": ROWS}, {"x": entry(None, WIDE), "r": ROWS}),
    keras("input.add-axis", {"x": X, "c": conv("x", 2)}, {"x": entry(None, SMALL, SMALL, 1), "c": conv("x", 2)}),
    keras("input.drop-axis", {"x": entry(None, WIDE, 1), "r": ROWS}, {"x": entry(None, WIDE), "r": ROWS}),
    torch("input.channels", {"x": entry(2, WIDE, WIDE, WIDE), "c": torch_conv("x", 5)},
          {"x": entry(2, 5, WIDE, WIDE), "c": torch_conv("x", 5)}),
    keras("input.size", {"x": entry(None, (1, 8), (1, 8), 3), "c": conv("x", 9)},
          {"x": entry(None, (9, 64), (9, 64), 3), "c": conv("x", 9)}),
    torch("input.unbatched", {"x": entry(7, WIDE, WIDE), "n": plain("batch_norm", "BatchNorm2d", "x", num_features=7)},
          {"x": entry(1, 7, WIDE, WIDE), "n": plain("batch_norm", "BatchNorm2d", "x", num_features=7)}),
    keras("data.batch", {"d": data(SMALL, SMALL), "x": entry(None, size("d", 0), size("d", 1)), "f": feed("d", "x")},
          {"d": data(SMALL, SMALL), "x": entry(None, size("d", 0), size("d", 1)),
           "a": plain("expand_dims", "", "d", axis=0), "f": feed("a", "x")}),
    keras("data.add-axis", {"d": data(None, SMALL, SMALL), "x": entry(None, 1, size("d", 1), size("d", 2)),
                            "f": feed("d", "x")},
          {"d": data(None, SMALL, SMALL), "x": entry(None, 1, size("d", 1), size("d", 2)),
           "a": plain("expand_dims", "", "d", axis=1), "f": feed("a", "x")}),
    keras("data.permute", {"d": data(None, (1, 3), SMALL, SMALL),
                           "x": entry(None, size("d", 2), size("d", 3), size("d", 1)), "f": feed("d", "x")},
          {"d": data(None, (1, 3), SMALL, SMALL), "x": entry(None, size("d", 2), size("d", 3), size("d", 1)),
           "a": plain("permute", "", "d", dims=(2, 3, 1)), "f": feed("a", "x")}),
    keras("data.reshape", {"d": data(None, SMALL, SMALL), "x": entry(None, times(size("d", 1), size("d", 2))),
                           "f": feed("d", "x")},
          {"d": data(None, SMALL, SMALL), "x": entry(None, times(size("d", 1), size("d", 2))),
           "a": plain("reshape", "", "d", target_shape=(times(size("d", 1), size("d", 2)),)), "f": feed("a", "x")}),
    keras("label.encoding", {"x": entry(None, WIDE), "p": dense("x", 7), "t": data(None),
                             "l": loss("categorical_crossentropy", "p", "t")},
          {"x": entry(None, WIDE), "p": dense("x", 7), "t": data(None),
           "o": plain("one_hot", "", "t", num_classes=size("p", 1)), "l": loss("categorical_crossentropy", "p", "o")}),
    keras("label.loss", {"x": entry(None, WIDE), "p": dense("x", 7), "t": data(None),
                         "l": loss("categorical_crossentropy", "p", "t")},
          {"x": entry(None, WIDE), "p": dense("x", 7), "t": data(None),
           "l": loss("sparse_categorical_crossentropy", "p", "t")}),
    keras("insert.flatten", {"x": X, "r": ROWS},
          {"x": X, "f": plain("flatten", "Flatten", "x"), "r": (*ROWS[:3], ("f",))}),
    keras("insert.reshape", {"x": X, "c": conv("x", 2)},
          {"x": X, "r": plain("reshape", "Reshape", "x", target_shape=(size("x", 1), size("x", 2), 1)),
           "c": conv("r", 2)}),
    keras("insert.permute", {"x": entry(None, (1, 4), (9, 32), (9, 32)), "c": conv("x", 9)},
          {"x": entry(None, (1, 4), (9, 32), (9, 32)), "p": plain("permute", "Permute", "x", dims=(2, 3, 1)),
           "c": conv("p", 9)}),
    keras("insert.global-pool", {"x": MAPS, "r": ROWS},
          {"x": MAPS, "g": plain("global_pool", "GlobalAveragePooling2D", "x"), "r": (*ROWS[:3], ("g",))}),
    keras("insert.pool", {"y": entry(None, SMALL, 3), "x": entry(None, times(size("y", 1), 2), 3), "a": add("x", "y")},
          {"y": entry(None, SMALL, 3), "x": entry(None, times(size("y", 1), 2), 3),
           "p": plain("pool", "MaxPooling1D", "x", pool_size=2), "a": add("p", "y")}),
    keras("insert.upsample", {"y": entry(None, SMALL, 3), "x": entry(None, times(size("y", 1), 3), 3),
                              "a": add("x", "y")},
          {"y": entry(None, SMALL, 3), "x": entry(None, times(size("y", 1), 3), 3),
           "u": plain("upsampling", "UpSampling1D", "y", size=3), "a": add("x", "u")}),
    keras("insert.pad", {"x": entry(None, (1, 8), (9, 20), 3), "c": conv("x", 9)},
          {"x": entry(None, (1, 8), (9, 20), 3),
           "p": plain("zero_padding", "ZeroPadding2D", "x", padding=((0, less(9, size("x", 1))), (0, 0))),
           "c": conv("p", 9)}),
    keras("insert.crop", {"x": entry(None, (12, 40), 5, 3), "y": entry(None, (2, 11), 5, 3), "a": add("x", "y")},
          {"x": entry(None, (12, 40), 5, 3), "y": entry(None, (2, 11), 5, 3),
           "c": plain("cropping", "Cropping2D", "x", cropping=((0, less(size("x", 1), size("y", 1))), (0, 0))),
           "a": add("c", "y")}),
    torch("insert.match", {"x": entry(2, 3, SMALL, SMALL), "y": entry(2, 3, SMALL, SMALL),
                           "a": ("merge", "add", {}, ("x", "y"))},
          {"x": entry(2, 3, SMALL, SMALL), "y": entry(2, 3, SMALL, SMALL),
           "i": plain("interpolate", "interpolate", "x", size=(size("y", 2), size("y", 3))),
           "a": ("merge", "add", {}, ("i", "y"))}),
    torch("insert.fixed-pool", {"x": entry(2, 8, (4, 64), (4, 64)), "f": plain("flatten", "Flatten", "x"),
                                "d": linear("f", 392)},
          {"x": entry(2, 8, (4, 64), (4, 64)), "p": plain("adaptive_pool", "AdaptiveAvgPool2d", "x", output_size=7),
           "f": plain("flatten", "Flatten", "p"), "d": linear("f", 392)}),
    keras("insert.repeat", {"x": entry(None, WIDE), "r": LSTM},
          {"x": entry(None, WIDE), "v": plain("repeat_vector", "RepeatVector", "x", n=1), "r": (*LSTM[:3], ("v",))}),
    torch("insert.project", {"x": entry(2, WIDE), "d": linear("x", 5)},
          {"x": entry(2, WIDE), "p": linear("x", size("x", 1), 5), "d": linear("p", 5)}),
    torch("insert.conv", {"x": entry(2, WIDE, SMALL, SMALL), "c": torch_conv("x", 5)},
          {"x": entry(2, WIDE, SMALL, SMALL), "p": torch_conv("x", size("x", 1), filters=5), "c": torch_conv("p", 5)}),
    torch("insert.projection", {"x": entry(2, WIDE, SMALL, SMALL), "y": entry(2, (2, 64), size("x", 2), size("x", 3)),
                                "a": ("merge", "add", {}, ("x", "y"))},
          {"x": entry(2, WIDE, SMALL, SMALL), "y": entry(2, (2, 64), size("x", 2), size("x", 3)),
           "p": torch_conv("x", size("x", 1), filters=size("y", 1)), "a": ("merge", "add", {}, ("p", "y"))}),
    torch("argument.derived", {"x": entry(2, WIDE), "d": linear("x", 5)},
          {"x": entry(2, WIDE), "d": linear("x", size("x", 1))}),
    keras("argument.units",
          {"x": entry(None, WIDE), "y": entry(None, (2, 64)), "d": dense("x", 65), "a": add("d", "y")},
          {"x": entry(None, WIDE), "y": entry(None, (2, 64)), "d": dense("x", size("y", 1)), "a": add("d", "y")}),
    keras("argument.capacity", {"x": entry(None, SMALL, 3), "y": entry(None, size("x", 1), (5, 64)),
                                "c": conv("x", 1, 1), "a": add("c", "y")},
          {"x": entry(None, SMALL, 3), "y": entry(None, size("x", 1), (5, 64)),
           "c": conv("x", 1, 1, filters=size("y", 2)), "a": add("c", "y")}),
    keras("argument.pool", {"x": entry(None, (1, 8), 3), "p": plain("pool", "MaxPooling1D", "x", pool_size=9)},
          {"x": entry(None, (1, 8), 3), "p": plain("pool", "MaxPooling1D", "x", pool_size=1)}),
    keras("argument.kernel", {"x": entry(None, (1, 8), 3), "c": conv("x", 9, 1)},
          {"x": entry(None, (1, 8), 3), "c": conv("x", size("x", 1), 1)}),
    keras("argument.padding", {"x": entry(None, (1, 64), 3), "c": conv("x", 9, 1)},
          {"x": entry(None, (1, 64), 3), "c": conv("x", 9, 1, padding="same")}),
    keras("argument.stride", {"x": entry(None, (5, 12), 3), "c": conv("x", 3, 1, strides=4), "d": conv("c", 3, 1)},
          {"x": entry(None, (5, 12), 3), "c": conv("x", 3, 1, strides=1), "d": conv("c", 3, 1)}),
    keras("argument.sequences", {"x": X, "a": LSTM, "b": (*LSTM[:3], ("a",))},
          {"x": X, "a": plain("recurrent", "LSTM", "x", units=4, return_sequences=True), "b": (*LSTM[:3], ("a",))}),
    keras("argument.target", {"x": X, "r": plain("reshape", "Reshape", "x", target_shape=(7, 11))},
          {"x": X, "r": plain("reshape", "Reshape", "x", target_shape=(size("x", 2), size("x", 1)))}),
    keras("argument.axis", {"x": entry(None, SMALL, 3), "y": entry(None, SMALL, 3),
                            "c": ("concatenate", "Concatenate", {"axis": -1}, ("x", "y"))},
          {"x": entry(None, SMALL, 3), "y": entry(None, SMALL, 3),
           "c": ("concatenate", "Concatenate", {"axis": 1}, ("x", "y"))}),
    keras("argument.format", {"x": entry(None, (1, 4), (9, 32), (9, 32)), "c": conv("x", 9)},
          {"x": entry(None, (1, 4), (9, 32), (9, 32)), "c": conv("x", 9, data_format="channels_first")}),
    torch("argument.order", {"x": entry(2, SMALL, SMALL), "f": plain("flatten", "Flatten", "x", start_axis=2),
                             "d": linear("f", times(size("x", 1), size("x", 2)))},
          {"x": entry(2, SMALL, SMALL), "f": plain("flatten", "Flatten", "x", start_axis=1),
           "d": linear("f", times(size("x", 1), size("x", 2)))}),
    torch("argument.groups", {"x": entry(2, 5, SMALL, SMALL), "c": torch_conv("x", 5, groups=2)},
          {"x": entry(2, 5, SMALL, SMALL), "c": torch_conv("x", 5, groups=1)}),
    keras("argument.far", {"x": entry(None, (5, 12), 3), "c": conv("x", 3, 1, dilation_rate=4)},
          {"x": entry(None, (5, 12), 3), "c": conv("x", 3, 1, dilation_rate=1)}),
    keras("replace.sibling", {"x": X, "c": conv("x", 2)}, {"x": X, "c": conv("x", 2, 1)}),
    keras("replace.pool", {"x": entry(None, (4, 32), 3), "g": plain("global_pool", "GlobalMaxPooling1D", "x"),
                           "c": conv("g", 2, 1)},
          {"x": entry(None, (4, 32), 3), "g": plain("pool", "MaxPooling1D", "x", pool_size=2), "c": conv("g", 2, 1)}),
    keras("replace.merge", {"x": entry(None, (2, 9)), "y": entry(None, (2, 9)), "a": add("x", "y")},
          {"x": entry(None, (2, 9)), "y": entry(None, (2, 9)), "a": ("concatenate", "Concatenate", {}, ("x", "y"))}),
    keras("remove", {"x": X, "f": plain("flatten", "Flatten", "x"), "r": (*LSTM[:3], ("f",))}, {"x": X, "r": LSTM}),
    keras("swap", {"x": X, "f": plain("flatten", "Flatten", "x"), "r": (*LSTM[:3], ("f",))},
          {"x": X, "r": plain("recurrent", "LSTM", "x", units=4), "f": plain("flatten", "Flatten", "r")}),
    keras("rewire", {"x": X, "f": plain("flatten", "Flatten", "x"), "d": dense("f"), "r": (*LSTM[:3], ("d",))},
          {"x": X, "f": plain("flatten", "Flatten", "x"), "d": dense("f"), "r": LSTM}),
)  # fmt: skip
SAME_SHAPE = "the given tensor takes the very shape that the fault names"
UNPROVED = {
    **dict.fromkeys(("weight.transpose", "weight.reshape", "weight.swap", "weight.pad", "weight.slice",
                     "weight.reinitialise"), SAME_SHAPE),
    "weight.resize-layer": "argument.derived and argument.units, with the value read off a tensor",
    "data.resize": "insert.match on an array", "data.repeat": "insert.repeat on an array",
    "label.reshape": "data.add-axis and data.reshape on labels", "label.reduce": "a slice of labels: rank alone",
    "made.shape": "an array takes the very shape that the fault names",
    "tuple.first": "a tuple has no sizes", "insert.other": "no move has this way by itself",
    "argument.carried": "argument.derived for all layers of a loop",
    "argument.first-maps": "argument.units and argument.target at once",
    "argument.flag": "a truth value, tried out", "argument.other": "a value, tried out",
    "argument.domain": "the domain of an argument does not depend on sizes",
}  # fmt: skip


def network(claim: Claim, layers: Layers) -> tuple[Network, list[Hole]]:
    nodes: dict[str, Node] = {}
    holes: list[Hole] = []
    for name, (kind, spelling, args, sources) in layers.items():
        shape = args.get("shape", ())
        open_axes = {axis: part for axis, part in enumerate(shape) if isinstance(part, tuple)}
        holes.extend(Hole(name, "shape", axis, low, high) for axis, (low, high) in open_axes.items())
        given = {"shape": tuple(part[0] if isinstance(part, tuple) else part for part in shape)} if shape else {}
        nodes[name] = Node(name, kind, {**args, **given}, tuple(map(Ref, sources)), spelling, name)
    return Network(claim.framework, nodes), holes


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.way)
def test_it_removes_its_fault_at_all_sizes(claim: Claim) -> None:
    verdict = judged(*network(claim, claim.before))
    assert isinstance(verdict, Counterexample), "the fault that the edit is for is not there"
    assert isinstance(judged(*network(claim, claim.after)), Proved)


def judged(made: Network, holes: list[Hole]) -> Verdict:
    """The solver's verdict; where it cannot read a layer or an argument, that of every choice of sizes."""
    verdict = always_valid(made, holes, timeout=20)
    if isinstance(verdict, Proved):
        return verdict
    if isinstance(verdict, Counterexample) and not check(filled(made, verdict.values)).valid:
        return verdict
    for sizes in itertools.product(*(range(hole.low, hole.high + 1) for hole in holes)):
        values = dict(zip(holes, sizes, strict=True))
        if not check(filled(made, values)).valid:
            return Counterexample(values)
    return Proved()


def test_every_way_is_proved_or_says_why_not() -> None:
    proved = {claim.way for claim in CLAIMS}
    assert proved | UNPROVED.keys() == set(SURPRISE)
    assert not proved & UNPROVED.keys()
