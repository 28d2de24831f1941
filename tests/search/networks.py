"""Small random networks, most of them broken, for comparing the search with brute force."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from repairnn.semantics.ir import Network, Node, Ref

Layer = tuple[str, str, dict[str, Any]]


def chain(
    framework: str, shape: tuple[int | None, ...], *layers: Layer, data: Any = None, labels: Any = None
) -> Network:
    """Layers in a row behind an entry; ``data`` is fed to it, ``labels`` are (shape, loss name)."""
    nodes: dict[str, Node] = {}

    def add(identifier: str, kind: str, args: Mapping[str, Any], inputs: tuple[str, ...], spelling: str = "") -> str:
        nodes[identifier] = Node(identifier, kind, args, tuple(map(Ref, inputs)), spelling, identifier)
        return identifier

    if data is not None:
        add("x", "data", {"shape": data}, ())
    last = add("in", "input", {"shape": shape}, (), "Input")
    if data is not None:
        add("feed", "feed", {}, ("x", "in"))
    for number, (kind, spelling, args) in enumerate(layers):
        last = add(f"n{number}", kind, args, (last,), spelling)
    if labels is not None:
        add("y", "data", {"shape": labels[0]}, ())
        add("loss", "loss", {"name": labels[1]}, (last, "y"))
    return Network(framework, nodes, (Ref(last),))


def _keras_layer(rng: random.Random) -> Layer:
    rank = rng.choice((1, 2))
    small = rng.randint(1, 4)
    return rng.choice((
        ("conv", f"Conv{rank}D", {"filters": rng.randint(1, 3), "kernel_size": small,
                                  "padding": rng.choice(("valid", "valid", "same"))}),
        ("pool", f"MaxPooling{rank}D", {"pool_size": rng.randint(2, 4)}),
        ("dense", "Dense", {"units": rng.randint(1, 4)}),
        ("flatten", "Flatten", {}),
        ("recurrent", "LSTM", {"units": rng.randint(1, 4)}),
        ("reshape", "Reshape", {"target_shape": rng.choice(((4, 4), (2, 8), (4, 4, 1), (3, 3)))}),
        ("permute", "Permute", {"dims": (2, 1)}),
        ("cropping", f"Cropping{rank}D", {"cropping": rng.randint(1, 2)}),
        ("repeat_vector", "RepeatVector", {"n": rng.randint(2, 3)}),
    ))  # fmt: skip


def _torch_layer(rng: random.Random) -> Layer:
    return rng.choice((
        ("conv", "Conv2d", {"in_channels": rng.randint(1, 3), "filters": rng.randint(1, 3),
                            "kernel_size": rng.randint(1, 4)}),
        ("pool", "MaxPool2d", {"pool_size": rng.randint(2, 4)}),
        ("dense", "Linear", {"in_features": rng.randint(2, 6), "units": rng.randint(2, 6)}),
        ("flatten", "Flatten", {}),
        ("batch_norm", "BatchNorm2d", {"num_features": rng.randint(1, 3)}),
    ))  # fmt: skip


def random_chain(seed: int, longest: int = 5) -> Network:
    """A chain of one to five layers; the seed decides everything."""
    rng = random.Random(seed)
    if rng.random() < 0.5:
        shape = rng.choice(((None, 16), (None, 4, 4), (None, 6, 6, 1), (None, 1, 6, 6), (None, 8, 2)))
        return chain("keras", shape, *(_keras_layer(rng) for _ in range(rng.randint(1, longest))))
    shape = rng.choice(((2, 1, 6, 6), (2, 3, 5, 5), (2, 4)))
    return chain("torch", shape, *(_torch_layer(rng) for _ in range(rng.randint(1, longest))))


def random_merge(seed: int) -> Network:
    """Two branches of up to two layers that meet."""
    rng = random.Random(seed)
    nodes: dict[str, Node] = {}
    ends = []
    for branch in "ab":
        shape = rng.choice(((None, 4), (None, 4, 4), (None, 5, 4), (None, 6, 6, 2)))
        nodes[branch] = Node(branch, "input", {"shape": shape}, (), "Input", branch)
        last = branch
        for number in range(rng.randint(0, 1)):
            kind, spelling, args = _keras_layer(rng)
            identifier = f"{branch}{number}"
            nodes[identifier] = Node(identifier, kind, args, (Ref(last),), spelling, identifier)
            last = identifier
        ends.append(Ref(last))
    kind, spelling = rng.choice((("merge", "Add"), ("concatenate", "Concatenate")))
    nodes["m"] = Node("m", kind, {}, tuple(ends), spelling, "m")
    return Network("keras", nodes, (Ref("m"),))
