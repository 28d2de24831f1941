"""What is to be run: a network without its program, sizes for every open dimension, dummy labels for every loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from repairnn.semantics.checker import Report, arguments_of, check, dim_reader, weights_of
from repairnn.semantics.ir import DimOf, Network, Node, Ref, Shape, is_symbolic, refs_in, resolve
from repairnn.semantics.lookups import whole_numbers
from repairnn.semantics.registry import declaration_of
from repairnn.semantics.serialise import to_json

BATCH = 2
#: Tried in turn for lengths and sizes that the program leaves open, until the network is valid with them.
SIZES = (8, 16, 32, 64, 10, 28, 100, 128, 224, 256, 512)
#: Kinds that compare a prediction (first input) with a target (second input).
LOSSES = frozenset({"loss", "class_loss", "torch_loss", "margin_loss"})
AROUND = frozenset({"feed", *LOSSES})
PROGRAM = frozenset({"data", *AROUND})
BYTES = 4


class CannotRun(Exception):
    """The network cannot be tried; ``reason`` says why, in one clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss to compute: number of the model output, shape of the dummy labels, canonical loss name."""

    output: int
    target: tuple[int, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Job:
    """A model to build and run.

    ``network``  the model alone, open dimensions still open
    ``inputs``   the concrete shape of the array for each input node, in order
    ``outputs``  the shapes that the semantics predicts for these inputs, ``None`` where it cannot say
    ``memory``   bytes that weights and activations need, as far as known
    ``left_out`` what of the program has a shape that nobody knows: what is computed from it is not tried
    """

    network: Network
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[Shape | None, ...]
    losses: tuple[Loss, ...]
    memory: int
    left_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What the child process reads."""
        return {
            "network": to_json(self.network),
            "inputs": [list(shape) for shape in self.inputs],
            "losses": [{"output": one.output, "target": list(one.target), "name": one.name} for one in self.losses],
        }


def make_job(network: Network) -> Job:
    """The job that tries a network. Raises :class:`CannotRun` for what is opaque or not known."""
    network = stood_in(network)
    report = check(network)
    wanted = network.outputs or _sinks(network)
    losses = [node for node in network if node.kind in LOSSES and len(node.inputs) == 2]
    outputs = list(
        dict.fromkeys([ref for ref in (*wanted, *(node.inputs[0] for node in losses)) if _is_model(ref, network)])
    )
    if not outputs:
        raise CannotRun("the model has no output")
    unknown, outputs = _known_part(network, report, outputs)
    model = _model_only(network, report, tuple(outputs))
    _require_known(model)
    concrete = _concrete(model, _fed_shapes(network, report))
    shapes = check(concrete)
    inputs = tuple(_numbers(node.args["shape"]) for node in concrete if node.kind == "input")
    batch = inputs[0][0] if inputs and inputs[0] else BATCH
    return Job(
        model,
        inputs,
        tuple(shapes.shape(ref) for ref in outputs),
        tuple(_losses(losses, outputs, report, shapes, batch)),
        _memory(concrete, shapes),
        unknown,
    )


def _known_part(network: Network, report: Report, outputs: list[Ref]) -> tuple[tuple[str, ...], list[Ref]]:
    """The arrays whose number of axes is not known, and outputs that do without them; all where none does."""
    unknown = [node for node in network if node.kind == "data" and report.shapes[node.id][0] is None]
    behind = {node.id for node in unknown}
    for node in network:
        if behind & {ref.node for ref in (*node.inputs, *(r for value in node.args.values() for r in refs_in(value)))}:
            behind.add(node.id)
    before = [ref for node in network if node.id in behind for ref in node.inputs]
    known = [ref for ref in (*outputs, *before) if ref.node not in behind and _is_model(ref, network)]
    if not known or not behind & {ref.node for ref in outputs}:
        return (), outputs
    return tuple(node.name or node.id for node in unknown), list(dict.fromkeys(known))


def stood_in(network: Network) -> Network:
    """The network with entries in place of layers of which only the output is known (a ready-made backbone)."""
    changed = {
        node.id: node.with_(kind="input", args={"shape": node.args["output_shapes"][0]}, inputs=())
        for node in network
        if is_stand_in(node)
    }
    return network.updated(changed) if changed else network


def is_stand_in(node: Node) -> bool:
    """Whether only what comes out of a layer is known, one tensor with a known number of axes."""
    shapes = node.args.get("output_shapes") if node.kind == "opaque" else None
    return shapes is not None and len(shapes) == 1 and shapes[0] is not None


def _is_model(ref: Ref, network: Network) -> bool:
    return network[ref.node].kind not in PROGRAM


def _sinks(network: Network) -> tuple[Ref, ...]:
    readers = network.consumers()
    return tuple(
        Ref(node.id) for node in network if node.kind not in PROGRAM and not any(
            network[reader].kind not in PROGRAM for reader, _ in readers[node.id]
        )
    )  # fmt: skip


