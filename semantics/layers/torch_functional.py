"""PyTorch's functions that take their weights as tensors: the layers' rules, read from the weight's shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example, bind_arguments
from repairnn.semantics.domains import Anything, Bool, Choice, Int
from repairnn.semantics.faults import Fault, Need, NeedAtLeast, NeedDim, NeedMultiple, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.conv_transpose import ConvTranspose
from repairnn.semantics.layers.convolution import Conv
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_domains import Sizes
from repairnn.semantics.torch_rules import of_size, spell

WEIGHT_RANK = Rule(
    "function-weight-rank",
    "The weight given to a function has the wrong number of axes",
    "a weight {weight} with {received} axes",
    "{wanted} axes",
    "The axes of the weight are the layer's outputs, its inputs, and the cells of the kernel if there is one.",
)
WEIGHT_FEATURES = Rule(
    "function-weight-features",
    "The input of a function and its weight do not fit",
    "{received} along axis {axis} of {input} for a weight {weight}",
    "{wanted} along that axis",
    "Each row of the weight is multiplied with a vector of the input, so both have the same length.",
)
WEIGHT_BIAS = Rule(
    "function-bias",
    "The bias given to a function does not have one number for each output",
    "a bias {bias} for a weight {weight}",
    "a bias {wanted}",
    "There is one number for each output.",
)
WEIGHT_EMPTY = Rule(
    "function-weight-empty",
    "The weight given to a function holds no numbers",
    "a weight {weight}",
    "at least one number along every axis",
    "There is nothing to multiply with, or to look up.",
)
WEIGHT_WINDOW = Rule(
    "function-window",
    "A convolution with a given kernel does not fit its input",
    "{problem}",
    "{wanted}",
    "The rules are those of the convolution layers: channels, groups and the size of the kernel must fit the input.",
)
STEPS = {"stride": "strides", "dilation": "dilation_rate"}


def require_bias(c: Context, x: Sequence[Shape | None], outputs: ar.Term) -> None:
    """The bias (input 2), where it is given, holds one number for each output."""
    bias = x[2] if len(x) > 2 else None
    if bias is not None and not (len(bias) == 1 and c.holds(ar.eq(bias[0], outputs))):
        c.fault(WEIGHT_BIAS, [NeedShape(2, (outputs,))], bias=bias, weight=x[1], wanted=(outputs,))


@layer
class LinearFunction(Declaration):
    """``y = x W' + b``; inputs are x, W (outputs, features) and b. Source: PyTorch ``torch.nn.functional.linear``."""

    kind = "linear_function"
    inputs = (2, 3)
    rules = (WEIGHT_RANK, WEIGHT_FEATURES, WEIGHT_BIAS)
    spellings = (spell("function", "linear", tensors="input weight bias"),)
    examples = (
        Example(((2, 8), (3, 8), (3,)), {}, (2, 3), framework="torch"),
        Example(((8,), (8,)), {}, (), framework="torch"),
        Example(((2, 9), (3, 8)), {}, breaks="function-weight-features", framework="torch"),
        Example(((2, 8), (3, 8), (4,)), {}, breaks="function-bias", framework="torch"),
        Example(((2, 8), (1, 3, 8)), {}, breaks="function-weight-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, weight = x[0] or (), x[1] or ()
        if len(weight) not in (1, 2) or not shape:
            c.fault(
                WEIGHT_RANK, [NeedRank(1, 1, 2), NeedRank(0, 1, None)], weight=weight, received=len(weight), wanted=2
            )
            return None
        if not c.holds(ar.eq(shape[-1], weight[-1])):
            needs: list[Need] = [*of_size(0, -1, weight[-1]), *of_size(1, -1, shape[-1])]
            c.fault(WEIGHT_FEATURES, needs, received=shape[-1], axis=-1, weight=weight, wanted=weight[-1])
        outputs = weight[:-1]
        result = (*shape[:-1], *outputs)
        bias = x[2] if len(x) > 2 else None
        if bias is not None and (not outputs or not _spreads(c, bias, result)):
            c.fault(WEIGHT_BIAS, [NeedShape(2, outputs)], bias=bias, weight=weight, wanted=outputs)
        return result

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        y = x[0] @ x[1].T
        return y + x[2] if len(x) > 2 else y


def _spreads(c: Context, bias: Shape, result: Shape) -> bool:
    """Whether a bias broadcasts to a result without making it larger."""
    tail = result[len(result) - len(bias) :]
    return len(bias) <= len(result) and all(
        c.holds(ar.any_of(ar.eq(b, n), ar.eq(b, 1))) for b, n in zip(bias, tail, strict=True)
    )


@layer
class EmbeddingFunction(Declaration):
    """A row of the weight for each index. Source: PyTorch ``torch.nn.functional.embedding``."""

    kind = "embedding_function"
    inputs = (2, 2)
    arguments = (Argument("padding_idx", Anything((None,)), None, "meaning"),)
    rules = (WEIGHT_RANK, WEIGHT_EMPTY)
    spellings = (
        spell("function", "embedding", "padding_idx max_norm norm_type scale_grad_by_freq sparse",
              tensors="input weight", ignored="max_norm norm_type scale_grad_by_freq sparse"),
    )  # fmt: skip
    examples = (
        Example(((2, 5), (9, 3)), {}, (2, 5, 3), framework="torch"),
        Example(((2, 5), (0, 3)), {}, breaks="function-weight-empty", framework="torch"),
        Example(((2, 5), (9, 3, 1)), {}, breaks="function-weight-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, weight = x[0] or (), x[1] or ()
        if len(weight) != 2:
            c.fault(WEIGHT_RANK, [NeedRank(1, 2, 2)], weight=weight, received=len(weight), wanted=2)
            return None
        if not c.holds(ar.any_of(ar.at_least(weight[0], 1), ar.eq(ar.product(shape), 0))):
            c.fault(WEIGHT_EMPTY, [NeedShape(1, (1, weight[1]))], weight=weight)
        return (*shape, weight[1])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[1][x[0].astype(int)]


@layer
class BilinearFunction(Declaration):
    """``x1 A x2 + b``; inputs are x1, x2, A (outputs, features 1, features 2), b.

    Source: PyTorch ``torch.nn.functional.bilinear``.
    """

    kind = "bilinear_function"
    inputs = (3, 4)
    rules = (WEIGHT_RANK, WEIGHT_FEATURES, WEIGHT_BIAS)
    spellings = (spell("function", "bilinear", tensors="input1 input2 weight bias"),)
    examples = (
        Example(((2, 3), (2, 4), (5, 3, 4), (5,)), {}, (2, 5), framework="torch"),
        Example(((2, 3), (2, 5), (5, 3, 4)), {}, breaks="function-weight-features", framework="torch"),
        Example(((2, 3), (2, 4), (3, 4)), {}, breaks="function-weight-rank", framework="torch"),
        Example(((2, 3), (2, 4), (5, 3, 4), (4,)), {}, breaks="function-bias", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        left, right, weight = (shape or () for shape in x[:3])
        if len(weight) != 3 or not left or len(left) != len(right):
            needs_rank = [NeedRank(2, 3, 3), NeedRank(1, max(len(left), 1), max(len(left), 1))]
            c.fault(WEIGHT_RANK, needs_rank, weight=weight, received=len(weight), wanted=3)
            return None
        for axis in range(len(left)):
            last = axis == len(left) - 1
            checks = [(0, weight[1]), (1, weight[2])] if last else [(1, left[axis])]
            for index, wanted in checks:
                received = (left, right)[index][axis]
                if not c.holds(ar.eq(received, wanted)):
                    needs = of_size(index, axis, wanted)
                    c.fault(WEIGHT_FEATURES, needs, received=received, axis=axis, weight=weight, wanted=wanted)
        result = (*left[:-1], weight[0])
        bias = x[3] if len(x) > 3 else None
        if bias is None:
            return result
        first = bias[0] if bias else None
        rank = max(len(result), len(bias))
        pairs = [((1,) * (rank - len(s)) + tuple(s)) for s in (result, bias)]
        fits = all(c.holds(ar.broadcasts(p, q)) for p, q in zip(*pairs, strict=True))
        if not bias or not c.holds(ar.eq(first, weight[0])) or not fits:
            c.fault(WEIGHT_BIAS, [NeedShape(3, (weight[0],))], bias=bias, weight=weight, wanted=(weight[0],))
            return result
        return tuple(ar.broadcast(p, q) for p, q in zip(*pairs, strict=True))

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        y = np.einsum("...i,oij,...j->...o", x[0], x[2], x[1])
        return y + x[3] if len(x) > 3 else y


class _Inner:
    """What the layer's shape function talks to: conditions are passed on, faults are put in the function's words."""

    def __init__(self, outer: Context) -> None:
        self.outer = outer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outer, name)

    def fault(self, rule: Rule, needs: Sequence[Need] = (), arguments: Sequence[str] = (), **values: Any) -> None:
        """Only needs of the input and the function's own arguments have a meaning here."""
        said = Fault(rule, self.outer.node, self.outer.inputs, (), (), values)
        kept = [need for need in needs if isinstance(need, (NeedRank, NeedDim, NeedAtLeast, NeedMultiple))]
        plain = [NeedDim(0, need.axis, need.value) if isinstance(need, NeedDim) else need for need in kept]
        own = tuple(name for name in arguments if name in ("padding", "strides", "dilation_rate", "groups"))
        self.outer.fault(WEIGHT_WINDOW, plain, own, problem=said.received, wanted=said.expected)


@layer
class ConvFunction(Declaration):
    """A convolution, or its transpose, with a given kernel; inputs are x, kernel and bias.

    Kernels are (outputs, inputs / groups, cells..), for the transpose (inputs, outputs / groups, cells..).
    Source: PyTorch ``torch.nn.functional.conv1d`` .. ``conv3d``, ``conv_transpose1d`` .. ``conv_transpose3d``.
    """

    kind = "conv_function"
    inputs = (2, 3)
    arguments = (
        Argument("rank", Choice((1, 2, 3)), REQUIRED, "order"),
        Argument("transposed", Bool(), False, "meaning"),
        Argument("strides", Sizes("rank"), 1, "free"),
        Argument("padding", Sizes("rank", 0, likely=2, modes=("valid", "same")), 0, "free"),
        Argument("output_padding", Sizes("rank", 0, likely=1), 0, "free"),
        Argument("dilation_rate", Sizes("rank", likely=2), 1, "free"),
        Argument("groups", Int(1, likely=2), 1, "free"),
    )
    rules = (WEIGHT_RANK, WEIGHT_BIAS, WEIGHT_WINDOW, WEIGHT_EMPTY)
    spellings = (
        *(
            spell("function", f"conv{rank}d", "stride padding dilation groups", tensors="input weight bias",
                  renames=STEPS, fixed={"rank": rank})
            for rank in (1, 2, 3)
        ),
        *(
            spell("function", f"conv_transpose{rank}d", "stride padding output_padding groups dilation",
                  tensors="input weight bias", renames=STEPS, fixed={"rank": rank, "transposed": True},
                  domains={"padding": Sizes(rank, 0, likely=2)})
            for rank in (1, 2, 3)
        ),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 8, 8), (5, 3, 3, 3), (5,)), {"rank": 2}, (2, 5, 6, 6), framework="torch"),
        Example(((2, 3, 8, 8), (3, 5, 3, 3)), {"rank": 2, "transposed": True, "strides": 2}, (2, 5, 17, 17),
                framework="torch"),
        Example(((2, 3, 8), (5, 3, 3)), {"rank": 1, "padding": 1}, (2, 5, 8), framework="torch"),
        Example(((2, 3, 4, 4, 4), (5, 3, 3, 3, 3)), {"rank": 3}, (2, 5, 2, 2, 2), framework="torch"),
        Example(((2, 3, 8), (5, 3, 0)), {"rank": 1}, breaks="function-weight-empty", framework="torch"),
        Example(((2, 4, 8, 8), (5, 3, 3, 3)), {"rank": 2}, breaks="function-window", framework="torch"),
        Example(((2, 3, 8, 8), (5, 3, 3, 3), (4,)), {"rank": 2}, breaks="function-bias", framework="torch"),
        Example(((2, 3, 8, 8), (5, 3, 3)), {"rank": 2}, breaks="function-weight-rank", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape, weight = x[0], x[1] or ()
        if len(weight) != a.rank + 2:
            c.fault(WEIGHT_RANK, [NeedRank(1, a.rank + 2, a.rank + 2)], weight=weight, received=len(weight),
                    wanted=a.rank + 2)  # fmt: skip
            return None
        own = weight if a.transposed else (weight[0], *weight[2:])  # a kernel may read no channels, not make none
        if not c.holds(ar.at_least(ar.product(own), 1)):
            c.fault(WEIGHT_EMPTY, [NeedShape(1, tuple(n or 1 for n in weight))], weight=weight)
            return None
        settings, declaration = _layer(weight, a)
        require_bias(c, x, settings.filters)
        inner: Any = _Inner(c)
        return declaration.shapes(inner, (shape,), settings)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        settings, declaration = _layer(x[1].shape, a)
        order = (*range(2, x[1].ndim), 1, 0)
        weights = {"kernel": x[1].transpose(order), **({"bias": x[2]} if len(x) > 2 else {})}
        settings.use_bias = len(x) > 2
        return declaration.compute(x[:1], weights, settings)


def _layer(weight: Shape, a: Args) -> tuple[SimpleNamespace, type[Declaration]]:
    """The arguments of the layer that has this kernel, and the layer's declaration."""
    given = {"rank": a.rank, "kernel_size": tuple(weight[2:]), "strides": a.strides, "padding": a.padding,
             "dilation_rate": a.dilation_rate, "groups": a.groups, "data_format": "channels_first"}  # fmt: skip
    if a.transposed:
        given |= {"filters": ar.mul(weight[1], a.groups), "in_channels": weight[0], "output_padding": a.output_padding}
        return bind_arguments(ConvTranspose, given), ConvTranspose
    given |= {"filters": weight[0], "in_channels": ar.mul(weight[1], a.groups)}
    return bind_arguments(Conv, given), Conv
