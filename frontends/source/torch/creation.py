"""``torch.randn``, ``torch.tensor`` and other ways to make a tensor; parameters of modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import CONSTANTS, function
from repairnn.frontends.source.torch.drawing import UNREAD, as_tensor, data, plain
from repairnn.frontends.source.torch.values import Size, Tensor, is_module
from repairnn.frontends.source.values import NONE, Array, Known, Listing, Symbol, Unknown, Value
from repairnn.semantics.ir import Span, is_symbolic

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

CONSTANTS.update({"torch.pi": 3.141592653589793, "torch.inf": float("inf"), "torch.nan": float("nan")})
SIZED = ("randn", "rand", "zeros", "ones", "empty", "new_zeros", "new_ones", "new_empty", "new", "new_randn")
TENSORS = ("FloatTensor", "DoubleTensor", "HalfTensor", "LongTensor", "IntTensor", "ByteTensor", "BoolTensor", "Tensor",
           "cuda.FloatTensor", "cuda.LongTensor", "cuda.ByteTensor")  # fmt: skip
DTYPES = {"long": "int64", "int64": "int64", "int32": "int32", "int": "int32", "float": "float32", "float32": "float32",
          "double": "float64", "float64": "float64", "bool": "bool", "uint8": "uint8", "half": "float16"}  # fmt: skip


def dtype_of(call: Call, default: str) -> str:
    """The ``dtype`` argument's name."""
    value = call.get(None, "dtype")
    if isinstance(value, Symbol):
        return DTYPES.get(value.path.rpartition(".")[2], "")
    return default


def sized(machine: Machine, name: str, call: Call, form: str = "", skip: int = 0) -> Value:
    """A tensor of the size that a call gives: ``f(2, 3)``, ``f((2, 3))`` or ``f(size=(2, 3))``."""
    keyword = call.argument(None, "size", "shape")
    given = call.positional[skip:]
    dtype = dtype_of(call, "int64" if name == "randint" else "float32")
    if keyword is not None:
        given = (keyword,)
    if name in ("full", "new_full"):
        given = given[:1]
    if not given:
        shape: Any = () if not call.open else None
        return data(machine, shape, name=name, span=call.span, dtype=dtype, form=form, key=call.span)
    whole = given[0].value if len(given) == 1 else None
    if isinstance(whole, Size):
        return data(machine, None, name=name, span=call.span, dtype=dtype, form=form, key=call.span)
    if isinstance(whole, Listing):
        symbols, site = plain(whole), given[0]
    elif isinstance(whole, (Tensor, Array)):
        return _copied(machine, name, whole, call)
    else:
        symbols, site = plain(Listing([a.value for a in given], "tuple")), Argument(
            Listing([a.value for a in given], "tuple"), _between(given))  # fmt: skip
    if (isinstance(whole, Unknown) and whole.symbol is None) or symbols is UNREAD:
        return data(machine, None, name=name, span=call.span, dtype=dtype, form=form, key=call.span)
    place = Site(call.span, arguments={"shape": site}, keywords={"shape": 0 if keyword is None else "size"})
    key = tuple(call.span.__repr__()) if is_symbolic(symbols) else None
    return data(machine, symbols, name=name, dtype=dtype, form=form, site=place, key=key)


def _between(arguments: tuple[Argument, ...]) -> Span | None:
    spans = [argument.site for argument in arguments]
    first, last = spans[0], spans[-1]
    if first is None or last is None or None in spans:
        return None
    return Span(first.line, first.column, last.end_line, last.end_column, first.path)


def _copied(machine: Machine, name: str, value: Tensor | Array, call: Call) -> Value:
    tensor = as_tensor(machine, value, name)
    assert tensor is not None
    if isinstance(value, Array) and value.values is not None and name in ("zeros", "ones", "rand", "randn", "empty"):
        return data(machine, None, name=name, span=call.span, key=call.span)
    return tensor.like()


for _name in SIZED:
    function(f"torch.{_name}")(lambda machine, call, name=_name: sized(machine, name, call))
function("torch.full")(lambda machine, call: sized(machine, "full", call))


@function("torch.randint")
def _randint(machine: Machine, call: Call) -> Value:
    """``torch.randint(low, high, size)`` or ``torch.randint(high, size)``: class numbers, for a loss."""
    numbers = [plain(a.value) for a in call.positional]
    bounds = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
    high = plain(call.keywords["high"].value) if "high" in call.keywords else bounds[-1] if bounds else UNREAD
    size_at = next((i for i, a in enumerate(call.positional) if isinstance(a.value, (Listing, Size))), None)
    given = Call(
        call.positional[size_at:] if size_at is not None else (), call.keywords, call.span, call.node, call.open
    )
    form = f"classes:{high}" if isinstance(high, int) else "classes"
    return sized(machine, "randint", given, form)


@function("torch.tensor", "torch.as_tensor", "torch.from_numpy", "torch.asarray", "torch.from_dlpack", "torch.stack_")
def _tensor(machine: Machine, call: Call) -> Value:
    return _from_value(machine, call.get(0, "data"), call)


