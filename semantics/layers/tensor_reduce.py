"""Operations that fold axes away, and those that number, sort or accumulate along one axis.

Shapes are whole: the batch axis is axis 0 like any other. Functions of ``keras.ops`` are spelled ``ops.NAME`` (and
``NAME``), those of TensorFlow ``tf.NAME``, those of the old ``keras.backend`` ``K.NAME``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, AXIS_TWICE, as_axes, known_int, require_axes, require_axis
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Int, Maybe
from repairnn.semantics.faults import NeedArgument, NeedAtLeast, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_names
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

FUNCTIONS = ("mean", "sum", "max", "min", "prod", "any", "all", "std", "var", "argmax", "argmin", "logsumexp", "norm",
             "median", "count_nonzero")  # fmt: skip
OPS_FUNCTIONS = {**{name: name for name in FUNCTIONS}, "amax": "max", "amin": "min"}
TF_FUNCTIONS = {"reduce_mean": "mean", "reduce_sum": "sum", "reduce_max": "max", "reduce_min": "min",
                "reduce_prod": "prod", "reduce_any": "any", "reduce_all": "all", "reduce_std": "std",
                "reduce_variance": "var", "reduce_logsumexp": "logsumexp"}  # fmt: skip
K_FUNCTIONS = ("mean", "sum", "max", "min", "prod", "any", "all", "std", "var", "logsumexp")
POSITIONS = ("argmax", "argmin")


def _ops(name: str, function: str) -> Spelling:
    parameters = {"norm": ("ord", "axis", "keepdims"), "count_nonzero": ("axis",)}
    return Spelling("keras", f"ops.{name}", parameters.get(name, ("axis", "keepdims")), ("initial", "dtype"),
                    fixed={"function": function}, aliases=(name,), tensors=("x",), form="function")  # fmt: skip


def _tf(name: str, function: str) -> Spelling:
    return Spelling("keras", f"tf.{name}", ("axis", "keepdims", "name"), aliases=(name, f"tf.math.{name}"),
                    fixed={"function": function}, legacy={"reduction_indices": "axis", "keep_dims": "keepdims"},
                    tensors=("input_tensor",), ignored=frozenset({"name"}), form="function")  # fmt: skip


def _positions(module: str, name: str) -> Spelling:
    aliases = (f"tf.math.{name}",) if module == "tf" else ()
    return Spelling("keras", f"{module}.{name}", ("axis",), ("output_type", "name"), fixed={"function": name},
                    defaults={"axis": 0 if module == "tf" else -1}, aliases=aliases,
                    legacy={"dimension": "axis"}, tensors=("input" if module == "tf" else "x",),
                    ignored=frozenset({"output_type", "name"}), form="function")  # fmt: skip


REDUCE_AXES = Rule(
    "reduce-axes-count",
    "A reduction is asked for along more axes than it can take",
    "{function} over axis={axis} of {input}",
    "at most {most} axes",
    "A position is counted along one axis; a norm is that of a vector or of a matrix.",
)


REDUCE_NOTHING = Rule(
    "reduce-no-axes",
    "A reduction is given an empty list of axes",
    "{function} over axis={axis}",
    "at least one axis",
    "Most reductions of PyTorch take an empty list for all axes; this one fails on it.",
)
REDUCE_EMPTY = Rule(
    "reduce-of-no-cells",
    "An extreme value is looked for among no cells",
    "{function} over axis={axis} of {input}",
    "at least one cell to choose from",
    "A sum of nothing is 0, but nothing has no largest, smallest or middle value.",
)
#: Functions that choose a cell, with what they do over all axes of nothing: refuse, or not.
CHOOSING = {"max": True, "min": True, "argmax": True, "argmin": True, "lower_median": False}
REDUCE_KEPT = Rule(
    "reduce-keepdims-without-axis",
    "A reduction over all axes is asked to keep them",
    "keepdim={keepdims} without an axis",
    "an axis, or no keepdim",
    "PyTorch has this reduction without any setting, and with an axis; no form of it takes keepdim alone.",
)


@layer
class Reduce(Declaration):
    """Fold axes away: a mean, sum, maximum and the like over ``axis`` (``None``: over all axes).

    Sources: Keras ``keras.ops.mean`` and its siblings; TensorFlow ``tf.math.reduce_mean``; PyTorch ``torch.mean``.
    ``argmax`` and ``argmin`` over all axes count positions in the flattened input. With ``positions`` the place of each
    value is a second output; PyTorch's ``max``, ``min`` and ``median`` have it ``with axis`` only.
    """

    kind = "reduce"
    arguments = (
        Argument("function", Choice((*FUNCTIONS, "lower_median")), "mean", "meaning"),
        Argument("axis", Anything((None, 0, 1, -1, (0, 1))), None, "order"),
        Argument("keepdims", Bool(), False, "free"),
        Argument("ord", Anything(), None, "meaning", "which norm"),
        Argument("correction", Anything((0,)), 0, "meaning", "what std and var take off the number of cells"),
        Argument("positions", Choice((False, True, "with axis")), False, "meaning", "whether positions come out too"),
        Argument("two_forms", Bool(), False, "meaning", "only with an axis are axes kept (PyTorch)"),
    )
    rules = (AXIS_RANGE, AXIS_TWICE, REDUCE_AXES, REDUCE_NOTHING, REDUCE_KEPT, REDUCE_EMPTY)
    spellings = (
        *torch_names.REDUCE,
        *(_ops(name, function) for name, function in OPS_FUNCTIONS.items()),
        *(_tf(name, function) for name, function in TF_FUNCTIONS.items()),
        *(
            Spelling(
                "keras", f"K.{name}", ("axis", "keepdims"), fixed={"function": name}, tensors=("x",), form="function"
            )
            for name in K_FUNCTIONS
        ),
        *(_positions(module, name) for module in ("tf", "K") for name in POSITIONS),
    )
    examples = (
        Example(((2, 3, 4),), {"axis": -3}, (3, 4)),
        Example(((2, 3, 4),), {"axis": (0, 2)}, (3,)),
        Example(((2, 3, 4),), {"axis": 1, "keepdims": True}, (2, 1, 4)),
        Example(((None, 3, 4),), {}, ()),
        Example(((2, 3, 4),), {"axis": (), "function": "all"}, (2, 3, 4), framework="torch"),
        Example(((2, 3, 4),), {"axis": ()}, (), framework="torch"),
        Example(((0, 3),), {"axis": 1, "function": "max"}, (0,), framework="torch"),
        Example(((2, 0),), {"axis": 1, "function": "max"}, breaks="reduce-of-no-cells", framework="torch"),
        Example(((2, 3, 4),), {"axis": (), "function": "logsumexp"}, breaks="reduce-no-axes", framework="torch"),
        Example(
            ((2, 3, 4),),
            {"keepdims": True, "two_forms": True},
            breaks="reduce-keepdims-without-axis",
            framework="torch",
        ),
        Example(((2, 3, 4),), {"axis": 3}, breaks="axis-out-of-range", expected="axis 3 of (2, 3, 4)"),
        Example(((2, 3, 4),), {"axis": (1, -2)}, breaks="axis-named-twice"),
        Example(
            ((2, 3, 4),), {"axis": (0, 1), "function": "argmax"}, breaks="reduce-axes-count", expected="argmax over"
        ),
        Example(((2, 3, 4),), {"function": "norm"}, breaks="reduce-axes-count", expected="at most 2 axes"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        count = len(a.axis) if isinstance(a.axis, (tuple, list)) else len(shape) if a.axis is None else 1
        listed = isinstance(a.axis, (tuple, list))
        if (a.function in POSITIONS and listed) or (a.function == "norm" and c.framework == "keras" and count > 2):
            most = 2 if a.function == "norm" else 1
            c.fault(REDUCE_AXES, [NeedArgument("axis")], ("axis",), function=a.function, axis=a.axis, most=most)
        if c.framework == "torch" and a.function == "logsumexp" and a.axis in ((), []) and shape and not a.keepdims:
            c.fault(REDUCE_NOTHING, [NeedArgument("axis")], ("axis",), function=a.function, axis=a.axis)
        if c.framework == "torch" and a.axis is None and a.keepdims and a.two_forms:
            c.fault(REDUCE_KEPT, [NeedArgument("keepdims", (False,)), NeedArgument("axis")], ("keepdims",),
                    keepdims=a.keepdims)  # fmt: skip
        if c.framework == "torch" and a.function in CHOOSING:
            _require_cells(c, shape, a)
        result = _reduced(c, shape, a)
        return [result, result] if _with_positions(a) else result

    @staticmethod
    def output_count(a: Args) -> int:
        return 2 if _with_positions(a) else 1

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        axis: Any = tuple(a.axis) if isinstance(a.axis, list) else a.axis
        if not x[0].ndim and a.function != "lower_median":
            axis = None
        if axis == () and a.function not in ("any", "all"):
            axis = None
        match a.function:
            case "lower_median":
                return _lower_median(x[0], axis, a.keepdims)
            case "norm" if a.ord in (None, "fro"):
                return np.sqrt(np.sum(x[0] ** 2, axis=axis, keepdims=a.keepdims))
            case "norm":
                return np.linalg.norm(x[0] if axis is not None else x[0].ravel(), a.ord, axis, a.keepdims)
            case "logsumexp":
                top = np.max(x[0], axis=axis, keepdims=True)
                folded = np.log(np.sum(np.exp(x[0] - top), axis=axis, keepdims=True)) + top
                return folded if a.keepdims else np.squeeze(folded, axis=axis)
            case "std" | "var":
                result = getattr(np, a.function)(x[0], axis=axis, keepdims=a.keepdims, ddof=a.correction)
            case name:
                result = getattr(np, name)(x[0], axis=axis, keepdims=a.keepdims)
        if _with_positions(a):
            place: Any = np.argmin if a.function == "min" else np.argmax
            return [result, place(x[0], axis=axis, keepdims=a.keepdims)]
        return result


def _require_cells(c: Context, shape: Shape, a: Args) -> None:
    """PyTorch asks for a cell along each axis that is reduced."""
    everywhere = tuple(range(len(shape))) if CHOOSING[a.function] else ()
    axes = everywhere if a.axis is None or a.axis in ((), []) else as_axes(a.axis)
    known = [axis for axis in axes if known_int(axis) and -len(shape) <= axis < len(shape)]
    for axis in known:
        if not c.holds(ar.at_least(shape[axis], 1)):
            c.fault(REDUCE_EMPTY, [NeedAtLeast(0, axis, 1)], ("axis",), function=a.function, axis=a.axis)
            break


def _lower_median(x: Any, axis: Any, keepdims: bool) -> Any:
    """PyTorch's median: of two values in the middle the smaller; with an axis its place comes out too."""
    import numpy as np

    if axis is None:
        return np.sort(x, axis=None)[(x.size - 1) // 2]
    middle = (x.shape[axis] - 1) // 2 if x.ndim else 0
    order = np.argsort(x, axis=axis, kind="stable") if x.ndim else np.zeros((), int)
    place = np.take(order, [middle], axis=axis) if x.ndim else order
    value = np.take_along_axis(x, place, axis) if x.ndim else x
    kept = keepdims or not x.ndim
    return [value, place] if kept else [value.squeeze(axis), place.squeeze(axis)]


def _with_positions(a: Args) -> bool:
    return a.positions is True or (a.positions == "with axis" and a.axis is not None)


def _reduced(c: Context, shape: Shape, a: Args) -> Shape | None:
    if a.axis is None or (c.framework == "torch" and a.axis in ((), []) and a.function not in ("any", "all")):
        return (1,) * len(shape) if a.keepdims else ()
    axes = require_axes(c, shape, a.axis, scalar=True)
    if axes is None:
        count = len(a.axis) if isinstance(a.axis, (tuple, list)) else 1
        return (None,) * (len(shape) if a.keepdims else max(len(shape) - count, 0))
    if a.keepdims:
        return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


ALONG = ("cumsum", "cumprod", "logcumsumexp", "sort", "argsort", "flip", "roll", "softmax", "log_softmax", "normalize")


def _along(name: str, default: Any, *parameters: str) -> Spelling:
    return Spelling("keras", f"ops.{name}", parameters, ("dtype", "order", "epsilon"), fixed={"function": name},
                    defaults={"axis": default}, aliases=(name,), tensors=("x",), form="function",
                    required=frozenset({"shift"} & set(parameters)))  # fmt: skip


def _tf_along(name: str, function: str, default: Any, *parameters: str) -> Spelling:
    return Spelling("keras", f"tf.{name}", parameters, ("name",), fixed={"function": function},
                    defaults={"axis": default}, tensors=("x",), ignored=frozenset({"name"}),
                    form="function")  # fmt: skip


@layer
class Along(Declaration):
    """Operations along an axis that keep the shape: running sums, sorting, reversing, rolling, normalising.

    Sources: ``keras.ops.cumsum``, ``sort``, ``flip``, ``roll``, ``softmax``, ``normalize``; ``tf.cumsum``,
    ``tf.reverse``, ``tf.nn.l2_normalize``. ``flip``, ``roll``, ``cumsum`` without an axis work on
    the flattened input or on all axes.
    """

    kind = "along"
    arguments = (
        Argument("function", Choice(ALONG), "cumsum", "meaning"),
        Argument("axis", Anything((None, 0, 1, -1)), None, "order"),
        Argument("shift", Anything((1,)), 1, "meaning", "cells to roll by"),
    )
    rules = (AXIS_RANGE, AXIS_TWICE)
    spellings = (
        *torch_names.ALONG,
        *(_along(name, None, "axis", "dtype") for name in ("cumsum", "cumprod")),
        *(_along(name, -1, "axis") for name in ("sort", "argsort")),
        _along("flip", None, "axis"),
        _along("roll", None, "shift", "axis"),
        _along("normalize", -1, "axis", "order", "epsilon"),
        _tf_along("cumsum", "cumsum", 0, "axis", "exclusive", "reverse"),
        _tf_along("reverse", "flip", None, "axis"),
        _tf_along("roll", "roll", None, "shift", "axis"),
        _tf_along("sort", "sort", -1, "axis", "direction"),
        _tf_along("argsort", "argsort", -1, "axis", "direction"),
        _tf_along("nn.l2_normalize", "normalize", None, "axis", "epsilon"),
        _tf_along("math.l2_normalize", "normalize", None, "axis", "epsilon"),
        Spelling("keras", "K.reverse", ("axes",), renames={"axes": "axis"}, fixed={"function": "flip"}, tensors=("x",),
                 form="function"),
        Spelling("keras", "K.l2_normalize", ("axis",), fixed={"function": "normalize"}, tensors=("x",),
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((2, 3),), {"axis": -2}, (2, 3)),
        Example(((2, 3),), {"axis": 2}, breaks="axis-out-of-range", expected="axis 2 of (2, 3)"),
        Example(((2, 3),), {"axis": (1, 1), "function": "flip"}, breaks="axis-named-twice"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.axis is not None:
            require_axes(c, shape, a.axis, scalar=True)
        elif a.function in ("cumsum", "cumprod", "sort", "argsort"):
            return (ar.product(shape),)
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics.numeric import softmax

        if not x[0].ndim and a.function not in ("softmax", "log_softmax", "normalize"):
            return np.zeros((), int) if a.function == "argsort" else x[0]
        match a.function:
            case "softmax":
                return softmax(x[0], a.axis)
            case "log_softmax":
                return np.log(softmax(x[0], a.axis))
            case "normalize":
                return x[0] / np.sqrt(np.maximum(np.sum(x[0] ** 2, axis=a.axis, keepdims=True), 1e-12))
            case "logcumsumexp":
                return np.logaddexp.accumulate(x[0], axis=a.axis) if x[0].ndim else x[0]
            case "roll":
                return np.roll(x[0], a.shift, a.axis)
            case name:
                return getattr(np, name)(x[0], axis=a.axis)


TOP_K_SIZE = Rule(
    "top-k-exceeds-axis",
    "More best values are asked for than there are",
    "k={k} of {size} values (last axis of {input})",
    "at most {size} values",
    "The best k are chosen along the last axis, which must hold at least k values.",
)


@layer
class TopK(Declaration):
    """The ``k`` largest values along the last axis and their positions.

    Sources: ``keras.ops.top_k``, ``tf.math.top_k``.
    """

    kind = "top_k"
    arguments = (
        Argument("k", Int(0), 1, "free"),
        Argument("axis", Maybe(Int(None)), -1, "order"),
        Argument("sorted", Bool(), True, "meaning"),
    )
    rules = (TOP_K_SIZE, AXIS_RANGE)
    spellings = (
        *torch_names.TOP_K,
        Spelling("keras", "ops.top_k", ("k", "sorted"), aliases=("top_k",), tensors=("x",), form="function"),
        Spelling("keras", "tf.math.top_k", ("k", "sorted", "name"), aliases=("tf.nn.top_k",), tensors=("input",),
                 ignored=frozenset({"name"}), form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 5),), {"k": 5}, [(None, 5), (None, 5)]),
        Example(((None, 5),), {"k": 6}, breaks="top-k-exceeds-axis", expected="k=6 of 5 values"),
        Example(((),), {"k": 1}, breaks="axis-out-of-range"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        if not shape and c.framework == "torch" and a.axis in (0, -1) and a.k in (0, 1):
            return [shape, shape]
        axis = require_axis(c, shape, a.axis)
        if axis is None:
            return [(None,) * len(shape)] * 2
        if not c.holds(ar.at_least(shape[axis], a.k)):
            needs = [NeedAtLeast(0, axis, a.k), NeedArgument("k")]
            c.fault(TOP_K_SIZE, needs, ("k",), k=a.k, size=shape[axis])
        result = (*shape[:axis], a.k, *shape[axis + 1 :])
        return [result, result]

    @staticmethod
    def output_count(a: Args) -> int:
        return 2

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if not a.sorted or not x[0].ndim:
            raise NotImplementedError("which order unsorted values come in is not defined")
        order = np.argsort(-x[0], axis=a.axis, kind="stable")
        best = np.take(order, np.arange(a.k), axis=a.axis)
        return [np.take_along_axis(x[0], best, a.axis), best]