def _model_only(network: Network, report: Report, outputs: tuple[Ref, ...]) -> Network:
    """The nodes that the outputs depend on; what they read from arrays of the program becomes numbers."""
    kept: set[str] = set()
    stack = [ref.node for ref in outputs]
    while stack:
        node = network[stack.pop()]
        if node.id in kept or node.kind in AROUND:
            continue
        kept.add(node.id)
        stack.extend(ref.node for ref in node.inputs)
        read = {ref.node for value in node.args.values() for ref in refs_in(value)}
        stack.extend(other for other in read if network[other].kind not in PROGRAM)
    nodes = [_settled(network[node_id], kept, report) for node_id in network.nodes if node_id in kept]
    model = network.rebuilt(nodes, outputs)
    whole = whole_numbers(model)
    kinds = {node.id: "int" if node.id in whole else "float" for node in model if node.kind == "input"}
    return model.updated({key: model[key].with_(args={**model[key].args, "dtype": kinds[key]}) for key in kinds})


def _settled(node: Node, kept: set[str], report: Report) -> Node:
    """An input with its shape in plain numbers; other nodes without references out of the model.

    An array of the program that the model reads without an entry (as PyTorch programs do) is an input too.
    """
    if node.kind in ("input", "data"):
        return node.with_(kind="input", args={"shape": report.shapes[node.id][0]})
    if not any(is_symbolic(value) for value in node.args.values()):
        return node
    outside = dim_reader(report.shapes)
    args = {name: _resolved_outside(value, kept, outside) for name, value in node.args.items()}
    return node.with_(args=args)


def _resolved_outside(value: Any, kept: set[str], outside: Any) -> Any:
    if isinstance(value, DimOf):
        return value if value.ref.node in kept else resolve(value, outside)
    if isinstance(value, (tuple, list)):
        return type(value)(_resolved_outside(item, kept, outside) for item in value)
    return value if all(ref.node in kept for ref in refs_in(value)) else resolve(value, outside)


def _require_known(model: Network) -> None:
    for node in model:
        if node.kind in ("opaque", "lambda") or (declaration_of(node.kind) is None and not node.hidden):
            raise CannotRun(f"layer {node.name or node.spelling or node.id} is opaque")
        if node.kind == "input" and node.args["shape"] is None:
            raise CannotRun(f"the shape of input {node.name or node.id} is not known; --input-shape gives it")


def _fed_shapes(network: Network, report: Report) -> dict[str, Shape]:
    """The shapes of the arrays that the program feeds, by input node."""
    fed: dict[str, Shape] = {}
    for node in network:
        if node.kind == "feed" and len(node.inputs) == 2:
            data, entry = node.inputs
            shape = report.shape(data)
            if shape is not None:
                fed.setdefault(entry.node, shape)
    return fed


def _concrete(model: Network, fed: Mapping[str, Shape]) -> Network:
    """The model with numbers for every open dimension of its inputs."""
    first = None
    for size in SIZES:
        changed = {
            node.id: node.with_(
                args={**node.args, "shape": _filled(node.args["shape"], fed.get(node.id), size, model.framework)}
            )
            for node in model
            if node.kind == "input"
        }
        candidate = model.updated(changed)
        first = first or candidate
        if check(candidate).valid:
            return candidate
    assert first is not None
    return first


def _filled(shape: Shape, fed: Shape | None, size: int, framework: str) -> tuple[int, ...]:
    """Concrete sizes: what the input declares, then what the program feeds, then ``size``; the batch is small."""
    if not shape:
        return ()
    known = fed if fed is not None and len(fed) == len(shape) else (None,) * len(shape)
    batch = shape[0] if shape[0] is not None else BATCH
    rest = (d if d is not None else f if f is not None else size for d, f in zip(shape[1:], known[1:], strict=True))
    return (batch, *rest)


def _losses(nodes: list[Node], outputs: list[Ref], report: Report, shapes: Report, batch: int) -> list[Loss]:
    found = []
    for node in nodes:
        target, prediction = report.shape(node.inputs[1]), shapes.shape(node.inputs[0])
        name = node.args.get("name") or _implied_name(node, report.network.framework)
        if not target or prediction is None or not isinstance(name, str):
            continue
        if None in target[1:] or node.inputs[0] not in outputs:
            continue
        first = prediction[0] if prediction and prediction[0] is not None else batch
        found.append(Loss(outputs.index(node.inputs[0]), (first, *_numbers(target[1:])), name))
    return found


def _implied_name(node: Node, framework: str) -> Any:
    """The loss that a name implies (``CrossEntropyLoss`` is ``cross_entropy``)."""
    arguments = arguments_of(node, framework)
    return None if arguments is None else vars(arguments).get("name")


def _numbers(shape: Shape) -> tuple[int, ...]:
    return tuple(BATCH if dim is None else dim for dim in shape)


def _memory(network: Network, report: Report) -> int:
    """Bytes of all weights and all results at four bytes a number."""
    total = 0
    for node in network:
        total += sum(_size(shape) for shape in report.shapes[node.id])
        total += sum(
            _size(s) for s in weights_of(node, [report.shape(r) for r in node.inputs], network.framework).values()
        )
    return total * BYTES


def _size(shape: Shape | None) -> int:
    if shape is None:
        return 0
    size = 1
    for dim in shape:
        size *= 1 if dim is None else max(dim, 0)
    return size
