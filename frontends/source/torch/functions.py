"""``torch.*`` and ``torch.nn.functional.*`` on tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import family, function
from repairnn.frontends.source.torch.drawing import (
    as_tensor,
    data,
    draw,
    known_as,
    opaque,
    read_arguments,
    spanned,
    trace,
)
from repairnn.frontends.source.torch.entry import tensors_in
from repairnn.frontends.source.torch.operators import MERGES, combined
from repairnn.frontends.source.torch.tables import COUNTED, LOGICAL, PICKING, PLAIN_FUNCTIONS, SAME_SHAPE
from repairnn.frontends.source.torch.values import Picked, Tensor
from repairnn.frontends.source.values import NONE, Array, Known, Listing, Object, Unknown, Value
from repairnn.semantics.declaration import Declaration
from repairnn.semantics.ir import DimOf, Ref
from repairnn.semantics.spelling import Spelling

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@family("torch.nn.functional.")
def functional(machine: Machine, path: str, call: Call) -> Value | None:
    """``F.name(...)``."""
    return tensor_function(machine, path.rpartition(".")[2], "F.", call)


@family("torch.")
def torch_function(machine: Machine, path: str, call: Call) -> Value | None:
    """``torch.name(...)``, and functions of its sub-packages that work on tensors."""
    rest = path.removeprefix("torch.")
    head, _, name = rest.rpartition(".")
    if head in ("", "linalg", "special", "fft", "Tensor", "_C._nn", "ops", "functional"):
        return tensor_function(machine, name, "torch.", call)
    if head == "nn.init":
        return call.get(0, "tensor") or NONE
    if head in ("autograd", "jit", "cuda.amp") and name in ("Variable", "script"):
        return call.get(0)
    return None


@function("torch.no_grad", "torch.enable_grad", "torch.inference_mode", "torch.set_grad_enabled", "torch.manual_seed",
          "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", "torch.autograd.set_detect_anomaly",
          "torch.set_num_threads",
          "torch.cuda.empty_cache", "torch.cuda.synchronize", "torch.set_default_dtype", "torch.compile_",
          "torch.autocast", "torch.cuda.amp.autocast", "torch.backends.cudnn",
          "torch.set_default_tensor_type")  # fmt: skip
def _nothing(machine: Machine, call: Call) -> Value:
    return Unknown("a context")


@function("torch.autograd.Variable", "torch.jit.script", "torch.compile", "torch.nn.DataParallel", "torch.jit.freeze",
          "torch.nn.parallel.DistributedDataParallel", "torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm",
          "torch.nn.utils.parametrizations.weight_norm", "torch.nn.utils.parametrizations.spectral_norm",
          "torch.nn.parallel.DataParallel", "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
          "torch.quantization.QuantStub_",
          "torch.jit.ignore", "torch.jit.export", "torch.nn.utils.remove_weight_norm", "torch.fx.wrap")  # fmt: skip
def _through(machine: Machine, call: Call) -> Value:
    """What gives back its first argument, a tensor or a module, as far as shapes go."""
    return call.get(0, "module", "model", "input", "obj", "data") or Unknown("nothing")


@function("torch.utils.checkpoint.checkpoint")
def _checkpoint(machine: Machine, call: Call) -> Value:
    run = call.get(0, "function")
    if run is None:
        return Unknown("checkpoint()")
    return run.call(machine, Call(call.positional[1:], {}, call.span, None, call.open))


@function("torch.nn.utils.rnn.pack_padded_sequence", "torch.nn.utils.rnn.pack_sequence")
def _packed(machine: Machine, call: Call) -> Value:
    """A packed sequence goes through recurrent layers like the padded one it was made of."""
    return call.get(0, "input", "sequences") or NONE


@function("torch.nn.utils.rnn.pad_packed_sequence")
def _padded(machine: Machine, call: Call) -> Value:
    return Listing([call.get(0, "sequence") or NONE, Unknown("the lengths of sequences")], "tuple")


@family("torch.distributions.")
def _distribution(machine: Machine, path: str, call: Call) -> Value | None:
    return Unknown("a distribution")


@function("torch.is_tensor")
def _is_tensor(machine: Machine, call: Call) -> Value:
    value = call.get(0)
    return Unknown("is_tensor()") if isinstance(value, Unknown) or value is None else Known(isinstance(value, Tensor))


@function("torch.where")
def _where(machine: Machine, call: Call) -> Value:
    """``torch.where(condition)`` gives for each axis the places where it holds; with more it chooses."""
    if len(call.positional) + len(call.keywords) != 1 or call.open:
        found = tensor_function(machine, "where", "torch.", call)
        return found if found is not None else Unknown("torch.where()")
    tensor = as_tensor(machine, call.get(0, "condition"))
    shape = tensor.shape(machine) if tensor is not None else None
    if tensor is None or shape is None:
        return Unknown("places in a tensor")
    places = [data(machine, (None,), name="places", span=call.span, dtype="int64", key=(call.span, tensor.ref, axis))
              for axis in range(len(shape))]  # fmt: skip
    return Listing(list(places), "tuple")


@function("torch.numel")
def _numel(machine: Machine, call: Call) -> Value:
    value = call.get(0)
    return value.attribute(machine, "numel").call(machine, Call()) if value else Unknown("numel()")


@function("torch.device", "torch.cuda.is_available", "torch.cuda.device_count", "torch.is_grad_enabled",
          "torch.backends.mps.is_available",
          "torch.is_floating_point",
          "torch.cuda.current_device", "torch.distributed.is_initialized", "torch.are_deterministic_algorithms_enabled",
          "torch.cuda.get_device_name", "torch.distributed.get_rank", "torch.Generator")  # fmt: skip
def _about_the_machine(machine: Machine, call: Call) -> Value:
    return Unknown("what this computer has")


@function("torch.jit.is_scripting", "torch.jit.is_tracing", "torch.compiler.is_compiling",
          "torch.onnx.is_in_onnx_export", "torch._dynamo.is_compiling", "torch.compiler.is_exporting")  # fmt: skip
def _not_compiling(machine: Machine, call: Call) -> Value:
    return Known(False)


def tensor_function(machine: Machine, name: str, prefix: str, call: Call) -> Value | None:
    """A function of tensors by its bare name; ``None`` when there is no tensor among its arguments."""
    if name == "einops":
        return None
    found = known_as(name, "function")
    if found is None and name.endswith("_"):
        name = name.removesuffix("_")
        found = known_as(name, "function")
    if found is not None:
        return call_declared(machine, *found, call, f"{prefix}{name}")
    tensors = _tensors(machine, call)
    if not tensors:
        return None
    if name in MERGES and len(tensors) > 1:
        result = combined(machine, name, tensors[0], tensors[1], f"{prefix}{name}", call.span)
        return result.like("bool") if name in LOGICAL and isinstance(result, Tensor) else result
    if name in MERGES:
        return tensors[0].like("bool" if name in LOGICAL else None)
    return undeclared(machine, name, f"{prefix}{name}", tensors, call)


def unknown_operation(machine: Machine, tensors: Sequence[Tensor], reason: str, call: Call) -> Value:
    """What comes out of something that is not known, applied to tensors.

    Inside a model it is an operation that is not known; around models most such calls print, plot and measure.
    """
    memory = trace(machine)
    if memory.depth == 0:
        return Unknown(reason)
    last = reason.removesuffix("()").rpartition(".")[2]
    if "Output" in last and last[:1].isupper() and call.keywords:  # a record of results
        return Object(reason, {key: argument.value for key, argument in call.keywords.items()})
    if last.startswith("ACT2FN["):  # the table of activations that model libraries share
        return tensors[0].like()
    name = reason.removesuffix("()").split(",")[0].rpartition(".")[2][:40] or "unknown"
    return opaque(machine, tensors, spelling=name, name=name, site=Site(call.span), why=f"{reason} is not known")[0]


def undeclared(machine: Machine, name: str, shown: str, tensors: Sequence[Tensor], call: Call) -> Value:
    """A function that the semantics does not know: its input's shape where that is what it gives, else unknown."""
    if name in SAME_SHAPE:
        return tensors[0].like(tensors[0].dtype)
    if name in LOGICAL:
        return tensors[0].like("bool")
    if name in PLAIN_FUNCTIONS:
        return Unknown(f"{shown}()")
    count = COUNTED.get(name, 1)
    outputs = opaque(machine, tensors, spelling=name, name=shown, site=Site(call.span), outputs=count)
    return outputs[0] if count == 1 else Listing(list(outputs), "tuple")


