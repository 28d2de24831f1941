"""Which module of PyTorch a live module is, and the constructor's arguments that its attributes and weights tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from repairnn.frontends.errors import CannotBuild
from repairnn.semantics.declaration import Declaration, bind_arguments
from repairnn.semantics.ir import Arith, DimOf
from repairnn.semantics.registry import spelled
from repairnn.semantics.serialise import Other
from repairnn.semantics.spelling import Spelling

#: Where PyTorch keeps its modules, training with simulated quantisation included.
HOMES = ("torch.nn.modules.", "torch.ao.nn.qat.")
#: What holds other modules and is not itself a layer.
CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "Container"})
#: Arguments that hold a function, with the names that a module is made with; any other function stays as it is.
FUNCTIONS: dict[str, tuple[Any, ...]] = {"activation": ("relu", "gelu", "tanh")}
#: Arguments that a lazy module leaves to its first input; 0 stands for them until then.
LEFT_OPEN = ("in_features", "in_channels", "num_features")


def library_class(module: Any) -> type | None:
    """The class of PyTorch whose ``forward`` a module runs, also under a class of the user's that inherits it."""
    forward = getattr(type(module), "forward", None)
    for base in type(module).__mro__:
        if base.__module__.startswith(HOMES) and base.__name__ not in CONTAINERS and base.__name__ != "Module":
            own = base.__module__.startswith("torch.ao.") or vars(base).get("forward", forward) is forward
            return base if own and getattr(base, "forward", None) is forward else None
    return None


def name_of(module: Any) -> str:
    """What PyTorch calls the module's class; for a scripted module, the class it was made from."""
    base = library_class(module)
    return str(getattr(module, "original_name", type(module).__name__)) if base is None else base.__name__


def declared(module: Any) -> tuple[type[Declaration], Spelling] | None:
    """The declaration and spelling of a module of PyTorch; ``None`` for any other."""
    return None if library_class(module) is None else spelled("torch", name_of(module), "layer")


def module_arguments(module: Any, spelling: Spelling, declaration: type[Declaration]) -> dict[str, Any]:
    """The constructor's arguments by their canonical names; defaults left out."""
    known = {argument.name for argument in declaration.arguments}
    defaults = vars(bind_arguments(declaration, {}, {**spelling.defaults, **spelling.fixed}))
    found: dict[str, Any] = {}
    for parameter, value in {**_attributes(module, spelling), **_told(module, spelling.name)}.items():
        name = spelling.canonical(parameter)
        told = name in spelling.required or value != defaults.get(name)
        if name in FUNCTIONS and value not in FUNCTIONS[name]:
            continue
        if name in known and name not in spelling.fixed and told:
            found[name] = value
    return {**spelling.fixed, **found}


def make_module(torch: Any, spelling: Spelling, args: Mapping[str, Any]) -> Any:
    """A new module from canonical arguments. Raises what PyTorch raises for arguments that it refuses."""
    known = {*spelling.parameters, *spelling.keywords}
    keywords = {
        spelling.parameter(name): value
        for name, value in args.items()
        if name not in spelling.fixed and spelling.parameter(name) in known and not isinstance(value, Other)
    }
    block = keywords.get("encoder_layer", keywords.get("decoder_layer"))
    if isinstance(block, Mapping):
        parameter = "encoder_layer" if "encoder_layer" in keywords else "decoder_layer"
        repeated = spelled("torch", f"{spelling.name}Layer")
        assert repeated is not None
        keywords[parameter] = make_module(torch, repeated[1], block)
    if spelling.name in ("TransformerEncoder", "TransformerDecoder"):
        keywords.setdefault("num_layers", 1)
    if spelling.name.startswith("ConstantPad"):
        keywords.setdefault("value", 0.0)
    kind = getattr(torch.nn, spelling.name, None)
    if kind is None:
        raise CannotBuild(f"{spelling.name} is not in this PyTorch")
    return kind(**keywords)


def plain(value: Any) -> Any:
    """An attribute's value as data; sizes become tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(part) for part in value)
    if value is None or isinstance(value, (bool, int, float, str, DimOf, Arith)):
        return value
    if getattr(value, "__name__", "") in ("relu", "gelu"):  # which transformers take by name, too
        return value.__name__
    return repr(value)


def _attributes(module: Any, spelling: Spelling) -> dict[str, Any]:
    computed = getattr(module, "parametrizations", ())  # to read one would run it, and change its state
    found: dict[str, Any] = {}
    for parameter in (*spelling.parameters, *spelling.keywords):
        if parameter in computed:
            found[parameter] = True
            continue
        if not hasattr(module, parameter):
            continue
        value = getattr(module, parameter)
        if callable(value):  # a function: the name says which, and any that has none is taken as it is
            value = getattr(value, "__name__", None)
        value = plain(value)
        if parameter == "bias" and not isinstance(value, bool):
            value = getattr(module, parameter) is not None
        if value == 0 and parameter in LEFT_OPEN and type(module).__name__.startswith("Lazy"):
            value = None
        found[parameter] = value
    return found


def _told(module: Any, name: str) -> dict[str, Any]:
    """What stands elsewhere than in an attribute of the parameter's name; weights are right where they differ."""
    reader = READERS.get(name) or READERS.get(name.removeprefix("Lazy").rstrip("123d"))
    return {} if reader is None else reader(module)


