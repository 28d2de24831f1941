"""Where a PyTorch call needs more than its arguments: integer inputs, odd call forms, the layout of weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

from repairnn.semantics.ir import Shape

#: Inputs that hold indices: kind and position to the number of different values.
INDICES: dict[tuple[str, int], Callable[[Any], int]] = {}

#: Kinds whose output may depend on the values of the input.
SIZED_BY_VALUES = frozenset({"open_size", "torch_one_hot"})

#: Functions that are defined between 0 and 1 only.
UNIT = ("bernoulli", "logit")

#: How a call is made where tensors and arguments alone do not say it: (form, name or kind) to a maker of the call.
CALLS: dict[tuple[str, str], Callable[[Any, Mapping[str, Any], Any], Callable[[list[torch.Tensor]], Any]]] = {}

CALLS["function", "einsum"] = lambda module, named, args: lambda x: torch.einsum(named["equation"], *x)
CALLS["function", "getitem"] = CALLS["method", "__getitem__"] = lambda module, named, args: (
    lambda x: x[0][_index(args.index)]
)

CALLS["function", "tensor_split"] = CALLS["method", "tensor_split"] = lambda module, named, args: (
    lambda x: torch.tensor_split(x[0], args.sections, args.axis)
)
CALLS["function", "full_like"] = lambda module, named, args: lambda x: torch.full_like(x[0], 2.0)
CALLS["method", "to"] = CALLS["method", "type"] = lambda module, named, args: lambda x: x[0].to(torch.float32)
CALLS["method", "cuda"] = CALLS["method", "retain_grad"] = CALLS["method", "pin_memory"] = lambda module, named, args: (
    lambda x: x[0]
)

CALLS["function", "scatter_reduce"] = lambda module, named, args: (
    lambda x: torch.scatter_reduce(x[0], args.axis, x[1], *x[2:], reduce="sum")
)
CALLS["method", "scatter_reduce"] = CALLS["function", "scatter_reduce"]
for _name in ("scatter", "scatter_add", "gather", "index_select"):
    CALLS["function", _name] = CALLS["method", _name] = lambda module, named, args, name=_name: (
        lambda x: getattr(torch, name)(
            x[0], args.axis, *x[1:], *([args.value] if len(x) == 2 and "scatter" in name else [])
        )
    )


def _batch_norm(module: Any, named: Mapping[str, Any], args: Any) -> Callable[[list[torch.Tensor]], Any]:
    """With the statistics of the batch itself, which is what the function does where it gets none."""

    def call(x: list[torch.Tensor]) -> Any:
        rest = [axis for axis in range(x[0].ndim) if axis != 1]
        statistics = x[0].mean(rest), x[0].var(rest, correction=0)
        return torch.nn.functional.batch_norm(x[0], *statistics, eps=args.epsilon)

    return call


CALLS["function", "batch_norm"] = _batch_norm
for _name in ("new_zeros", "new_ones", "new_empty"):
    CALLS["method", _name] = lambda module, named, args, name=_name: lambda x: getattr(torch.zeros(1), name)(args.shape)
CALLS["method", "new_full"] = lambda module, named, args: lambda x: torch.zeros(1).new_full(args.shape, 0.5)
CALLS["function", "full"] = lambda module, named, args: lambda x: torch.full(args.shape, 0.5)
CALLS["function", "randint"] = lambda module, named, args: lambda x: torch.randint(0, 2, args.shape)
CALLS["function", "normal"] = lambda module, named, args: lambda x: torch.normal(0.0, 1.0, args.shape)
CALLS["function", "logspace"] = lambda module, named, args: lambda x: torch.logspace(0, 1, args.length)
CALLS["function", "linspace"] = lambda module, named, args: lambda x: torch.linspace(0, 1, args.length)
for _name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d", "dropout2d", "dropout3d"):
    CALLS["function", _name] = lambda module, named, args, name=_name: (
        lambda x: getattr(torch.nn.functional, name)(x[0], args.rate, training=False)
    )


def _recurrent(module: Any, named: Mapping[str, Any], args: Any) -> Callable[[list[torch.Tensor]], Any]:
    """States follow the sequence: one tensor, or a pair for an LSTM."""

    def call(x: list[torch.Tensor]) -> Any:
        if len(x) == 1:
            return module(x[0])
        return module(x[0], tuple(x[1:]) if args.cell == "lstm" else x[1], *x[2:] if args.cell != "lstm" else ())

    return call


def _bag(module: Any, named: Mapping[str, Any], args: Any) -> Callable[[list[torch.Tensor]], Any]:
    """PyTorch reads memory that is not its own where the only offset is the end; such a call is not made."""

    def call(x: list[torch.Tensor]) -> Any:
        if args.include_last_offset and len(x) > 1 and x[1].numel() < 2:
            raise ValueError("no bag between the offsets")
        return module(x[0], *x[1:])

    return call


CALLS["layer", "embedding_bag"] = _bag
CALLS["layer", "recurrent"] = CALLS["layer", "recurrent_cell"] = _recurrent

#: Arguments of ours that say what is known of the data; PyTorch has no such parameter.
KNOWLEDGE = {"class_loss": ("target",)}

INDICES.update(
    {
        ("take", 1): lambda a: 1,
        ("margin_loss", 1): lambda a: 1,
        ("embedding_bag", 0): lambda a: a.input_dim,
        ("embedding_bag", 1): lambda a: 1,
        ("embedding", 0): lambda a: a.input_dim,
        ("ctc_loss", 1): lambda a: 1,
        ("gather", 1): lambda a: 1,
        ("take_along", 1): lambda a: 1,
        ("scatter", 1): lambda a: 1,
        ("index_select", 1): lambda a: 1,
        ("torch_one_hot", 0): lambda a: max(a.num_classes, 1),
        ("linear_class_loss", 1): lambda a: a.classes,
    }
)


#: How a module is made where its constructor does not take the arguments by name.
MAKERS: dict[str, Callable[[Mapping[str, Any]], torch.nn.Module]] = {}


def _stack(cls: Any, block: Any) -> Callable[[Mapping[str, Any]], torch.nn.Module]:
    """A stack of transformer layers; the arguments of the layer are in the argument of its parameter."""
    parameter = "encoder_layer" if cls is torch.nn.TransformerEncoder else "decoder_layer"
    return lambda named: cls(
        block(**(named.get(parameter) or {"d_model": 512, "nhead": 8})), named.get("num_layers", 1)
    )


MAKERS["TransformerEncoder"] = _stack(torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer)
MAKERS["TransformerDecoder"] = _stack(torch.nn.TransformerDecoder, torch.nn.TransformerDecoderLayer)

#: Weights of a module by our names and in our layout, by kind.
WEIGHTS: dict[str, Callable[[torch.nn.Module, Any], Mapping[str, Any]]] = {}


def _kept(**names: str) -> Callable[[torch.nn.Module, Any], Mapping[str, Any]]:
    """Weights that have our layout already: our name to the module's."""
    return lambda module, args: _present(module, names)