def call_declared(
    machine: Machine,
    declaration: type[Declaration],
    spelling: Spelling,
    call: Call,
    shown: str,
    receiver: Tensor | None = None,
) -> Value | None:
    """A call of a declared function or method: tensors first, then its arguments."""
    split = split_tensors(machine, declaration, spelling, call, receiver)
    if split is None:
        tensors = ([receiver] if receiver is not None else []) + _tensors(machine, call)
        if not tensors:
            return None
        why = f"{shown} of tensors that are not all known"
        return opaque(machine, tensors, spelling=spelling.name, name=shown, site=Site(call.span), why=why)[0]
    tensors, positional, keywords = split
    if not tensors:
        return None
    args, given, places, unread = read_arguments(declaration, spelling, positional, keywords)
    if len(tensors) < declaration.inputs[0]:
        return tensors[0].like()  # the other operand is a number
    site = Site(call.span, None, given, places)
    roles = {argument.name for argument in declaration.arguments}
    if any(name in roles and name not in args for name in given) and spelling.name in SAME_SHAPE:
        return tensors[0].like()  # by how much it clamps or turns is not known, and changes no shape
    if unread or call.open:
        why = f"{shown} with {', '.join(unread) or 'arguments'} that the text does not decide"
        return opaque(machine, tensors, spelling=spelling.name, name=shown, site=site, why=why)[0]
    if declaration.kind == "reshape":
        args = keeping_batch(machine, args, tensors[0])
        if "batch_included" in args:
            site = Site(call.span, None, {**given, "target_shape": _behind_first(positional)}, places)
    outputs = draw(machine, declaration.kind, args, tensors, spelling=spelling.name, name=shown, site=site)
    if len(outputs) == 1 and not _always_many(declaration.kind):
        outputs[0].dtype = (
            "bool"
            if spelling.name in LOGICAL
            else "int64"
            if "arg" in spelling.name or spelling.name == "nonzero"
            else tensors[0].dtype
        )
        return outputs[0]
    return Picked(list(outputs), "tuple") if spelling.name in PICKING else Listing(list(outputs), "tuple")


