"""Arguments of layers: from values of the interpreter to plain canonical arguments, with what could not be read."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.values import (
    Function,
    Known,
    Listing,
    Native,
    Object,
    Symbol,
    Table,
    Unknown,
    Value,
    wrap,
)  # fmt: skip
from repairnn.semantics.declaration import Declaration
from repairnn.semantics.ir import Span, is_symbolic
from repairnn.semantics.spelling import Spelling, bind

MISSING: Any = object()
#: Keywords of Keras 1. A script that uses one of them was written for it, positional sizes included.
LEGACY_KEYWORDS = frozenset({
    "border_mode", "subsample", "nb_filter", "nb_row", "nb_col", "dim_ordering", "filter_length", "pool_length",
    "subsample_length", "W_regularizer", "b_regularizer", "nb_epoch", "samples_per_epoch", "nb_val_samples",
    "show_accuracy", "inner_init", "dropout_W", "dropout_U", "concat_axis", "init", "inner_activation",
})  # fmt: skip
INPUT_KEYWORDS = ("input_shape", "batch_input_shape", "batch_shape", "input_dim", "input_length", "input_tensor")
DROPPED = frozenset(
    {*INPUT_KEYWORDS, "weights", "batch_size", "name", "trainable", "dtype", "input_dtype", "nb_row", "nb_col"}
)
#: Required arguments that no shape depends on: not knowing them hides nothing.
WITHOUT_SHAPE = frozenset({("embedding", "input_dim")})
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "ConvLSTM2D", "Conv1D", "Convolution1D")


@dataclass(frozen=True)
class Bound:
    """A layer's arguments: plain ``args``; as given in ``arguments``, with ``places``; names not read in ``unread``."""

    args: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Argument] = field(default_factory=dict)
    places: dict[str, int | str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


def is_legacy(tree: ast.Module) -> bool:
    """Whether a program was written for Keras 1."""
    return any(isinstance(n, ast.keyword) and n.arg in LEGACY_KEYWORDS for n in ast.walk(tree))


def plain(value: Value) -> Any:
    """A value as an argument of a node: constants, tuples, sizes read from tensors; names of functions.

    ``MISSING`` when a part is not known.
    """
    if isinstance(value, Known):
        # ``Dense(...)`` in a post stands for something left out.
        return MISSING if value.value is Ellipsis else value.value if value.symbol is None else value.symbol
    if isinstance(value, Unknown):
        return MISSING if value.symbol is None else value.symbol
    if isinstance(value, Listing):
        if value.open:
            return MISSING
        items = tuple(plain(item) for item in value.items)
        return MISSING if any(item is MISSING for item in items) else items
    if isinstance(value, Symbol):
        return value.path.rpartition(".")[2]
    return MISSING


def bind_layer(declaration: type[Declaration], spelling: Spelling, call: Call, legacy: bool) -> Bound:
    """Sort a constructor call into canonical arguments."""
    positional = list(call.positional)
    keywords = {k: a for k, a in call.keywords.items() if k not in DROPPED or k in _own(spelling)}
    if legacy:
        positional, keywords = _keras1(spelling, positional, keywords, call)
    keywords = {k: Argument(_modern(a.value), a.site) for k, a in keywords.items()}
    found = bind(spelling, positional, keywords)
    roles = {argument.name: argument.role for argument in declaration.arguments}
    defaults = {argument.name: argument.default for argument in declaration.arguments}
    args: dict[str, Any] = {}
    unread: list[str] = []
    for name, argument in found.args.items():
        if name not in roles:
            continue
        value = plain(argument.value)
        if getattr(argument.value, "assumed", False) and defaults[name] is not None:
            value = MISSING
        if value is not MISSING:
            args[name] = value
        elif (declaration.kind, name) in WITHOUT_SHAPE:
            args[name] = None
        elif (declaration.kind, name) == ("activation", "function"):
            args[name] = "linear"  # whatever it is, it keeps the shape
        elif roles[name] != "meaning":
            unread.append(name)
            if roles[name] == "capacity" and name != "output_shape":
                args[name] = None
    return Bound(args, dict(found.args), dict(found.places), tuple(unread), tuple(found.unknown))


def _own(spelling: Spelling) -> set[str]:
    """Parameters of a layer that other layers use for its input: ``input_dim`` of Embedding."""
    return {*spelling.parameters, *spelling.keywords} - {"name", "trainable", "dtype", "weights"}


def _modern(value: Value) -> Value:
    """``'th'`` and ``'tf'`` are today's data formats."""
    if isinstance(value, Known) and value.value in ("th", "tf"):
        return Known({"th": "channels_first", "tf": "channels_last"}[value.value], span=value.span)
    return value


def _keras1(
    spelling: Spelling, positional: list[Argument], keywords: dict[str, Argument], call: Call
) -> tuple[list[Argument], dict[str, Argument]]:
    """Positional kernel sizes of Keras 1: ``Convolution2D(32, 3, 3)``; also as ``nb_row``, ``nb_col``."""
    rank = {"Conv2D": 2, "Conv2DTranspose": 2, "SeparableConv2D": 2, "Conv3D": 3}.get(spelling.name)
    if rank is None:
        return positional, keywords
    names = ("nb_row", "nb_col") if rank == 2 else ("kernel_dim1", "kernel_dim2", "kernel_dim3")
    sizes = [call.keywords[n] for n in names if n in call.keywords]
    at = 1 if "nb_filter" not in keywords and "filters" not in keywords else 0
    given = positional[at : at + rank]
    if (
        len(given) == rank
        and not sizes
        and not any(isinstance(a.value, Listing) for a in given)
        and all(
            isinstance(a.value, (Known, Unknown)) and not isinstance(getattr(a.value, "value", 0), str) for a in given
        )
    ):
        return [*positional[:at], _together(given), *positional[at + rank :]], keywords
    if len(sizes) == rank:
        keywords = {k: a for k, a in keywords.items() if k not in names}
        keywords["kernel_size"] = _together(sizes)
    return positional, keywords


def _together(arguments: list[Argument]) -> Argument:
    first, last = arguments[0].site, arguments[-1].site
    span = None
    if first is not None and last is not None:
        span = Span(first.line, first.column, last.end_line, last.end_column, first.path)
    return Argument(Listing([a.value for a in arguments], "tuple", span=span), span)


@dataclass(frozen=True)
class Declared:
    """An input shape that a layer declares: full shape, the argument that says so, its keyword."""

    shape: tuple[Any, ...] | None
    argument: Argument
    keyword: str
    unread: str = ""


def declared_input(spelling_name: str, call: Call) -> Declared | None:
    """What ``input_shape`` and its kin say, if anything."""
    for keyword, batch in (("batch_input_shape", True), ("batch_shape", True), ("input_shape", False)):
        if keyword in call.keywords:
            argument = call.keywords[keyword]
            shape, unread = _full(argument.value, batch)
            return Declared(shape, argument, keyword, unread)
    length, size = call.keywords.get("input_length"), call.keywords.get("input_dim")
    if spelling_name == "Embedding":
        return None if length is None else _from_sizes([length.value], length, "input_length")
    if size is None:
        return None
    if spelling_name in RECURRENT:
        return _from_sizes([length.value if length else Known(None), size.value], size, "input_dim")
    return _from_sizes([size.value], size, "input_dim")


def _from_sizes(sizes: list[Value], argument: Argument, keyword: str) -> Declared:
    if isinstance(sizes[0], Listing) and len(sizes) == 1:
        sizes = list(sizes[0].items)
    shape, unread = _full(Listing(sizes, "tuple"), False)
    return Declared(shape, argument, keyword, unread)


def _full(value: Value, batch: bool) -> tuple[tuple[Any, ...] | None, str]:
    """A shape argument as a full shape (batch axis first), and what of it could not be read."""
    if isinstance(value, Known) and isinstance(value.value, int) and not batch:
        value = Listing([value], "tuple")
    if not isinstance(value, Listing) or value.open:
        return None, value.describe()
    unread = ""
    dims: list[Any] = [] if batch else [None]
    for item in value.items:
        dim = plain(item)
        if dim is MISSING:
            unread, dim = item.describe(), None
        if isinstance(dim, float) and dim == int(dim):
            dim = int(dim)
        if dim is not None and (isinstance(dim, bool) or not (isinstance(dim, int) or is_symbolic(dim))):
            unread, dim = f"{item.describe()}, which is no size", None
        dims.append(dim)
    return tuple(dims), unread


def full_shape(value: Value, batch: bool) -> tuple[tuple[Any, ...] | None, str]:
    """See :func:`_full`."""
    return _full(value, batch)


def snake(name: str) -> str:
    """A class name as Keras makes layer names of it: ``MaxPooling2D`` gives ``max_pooling2d``."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


__all__ = ["MISSING", "Bound", "Declared", "Function", "Native", "Object", "Table", "bind_layer", "declared_input",
           "full_shape", "is_legacy", "plain", "snake", "wrap"]  # fmt: skip
