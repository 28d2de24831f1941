"""Functions on tensors: ``keras.ops``, ``keras.backend``, TensorFlow's, and merge layers spelled as functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.arguments import MISSING, plain
from repairnn.frontends.source.keras.layers import layer_of, tensors_of
from repairnn.frontends.source.keras.tensors import draw, ref_of, scaled, unknown
from repairnn.frontends.source.library import FUNCTIONS, Library, family, function
from repairnn.frontends.source.models import Tensor
from repairnn.frontends.source.values import NONE, Array, Known, Listing, Object, Unknown, Value, known
from repairnn.semantics.arithmetic import window_output
from repairnn.semantics.ir import DimOf, Ref
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import Spelling, bind

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Functions of one tensor that keep its shape.
SAME = frozenset({
    "relu", "relu6", "elu", "selu", "gelu", "sigmoid", "hard_sigmoid", "tanh", "softplus", "softsign", "silu", "swish",
    "leaky_relu", "log_softmax", "softmax", "linear", "exponential", "mish", "abs", "square", "sqrt", "exp", "log",
    "sign",
    "round", "clip",
    "cast", "identity", "stop_gradient", "clip_by_value", "negative", "sin", "cos", "rsqrt", "floor",
    "ceil", "dropout", "l2_normalize", "log_sigmoid", "to_float", "to_int32", "cast_to_floatx", "zeros_like",
    "ones_like",
    "batch_normalization", "pow", "add_n", "constraint", "ensure_shape", "nan_to_num", "erf", "print", "Print",
    "check_numerics", "convert_to_tensor", "cumsum",
})  # fmt: skip
BINARY = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "multiply", "maximum": "maximum",
    "minimum": "minimum", "truediv": "multiply", "mul": "multiply", "sub": "subtract", "div": "multiply",
    "equal": "multiply", "greater": "multiply", "less": "multiply", "squared_difference": "subtract",
}  # fmt: skip
MERGES = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply", "average": "Average", "maximum": "Maximum",
          "minimum": "Minimum", "concatenate": "Concatenate", "dot": "Dot"}  # fmt: skip
MODES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate", "dot": "Dot"}


def _merge(cls: str):  # type: ignore[no-untyped-def]
    def run(machine: Machine, call: Call) -> Value:
        tensors = call.argument(0, "inputs")
        layer = layer_of(machine, cls, call.without_first() if call.positional else _without(call, "inputs"))
        layer.call_span = call.span
        given = Call((tensors,), span=call.span) if tensors is not None else Call(span=call.span)
        return layer.call(machine, given)

    return run


def _without(call: Call, *names: str) -> Call:
    return replace(call, keywords={k: a for k, a in call.keywords.items() if k not in names})


for _name, _cls in MERGES.items():
    function(f"keras.layers.{_name}")(_merge(_cls))


@function("keras.layers.merge", "keras.layers.Merge")
def old_merge(machine: Machine, call: Call) -> Value:
    """Keras 1: ``merge([a, b], mode='concat', concat_axis=1)``."""
    mode = known(call.get(1, "mode") or Known("sum"), str)
    cls = MODES.get(mode or "")
    if cls is None:
        refs = [r for value in call.values for r in tensors_of(machine, value)]
        return unknown(machine, refs, "merge", call.span, f"merge mode {mode}") if refs else Unknown("merge()")
    keywords: dict[str, Argument] = {}
    axis = call.argument(None, "concat_axis" if cls == "Concatenate" else "dot_axes")
    if axis is not None:
        keywords["axis" if cls == "Concatenate" else "axes"] = axis
    if "name" in call.keywords:
        keywords["name"] = call.keywords["name"]
    layer = layer_of(machine, cls, Call((), keywords, call.span, call.node))
    tensors = call.argument(0, "inputs", "layers")
    if call.name == "Merge" or tensors is None:
        layer.inner = tensors.value if tensors is not None else None
        return layer
    return layer.call(machine, Call((tensors,), span=call.span))


def _of_family(prefix: str, short: str) -> None:
    @family(f"{prefix}.")
    def run(machine: Machine, path: str, call: Call) -> Value | None:
        name = path[len(prefix) + 1 :]
        found = spelled("keras", f"{short}.{name}", "function")
        if found is not None and any(isinstance(v, Tensor) for v in _flat(call)):
            return _declared(machine, found[0].kind, found[1], call)
        return _by_name(machine, name.rpartition(".")[2], call)


def _flat(call: Call) -> list[Value]:
    values: list[Value] = []
    for value in call.values:
        values.extend(value.items if isinstance(value, Listing) else [value])
    return values


def _declared(machine: Machine, kind: str, spelling: Spelling, call: Call) -> Value:
    """A function that the semantics declares: leading parameters are tensors, the others arguments."""
    positional, keywords = list(call.positional), dict(call.keywords)
    tensors: list[Argument] = []
    for name in spelling.tensors:
        if name.startswith("*"):
            tensors.extend(positional)
            positional = []
        elif name in keywords:
            tensors.append(keywords.pop(name))
        elif positional:
            tensors.append(positional.pop(0))
    equation = [t for t in tensors if isinstance(t.value, Known) and isinstance(t.value.value, str)]
    refs = [ref for t in tensors if t not in equation for ref in tensors_of(machine, t.value)]
    bound = bind(spelling, [*equation, *positional] if kind == "einsum" else positional, keywords)
    args = {name: plain(argument.value) for name, argument in bound.args.items()}
    lacking = any(not isinstance(t.value, Known) and not tensors_of(machine, t.value) for t in tensors)
    if any(value is MISSING for value in args.values()) or not refs or lacking:
        return unknown(machine, refs, spelling.name, call.span, f"the arguments of {spelling.name}")
    site = Site(call.span, None, bound.args, bound.places)
    made = draw(machine, kind, {**spelling.fixed, **args}, refs, spelling=spelling.name, site=site)
    return made[0] if len(made) == 1 else Listing(made)


def _by_name(machine: Machine, name: str, call: Call) -> Value | None:
    """Functions that keep the shape or broadcast, by their common names."""
    first = call.get(0, "x", "inputs", "a", "input", "features", "logits", "tensor")
    site = Site(call.span)
    if name in BINARY:
        one, two = first, call.get(1, "y", "b", "x2")
        refs = [ref_of(machine, one), ref_of(machine, two)]
        if isinstance(one, Tensor) or isinstance(two, Tensor):
            found = [ref for ref in refs if ref is not None]
            if len(found) == 2:
                return draw(machine, "merge", {"op": BINARY[name], "align": "last"}, found, spelling=name, site=site)[0]
            if isinstance(one, Known) or isinstance(two, Known):
                return Tensor(scaled(machine, found[0], site))
    if name in SAME and isinstance(first, Tensor):
        return draw(machine, "identity", {}, [first.ref], spelling=name, site=site)[0]
    if name in SAME and isinstance(first, Array):
        return first
    return None


for _prefix, _short in (("keras.ops", "ops"), ("keras.backend", "K"), ("tensorflow", "tf"), ("keras.activations", "A")):
    _of_family(_prefix, _short)


@function("keras.backend.concatenate", "tensorflow.concat", "keras.ops.concatenate", "tensorflow.concatenate")
def concatenate(machine: Machine, call: Call) -> Value:
    """``concat(tensors, axis)``; arrays stay arrays."""
    tensors, axis = call.argument(0, "tensors", "values", "xs"), call.argument(1, "axis")
    if tensors is None or not any(isinstance(v, Tensor) for v in _flat(call)):
        return FUNCTIONS["numpy.concatenate"](machine, call)
    given = plain(axis.value) if axis else -1
    refs = tensors_of(machine, tensors.value)
    if not isinstance(given, int):
        return unknown(machine, refs, "concat", call.span, "the axis of concat")
    site = Site(call.span, None, {"axis": axis} if axis else {}, {"axis": 1} if axis else {})
    return draw(machine, "concatenate", {"axis": given}, refs, spelling="concatenate", site=site)[0]


@function("keras.backend.reshape", "tensorflow.reshape", "keras.ops.reshape")
def reshape(machine: Machine, call: Call) -> Value:
    """``reshape(x, shape)``: the shape includes the batch axis."""
    tensor, shape = call.get(0, "x", "tensor"), call.argument(1, "shape", "newshape")
    if not isinstance(tensor, Tensor):
        return FUNCTIONS["numpy.reshape"](machine, call) if isinstance(tensor, Array) else Unknown("reshape()")
    target = plain(shape.value) if shape else MISSING
    if target is MISSING or not isinstance(target, tuple) or shape is None:
        return unknown(machine, [tensor.ref], "reshape", call.span, "the shape of reshape")
    target = tuple(-1 if part is None else part for part in target)
    if target and isinstance(target[0], DimOf) and target[0].axis == 0:
        # The batch by name: what is left is a reshape of each sample, and ``-1`` in it can be computed.
        inner: dict[str, Any] = {"target_shape": target[1:]}
        return draw(machine, "reshape", inner, [tensor.ref], spelling="reshape", site=Site(call.span))[0]
    site = Site(call.span, None, {"target_shape": shape}, {"target_shape": 1})
    args: dict[str, Any] = {"target_shape": target, "batch_included": True}
    return draw(machine, "reshape", args, [tensor.ref], spelling="reshape", site=site)[0]


@function("keras.backend.flatten", "keras.backend.batch_flatten", "tensorflow.layers.flatten")
def flatten(machine: Machine, call: Call) -> Value:
    """``K.batch_flatten`` keeps the batch, ``K.flatten`` does not."""
    tensor = call.get(0, "x", "inputs")
    if not isinstance(tensor, Tensor):
        return Unknown("flatten()")
    args: dict[str, Any] = {"target_shape": (-1,), "batch_included": True}
    if call.name == "flatten" and "layers" not in call.callee:
        return draw(machine, "reshape", args, [tensor.ref], spelling="flatten", site=Site(call.span))[0]
    return draw(machine, "flatten", {}, [tensor.ref], spelling="Flatten", name="flatten", site=Site(call.span))[0]


@function("keras.backend.int_shape", "keras.backend.shape", "tensorflow.shape", "keras.ops.shape")
def shape_of(machine: Machine, call: Call) -> Value:
    """A tensor's shape as numbers that remember the tensor."""
    value = call.get(0, "x", "input")
    if isinstance(value, Tensor):
        return value.dimensions(machine)
    if isinstance(value, Array):
        return value.attribute(machine, "shape")
    return Unknown("a shape")