def keeping_batch(machine: Machine, args: dict[str, Any], tensor: Tensor) -> dict[str, Any]:
    """``x.view(x.size(0), -1)`` where the batch is not known: the target without the batch axis says more."""
    target = args.get("target_shape")
    shape = tensor.shape(machine)
    if not isinstance(target, tuple) or len(target) < 2 or not shape or shape[0] is not None:
        return args
    first = target[0]
    if not isinstance(first, DimOf) or first.axis != 0 or not _same_batch(machine, first.ref, tensor.ref):
        return args
    return {**args, "target_shape": target[1:], "batch_included": False}


def _behind_first(positional: Sequence[Argument]) -> Argument:
    """The sizes behind the batch of ``x.view(x.size(0), -1)``, or of ``x.reshape((x.size(0), -1))``."""
    if len(positional) == 1:
        return Argument(positional[0].value)
    rest = positional[1:]
    return Argument(Listing([argument.value for argument in rest], "tuple"), spanned(rest))


#: Kinds that keep the first axis of their first input as it is.
KEEPING = frozenset({
    "conv", "conv_transpose", "pool", "adaptive_pool", "batch_norm", "group_norm", "instance_norm", "layer_norm",
    "activation", "dropout", "dense", "embedding", "identity", "softmax", "interpolate", "pad", "prelu", "unary",
    "pixel_shuffle", "embedded_attention", "global_pool",
})  # fmt: skip


