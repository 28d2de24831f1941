"""Inputs whose shape the program does not write: what the network itself says of them.

The first layers say rank and channels. Where a later layer fixes how many features the image must leave (a linear layer
behind a flattening), the common image sizes are tried. A size is assumed only when it breaks nothing; else it stays
unknown, so that a correct program is never accused for an input that nobody wrote.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import TRIALS
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.scopes import ProgramEnds, ProgramRaises
from repairnn.frontends.source.torch.drawing import sketch
from repairnn.frontends.source.torch.values import descendants
from repairnn.frontends.source.values import Instance, Value
from repairnn.semantics.checker import dim_reader, evaluate
from repairnn.semantics.ir import Node, Ref, Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

SIDES = (28, 32, 224, 64, 96, 128, 227, 256, 299, 48, 84, 112, 160, 512)
ABOUT_AXES = ("rank", "axis", "axes", "index")
LENGTHS = (784, 1024, 3072, 100, 128, 1000, 16000)
BATCH = 2
MAX_CHOICES = 12
Shapes = dict[str, Shape | None]


@dataclass(frozen=True)
class Outcome:
    """What came of one trial.

    ``faults``  how many, ``axes`` of them about axes; ``open`` layers whose requirement hangs on an unknown size
    ``unread``  operations that were not understood; ``stopped``: the program would raise
    """

    faults: int
    axes: int
    open: int
    unread: int
    nodes: int
    stopped: bool


@dataclass
class Hints:
    """What reads an input: ``direct`` readers, and what comes ``later`` in the model."""

    direct: list[Node] = field(default_factory=list)
    later: list[Node] = field(default_factory=list)

    @property
    def decisive(self) -> bool:
        """Whether a layer that reads the input says its rank, so that faults behind it are real."""
        return any(wanted(node) for node in self.direct)


def settled(
    machine: Machine, module: Value, filled: Callable[[Shapes], Call], known: Mapping[str, Shape | None], alone: bool
) -> Shapes:
    """Shapes for the inputs that are not written: given by the user, or solved for, or left unknown.

    Sizes and the batch are assumed only of a model that stands ``alone``: the program feeds others with data that may
    meet labels of known shapes behind the model.
    """
    given = _given(machine, list(known))
    if given:
        return {**known, **given}
    start: Shapes = dict(known)
    hints: dict[str, Hints] = {}
    base = _tried(machine, module, filled, start, hints)
    choices = _choices(start, hints)
    best, outcome = start, base
    sure = all(hints.get(name, Hints()).decisive for name in known if known[name] is None)
    for shapes in choices:
        if _long(machine):
            break
        found = _tried(machine, module, filled, shapes)
        if _better(found, outcome, best is start and ((sure and not found.axes) or not found.faults)):
            best, outcome = shapes, found
        if found.faults == 0 and found.unread == 0 and not found.stopped and any(shapes.values()):
            break
    if best is start:
        return start
    if not alone:
        _assume(machine, module, best, known)
        return best
    whole = _with_batch(best, known)
    found = _tried(machine, module, filled, whole)
    if (found.faults, found.stopped, found.unread) <= (outcome.faults, outcome.stopped, outcome.unread):
        best, outcome = whole, found
    for shapes in _sizes(best, known) if outcome.open else ():
        if _long(machine):
            break
        found = _tried(machine, module, filled, shapes)
        if (found.faults, found.stopped) <= (outcome.faults, outcome.stopped) and found.unread <= outcome.unread:
            _assume(machine, module, shapes, known)
            return shapes
    _assume(machine, module, best, known)
    return best


def _choices(known: Mapping[str, Shape | None], hints: Mapping[str, Hints]) -> list[Shapes]:
    """Shapes to try, the likeliest of each input first, and those first that differ little from the likeliest."""
    told = {name for name in known if known[name] is None and hints.get(name, Hints()).decisive}
    found: list[tuple[int, Shapes]] = [(0, dict(known))]
    for name in known:
        if known[name] is not None:
            continue
        options = list(_ranks(hints.get(name, Hints())))
        if told and name not in told and None not in options:
            options.insert(0, None)  # what nobody says anything of stays open beside inputs that are told
        found = [(n + i, {**shapes, name: shape}) for n, shapes in found for i, shape in enumerate(options)]
        found = sorted(found, key=lambda entry: entry[0])[:MAX_CHOICES]
    return [shapes for _, shapes in found]


def _long(machine: Machine) -> bool:
    """Whether reading the program has taken so much that nothing more is tried."""
    budget = machine.budget
    spent = time.process_time() - budget.started > budget.seconds / 2
    return spent or budget.limit - budget.used < budget.share // 3


def _better(found: Outcome, best: Outcome, first: bool) -> bool:
    """Whether a trial explains more than the best so far. The first choice of a rank may bring faults with it."""
    if found.stopped != best.stopped:
        return best.stopped
    if first:
        return True
    return (found.faults, found.unread) < (best.faults, best.unread)


def _given(machine: Machine, names: Sequence[str]) -> Shapes:
    """What the user says of the inputs: by name, or in order."""
    shapes = getattr(machine, "input_shapes", None)
    if not shapes:
        return {}
    if isinstance(shapes, Mapping):
        return {name: tuple(shapes[name]) for name in names if name in shapes}
    return {name: tuple(shape) for name, shape in zip(names, shapes, strict=False)}


def _tried(
    machine: Machine,
    module: Value,
    filled: Callable[[Shapes], Call],
    shapes: Shapes,
    hints: dict[str, Hints] | None = None,
) -> Outcome:
    """Apply the model to inputs of these shapes, judge what it draws, and forget it."""
    from repairnn.frontends.source.torch.entry import applied

    graph = machine.graph
    count, unread, stopped = len(graph.nodes), len(graph.unread), False
    own = [(child, dict(child.attributes)) for _, child in descendants(module) if isinstance(child, Instance)]
    with sketch(machine):
        try:
            applied(machine, module, filled(shapes))
        except (ProgramRaises, ProgramEnds, RecursionError, *FAILURES):
            stopped = True
        new = [graph.nodes[identifier] for identifier in list(graph.nodes)[count:]]
        faults = sum(faulty(machine, node) for node in new)
        axes = sum(faulty(machine, node, ABOUT_AXES) for node in new) if faults else 0
        if hints is not None:
            _collect(new, hints)
        for child, attributes in own:  # a forward may keep tensors in its module
            child.attributes = attributes
        return Outcome(
            faults, axes, sum(_open(machine, node) for node in new), len(graph.unread) - unread, len(new), stopped
        )


def has_fault(machine: Machine, run: Callable[[], object]) -> bool:
    """Whether a piece of a model draws something that has a fault. Nothing of it stays."""
    count = len(machine.graph.nodes)
    with sketch(machine):
        try:
            run()
        except (ProgramRaises, ProgramEnds, RecursionError, *FAILURES):
            return False
        return any(faulty(machine, node) for node in list(machine.graph.nodes.values())[count:])


TRIALS.append(has_fault)


def faulty(machine: Machine, node: Node, words: tuple[str, ...] = ("",)) -> int:
    """How many faults a node of the graph has, of rules whose id has one of the words."""
    inputs = [machine.graph.shape(ref) for ref in node.inputs]
    found = evaluate(node, inputs, "torch", dim_reader(machine.graph.shapes)).faults
    return sum(f.rule.severity == "fault" and any(word in f.rule.id for word in words) for f in found)


def _open(machine: Machine, node: Node) -> bool:
    """Whether a layer's requirement hangs on a size that is not known: features behind a flattening, a view."""
    shape = machine.graph.shape(node.inputs[0]) if node.inputs else None
    if shape is None or len(shape) < 2:
        return False
    if node.kind == "dense":
        return shape[-1] is None and node.args.get("in_features") is not None
    return node.kind == "reshape" and None in shape[1:]


