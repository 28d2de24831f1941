"""From a network to a Keras model with the functional API, so that Keras itself judges it.

Keras does its own shape inference and weight creation on the way; nothing here computes a shape that Keras could.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from repairnn.frontends.errors import CannotBuild
from repairnn.frontends.keras.functions import apply_function
from repairnn.frontends.keras.gone import replacement
from repairnn.frontends.keras.wrappers import apply_fold, apply_unfold, distributed
from repairnn.semantics.checker import check, dim_reader
from repairnn.semantics.ir import Network, Node, Ref, resolve
from repairnn.semantics.registry import declaration_of, spelled, spellings
from repairnn.semantics.serialise import Other
from repairnn.semantics.spelling import Spelling

#: What belongs to the program around the model.
#: What ``RNN`` is told; everything else its cell.
AROUND_CELL = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")
PROGRAM = frozenset({"data", "feed", "loss"})
#: Layers that take their inputs as one list.
LIST_CALLS = frozenset({"merge", "concatenate", "dot", "attention", "additive_attention", "stack"})


class Factory(Protocol):
    """Where layers of an earlier model come from; ``None`` where the node's arguments are to make them."""

    def layer(self, node: Node) -> Any:
        """The layer object of a node."""
        ...

    def operation(self, node: Node) -> Callable[[list[Any]], Any] | None:
        """The tensor operation of a node, constants included: takes the input tensors."""
        ...


def build(network: Network, factory: Factory | None = None) -> Any:
    """A ``keras.Model`` of the network's outputs; with ``factory`` layers are taken from there, and names are kept.

    Raises :class:`CannotBuild` for what has no counterpart in the installed Keras (opaque layers, unknown inputs), and
    whatever Keras raises for a network that it refuses.
    """
    import keras

    needed = ancestors(network, network.outputs)
    builder = _Builder(keras, network, factory)
    for node in network:
        if node.id in needed and node.kind not in PROGRAM:
            builder.add(node)
    entries = [builder.tensors[node.id, 0] for node in network if node.kind == "input" and node.id in needed]
    if not entries:
        raise CannotBuild("the model has no input")
    outputs = [builder.tensors[ref.node, ref.output] for ref in network.outputs]
    if factory is None:
        return keras.Model(entries, outputs)
    one = len(entries) == 1, len(outputs) == 1
    return keras.Model(entries[0] if one[0] else entries, outputs[0] if one[1] else outputs, name=network.name)


def ancestors(network: Network, refs: Sequence[Ref]) -> set[str]:
    """The nodes that some tensors depend on."""
    found: set[str] = set()
    stack = [ref.node for ref in refs]
    while stack:
        node_id = stack.pop()
        if node_id not in found:
            found.add(node_id)
            stack.extend(ref.node for ref in network[node_id].inputs)
    return found


class _Builder:
    """Applies one node after the other; ``tensors`` holds the results by node and output number."""

    def __init__(self, keras: Any, network: Network, factory: Factory | None) -> None:
        self.keras = keras
        self.network = network
        self.factory = factory
        self.report = check(network)
        self.dim_of = dim_reader(self.report.shapes)
        self.tensors: dict[tuple[str, int], Any] = {}
        self.layers: dict[str, Any] = {}
        self.skipped, self.distributed = distributed(network)

    def add(self, node: Node) -> None:
        """Apply a node to the tensors of its inputs."""
        if node.id in self.skipped:
            return
        if node.kind == "input":
            self.tensors[node.id, 0] = self._input(node)
            return
        inner = self.distributed.get(node.id)
        if inner is not None:
            fold, timed = inner
            name = None if self.factory is None else node.name.replace("/", "_")
            layer = self.keras.layers.TimeDistributed(self._layer(timed), name=name)
            self._store(node, layer(self.tensors[fold.inputs[0].node, fold.inputs[0].output]))
            return
        inputs = [self.tensors[ref.node, ref.output] for ref in node.inputs]
        self._store(node, self._applied(node, inputs))

    def _input(self, node: Node) -> Any:
        shape = self.report.shapes[node.id][0]
        if not shape:
            raise CannotBuild(f"the shape of input {node.name or node.id} is not known; give it with --input-shape")
        name = None if self.factory is None else node.name.replace("/", "_")
        return self.keras.Input(batch_shape=shape, dtype=_dtype(node, self.network), name=name)

    def _applied(self, node: Node, inputs: list[Any]) -> Any:
        if node.kind == "time_fold":
            return apply_fold(self.keras, inputs[0])
        if node.kind == "time_unfold":
            return apply_unfold(self.keras, *inputs[:2])
        if node.kind == "identity":
            return inputs[0]
        operation = None if self.factory is None else self.factory.operation(node)
        if operation is not None:
            return operation(inputs)
        if declaration_of(node.kind) is None or node.kind in ("opaque", "lambda"):
            own = self._own(node)
            if own is not None:
                return own(inputs if len(inputs) > 1 else inputs[0])
            raise CannotBuild(f"layer {node.name or node.spelling} ({node.spelling or node.kind}) is opaque")
        args = {name: resolve(value, self.dim_of) for name, value in node.args.items()}
        if _layer_spelling(self.keras, node) is None and replacement(self.keras, node) is None:
            return apply_function(self.keras, node, inputs, args)
        layer = self._layer(node)
        if node.kind == "recurrent" and len(inputs) > 1:
            return layer(inputs[0], initial_state=inputs[1:])
        if node.kind in LIST_CALLS:
            return layer(inputs)
        return layer(*inputs)

    def _layer(self, node: Node) -> Any:
        """The layer object of a node; nodes of one layer share it."""
        if node.layer and node.layer in self.layers:
            return self.layers[node.layer]
        layer = self._own(node)
        if layer is None:
            args = {name: resolve(value, self.dim_of) for name, value in node.args.items()}
            layer = make_layer(self.keras, node, args)
        if node.layer:
            self.layers[node.layer] = layer
        return layer

    def _own(self, node: Node) -> Any:
        """The layer object that the factory has for a node."""
        return None if self.factory is None else self.factory.layer(node)

    def _store(self, node: Node, result: Any) -> None:
        several = isinstance(result, (list, tuple))
        for number, tensor in enumerate(_flat(result) if several else [result]):
            self.tensors[node.id, number] = tensor