def _shape(module: Any, name: str) -> tuple[int, ...] | None:
    from torch.nn.parameter import is_lazy

    if name in getattr(module, "parametrizations", ()):  # to read it would run it, and change its state
        return None
    value = getattr(module, name, None)
    return None if value is None or is_lazy(value) or not hasattr(value, "shape") else tuple(value.shape)


def _linear(module: Any) -> dict[str, Any]:
    shape = _shape(module, "weight")
    return {} if shape is None or len(shape) != 2 else {"out_features": shape[0], "in_features": shape[1]}


def _conv(module: Any) -> dict[str, Any]:
    shape, rank = _shape(module, "weight"), len(module.kernel_size)
    if shape is None or len(shape) != rank + 2:
        return {}
    first, second = (1, 0) if module.transposed else (0, 1)
    widths = [shape[0], shape[1]]
    widths[1] *= module.groups
    return {"out_channels": widths[first], "in_channels": widths[second], "kernel_size": shape[2:]}


def _widths(parameter: str, *weights: str) -> Callable[[Any], dict[str, Any]]:
    def read(module: Any) -> dict[str, Any]:
        shapes = [
            shape for shape in (_shape(module, name) for name in weights) if shape is not None and len(shape) == 1
        ]
        return {parameter: shapes[0][0]} if shapes else {}

    return read


def _table(module: Any) -> dict[str, Any]:
    shape = _shape(module, "weight")
    return {} if shape is None or len(shape) != 2 else {"num_embeddings": shape[0], "embedding_dim": shape[1]}


def _attention(module: Any) -> dict[str, Any]:
    widths = {} if not module._qkv_same_embed_dim else {"kdim": None, "vdim": None}
    return {"bias": module.in_proj_bias is not None, **widths}


def _block(module: Any) -> dict[str, Any]:
    attention = module.self_attn
    return {
        "d_model": attention.embed_dim,
        "nhead": attention.num_heads,
        "dim_feedforward": module.linear1.out_features,
        "dropout": module.dropout.p,
        "batch_first": attention.batch_first,
    }


def _stack(module: Any) -> dict[str, Any]:
    found = spelled("torch", name_of(module.layers[0])) if len(module.layers) else None
    if found is None:
        return {}
    block = module_arguments(module.layers[0], found[1], found[0])
    block = {name: value for name, value in block.items() if name not in found[1].fixed}
    parameter = "encoder_layer" if "Encoder" in name_of(module) else "decoder_layer"
    return {parameter: block, "num_layers": len(module.layers)}


def _whole(module: Any) -> dict[str, Any]:
    block = module.encoder.layers[0]
    return {
        "num_encoder_layers": len(module.encoder.layers),
        "num_decoder_layers": len(module.decoder.layers),
        "dim_feedforward": block.linear1.out_features,
        "dropout": block.dropout.p,
    }


def _class_loss(module: Any) -> dict[str, Any]:
    return {"in_features": module.linear.in_features, "num_classes": module.num_classes}


def _adaptive(module: Any) -> dict[str, Any]:
    return {"cutoffs": tuple(module.cutoffs[:-1])}


#: What is read from a module beside its attributes, by the name of its class (rank and ``Lazy`` left out).
READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "Linear": _linear,
    "Conv": _conv,
    "ConvTranspose": _conv,
    "BatchNorm": _widths("num_features", "running_mean", "weight"),
    "SyncBatchNorm": _widths("num_features", "running_mean", "weight"),
    "InstanceNorm": _widths("num_features", "running_mean", "weight"),
    "PReLU": _widths("num_parameters", "weight"),
    "Embedding": _table,
    "EmbeddingBag": _table,
    "MultiheadAttention": _attention,
    "TransformerEncoderLayer": _block,
    "TransformerDecoderLayer": _block,
    "TransformerEncoder": _stack,
    "TransformerDecoder": _stack,
    "Transformer": _whole,
    "AdaptiveLogSoftmaxWithLoss": _adaptive,
    "LinearCrossEntropyLoss": _class_loss,
}