def _collect(nodes: Sequence[Node], hints: dict[str, Hints]) -> None:
    """The operations that read each input directly, and the others in order for when none of those says much."""
    entries = {Ref(node.id): node.name for node in nodes if node.kind in ("input", "data")}
    for name in entries.values():
        hints[name] = Hints(later=list(nodes[:60]))
    for node in nodes:
        for ref in node.inputs:
            if ref in entries:
                hints[entries[ref]].direct.append(node)


def _ranks(hints: Hints) -> Iterator[Shape | None]:
    """Shapes that suit the first layers that read an input, the likeliest first."""
    for node in (*hints.direct, *hints.later):
        found = wanted(node)
        if found:
            yield from found
            return
    yield None


def wanted(node: Node) -> list[Shape]:
    """Shapes that suit a layer by what its arguments declare, the likeliest first."""
    args: Mapping[str, Any] = node.args
    rank = {"1d": 1, "2d": 2, "3d": 3}.get(node.spelling[-2:])
    match node.kind:
        case "opaque" if isinstance(args.get("rank"), int):
            return [(None,) * args["rank"]]
        case "conv" | "conv_transpose" if rank:
            return [(None, args.get("in_channels"), *(None,) * rank)]
        case "batch_norm" | "instance_norm" if rank:
            width = args.get("num_features", args.get("features"))
            return [(None, width), (None, width, None)] if rank == 1 else [(None, width, *(None,) * rank)]
        case "pool" | "adaptive_pool" if rank:
            return [(None, None, *(None,) * rank)]
        case "dense":
            features = args.get("in_features")
            return [
                (None, features),
                (None, None, features),
                *_images(features),
                (None, None, None, features),
                (None,) * 4 + (features,),
            ]
        case "recurrent":
            return [(None, None, args.get("input_size"))]
        case "embedding":
            return [(None, None), (None,)]
        case "group_norm":
            return [(None, args.get("channels", args.get("num_channels")), None, None)]
        case "layer_norm" | "embedded_attention" | "transformer":
            width = args.get("normalized_shape", args.get("embed_dim", args.get("d_model")))
            width = width if isinstance(width, int) else None
            return [(None, None, width), (None, width), (None, None, None, width)]
    return []


