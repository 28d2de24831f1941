"""Tensors that a PyTorch program makes, of a shape that the call says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice
from repairnn.semantics.faults import NeedArgument, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import collected, spell

NEGATIVE_SIZE = Rule(
    "created-with-negative-size",
    "A tensor is made with a negative size",
    "{shape}",
    "sizes of at least 0",
    "No axis has fewer than no cells.",
)


@layer
class Constant(Declaration):
    """A tensor that the program makes: its shape is what the call says.

    Source: PyTorch ``torch.zeros``, ``ones``, ``rand``, ``randn``, ``empty``, ``full``, ``eye``, ``arange``,
    ``torch.Tensor.new_zeros`` (the tensor it is called on is no input).
    """

    kind = "constant"
    inputs = (0, 0)
    arguments = (
        Argument("shape", Anything(((2, 3),)), None, "order", "sizes of all axes"),
        Argument("length", Anything((None, 4)), None, "order", "cells of a range, or rows of an identity matrix"),
        Argument("columns", Anything((None, 4)), None, "order", "columns of an identity matrix"),
        Argument("start", Anything((None, 1)), None, "order", "first number of a range"),
        Argument("step", Anything((None, 2)), None, "order", "distance of the numbers of a range"),
        Argument("form", Choice(("sizes", "range", "eye")), "sizes", "meaning"),
        Argument("value", Anything((0.0,)), None, "meaning"),
    )
    rules = (NEGATIVE_SIZE,)
    spellings = (
        *(
            spell("function", name, "*size", renames={"size": "shape"}, required="shape")
            for name in ("zeros", "ones", "rand", "randn", "empty")
        ),
        *(
            spell("method", name, "*size", renames={"size": "shape"}, tensors="input", required="shape")
            for name in ("new_zeros", "new_ones", "new_empty")
        ),
        spell("function", "full", "size fill_value", renames={"size": "shape", "fill_value": "value"},
              required="shape value"),
        spell("method", "new_full", "size fill_value", renames={"size": "shape", "fill_value": "value"},
              tensors="input", required="shape value"),
        spell("function", "eye", "n m", renames={"n": "length", "m": "columns"}, fixed={"form": "eye"},
              required="length"),
        spell("function", "randperm", "n", renames={"n": "length"}, fixed={"form": "range"}, required="length"),
        spell("function", "linspace", "start end steps", renames={"steps": "length", "start": "value", "end": "value"},
              fixed={"form": "range"}, aliases=("logspace",), required="length"),
        spell("function", "arange", "*bounds", renames={"bounds": "shape"}, fixed={"form": "range"}, required="shape"),
        spell("function", "randint", "low high size", renames={"size": "shape", "low": "value", "high": "value"},
              required="shape"),
        spell("function", "normal", "mean std size", renames={"size": "shape", "mean": "value", "std": "value"},
              required="shape"),
    )  # fmt: skip
    examples = (
        Example((), {"shape": (2, 3)}, (2, 3), framework="torch"),
        Example((), {"length": 3, "columns": 4, "form": "eye"}, (3, 4), framework="torch"),
        Example((), {"length": 3, "form": "range"}, (3,), framework="torch"),
        Example((), {"shape": (2, 7, 2), "form": "range"}, (3,), framework="torch"),
        Example((), {"shape": (2, -1)}, breaks="created-with-negative-size", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        if a.form == "eye":
            shape: Shape = (a.length, a.length if a.columns is None else a.columns)
        elif a.form == "range":
            shape = (a.length if a.length is not None else _range(a.shape),)
        elif a.shape is None:
            return None
        else:
            shape = collected(a.shape)
        if not all(c.holds(ar.at_least(size, 0)) for size in shape):
            c.fault(NEGATIVE_SIZE, [NeedArgument("shape")], ("shape",), shape=shape)
        return shape


def _range(bounds: Any) -> ar.Term:
    """How many numbers ``arange`` gives: ``(end)``, ``(start, end)`` or ``(start, end, step)``."""
    parts = collected(bounds)
    if not all(isinstance(part, (int, float)) for part in parts) or not 1 <= len(parts) <= 3:
        return None
    start, end, step = (0, *parts, 1) if len(parts) == 1 else (*parts, 1)[:3]
    return math.ceil((end - start) / step) if step else None
