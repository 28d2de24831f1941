"""NumPy functions that make arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from repairnn.frontends.source.libraries.arrays import as_array, count, shape_of_value, size_of
from repairnn.frontends.source.library import COMMON, CONSTANTS, function, rewrite
from repairnn.frontends.source.values import Array, Known, Listing, Unknown, Value, known

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

COMMON.update({"np": "numpy", "numpy": "numpy"})
CONSTANTS.update({"numpy.newaxis": None, "numpy.pi": math.pi, "numpy.e": math.e, "numpy.inf": math.inf})
CONSTANTS.update(
    {f"numpy.{name}": name for name in ("float16", "float32", "float64", "uint8", "int8", "int16", "int32")}
)
CONSTANTS.update({"numpy.int64": "int64", "numpy.bool_": "bool", "numpy.float_": "float64", "numpy.int_": "int64"})


@rewrite
def canonical(path: str) -> str:
    """``cupy`` and ``jax.numpy`` make arrays of the same shapes."""
    for other in ("cupy.", "jax.numpy."):
        if path.startswith(other):
            return "numpy." + path[len(other) :]
    return path


def _dtype(call: Call, index: int | None) -> str:
    value = call.get(index, "dtype")
    name = known(value, str)
    if name:
        return str(name)
    path = getattr(value, "path", getattr(value, "name", ""))
    return {"float": "float64", "int": "int64", "bool": "bool"}.get(str(path).rpartition(".")[2], "")


@function("numpy.zeros", "numpy.ones", "numpy.empty", "numpy.ndarray")
def zeros(machine: Machine, call: Call) -> Value:
    """An array of a given shape."""
    return Array(shape_of_value(call.get(0, "shape")), _dtype(call, 1), span=call.span)


@function("numpy.full")
def full(machine: Machine, call: Call) -> Value:
    """An array of a given shape, filled with one value."""
    return Array(shape_of_value(call.get(0, "shape")), _dtype(call, 2), span=call.span)


@function("numpy.zeros_like", "numpy.ones_like", "numpy.empty_like", "numpy.full_like")
def like(machine: Machine, call: Call) -> Value:
    """An array of the shape of another."""
    return Array(as_array(call.get(0, "a")).shape, span=call.span)


@function("numpy.array", "numpy.asarray", "numpy.asfarray", "numpy.ascontiguousarray", "numpy.asanyarray", "numpy.copy")
def array(machine: Machine, call: Call) -> Value:
    """An array of what is given."""
    made = as_array(call.get(0, "object", "a"))
    return Array(made.shape, _dtype(call, 1) or made.dtype, made.form, values=made.values, span=call.span)


@function("numpy.arange")
def arange(machine: Machine, call: Call) -> Value:
    """Numbers in steps."""
    numbers = [known(call.get(i, name), int, float) for i, name in ((0, "start"), (1, "stop"), (2, "step"))]
    if len(call.positional) == 1 and numbers[0] is not None:
        return Array((max(0, math.ceil(numbers[0])),), span=call.span)
    if numbers[0] is None or numbers[1] is None or (call.get(2, "step") is not None and not numbers[2]):
        return Array((None,), span=call.span)
    step = numbers[2] or 1
    return Array((max(0, math.ceil((numbers[1] - numbers[0]) / step)),), span=call.span)


@function("numpy.linspace", "numpy.logspace", "numpy.geomspace")
def linspace(machine: Machine, call: Call) -> Value:
    """A number of evenly spaced numbers."""
    number = call.get(2, "num")
    return Array((50 if number is None else size_of(number),), span=call.span)


@function("numpy.eye", "numpy.identity")
def eye(machine: Machine, call: Call) -> Value:
    """The unit matrix; ``np.eye(n)[labels]`` is how people write one-hot labels."""
    rows = size_of(call.get(0, "N", "n"))
    columns = call.get(1, "M")
    return Array((rows, rows if columns is None else size_of(columns)), form="one_hot", span=call.span)


_SIZED_BY_KEYWORD = {
    "normal": 2, "uniform": 2, "randint": 2, "choice": 1, "binomial": 2, "poisson": 1, "exponential": 1, "beta": 2,
    "gamma": 2, "standard_normal": 0, "random_sample": 0, "random": 0, "ranf": 0, "sample": 0, "integers": 2,
    "laplace": 2, "lognormal": 2, "multivariate_normal": 2,
}  # fmt: skip


def _sized(machine: Machine, call: Call) -> Value:
    """Random numbers in an array whose shape is the ``size`` argument."""
    given = call.get(_SIZED_BY_KEYWORD[call.name], "size")
    if given is None or (isinstance(given, Known) and given.value is None):
        return Unknown("a random number")
    made = Array(shape_of_value(given), span=call.span)
    if call.name in ("randint", "integers"):
        made.dtype, made.form = "int64", _classes(call)
    return made


def _classes(call: Call) -> str:
    """``randint(0, 10, ...)`` gives class numbers below 10, ``randint(2, ...)`` below 2."""
    low, high = size_of(call.get(0, "low")), call.get(1, "high")
    limit: int | None
    if high is None or (isinstance(high, Known) and high.value is None):
        low, limit = 0, low
    else:
        limit = size_of(high)
    if low != 0 or limit is None:
        return ""
    return "binary" if limit == 2 else f"classes:{limit}"


function(*(f"numpy.random.{name}" for name in _SIZED_BY_KEYWORD))(_sized)
function(*(f"numpy.random.Generator.{name}" for name in _SIZED_BY_KEYWORD))(_sized)


@function("numpy.random.rand", "numpy.random.randn")
def rand(machine: Machine, call: Call) -> Value:
    """Random numbers; each argument is a size."""
    if call.open:
        return Array(None, span=call.span)
    if not call.positional:
        return Unknown("a random number")
    return Array(tuple(size_of(argument.value) for argument in call.positional), "float64", span=call.span)


@function("numpy.random.default_rng", "numpy.random.RandomState")
def generator(machine: Machine, call: Call) -> Value:
    """A random generator: its methods are the functions of ``numpy.random``."""
    from repairnn.frontends.source.values import Symbol

    return Symbol("numpy.random")


@function("numpy.random.permutation")
def permutation(machine: Machine, call: Call) -> Value:
    """A number's range, or an array, in random order."""
    given = call.get(0, "x")
    if isinstance(given, Known):
        return Array((size_of(given),), "int64", span=call.span)
    return as_array(given)


@function("numpy.meshgrid")
def meshgrid(machine: Machine, call: Call) -> Value:
    """Coordinate matrices of vectors."""
    sizes = [count(as_array(argument.value).shape) for argument in call.positional]
    if len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return Listing([Array(tuple(sizes)) for _ in sizes], "list")


@function("numpy.load", "numpy.genfromtxt", "numpy.fromfile", "numpy.frombuffer", "scipy.io.loadmat")
def load(machine: Machine, call: Call) -> Value:
    """Data from a file: nothing is known of its shape."""
    return Array(None, span=call.span)


@function("numpy.loadtxt")
def loadtxt(machine: Machine, call: Call) -> Value:
    """A table of numbers from a text file."""
    return Array((None, None) if call.get(None, "delimiter") else None, span=call.span)
