"""Networks made by hand, for both frameworks."""

from __future__ import annotations

from typing import Any

from repairnn.semantics.ir import DimOf, Network, Node, Ref

Layer = tuple[str, str, dict[str, Any]]


def chain(framework: str, shape: Any, *layers: Layer, fed: Any = None, labels: Any = None, loss: str = "") -> Network:
    """Layers one after the other; with ``fed`` and ``labels`` the program around them."""
    nodes = {"in": Node("in", "input", {"shape": shape}, name="in")}
    last = Ref("in")
    for number, (kind, spelling, args) in enumerate(layers):
        node = Node(f"n{number}", kind, args, (last,), spelling, f"n{number}", f"n{number}")
        nodes[node.id] = node
        last = Ref(node.id)
    if fed is not None:
        nodes["x"] = Node("x", "data", {"shape": fed}, name="x")
        nodes["feed"] = Node("feed", "feed", {}, (Ref("x"), Ref("in")))
    if labels is not None:
        nodes["y"] = Node("y", "data", {"shape": labels}, name="y")
        nodes["loss"] = Node("loss", "loss", {"name": loss}, (last, Ref("y")))
    return Network(framework, nodes, (last,))


def keras(shape: Any, *layers: Layer, **program: Any) -> Network:
    return chain("keras", shape, *layers, **program)


def torch(shape: Any, *layers: Layer, **program: Any) -> Network:
    return chain("torch", shape, *layers, **program)


CONV2 = ("conv", "Conv2D", {"rank": 2, "filters": 8, "kernel_size": 3})
FLATTEN = ("flatten", "Flatten", {})
CONV2D_TORCH = ("conv", "Conv2d", {"rank": 2, "in_channels": 3, "filters": 8, "kernel_size": 3})


def branches() -> Network:
    """Two inputs, a shared layer, a merge, a hidden fold and unfold, two outputs."""
    nodes = [
        Node("a", "input", {"shape": (None, 6, 4)}, name="a"),
        Node("b", "input", {"shape": (None, 6, 4)}, name="b"),
        Node("la", "dense", {"units": 5}, (Ref("a"),), "Dense", "d", "shared"),
        Node("lb", "dense", {"units": 5}, (Ref("b"),), "Dense", "d", "shared"),
        Node("add", "merge", {"op": "add"}, (Ref("la"), Ref("lb")), "Add", "add", "add"),
        Node("fold", "time_fold", {}, (Ref("add"),), hidden=True),
        Node("inner", "dense", {"units": 3}, (Ref("fold"),), "Dense", "inner", "inner"),
        Node("unfold", "time_unfold", {}, (Ref("inner"), Ref("add")), hidden=True),
        Node(
            "lstm", "recurrent", {"cell": "lstm", "units": 2, "return_state": True}, (Ref("unfold"),), "LSTM", "l", "l"
        ),
    ]
    return Network("keras", {node.id: node for node in nodes}, (Ref("unfold"), Ref("lstm"), Ref("lstm", 2)))


def view() -> Network:
    """``x.view(x.size(0), -1)`` between a convolution and a linear layer."""
    nodes = [
        Node("x", "input", {"shape": (4, 3, 8, 8)}, name="x"),
        Node("conv", "conv", CONV2D_TORCH[2], (Ref("x"),), "Conv2d", "conv", "conv"),
        Node("view", "reshape", {"target_shape": (DimOf(Ref("conv"), 0), -1), "batch_included": True}, (Ref("conv"),),
             "view", "view"),
        Node("fc", "dense", {"in_features": 288, "units": 10}, (Ref("view"),), "Linear", "fc", "fc"),
    ]  # fmt: skip
    return Network("torch", {node.id: node for node in nodes}, (Ref("fc"),))