def _present(module: torch.nn.Module, names: Mapping[str, str]) -> dict[str, Any]:
    found = {ours: getattr(module, theirs, None) for ours, theirs in names.items()}
    return {ours: weight.detach().numpy() for ours, weight in found.items() if weight is not None}


def _moved(order: Callable[[int], tuple[int, ...]]) -> Callable[[torch.nn.Module, Any], Mapping[str, Any]]:
    """A kernel whose axes stand in another order, and a bias."""

    def weights_of(module: torch.nn.Module, args: Any) -> Mapping[str, Any]:
        found = _present(module, {"kernel": "weight", "bias": "bias"})
        found["kernel"] = found["kernel"].transpose(order(found["kernel"].ndim))
        return found

    return weights_of


def _named(module: torch.nn.Module, args: Any) -> Mapping[str, Any]:
    """Weights that are called and laid out as PyTorch does."""
    return {name: weight.detach().numpy() for name, weight in module.state_dict().items()}


STATISTICS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
WEIGHTS.update(
    {
        "recurrent": _named,
        "recurrent_cell": _named,
        "embedded_attention": _named,
        "bilinear": _kept(kernel="weight", bias="bias"),
        "dense": _moved(lambda rank: (1, 0)),
        "conv": _moved(lambda rank: (*range(2, rank), 1, 0)),
        "conv_transpose": _moved(lambda rank: (*range(2, rank), 1, 0)),
        "batch_norm": _kept(**STATISTICS),
        "instance_norm": _kept(**STATISTICS),
        "layer_norm": _kept(gamma="weight", beta="bias"),
        "group_norm": _kept(gamma="weight", beta="bias"),
        "rms_norm": _kept(scale="weight"),
        "embedding": _kept(embeddings="weight"),
        "embedding_bag": _kept(embeddings="weight"),
        "prelu": _kept(alpha="weight"),
    }
)