def _same_batch(machine: Machine, one: Ref, other: Ref) -> bool:
    """Whether two tensors surely have the same first axis: each comes from the same tensor through what keeps it."""
    return _origin(machine, one) == _origin(machine, other)


def _origin(machine: Machine, ref: Ref) -> Ref:
    for _ in range(2000):
        node = machine.graph.nodes.get(ref.node)
        if node is None or not node.inputs or ref.output:
            return ref
        flat = node.kind == "flatten" and node.args.get("start_axis", 1) == 1
        whole = node.kind == "reshape" and node.args.get("batch_included") is False
        if node.kind not in KEEPING and not flat and not whole:
            return ref
        ref = node.inputs[0]
    return ref


def _always_many(kind: str) -> bool:
    return kind == "split"


def split_tensors(
    machine: Machine, declaration: type[Declaration], spelling: Spelling, call: Call, receiver: Tensor | None
) -> tuple[list[Tensor], list[Argument], dict[str, Argument]] | None:
    """The tensors of a call, and its other arguments; ``None`` when a list of tensors is not known."""
    names = list(spelling.tensors)
    positional, keywords = list(call.positional), dict(call.keywords)
    tensors: list[Tensor] = []
    if receiver is not None:
        tensors.append(receiver)
        names = names[1:] if names and names[0] in ("input", "self", "x", "tensor") else names
    for name in names:
        if name.startswith("*"):
            many = _many(machine, positional, keywords, name[1:])
            if many is None:
                return None
            tensors.extend(many)
            continue
        value: Value | None = None
        if name in keywords:
            value = keywords.pop(name).value
        elif name not in spelling.parameters:
            at = _tensor_at(positional, first=not tensors)
            if at is None:
                if positional and isinstance(positional[0].value, Known) and positional[0].value.value is None:
                    positional.pop(0)  # an optional tensor that is not given
                continue
            value = positional.pop(at).value
        tensor = as_tensor(machine, value, name)
        if tensor is not None:
            tensors.append(tensor)
    return tensors, positional, keywords


def _tensor_at(positional: list[Argument], first: bool) -> int | None:
    """Where the next tensor stands among the positional arguments: numbers may stand before it."""
    if first and positional:
        return 0
    sure = next((i for i, a in enumerate(positional) if isinstance(a.value, (Tensor, Array))), None)
    return sure if sure is not None else next((i for i, a in enumerate(positional) if tensor_like(a.value)), None)


def tensor_like(value: Value) -> bool:
    """Whether a value may be a tensor."""
    return isinstance(value, (Tensor, Array)) or (isinstance(value, Unknown) and value.symbol is None)


def _many(
    machine: Machine, positional: list[Argument], keywords: dict[str, Argument], name: str
) -> list[Tensor] | None:
    source = keywords.pop(name, None)
    if source is None:
        at = next((i for i, a in enumerate(positional) if not isinstance(a.value, Known)), None)
        if at is None:
            return []
        positional.insert(0, positional.pop(at))
        source = positional[0]
    if isinstance(source.value, (Tensor, Array)) and positional and source is positional[0]:
        found = [argument.value for argument in positional if isinstance(argument.value, (Tensor, Array))]
        positional[:] = [argument for argument in positional if not isinstance(argument.value, (Tensor, Array))]
        if len(found) == 1 and isinstance(found[0], Tensor) and name != "operands":
            rows = found[0].elements(machine)
            return None if rows is None else [row for row in rows if isinstance(row, Tensor)]
        return [t for t in (as_tensor(machine, value) for value in found) if t is not None]
    if positional and source is positional[0]:
        positional.pop(0)
    elements = source.value.elements(machine)
    if elements is None:
        return None
    tensors = [as_tensor(machine, element) for element in elements]
    return None if any(t is None for t in tensors) else [t for t in tensors if t is not None]


def _tensors(machine: Machine, call: Call) -> list[Tensor]:
    found: list[Any] = []
    for value in call.values:
        found.extend([as_tensor(machine, value)] if isinstance(value, Array) else tensors_in(value))
    return [t for t in found if t is not None]
