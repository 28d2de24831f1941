"""Dense layers written as an Einstein summation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything
from repairnn.semantics.faults import Need, NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.gated import GATED_RULES, gated, gated_examples
from repairnn.semantics.layers.names import ACTIVATION, KERNEL_SETTINGS
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

EINSUM_EQUATION = Rule(
    "einsum-dense-equation",
    "The equation of an einsum layer cannot be read",
    "equation={equation!r}",
    "the form ab,bc->ac, ...b,bc->...c or ab...,bc->ac..., every output letter in the input or the kernel",
    "The layer multiplies its input with one kernel; the equation says along which axes.",
)
EINSUM_RANK = Rule(
    "einsum-dense-rank",
    "The equation of an einsum layer is for another number of axes",
    "{received} axes {input}",
    "{wanted} axes, as {equation!r} says",
    "Every letter of the equation stands for one axis of the input.",
)
EINSUM_OUTPUT = Rule(
    "einsum-dense-output-shape",
    "The output shape of an einsum layer has another number of axes than its equation",
    "output_shape={output_shape}",
    "{wanted} sizes: one for each output letter of {equation!r}, without the batch",
    "The sizes that the input does not give are taken from output_shape.",
)
EINSUM_SHARED = Rule(
    "einsum-dense-shared-size",
    "The output shape of an einsum layer contradicts its input",
    "{size} for axis {letter!r} of {input}, and {declared} in output_shape",
    "the same size, or None in output_shape",
    "The axis goes through the layer unchanged.",
)
EINSUM_UNKNOWN = Rule(
    "einsum-dense-size-unknown",
    "An einsum layer needs a known size for every axis of its kernel",
    "{input}, in which axis {letter!r} is not known",
    "a fixed size",
    "The kernel is made when the layer is built.",
)
EINSUM_BIAS = Rule(
    "einsum-dense-bias-axes",
    "The bias of an einsum layer has an axis that its output does not have",
    "bias_axes={bias_axes!r} for {equation!r}",
    "letters of the output",
    "The bias is added to the output.",
)
FORMS = (
    re.compile(r"^(?P<x>[a-zA-Z]+),(?P<w>[a-zA-Z]+)->(?P<y>[a-zA-Z]+)$"),
    re.compile(r"^(?P<left>0)(?P<x>[a-zA-Z]+),(?P<w>[a-zA-Z]+)->0(?P<y>[a-zA-Z]+)$"),
    re.compile(r"^(?P<x>[a-zA-Z]{2,})(?P<right>0),(?P<w>[a-zA-Z]+)->(?P<y>[a-zA-Z]+)0$"),
)


@dataclass(frozen=True, slots=True)
class Equation:
    """Letters of the input, the kernel and the output; ``elided`` is ``left``, ``right`` or empty."""

    x: str
    w: str
    y: str
    elided: str


class OutputShape(Anything):
    """A size, or a sequence of them in which ``None`` is a size that the input says."""

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        parts = value if isinstance(value, (tuple, list)) else (value,)
        return not any(isinstance(part, (float, str)) for part in parts)

    def describe(self, args: Mapping[str, Any]) -> str:
        return "a size, or a tuple of sizes"


@layer
class EinsumDense(Declaration):
    """``y = activation(einsum(equation, x, kernel) + bias)``. Source: Keras ``EinsumDense``."""

    kind = "einsum_dense"
    arguments = (
        Argument(
            "equation", Anything(("ab,bc->ac", "abc,cd->abd", "...b,bc->...c", "abc,cde->abde")), REQUIRED, "meaning"
        ),
        Argument("output_shape", OutputShape((4, (None, 4), (4, 3))), REQUIRED, "capacity", "sizes without the batch"),
        Argument("activation", ACTIVATION, None, "meaning"),
        Argument("bias_axes", Anything((None, "c", "d")), None, "meaning", "output letters that the bias has"),
    )
    rules = (EINSUM_EQUATION, EINSUM_RANK, EINSUM_OUTPUT, EINSUM_SHARED, EINSUM_UNKNOWN, EINSUM_BIAS,
             *GATED_RULES)  # fmt: skip
    spellings = (
        Spelling("keras", "EinsumDense", ("equation", "output_shape", "activation", "bias_axes",
                                          *(name for name in KERNEL_SETTINGS if name != "activity_regularizer"),
                                          "lora_rank", "lora_alpha", "gptq_unpacked_column_size",
                                          "quantization_config")),
    )  # fmt: skip
    examples = (
        *gated_examples((None, 8), {"equation": "ab,bc->ac", "output_shape": 3},
                        {"equation": "ab,bc->ac", "output_shape": 4}),
        Example(((None, 8),), {"equation": "ab,bc->ac", "output_shape": 4}, (None, 4)),
        Example(((None, 5, 8),), {"equation": "abc,cd->abd", "output_shape": (None, 4), "bias_axes": "d"},
                (None, None, 4)),
        Example(((None, 5, 8),), {"equation": "...b,bc->...c", "output_shape": 4}, (None, 5, 4)),
        Example(((None, 5, 8),), {"equation": "ab...,bc->ac...", "output_shape": 4}, (None, 4, 8)),
        Example(((None, 8),), {"equation": "ab->ab", "output_shape": 4}, breaks="einsum-dense-equation",
                expected="equation='ab->ab'"),
        Example(((None, 5, 8),), {"equation": "ab,bc->ac", "output_shape": 4}, breaks="einsum-dense-rank",
                expected="2 axes, as 'ab,bc->ac' says"),
        Example(((None, 5, 8),), {"equation": "abc,cd->abd", "output_shape": 4}, breaks="einsum-dense-output-shape",
                expected="2 sizes"),
        Example(((None, 5, 8),), {"equation": "abc,cd->abd", "output_shape": (6, 4)}, breaks="einsum-dense-shared-size",
                expected="5 for axis 'b'"),
        Example(((None, 8),), {"equation": "ab,bc->ac", "output_shape": 4, "bias_axes": "b"},
                breaks="einsum-dense-bias-axes", expected="letters of the output"),
        Example(((None, 5, None),), {"equation": "abc,cd->abd", "output_shape": (5, 4)},
                breaks="einsum-dense-size-unknown", expected="axis 'c' is not known"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        equation = _parse(a.equation)
        if equation is None:
            c.fault(EINSUM_EQUATION, [NeedArgument("equation")], ("equation",), equation=a.equation)
            return None
        rank = len(equation.x)
        least = rank + 1 if equation.elided == "left" else rank
        if len(shape) < least or (len(shape) > rank and not equation.elided):
            wanted = f"at least {least}" if equation.elided else str(rank)
            needs: list[Need] = [NeedRank(0, least, None if equation.elided else rank), NeedArgument("equation")]
            values = {"received": len(shape), "wanted": wanted, "equation": a.equation}
            c.fault(EINSUM_RANK, needs, ("equation",), **values)
            return None
        if a.bias_axes is not None and not set(a.bias_axes) <= set(equation.y):
            needs = [NeedArgument("bias_axes", (equation.y[-1], None))]
            c.fault(EINSUM_BIAS, needs, ("bias_axes", "equation"), bias_axes=a.bias_axes, equation=a.equation)
        return gated(c, _output(c, shape, equation, a), a.activation)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        shape, equation = x[0], _parse(a.equation)
        if shape is None or equation is None:
            return {}
        sizes = {**_input_sizes(shape, equation), **_declared_sizes(shape, equation, a)}
        weights: dict[str, Shape] = {"kernel": tuple(sizes.get(letter) for letter in equation.w)}
        if a.bias_axes is not None:
            first = min(equation.y.find(letter) for letter in a.bias_axes)
            bias = tuple(sizes.get(letter) if letter in a.bias_axes else 1 for letter in equation.y[first:])
            weights["bias"] = bias + (1,) * (0 if equation.elided == "left" else len(shape) - len(equation.x))
        return weights

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        from repairnn.semantics.numeric import activate

        y = np.einsum(a.equation, x[0], w["kernel"])
        return activate(a.activation, y + w["bias"] if a.bias_axes is not None else y)


def _parse(text: Any) -> Equation | None:
    """The equation's letters, or ``None`` where Keras would not read it."""
    if not isinstance(text, str):
        return None
    for form in FORMS:
        found = form.match(text.replace("...", "0"))
        if found:
            groups = found.groupdict()
            elided = "left" if groups.get("left") else "right" if groups.get("right") else ""
            equation = Equation(groups["x"], groups["w"], groups["y"], elided)
            outputs_known = set(equation.y) <= set(equation.x) | set(equation.w)
            weights_known = set(equation.w) <= set(equation.x) | set(equation.y)
            return equation if outputs_known and weights_known else None
    return None


