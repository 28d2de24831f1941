"""Random valid networks: layers drawn from the declarations, of which only those stay that the checker accepts.

The same framework, form, size and seed give the same network in every run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from generated_nets.catalogue import Choice, common, joins, keeping, layers, named, pick
from generated_nets.draw import arguments
from repairnn.semantics.checker import check, evaluate, weights_of
from repairnn.semantics.ir import Network, Node, Ref, Shape

Form: TypeAlias = Literal["chain", "branches", "inputs", "residual"]
FORMS: tuple[Form, ...] = ("chain", "branches", "inputs", "residual")
#: Numbers in one sample of a tensor, at most and (mostly) at least.
LARGEST, SMALLEST = 3000, 4
#: Layers that are drawn for one place before a plain activation is taken.
TRIES = 40
#: How often a layer of these kinds is taken where it would fit.
FREQUENT = {
    "activation": 0.3, "dropout": 0.2, "identity": 0.1, "flatten": 0.3, "augment": 0.15, "rescale": 0.2, "softmax": 0.3,
    "layer_norm": 0.5, "rms_norm": 0.3, "unit_norm": 0.3, "prelu": 0.3, "reduce": 0.3, "global_pool": 0.4,
    "adaptive_pool": 0.5, "unary": 0.2, "along": 0.3, "reshape": 0.6,
}  # fmt: skip
#: How often a network comes with given weights.
WITH_WEIGHTS = 0.25


def generate(framework: str, form: Form, size: int, seed: int) -> Network:
    """A valid network of about ``size`` layers.

    ``framework`` is ``keras`` (open batch) or ``torch`` (a batch of a few samples); ``form`` is ``chain``,
    ``branches`` (a tensor that parts and meets again), ``inputs`` (several entries) or ``residual``. A chain has
    exactly ``size`` layers, other forms at least that many and at most a block more.
    """
    grower = Grower(framework, f"{framework} {form} {size} {seed}")
    last = _GROWN[form](grower, size)
    network = Network(framework, grower.nodes, (last,), f"{form}_{size}_{seed}")
    return _weighted(network, grower.rng("weights"))


@dataclass(slots=True)
class Grower:
    """A network that grows. ``shapes`` are those of the first output of each node."""

    framework: str
    seed: str
    nodes: dict[str, Node] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Layers so far, entries left out."""
        return sum(1 for node in self.nodes.values() if node.kind != "input")

    def rng(self, place: str = "") -> random.Random:
        """Random numbers of their own for the next place."""
        return random.Random(f"{self.seed} {place or len(self.nodes)}")

    def entry(self, shape: Shape | None = None) -> Ref:
        """A new entry; with a shape of its own, or (one time in ten) a table of words behind it."""
        rng = self.rng()
        identifier = f"input_{len(self.nodes)}"
        batch = None if self.framework == "keras" else self.rng("batch").randint(2, 4)
        chosen = shape or (batch, *_sample_shape(self.framework, rng))
        if shape is None and rng.random() < 0.1:
            chosen = (chosen[0], rng.randint(3, 12))
            self._add(Node(identifier, "input", {"shape": chosen}, (), "Input", identifier), chosen)
            (table,) = named(self.framework, ["Embedding"])
            found = self.tried(table, (Ref(identifier),), rng)
            if found is not None:
                return self._add(*found)
        return self._add(Node(identifier, "input", {"shape": chosen}, (), "Input", identifier), chosen)

    def step(self, ref: Ref) -> Ref:
        """One more layer behind a tensor."""
        rng = self.rng()
        for _ in range(TRIES):
            choice = pick(common(self.framework) if rng.random() < 0.5 else layers(self.framework), rng)
            found = self.tried(choice, (ref,) * choice.declaration.inputs[0], rng)
            if found is not None and _wanted(found[0].kind, found[1], rng):
                return self._add(*found)
        return self._plain(ref)

    def kept(self, ref: Ref, shape: Shape) -> Ref:
        """One more layer, behind which a tensor has this shape, where only its last axis or its channels differ."""
        rng = self.rng()
        channels = shape[1 if self.framework == "torch" else -1]
        wishes = {"filters": channels, "units": shape[-1], "padding": "same", "strides": 1, "dilation_rate": 1}
        for _ in range(TRIES):
            found = self.tried(pick(keeping(self.framework), rng), (ref,), rng, wishes)
            if found is not None and found[1] == shape and _wanted(found[0].kind, shape, rng):
                return self._add(*found)
        return self._plain(ref)

    def join(self, refs: Sequence[Ref], summed: bool = False) -> Ref:
        """Let tensors meet; what cannot meet as it is, is flattened and concatenated."""
        rng = self.rng()
        pool = joins(self.framework)
        for _ in range(1 if summed else 15):
            choice = pool[0] if summed else rng.choice(pool)
            found = self.tried(choice, tuple(refs), rng)
            if found is not None:
                return self._add(*found)
        flat = [ref if len(self.shapes[ref.node]) == 2 else self.forced("Flatten", (ref,), {}) for ref in refs]
        if self.framework == "keras":
            return self.forced("Concatenate", flat, {})
        return self.forced("cat", flat, {"axis": 1})

    def forced(self, name: str, refs: Sequence[Ref], args: Mapping[str, Any]) -> Ref:
        """A layer that is known to fit. Raises ``ValueError`` where it does not."""
        pool = (*layers(self.framework), *joins(self.framework))
        choice = next(c for c in pool if c.name == name)
        node = self._node(choice, tuple(refs), dict(args))
        shape = self._accepted(node, LARGEST * 64)
        if shape is None:
            raise ValueError(f"{name} does not fit")
        return self._add(node, shape)

    def again(self, node: Node, ref: Ref) -> Ref:
        """The same layer object once more, on another tensor of the shape that it had before."""
        identifier = f"{node.kind}_{len(self.nodes)}"
        self.nodes[node.id] = node.with_(layer=node.id)
        inputs = (ref,) * len(node.inputs)
        return self._add(node.with_(id=identifier, name=identifier, inputs=inputs, layer=node.id), self.shapes[node.id])

    def tried(
        self, choice: Choice, refs: tuple[Ref, ...], rng: random.Random, wishes: Mapping[str, Any] | None = None
    ) -> tuple[Node, Shape] | None:
        """A layer with drawn arguments and its output shape, ``None`` where the checker has anything against it."""
        high = choice.declaration.inputs[1]
        if high is not None and len(refs) > high:
            return None
        shapes = [self.shapes[ref.node] for ref in refs]
        node = self._node(choice, refs, arguments(choice, shapes, rng, wishes))
        shape = self._accepted(node)
        return None if shape is None else (node, shape)

    def _node(self, choice: Choice, refs: tuple[Ref, ...], args: dict[str, Any]) -> Node:
        kind = choice.declaration.kind
        identifier = f"{kind}_{len(self.nodes)}"
        return Node(identifier, kind, args, refs, choice.name, identifier)

    def _accepted(self, node: Node, most: int = LARGEST) -> Shape | None:
        inputs = [self.shapes[ref.node] for ref in node.inputs]
        found = evaluate(node, inputs, self.framework)
        shape = found.outputs[0]
        if found.faults or shape is None or not 2 <= len(shape) <= 5:
            return None
        if shape[0] != inputs[0][0] or any(dim is None or dim < 1 for dim in shape[1:]) or _amount(shape) > most:
            return None
        return shape

    def _plain(self, ref: Ref) -> Ref:
        return self.forced("ReLU", (ref,), {})

    def _add(self, node: Node, shape: Shape) -> Ref:
        self.nodes[node.id], self.shapes[node.id] = node, shape
        return Ref(node.id)