@function("keras.backend.ndim", "tensorflow.rank", "keras.ops.ndim")
def rank_of(machine: Machine, call: Call) -> Value:
    """A tensor's number of axes."""
    value = call.get(0, "x", "input")
    return value.attribute(machine, "ndim") if value is not None else Unknown("a rank")


@function("keras.backend.image_data_format", "keras.config.image_data_format", "keras.backend.image_dim_ordering")
def image_data_format(machine: Machine, call: Call) -> Value:
    """Channels come last unless the program says otherwise."""
    chosen = machine.memo.get("image_data_format", "channels_last")
    if call.name == "image_dim_ordering":
        return Known("th" if chosen == "channels_first" else "tf")
    return Known(chosen)


@function("keras.backend.set_image_data_format", "keras.backend.set_image_dim_ordering",
          "keras.config.set_image_data_format")  # fmt: skip
def set_image_data_format(machine: Machine, call: Call) -> Value:
    """The program chooses the layout for all layers that do not say their own."""
    value = known(call.get(0, "data_format", "dim_ordering"), str)
    names = {"th": "channels_first", "tf": "channels_last"}
    machine.memo["image_data_format"] = names.get(value or "", value)
    return NONE


@function("tensorflow.image.resize", "tensorflow.image.resize_images", "keras.ops.image.resize",
          "tensorflow.compat.v1.image.resize_bilinear", "tensorflow.image.resize_bilinear")  # fmt: skip