def make_layer(keras: Any, node: Node, args: Mapping[str, Any]) -> Any:
    """A new layer object for a node, from its canonical arguments. Raises :class:`CannotBuild`."""
    made = replacement(keras, node)
    if made is not None:
        return made(args)
    spelling = _layer_spelling(keras, node)
    if spelling is None:
        raise CannotBuild(f"{node.spelling or node.kind} has no counterpart in this Keras")
    settings = dict(args)
    both_ways = settings.pop("bidirectional", False)
    merge_mode = settings.pop("merge_mode", "concat")
    around_cell = settings.pop("around_cell", False) and spelling.name in ("SimpleRNN", "GRU", "LSTM")
    keywords = _keywords(spelling, settings)
    if around_cell:
        outer = {name: keywords.pop(name) for name in AROUND_CELL if name in keywords}
        layer = keras.layers.RNN(getattr(keras.layers, f"{spelling.name}Cell")(**keywords), **outer)
    else:
        layer = getattr(keras.layers, spelling.name)(**keywords)
    return keras.layers.Bidirectional(layer, merge_mode=merge_mode) if both_ways else layer


def _keywords(spelling: Spelling, args: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's keywords: what the layer's name implies is left out, and what is no plain value."""
    known = {*spelling.parameters, *spelling.keywords}
    keywords = {}
    for name, value in args.items():
        parameter = spelling.parameter(name)
        if name in spelling.fixed or parameter not in known or isinstance(value, Other):
            continue
        keywords[parameter] = value
    return keywords


def _layer_spelling(keras: Any, node: Node) -> Spelling | None:
    """The spelling of a layer that this Keras has: the node's own, or another that implies the same arguments."""
    own = spelled("keras", node.spelling, "layer")
    if own is not None and own[0].kind == node.kind:
        if hasattr(keras.layers, own[1].name):
            return own[1]
        implied = {**own[1].fixed, **{k: v for k, v in node.args.items() if k in own[1].fixed}}
    elif any(spelled("keras", node.spelling, form) for form in ("function", "method")):
        return None
    else:
        implied = dict(node.args)
    for declaration, spelling in spellings("keras", "layer").values():
        fits = all(implied.get(name, _default(declaration, name)) == value for name, value in spelling.fixed.items())
        if declaration.kind == node.kind and fits and hasattr(keras.layers, spelling.name):
            return spelling
    return None


def _default(declaration: Any, argument: str) -> Any:
    return next((a.default for a in declaration.arguments if a.name == argument), None)


def _dtype(node: Node, network: Network) -> str:
    """What the input says, or whole numbers where the first thing that happens is an embedding."""
    if "dtype" in node.args:
        return "int32" if str(node.args["dtype"]).startswith("int") else "float32"
    readers = [other for other in network if any(ref.node == node.id for ref in other.inputs)]
    return "int32" if readers and all(other.kind == "embedding" for other in readers) else "float32"


def _flat(result: Any) -> list[Any]:
    if isinstance(result, (list, tuple)):
        return [tensor for part in result for tensor in _flat(part)]
    return [result]