def _chain(grower: Grower, size: int) -> Ref:
    ref = grower.entry()
    while grower.size < size:
        ref = grower.step(ref)
    return ref


def _branches(grower: Grower, size: int) -> Ref:
    """A tensor parts into two or three branches of up to three layers, which meet; then again."""
    ref = grower.entry()
    while grower.size < size:
        rng = grower.rng("parting" + str(len(grower.nodes)))
        if rng.random() < 0.4:
            ref = grower.step(ref)
            continue
        shape = grower.shapes[ref.node]
        ends = []
        alike = rng.random() < 0.5
        for _ in range(2 if grower.framework == "torch" or rng.random() < 0.7 else 3):
            end = ref
            for _ in range(rng.randint(1, 3)):
                end = grower.kept(end, shape) if alike else grower.step(end)
            ends.append(end)
        ref = grower.join(ends)
    return ref


def _inputs(grower: Grower, size: int) -> Ref:
    """Two or three entries, each with layers of its own (or, as twins, with the same), that meet."""
    rng = grower.rng("entries")
    stems = [grower.entry()]
    length = max(1, size // 4)
    twins = rng.random() < 0.3
    for _ in range(length):
        stems[0] = grower.step(stems[0])
    if twins:
        own = list(grower.nodes.values())
        ref = grower.entry(grower.shapes[own[0].id])
        for node in own[1:]:
            ref = grower.again(node, ref)
        stems.append(ref)
    else:
        for _ in range(rng.randint(1, 2)):
            ref = grower.entry()
            for _ in range(length):
                ref = grower.step(ref)
            stems.append(ref)
    last = stems[0]
    for other in stems[1:]:
        last = grower.join([last, other])
    while grower.size < size:
        last = grower.step(last)
    return last


def _residual(grower: Grower, size: int) -> Ref:
    """Blocks of one to three layers around which their input is added; now and then a layer between blocks."""
    ref = grower.entry()
    while grower.size < size:
        rng = grower.rng("block" + str(len(grower.nodes)))
        if rng.random() < 0.25:
            ref = grower.step(ref)
        shape = grower.shapes[ref.node]
        inner = ref
        for _ in range(rng.randint(1, 3)):
            inner = grower.kept(inner, shape)
        ref = grower.join([inner, ref], summed=True)
    return ref


_GROWN = {"chain": _chain, "branches": _branches, "inputs": _inputs, "residual": _residual}


def _weighted(network: Network, rng: random.Random) -> Network:
    """One network in a few comes with weights, of which the shapes are given."""
    if rng.random() > WITH_WEIGHTS:
        return network
    report = check(network)
    changed = {}
    for node in network:
        weights = weights_of(node, [report.shape(ref) for ref in node.inputs], network.framework)
        if weights and not node.layer and not any(d is None for w in weights.values() for d in w):
            changed[node.id] = node.with_(weights=weights)
    return network.updated(changed)


def _sample_shape(framework: str, rng: random.Random) -> Shape:
    axes = rng.choice((0, 1, 1, 2, 2, 2, 3))
    most = {0: 0, 1: 24, 2: 14, 3: 7}[axes]
    spatial = [rng.randint(4, most) for _ in range(axes)]
    if axes == 2 and rng.random() < 0.6:
        spatial[1] = spatial[0]
    channels = rng.choice((8, 12, 16, 20)) if axes == 0 else rng.choice((1, 2, 3, 3, 4, 8))
    return (*spatial, channels) if framework == "keras" else (channels, *spatial)


def _wanted(kind: str, shape: Shape, rng: random.Random) -> bool:
    """What leaves every shape alone fits everywhere, and what ends a picture ends it: both are taken less often."""
    if _amount(shape) < SMALLEST and rng.random() < 0.9:
        return False
    return kind not in FREQUENT or rng.random() < FREQUENT[kind]


def _amount(shape: Shape) -> int:
    return math.prod(dim for dim in shape[1:] if dim is not None)