def _from_value(machine: Machine, value: Value | None, call: Call) -> Value:
    from repairnn.frontends.source.libraries.arrays import as_array

    if isinstance(value, Tensor):
        return value.like()
    if isinstance(value, (Listing, Known)):
        array = as_array(value)
        array.span = array.span or call.span
        numbers = array.values or ()
        whole = bool(numbers) and all(isinstance(n, int) for n in numbers)
        if whole and not array.form and "float" not in dtype_of(call, ""):
            array.form, array.dtype = f"classes:{max(numbers) + 1}" if min(numbers) >= 0 else "", "int64"
        return data(machine, array.shape, name="tensor", span=call.span, dtype=dtype_of(call, array.dtype),
                    form=array.form, key=call.span)  # fmt: skip
    tensor = as_tensor(machine, value, "tensor")
    if tensor is not None:
        return tensor
    scalar = isinstance(value, Unknown)  # a size of a tensor
    return data(machine, () if scalar else None, name="tensor", span=call.span, key=call.span)


def _typed(machine: Machine, name: str, call: Call) -> Value:
    """``torch.FloatTensor(2, 3)`` or ``torch.FloatTensor(data)``."""
    first = call.get(0)
    if (isinstance(first, Known) and isinstance(first.value, int)) or (
        isinstance(first, Unknown) and len(call.positional) > 1
    ):
        return sized(machine, name, call)
    result = _from_value(machine, first, call) if first is not None else data(machine, (0,), name=name, span=call.span)
    if isinstance(result, Tensor):
        dtype = "int64" if "Long" in name else "uint8" if "Byte" in name else "bool" if "Bool" in name else "float32"
        return Tensor(result.ref, "torch", dtype, result.form if dtype == "int64" else "")
    return result


for _name in TENSORS:
    function(f"torch.{_name}")(lambda machine, call, name=_name: _typed(machine, name, call))


@function("torch.arange", "torch.range")
def _arange(machine: Machine, call: Call) -> Value:
    from repairnn.frontends.source import operators

    given = [a.value for a in call.positional]
    for name in ("start", "end", "step"):
        if name in call.keywords:
            given.append(call.keywords[name].value)
    if len(given) == 1 and isinstance(given[0], (Known, Unknown)):
        length: Value = given[0]
    elif len(given) == 2:
        length = operators.binary(machine, "-", given[1], given[0])
    elif len(given) == 3 and all(isinstance(g, Known) for g in given):
        start, end, step = (g.value for g in given if isinstance(g, Known))
        length = (
            Known(max(-(-(end - start) // step), 0))
            if all(isinstance(n, int) for n in (start, end, step))
            else Unknown()
        )
    else:
        length = Unknown("a length")
    size = plain(length)
    size = size if isinstance(size, int) or is_symbolic(size) else None
    return data(machine, (size,), name="arange", span=call.span, dtype="int64", key=call.span)


@function("torch.linspace", "torch.logspace", "torch.randperm", "torch.hann_window", "torch.hamming_window")
def _line(machine: Machine, call: Call) -> Value:
    count = call.get(2, "steps") if len(call.positional) > 1 else call.get(0, "n", "window_length")
    size: Any = plain(count) if count is not None else UNREAD
    return data(machine, (None if size is UNREAD else size,), name="linspace", span=call.span, key=call.span)


@function("torch.eye")
def _eye(machine: Machine, call: Call) -> Value:
    rows = plain(call.get(0, "n") or NONE)
    columns = plain(call.get(1, "m") or call.get(0, "n") or NONE)
    shape = tuple(None if n is UNREAD else n for n in (rows, columns))
    return data(machine, shape, name="eye", span=call.span, dtype="float32", key=call.span)


@function("torch.normal")
def _normal(machine: Machine, call: Call) -> Value:
    first = call.get(0, "mean")
    if isinstance(first, Tensor):
        return first.like()
    return sized(machine, "normal", call, skip=2)


@function("torch.nn.Parameter", "torch.nn.Buffer", "torch.nn.UninitializedParameter")
def _parameter(machine: Machine, call: Call) -> Value:
    value = call.get(0, "data")
    if is_module(value):
        return value or NONE
    tensor = as_tensor(machine, value, "parameter")
    return tensor if tensor is not None else data(machine, None, name="parameter", span=call.span, key=call.span)


@function("torch.Size")
def _torch_size(machine: Machine, call: Call) -> Value:
    return call.get(0) or Listing([], "tuple")


@function("torch.meshgrid", "torch.broadcast_tensors_")
def _meshgrid(machine: Machine, call: Call) -> Value:
    source = call.positional[0].value if len(call.positional) == 1 else None
    given = source.items if isinstance(source, Listing) else [a.value for a in call.positional]
    sizes = []
    for value in given:
        tensor = as_tensor(machine, value)
        shape = tensor.shape(machine) if tensor else None
        sizes.append(shape[0] if shape else None)
    order = call.get(None, "indexing")
    if isinstance(order, Known) and order.value == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return Listing(
        [data(machine, tuple(sizes), name="meshgrid", span=call.span, key=(call.span, i)) for i in range(len(sizes))],
        "tuple",
    )