def resize(machine: Machine, call: Call) -> Value:
    """``resize(images, (height, width))``: channels and batch stay."""
    images, size = call.get(0, "images"), call.argument(1, "size")
    target = plain(size.value) if size else MISSING
    if not isinstance(images, Tensor):
        shape = images.shape if isinstance(images, Array) else None
        known_size = isinstance(target, tuple) and len(target) == 2 and shape is not None and len(shape) > 2
        return Array((*shape[:-3], *target, shape[-1])) if known_size and shape else Array(None)
    if not isinstance(target, tuple) or len(target) != 2 or size is None:
        return unknown(machine, [images.ref], "resize", call.span, "the size of resize")
    args = {"height": target[0], "width": target[1]}
    return draw(machine, "resizing", args, [images.ref], spelling="Resizing", name="resize", site=Site(call.span))[0]


@function("tensorflow.image.extract_patches", "tensorflow.extract_image_patches",
          "tensorflow.image.extract_image_patches", "keras.ops.image.extract_patches")  # fmt: skip
def extract_patches(machine: Machine, call: Call) -> Value:
    """Windows of images, each flattened into the channels. Source: ``tf.image.extract_patches``."""
    images, sizes = call.get(0, "images"), plain(call.get(1, "sizes", "size", "ksizes") or NONE)
    strides = plain(call.get(2, "strides") or NONE)
    padding = known(call.get(4, "padding") or Known("valid"), str)
    if not isinstance(images, Tensor):
        return Unknown("patches")
    shape = images.shape(machine)
    both = [pair[1:3] if isinstance(pair, tuple) and len(pair) == 4 else pair for pair in (sizes, strides or sizes)]
    both = [(pair, pair) if isinstance(pair, int) else pair for pair in both]
    fine = shape is not None and len(shape) == 4 and all(isinstance(p, tuple) and len(p) == 2 for p in both)
    if not fine or shape is None or padding is None or not all(isinstance(n, int) and n > 0 for p in both for n in p):
        return unknown(machine, [images.ref], "extract_patches", call.span, "the sizes of patches")
    window, step = both
    steps = [window_output(n, k, s, padding.lower()) for n, k, s in zip(shape[1:3], window, step, strict=True)]
    depth = None if shape[3] is None else window[0] * window[1] * shape[3]
    args = {"output_shapes": ((shape[0], *steps, depth),)}
    return draw(machine, "opaque", args, [images.ref], spelling="extract_patches", site=Site(call.span))[0]


