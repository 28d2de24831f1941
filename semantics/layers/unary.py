"""Operations on one tensor, cell by cell or along with all others, that leave its shape as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Int
from repairnn.semantics.faults import NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_rules import both, spell

#: Functions that NumPy has by the same name.
SAME_IN_NUMPY = ("abs", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "square", "sin", "cos", "tan",
                 "sinh", "cosh", "floor", "ceil", "trunc", "sign", "positive", "isnan", "isinf", "isfinite", "signbit",
                 "logical_not", "deg2rad", "rad2deg", "sinc", "nan_to_num", "real", "conj")  # fmt: skip
RENAMED_IN_NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
                    "atanh": "arctanh", "neg": "negative"}  # fmt: skip
FORMULAS: dict[str, Callable[[Any, Any], Any]] = {
    "rsqrt": lambda np, x: 1 / np.sqrt(x),
    "reciprocal": lambda np, x: 1 / x,
    "frac": lambda np, x: x - np.trunc(x),
    "round": lambda np, x: np.round(x),
    "logit": lambda np, x: np.log(x / (1 - x)),
    "sgn": lambda np, x: np.sign(x),
}
#: Functions whose values the reference does not give: special functions, and those that draw random numbers.
WITHOUT_REFERENCE = ("erf", "erfc", "erfinv", "lgamma", "digamma", "i0", "angle", "bernoulli")
ALIASES = {"abs": ("absolute",), "neg": ("negative",), "asin": ("arcsin",), "acos": ("arccos",), "atan": ("arctan",),
           "asinh": ("arcsinh",), "acosh": ("arccosh",), "atanh": ("arctanh",), "trunc": ("fix",)}  # fmt: skip
WITHOUT_PLACE = ("positive", "isnan", "isinf", "isfinite", "signbit", "real", "conj", "angle")
BOUNDS = {"clamp": "min max", "clip": "min max", "clamp_min": "min", "clamp_max": "max"}
#: Methods that change the type, the place or the gradient of a tensor, never its shape or values.
SAME_VALUES = ("contiguous", "clone", "detach", "float", "double", "cuda", "cpu", "requires_grad_",
               "pin_memory", "retain_grad", "resolve_conj", "resolve_neg", "share_memory_", "data")  # fmt: skip
LIKE = ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like")


def _spellings(name: str) -> tuple[Spelling, ...]:
    parameters = {"round": "", "logit": "eps", "nan_to_num": "nan posinf neginf", "bernoulli": "p"}.get(name, "")
    names = (name, *ALIASES.get(name, ()))
    fixed = {"function": name}
    return (
        spell("function", name, parameters, tensors="input", fixed=fixed, aliases=names[1:], keywords="decimals",
              ignored="decimals eps nan posinf neginf p"),
        spell("method", name, parameters, tensors="input", fixed=fixed, keywords="decimals",
              ignored="decimals eps nan posinf neginf p",
              aliases=[*names[1:], *(f"{each}_" for each in names if each not in WITHOUT_PLACE)]),
    )  # fmt: skip


@layer
class Unary(Declaration):
    """A function of each cell; the shape stays.

    Source: PyTorch ``torch``, "Pointwise Ops", and the tensor methods of the same names.
    """

    kind = "unary"
    arguments = (
        Argument("function", Anything(("abs",)), "abs", "meaning"),
        Argument("minimum", Anything((None, 0.5)), None, "meaning"),
        Argument("maximum", Anything((None, 0.7)), None, "meaning"),
    )
    spellings = (
        *(
            spelling
            for name in (*SAME_IN_NUMPY, *RENAMED_IN_NUMPY, *FORMULAS, *WITHOUT_REFERENCE)
            for spelling in _spellings(name)
        ),
        *(
            spelling
            for name, bounds in BOUNDS.items()
            for spelling in both(name, bounds, renames={"min": "minimum", "max": "maximum"}, aliases=(f"{name}_",),
                                 fixed={"function": "clamp"},
                                 required={"min": "minimum", "max": "maximum"}.get(bounds, ""))
        ),
        *(spell("method", name, "memory_format", tensors="input", fixed={"function": "same"}) for name in SAME_VALUES),
        *(
            spell("method", name, "*args", keywords="dtype device", tensors="input", fixed={"function": "same"},
                  ignored="args")
            for name in ("to", "type")
        ),
        spell("function", "clone", tensors="input", fixed={"function": "same"}),
        spell("function", "detach", tensors="input", fixed={"function": "same"}),
        *(
            spell("method", name, tensors="input", fixed={"function": "cast"})
            for name in ("half", "bfloat16", "int", "long", "short", "bool", "byte", "char")
        ),
        *(spell("function", name, "dtype", tensors="input", fixed={"function": name}) for name in LIKE),
        spell("function", "full_like", "fill_value", tensors="input", fixed={"function": "full_like"},
              ignored="fill_value"),
    )  # fmt: skip
    examples = (
        Example(((2, 3),), {}, (2, 3), framework="torch"),
        Example(((),), {}, (), framework="torch"),
        Example(((2, 3),), {"function": "clamp", "minimum": 0.0}, (2, 3), framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        return x[0]

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        match a.function:
            case "clamp":
                return x[0] if a.minimum is None and a.maximum is None else np.clip(x[0], a.minimum, a.maximum)
            case "same":
                return x[0]
            case "zeros_like" | "ones_like":
                return getattr(np, a.function)(x[0])
            case "cast" | "empty_like" | "rand_like" | "randn_like" | "full_like":
                raise NotImplementedError(f"{a.function} has no values that the reference could give")
            case name if name in WITHOUT_REFERENCE:
                raise NotImplementedError(f"the reference does not compute {name}")
            case name if name in FORMULAS:
                return FORMULAS[name](np, x[0])
            case name:
                return getattr(np, RENAMED_IN_NUMPY.get(name, name))(x[0])


MATRIX_RANK = Rule(
    "matrix-rank",
    "An operation on matrices gets a tensor that is none",
    "{received} axes {input}",
    "at least 2 axes",
    "The last two axes are the rows and columns.",
)


@layer
class Triangle(Declaration):
    """The upper or lower triangle of matrices, the rest zero. Source: PyTorch ``torch.triu``, ``torch.tril``."""

    kind = "triangle"
    arguments = (
        Argument("function", Choice(("triu", "tril")), "triu", "meaning"),
        Argument("diagonal", Int(None), 0, "meaning"),
    )
    rules = (MATRIX_RANK,)
    spellings = tuple(
        spelling
        for name in ("triu", "tril")
        for spelling in both(name, "diagonal", fixed={"function": name}, aliases=(f"{name}_",))
    )
    examples = (
        Example(((3, 4),), {}, (3, 4), framework="torch"),
        Example(((4,),), {}, breaks="matrix-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if len(shape) < 2:
            c.fault(MATRIX_RANK, [NeedRank(0, 2, None)], received=len(shape))
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        return getattr(np, a.function)(x[0], a.diagonal)
