"""Layers that Keras has no more compute what their declarations say, and are named where they stood in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from repairnn.frontends.keras.gone import stood_in
from repairnn.semantics.checker import arguments_of
from repairnn.semantics.ir import Network, Node, Ref
from repairnn.semantics.registry import declaration_of

keras = pytest.importorskip("keras")

CASES: list[tuple[str, str, tuple[int, ...], dict[str, Any]]] = [
    ("locally_connected", "LocallyConnected1D", (9, 2), {"filters": 3, "kernel_size": 4, "strides": 2}),
    ("locally_connected", "LocallyConnected2D", (6, 7, 2), {"filters": 3, "kernel_size": (2, 3), "activation": "relu"}),
    ("locally_connected", "LocallyConnected2D", (6, 7, 2), {"filters": 2, "kernel_size": 3, "strides": (2, 1)}),
    ("locally_connected", "LocallyConnected2D", (2, 6, 7),
     {"filters": 2, "kernel_size": 2, "data_format": "channels_first", "use_bias": False}),
    ("activation", "ThresholdedReLU", (4, 3), {"threshold": 0.4}),
    ("activation", "ThresholdedReLU", (4, 3), {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "shape", "args"), CASES, ids=str)
def test_values_are_those_of_the_declaration(
    kind: str, name: str, shape: tuple[int, ...], args: dict[str, Any]
) -> None:
    from repairnn.frontends.keras.build import build

    node = Node("n", kind, args, (Ref("in"),), name, "n")
    entry = Node("in", "input", {"shape": (None, *shape)}, (), "Input", "in")
    network = Network("keras", {"in": entry, "n": node}, (Ref("n"),))
    model = build(network)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    weights = {weight.path.split("/")[-1]: np.asarray(weight) for weight in model.weights}
    x = rng.normal(size=(2, *shape)).astype("float32")
    declaration, arguments = declaration_of(kind), arguments_of(node, "keras")
    assert declaration is not None
    assert arguments is not None
    wanted = declaration.compute([x], weights, arguments)
    np.testing.assert_allclose(np.asarray(model([x])), wanted, rtol=1e-4, atol=1e-5)
    assert model.output_shape == (None, *wanted.shape[1:])
    assert stood_in(network) == [name]


def test_a_window_that_does_not_fit_is_refused() -> None:
    from repairnn.frontends.keras.build import build

    args = {"filters": 2, "kernel_size": 5}
    nodes = {
        "in": Node("in", "input", {"shape": (None, 4, 2)}, (), "Input", "in"),
        "n": Node("n", "locally_connected", args, (Ref("in"),), "LocallyConnected1D", "n"),
    }
    with pytest.raises(ValueError, match="does not fit"):
        build(Network("keras", nodes, (Ref("n"),)))
