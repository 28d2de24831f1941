"""Inputs whose shape nobody gave: what the layers of the module say of them.

The first layers tell the number of axes and of channels; where a later layer fixes how many features must come, common
sizes of pictures and lengths of signals are tried. A size is assumed only when it brings no fault, else it stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from repairnn.frontends.torch.inputs import Inputs
from repairnn.frontends.torch.reader import Reader
from repairnn.semantics.ir import Network, Node, Shape

SIDES = (28, 32, 224, 64, 96, 128, 227, 256, 299, 48, 84, 112, 160, 512)
LENGTHS = (784, 1024, 3072, 100, 128, 1000, 16000)
BATCH, STEPS = 2, 10
RANKS = {"1d": 1, "2d": 2, "3d": 3}
#: Kinds behind which the shape is as before, as far as channels and axes go.
PASSING = frozenset({"activation", "dropout", "identity", "pool", "pad", "unary"})


def solved(inputs: Inputs, read: Callable[[Inputs], Reader]) -> tuple[Inputs, Reader]:
    """Shapes for the inputs that have none, as far as the module tells, and what it is with them.

    ``read`` reads the module with given shapes. Where nothing can be told, the inputs are as before.
    """
    first = read(inputs)
    network = first.network("module", None)
    choices = [inputs]
    for name, shape in inputs.shapes.items():
        if shape is None:
            told: list[Shape | None] = [*_told(network, name)] or [None]
            choices = [_with(one, {name: other}) for one in choices for other in told][:12]
    if choices == [inputs]:
        return inputs, first
    best = min(((one, read(one)) for one in choices), key=lambda item: len(item[1].faulty))
    if not _open(best[1]):
        return _noted(best[0], inputs), best[1]
    for sized in _sized(best[0], inputs):
        found = read(sized)
        if len(found.faulty) <= len(best[1].faulty) and not _open(found):
            return _noted(sized, inputs), found
    best[1].incomplete.append((f"the sizes of {', '.join(_missing(inputs))}; input_shape gives them", None))
    return _noted(best[0], inputs), best[1]


def _told(network: Network, name: str) -> Iterator[Shape]:
    """Shapes that suit the first layers that read an input."""
    entry = next((node for node in network if node.kind == "input" and node.name == name), None)
    if entry is None:
        return
    readers, waiting, flat = network.consumers(), [entry.id], False
    for current in waiting:
        for reader, _ in readers[current]:
            node = network[reader]
            if node.kind in PASSING and reader not in waiting:
                waiting.append(reader)
            elif node.kind == "flatten" and reader not in waiting:
                waiting.append(reader)
                flat = True
            else:
                yield from _wanted(node, flat)
    for node in network:  # nothing reads it that says much: the first layer that does
        found = list(_wanted(node, flat))
        if found:
            yield from found
            return


def _wanted(node: Node, flat: bool) -> Iterator[Shape]:
    """Shapes that a layer takes; ``flat``: behind a flattening."""
    args: Mapping[str, Any] = node.args
    rank = RANKS.get(node.spelling[-2:])
    match node.kind:
        case "conv" | "conv_transpose" if rank:
            yield (BATCH, args.get("in_channels"), *(None,) * rank)
        case "batch_norm" | "instance_norm" if rank:
            yield (BATCH, args.get("num_features"), *(None,) * (rank if rank > 1 else 0))
        case "dense":
            if flat:
                yield from _images(args.get("in_features"))
            yield (BATCH, args.get("in_features"))
        case "recurrent":
            yield (BATCH, STEPS, args.get("input_size"))
        case "embedding" | "embedding_bag":
            yield (BATCH, STEPS)
        case "layer_norm" | "rms_norm" | "embedded_attention" | "transformer":
            width = args.get("embed_dim", args.get("d_model"))
            yield (BATCH, STEPS, *(args.get("normalized_shape") or (width,)))


def _images(features: Any) -> Iterator[Shape]:
    """Pictures with as many values as a dense layer reads after flattening."""
    for channels in (1, 3):
        side = round(((features or 0) / channels) ** 0.5)
        if side > 3 and side * side * channels == features:
            yield (BATCH, channels, side, side)


def _sized(inputs: Inputs, before: Inputs) -> Iterator[Inputs]:
    """The same inputs with sizes for the axes that are open: squares of common sides, lines of common lengths."""
    names = [name for name in _missing(before) if None in (inputs.shapes[name] or ())[2:]]
    pictures = any(len(inputs.shapes[name] or ()) > 3 for name in names)
    for size in SIDES if pictures else LENGTHS:
        shapes = {name: inputs.shapes[name] or () for name in names}
        yield _with(
            inputs,
            {n: (*s[:2], *(size if dim is None else dim for dim in s[2:])) for n, s in shapes.items()},
        )


def _open(reader: Reader) -> bool:
    """Whether a requirement hangs on a size that is not known: features behind a flattening, a view."""
    for node in reader.nodes.values():
        shape = reader.shape(node.inputs[0]) if node.inputs else None
        if shape is not None and len(shape) > 1:
            dense = node.kind == "dense" and shape[-1] is None and node.args.get("in_features") is not None
            if dense or (node.kind == "reshape" and None in shape[1:]):
                return True
    return False


def _with(inputs: Inputs, shapes: Mapping[str, Shape | None]) -> Inputs:
    return replace(inputs, shapes={**inputs.shapes, **shapes})


def _missing(inputs: Inputs) -> list[str]:
    return [name for name, shape in inputs.shapes.items() if shape is None]


def _noted(inputs: Inputs, before: Inputs) -> Inputs:
    told = [f"{name} of shape {_written(inputs.shapes[name])}" for name in _missing(before) if inputs.shapes[name]]
    note = f"no input_shape was given; assumed {', '.join(told)}"
    return replace(inputs, notes=(*inputs.notes, note)) if told else inputs


def _written(shape: Shape | None) -> str:
    return "(" + ", ".join("*" if dim is None else str(dim) for dim in shape or ()) + ")"