def _input_sizes(shape: Shape, equation: Equation) -> dict[str, ar.Term]:
    start = len(shape) - len(equation.x) if equation.elided == "left" else 0
    return {letter: shape[start + index] for index, letter in enumerate(equation.x)}


def _declared(a: Args) -> tuple[Any, ...]:
    return tuple(a.output_shape) if isinstance(a.output_shape, (tuple, list)) else (a.output_shape,)


def _declared_sizes(shape: Shape, equation: Equation, a: Args) -> dict[str, ar.Term]:
    """Sizes of the output's letters: as declared, the batch from the input."""
    sizes = _declared(a) if equation.elided == "left" else (shape[0], *_declared(a))
    return dict(zip(equation.y, sizes, strict=False))


def _output(c: Context, shape: Shape, equation: Equation, a: Args) -> Shape | None:
    declared = _declared(a)
    wanted = len(equation.y) if equation.elided == "left" else len(equation.y) - 1
    if len(declared) != wanted:
        values = {"output_shape": declared, "wanted": wanted, "equation": a.equation}
        c.fault(EINSUM_OUTPUT, [NeedArgument("output_shape"), NeedArgument("equation")], ("output_shape",), **values)
        return None
    given, said = _input_sizes(shape, equation), _declared_sizes(shape, equation, a)
    for letter, size in given.items():
        declared_size = said.get(letter)
        if declared_size is not None and (size is None or not c.holds(ar.eq(size, declared_size))):
            axis = equation.x.index(letter) - (len(equation.x) if equation.elided == "left" else 0)
            needs: list[Need] = [NeedDim(0, axis, declared_size, "output_shape"), NeedArgument("output_shape")]
            c.fault(EINSUM_SHARED, needs, ("output_shape",), letter=letter, size=size, declared=declared_size)
    for letter in equation.w:
        if (said[letter] if letter in said else given.get(letter)) is None:
            c.fault(EINSUM_UNKNOWN, [NeedArgument("output_shape")], ("output_shape",), letter=letter)
            break
    if equation.elided == "left":
        return (*shape[: len(shape) - len(equation.x)], *declared)
    return (shape[0], *declared, *shape[len(equation.x) :])