@function("keras.backend.backend", "keras.config.backend")
def backend(machine: Machine, call: Call) -> Value:
    """The backend that nearly every program runs on."""
    return Known("tensorflow")


@function("keras.backend.learning_phase", "keras.backend.clear_session", "keras.utils.set_random_seed",
          "keras.backend.set_floatx", "keras.backend.set_session", "tensorflow.random.set_seed")  # fmt: skip
def nothing(machine: Machine, call: Call) -> Value:
    """Settings that no shape depends on."""
    return Unknown(call.name)


@function("tensorflow.constant", "keras.backend.constant", "tensorflow.Variable", "keras.backend.variable",
          "keras.ops.convert_to_tensor", "tensorflow.convert_to_tensor", "keras.Variable")  # fmt: skip
def constant(machine: Machine, call: Call) -> Value:
    """An array by value."""
    value = call.get(0, "value", "initial_value", "x")
    if isinstance(value, Tensor):
        return value
    return FUNCTIONS["numpy.array"](machine, Call.of(value, span=call.span)) if value is not None else Array(None)


@function("tensorflow.range", "keras.ops.arange", "keras.backend.arange")
def arange(machine: Machine, call: Call) -> Value:
    """Numbers in steps."""
    names = {"limit": "stop", "delta": "step"}
    return FUNCTIONS["numpy.arange"](
        machine, replace(call, keywords={names.get(k, k): a for k, a in call.keywords.items()})
    )


@function("tensorflow.zeros", "tensorflow.ones", "keras.ops.zeros", "keras.ops.ones", "keras.backend.zeros",
          "keras.backend.ones", "tensorflow.random.normal", "tensorflow.random.uniform", "keras.random.normal",
          "keras.random.uniform", "keras.backend.random_normal", "keras.backend.random_uniform",
          "tensorflow.random_normal", "tensorflow.random_uniform", "tensorflow.random.truncated_normal",
          "tensorflow.truncated_normal", "tensorflow.fill")  # fmt: skip
def filled(machine: Machine, call: Call) -> Value:
    """An array by shape."""
    shape = call.get(0, "shape", "dims")
    return FUNCTIONS["numpy.zeros"](machine, Call.of(shape, span=call.span)) if shape is not None else Array(None)


@family("keras.")
def other(machine: Machine, path: str, call: Call) -> Value | None:
    """Optimizers, callbacks, initialisers, regularisers: carried around as they are."""
    return Object(path) if path.rpartition(".")[2][:1].isupper() and not path.startswith("keras.layers.") else None


__all__ = ["Library", "Ref"]