def _with_batch(shapes: Shapes, known: Mapping[str, Shape | None]) -> Shapes:
    """The same inputs with two samples: views that name their sizes can then be judged."""
    return {
        name: (BATCH, *shape[1:]) if known[name] is None and shape and shape[0] is None else shape
        for name, shape in shapes.items()
    }


def _images(features: Any) -> list[Shape]:
    """Images with as many values as a dense layer reads after flattening."""
    if not isinstance(features, int):
        return []
    found: list[Shape] = []
    for channels in (1, 3):
        side = round((features / channels) ** 0.5)
        if side > 3 and side * side * channels == features:
            found.append((None, channels, side, side))
    return found


def _sizes(shapes: Shapes, known: Mapping[str, Shape | None]) -> Iterator[Shapes]:
    """The same inputs with sizes for the axes that are open: squares of common sides, lines of common lengths."""
    images = [name for name, shape in shapes.items() if shape is not None and len(shape) >= 4 and None in shape[2:]]
    lines = [name for name, shape in shapes.items() if shape is not None and len(shape) == 3 and shape[2] is None]
    if not images and not lines:
        return
    for size in SIDES if images else LENGTHS:
        changed = dict(shapes)
        for name in images or lines:
            shape = shapes[name]
            assert shape is not None
            changed[name] = (*shape[:2], *(size if dim is None else dim for dim in shape[2:]))
        yield changed


def _assume(machine: Machine, module: Value, shapes: Shapes, known: Mapping[str, Shape | None]) -> None:
    settled_ = {name: shape for name, shape in shapes.items() if shape is not None and known[name] is None}
    if settled_:
        text = ", ".join(f"{name} of shape {_written(shape)}" for name, shape in settled_.items())
        machine.note(f"the input is not written; assumed {text}", module.span)


def _written(shape: Shape) -> str:
    return "(" + ", ".join("*" if dim is None else str(dim) for dim in shape) + ")"
