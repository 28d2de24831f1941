"""``nn.Conv2d(...)`` and its kin: constructing a module of the library, and applying it to tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import family, rewrite
from repairnn.frontends.source.torch import drawing
from repairnn.frontends.source.torch.drawing import as_tensor, draw, known_as, opaque, trace
from repairnn.frontends.source.torch.entry import made
from repairnn.frontends.source.torch.values import Container, Layer, Returned, Tensor, is_module
from repairnn.frontends.source.values import NONE, Array, Known, Listing, Unknown, Value, wrap
from repairnn.semantics.ir import Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Sub-packages of ``torch.nn`` that hold no modules.
ELSEWHERE = ("functional", "init", "utils", "parallel", "parameter", "grad")
RECURRENT = frozenset({"RNN", "LSTM", "GRU"})
CELLS = {"LSTMCell": 2, "GRUCell": 1, "RNNCell": 1}
#: Kinds that ask more of their input in training.
TRAINED = frozenset({"batch_norm", "instance_norm", "dropout"})
#: Modules that return their input unchanged for our purposes, whether declared or not.
SAME = frozenset({"Identity"})
STACKS = frozenset({"TransformerEncoder", "TransformerDecoder"})
NAMED_INPUTS = ("input", "x", "query", "key", "value", "src", "tgt", "memory", "hx", "input1", "input2")


@rewrite
def shorter(path: str) -> str:
    """``torch.nn.modules.conv.Conv2d`` is ``torch.nn.Conv2d``; ``torch.nn.parameter.Parameter`` likewise."""
    if path.startswith("torch.nn.modules."):
        return f"torch.nn.{path.rpartition('.')[2]}"
    if path in ("torch.nn.parameter.Parameter", "torch.nn.modules.module.Module"):
        return f"torch.nn.{path.rpartition('.')[2]}"
    if path in ("torch.spmm", "torch.sparse.mm"):
        return "torch.mm"
    if path.startswith("torch.functional."):
        return f"torch.nn.functional.{path.rpartition('.')[2]}" if path.count(".") > 2 else path
    return path


@family("torch.nn.")
def make_layer(machine: Machine, path: str, call: Call) -> Value | None:
    """``nn.Name(...)``."""
    rest = path.removeprefix("torch.nn.")
    if rest.partition(".")[0] in ELSEWHERE or not rest.rpartition(".")[2][:1].isupper():
        return None
    return construct(machine, rest.rpartition(".")[2], call)


def construct(machine: Machine, name: str, call: Call) -> Layer:
    """A module of the library by the name of its class."""
    memory = trace(machine)
    memory.identities += 1
    identity = f"{name}-{memory.identities}"
    found = known_as(name, "layer")
    if found is None:
        extra = {k: a.value for k, a in call.keywords.items()}
        layer = Layer(name, identity, attributes=extra, span=call.span)
        layer.attributes["(positional)"] = Listing([a.value for a in call.positional], "tuple")
        return layer
    positional = [a for a in call.positional if not is_module(a.value)] if name in STACKS else call.positional
    args, given, places, unread = drawing.read_arguments(*found, positional, call.keywords)
    if name == "Linear":  # PyTorch makes an empty layer, with a warning
        args = {key: None if value == 0 and key in ("units", "in_features") else value for key, value in args.items()}
    if "groups" in unread and found[0].kind in ("conv", "conv_transpose"):
        unread = tuple(item for item in unread if item != "groups")  # they change no shape
    if call.open:
        unread = (*unread, "more arguments")
    names = call.scope.numbers() if call.scope is not None else {}
    layer = Layer(name, identity, args, given, places, unread, names=names, span=call.span)
    if not memory.trial and not machine.importing:
        made(machine, layer)
        memory.layers.append(layer)
    if "ignore_index" in call.keywords:  # of a loss
        layer.attributes["ignore_index"] = call.keywords["ignore_index"].value
    if name in STACKS:  # what they repeat
        layer.attributes.update({key: a.value for key, a in call.keywords.items() if is_module(a.value)})
        layer.attributes["(positional)"] = Listing([a.value for a in call.positional], "tuple")
    return layer


def apply_layer(machine: Machine, layer: Layer, call: Call, place: Span | None = None) -> Value:
    """The layer applied to the tensors of a call. ``place`` is the element of a container that applies it, if any."""
    from repairnn.frontends.source.torch.losses import compare
    from repairnn.frontends.source.torch.states import given_weights

    if layer.name.endswith("Loss"):
        return compare(machine, layer, call)
    tensors = _inputs(machine, layer, call)
    if layer.name in SAME or not tensors:
        return tensors[0] if tensors else Unknown(f"nn.{layer.name}() of nothing")
    memory = trace(machine)
    name = name_of(machine, layer, call)
    site = Site(layer.span, place or call.span, layer.arguments, layer.places, names=layer.names)
    if layer.name in STACKS:
        return _stack(machine, layer, call, tensors)
    found = known_as(layer.name, "layer")
    if found is None:
        why = f"nn.{layer.name} is not known"
        return opaque(machine, tensors, spelling=layer.name, name=name, site=site, layer=layer.identity, why=why)[0]
    if layer.unread:
        why = f"{name} is made with {', '.join(layer.unread)} that the text does not decide"
        count = 3 if layer.name == "LSTM" else 2 if layer.name in (*RECURRENT, "MultiheadAttention") else 1
        outputs = opaque(machine, tensors, spelling=layer.name, name=name, site=site, layer=layer.identity, why=why,
                         outputs=count)  # fmt: skip
    else:
        trains = found[0].kind in TRAINED and not memory.trial and memory.modes.get(id(layer), True)
        args = {**layer.args, "training": True} if trains else layer.args
        weights = given_weights(layer, [tensor.shape(machine) for tensor in tensors])
        outputs = draw(machine, found[0].kind, args, tensors, spelling=layer.name, name=name,
                       layer=layer.identity, site=site, weights=weights)  # fmt: skip
    result = structured(layer.name, outputs, layer.args, tensors[0])
    return Returned(result.items, "tuple", name=name, span=call.span) if isinstance(result, Listing) else result


def structured(name: str, outputs: Sequence[Tensor], args: Any, source: Tensor) -> Value:
    """What a call returns, with the nesting PyTorch gives it: ``out, (h, c)`` of an LSTM."""
    if name in ("LSTM", "GRU", "RNN"):
        parts: list[Value] = list(outputs)
        while len(parts) < (3 if name == "LSTM" else 2):
            parts.append(Unknown("a state"))
        state = Listing(parts[1:3], "tuple") if name == "LSTM" else parts[1]
        return Listing([parts[0], state], "tuple")
    if name == "LSTMCell":
        return Listing(list(outputs[:2]) if len(outputs) > 1 else [outputs[0], outputs[0]], "tuple")
    if name == "MultiheadAttention":
        return Listing([outputs[0], outputs[1] if len(outputs) > 1 else Unknown("attention weights")], "tuple")
    if len(outputs) > 1:
        return Listing(list(outputs), "tuple")
    result = outputs[0]
    result.dtype, result.form = ("", "") if name.startswith("Embedding") else (source.dtype, "")
    return result


def _inputs(machine: Machine, layer: Layer, call: Call) -> list[Tensor]:
    """The tensors that a layer is applied to: the first argument, and others as far as they are tensors."""
    values: list[Value] = [argument.value for argument in call.positional]
    if values and layer.name not in SAME and layer.name not in STACKS:
        values[0] = _one_tensor(machine, call.positional[0])
    values += [call.keywords[name].value for name in NAMED_INPUTS if name in call.keywords]
    values = [item for value in values for item in _flat(value)]
    if layer.name == "MultiheadAttention" or layer.name in STACKS or layer.name.startswith("Transformer"):
        values = values[: 3 if layer.name == "MultiheadAttention" else 1 if "Encoder" in layer.name else 2]
    found = known_as(layer.name, "layer")
    least = found[0].inputs[0] if found else 1
    tensors: list[Tensor] = []
    for value in values:
        if isinstance(value, (Tensor, Array)) or len(tensors) < least:
            tensor = as_tensor(machine, value, "input")
            if tensor is not None:
                tensors.append(tensor)
    return tensors


def _one_tensor(machine: Machine, argument: Argument) -> Value:
    """The first argument of a module, where a tuple in its place is drawn as such."""
    value = argument.value
    if isinstance(value, Returned):
        return value.whole(machine)
    if not isinstance(value, Listing) or value.kind != "tuple" or value.open or len(value.items) < 2:
        return value
    if argument.site is not None and all(isinstance(item, Tensor) for item in value.items):
        return drawing.tupled(machine, value, "tuple", None, argument.site)
    return value


def _flat(value: Value) -> list[Value]:
    return [inner for item in value.items for inner in _flat(item)] if isinstance(value, Listing) else [value]


def _stack(machine: Machine, layer: Layer, call: Call, tensors: list[Tensor]) -> Value:
    """``nn.TransformerEncoder(encoder_layer, n)``: equal layers one after the other; one stands for all."""
    inner = layer.attributes.get("encoder_layer") or layer.attributes.get("decoder_layer")
    if inner is None:
        held = layer.attributes.get("(positional)")
        inner = next((v for v in held.items if is_module(v)), None) if isinstance(held, Listing) else None
    if isinstance(inner, Layer):
        return apply_layer(machine, inner, Call(call.positional, {}, call.span, call.node))
    return tensors[0].like()


def name_of(machine: Machine, module: Value, call: Call) -> str:
    """How a message calls a module: ``self.conv1``, ``features.3``, or as the call writes it."""
    path = trace(machine).paths.get(id(module))
    if path:
        return path
    if call.node is not None:
        import ast

        text = ast.unparse(call.node.func)
        if len(text) <= 30 and "(" not in text:
            return text
    return f"nn.{getattr(module, 'name', 'Module')}"


def layer_attribute(machine: Machine, layer: Layer, name: str) -> Value:
    """``layer.in_features``, ``layer.weight``, ``layer.to``."""
    from repairnn.frontends.source.torch.modules import module_method

    if name in layer.attributes:
        return layer.attributes[name]
    if name == "bias" and layer.name not in RECURRENT:
        return layer_weight(machine, layer, name)
    found = known_as(layer.name, "layer")
    if found is not None:
        argument = found[1].canonical(name)
        if argument in layer.args:
            return _setting(layer, argument)
        default = next((a.default for a in found[0].arguments if a.name == argument), None)
        default = found[1].fixed.get(argument, found[1].defaults.get(argument, default))
        if isinstance(default, (int, float, str)) and argument in {found[1].canonical(p) for p in found[1].parameters}:
            return Known(default)
    if name in ("weight", "bias"):
        return layer_weight(machine, layer, name)
    return module_method(machine, layer, name) or Unknown(f"nn.{layer.name}.{name}")


def _setting(layer: Layer, argument: str) -> Value:
    value = layer.args[argument]
    rank = {"1d": 1, "2d": 2, "3d": 3}.get(layer.name[-2:])
    if argument in ("kernel_size", "strides", "padding", "dilation_rate") and rank and isinstance(value, int):
        return wrap((value,) * rank)  # torch keeps tuples: conv.kernel_size[0]
    given = layer.arguments.get(argument)
    if given is not None and isinstance(given.value, (Known, Listing)):
        return given.value
    return Unknown(f"{argument} of nn.{layer.name}") if value is None and argument != "bias" else wrap(value)


def layer_weight(machine: Machine, layer: Layer, name: str) -> Value:
    """The layer's weight as a tensor, in PyTorch's layout."""
    args = layer.args
    if name == "bias" and args.get("use_bias") is False:
        return NONE
    shape: Any = None
    if layer.name == "Linear":
        shape = (args.get("units"), args.get("in_features")) if name == "weight" else (args.get("units"),)
    elif layer.name == "Embedding" and name == "weight":
        given = list(args.values())[:2]
        shape = tuple(given) if len(given) == 2 else None
    if shape is None or not all(v is None or isinstance(v, int) for v in shape):
        shape = None
    return drawing.data(machine, shape, name=f"{name}", span=layer.span, dtype="float32", key=(layer.identity, name))


def element_call(container: Container, key: str, argument: Argument, call: Call) -> tuple[Call, Span | None]:
    """The call by which a container applies one of its modules, and the place of that module in the container."""
    return Call((argument,), {}, call.span, None), container.places.get(key)