def tensor(
    kind: str, index: int, shape: Shape, args: Any, generator: torch.Generator, inputs: list[Shape]
) -> torch.Tensor:
    """A random tensor that suits input ``index`` of a kind: real numbers, or indices where the kind wants them."""
    if kind == "torch_loss":
        drawn = torch.rand(shape, generator=generator)
        return drawn.long() if (args.name, index) == ("multilabel_margin_loss", 1) else drawn
    if kind == "merge" and args.op.startswith("bitwise"):
        return torch.randint(0, 8, shape, generator=generator)
    if kind == "merge" and (args.op, index) in (("where", 0), ("where_method", 1), ("masked_fill", 1)):
        return torch.randint(0, 2, shape, generator=generator).bool()
    if (kind, index) == ("max_unpool", 1):
        return _places(shape, args)
    if kind == "open_size":
        different = args.function == "values" and len(inputs) == 1
        drawn = torch.randint(0, max(math.prod(shape), 1) if different else 9, shape, generator=generator)
        return drawn > 3 if index else drawn.float() if different else (drawn - 3).clamp(min=0).float()
    if kind == "torch_one_hot" and args.num_classes == -1:
        return torch.randint(0, int(torch.randint(1, 9, (), generator=generator)), shape, generator=generator)
    if (kind, index) == ("embedding_function", 0):
        return torch.zeros(shape, dtype=torch.long)
    if kind == "ctc_loss" and index > 1:
        return _lengths(index, shape, inputs)
    if kind == "gaussian_loss" and index == 2:
        return torch.rand(shape, generator=generator) + 0.1
    if kind == "class_loss" and index == 1:
        soft = shape == inputs[0] and args.name == "cross_entropy" if args.target is None else args.target != "indices"
        return torch.rand(shape, generator=generator) if soft else torch.zeros(shape, dtype=torch.long)
    high = INDICES.get((kind, index)) or INDICES.get((kind, -1))
    if high is not None:
        return torch.randint(0, max(high(args), 1), shape, generator=generator)
    if getattr(args, "function", None) in UNIT:
        return torch.rand(shape, generator=generator)
    return torch.randn(shape, generator=generator)


def weights(kind: str, module: torch.nn.Module, args: Any) -> Mapping[str, Any]:
    """The module's weights by our names, in our layout; nothing for kinds without a table entry."""
    found = WEIGHTS.get(kind)
    return found(module, args) if found else {}


def _index(index: Any) -> Any:
    """The index that a ``slice`` node holds, as Python writes it."""
    if isinstance(index, tuple) and (not index or index[0] not in ("slice", "tensor")):
        return tuple(_index(part) for part in index)
    match index:
        case ("slice", start, stop, step):
            return slice(start, stop, step)
        case ("tensor", shape):
            return torch.zeros(shape, dtype=torch.long)
        case "ellipsis":
            return Ellipsis
        case "newaxis":
            return None
    return index


def _lengths(index: int, shape: Shape, inputs: list[Shape]) -> torch.Tensor:
    """Lengths for the CTC loss: all steps of the log-probabilities; targets in one axis shared out, else none."""
    if index == 2:
        return torch.full(shape, inputs[0][0])
    lengths = torch.zeros(shape, dtype=torch.long)
    if len(inputs[1]) == 1 and lengths.numel():
        lengths.view(-1)[0] = inputs[1][0]
    return lengths


def _places(shape: Shape, args: Any) -> torch.Tensor:
    """A different position for each maximum; all the same where cells are cut off and few positions are left."""
    cells = math.prod(shape[max(len(shape) - args.rank, 0) :])
    usual = [args.kernel_size, 1 if args.strides is None else args.strides]
    small = any(size < 1 for value in usual for size in (value if isinstance(value, (tuple, list)) else (value,)))
    if args.padding != 0 or args.output_size is not None or small:
        return torch.zeros(shape, dtype=torch.long)
    return (torch.arange(math.prod(shape)) % max(cells, 1)).reshape(shape)
