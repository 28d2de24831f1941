"""PyTorch's padding: cells added (or, for negative numbers, cut) at both ends of the last axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Ints, Maybe
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedRank, Rule
from repairnn.semantics.ir import Dim, Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some, spell

PAD_RANK = Rule(
    "pad-rank",
    "A padding layer gets an input with the wrong number of axes",
    "{received} axes {input} for {pairs} padded axes",
    "{wanted} axes",
    "The numbers of cells come in pairs, for the last axis first. Constant padding needs as many axes as pairs; the "
    "other modes take exactly one or two axes more (channels, and the batch if there is one).",
)
PAD_LENGTH = Rule(
    "pad-odd-length",
    "The list of padding sizes has an odd length",
    "{count} numbers {padding}",
    "two numbers for each padded axis: before and after",
    "Cells are added at both ends of an axis, so the numbers come in pairs.",
)
PAD_WRAP = Rule(
    "pad-exceeds-input",
    "Padding takes more cells from the input than it has",
    "{before} and {after} cells at axis {axis} of {input}, which has {size}",
    "at most {limit} on each side",
    "Reflection mirrors the input without its edge and circular padding wraps it around once, so neither can add more "
    "cells than there are to copy.",
)
PAD_EMPTY = Rule(
    "pad-removes-everything",
    "Negative padding cuts more cells than there are",
    "{before} and {after} cells at axis {axis} of {input}, which has {size}",
    "at least {least} cells left",
    "A negative number cuts cells away; cells must be left to go on with.",
)
PAD_VALUE = Rule(
    "pad-value-without-use",
    "Padding that repeats cells is given a value to pad with",
    "value={value} in mode {mode}",
    "no value, or mode 'constant'",
    "Only constant padding writes a value of its own.",
)
MODES = ("constant", "reflect", "replicate", "circular")


def _spatial(name: str, mode: str, rank: int) -> Any:
    parameters = "padding value" if name == "Constant" else "padding"
    required = "value" if name == "Constant" else ""
    return spell("layer", f"{name}Pad{rank}d", parameters, fixed={"mode": mode, "rank": rank}, required=required)


@layer
class Pad(Declaration):
    """Add cells at both ends of the last axes; the pairs of numbers go from the last axis backwards.

    Source: PyTorch ``torch.nn.functional.pad`` and the ``*Pad1d`` .. ``*Pad3d`` modules.
    """

    kind = "pad"
    arguments = (
        Argument("padding", Ints(None, None), REQUIRED, "free", "cells before and after, last axis first"),
        Argument("mode", Choice(MODES), "constant", "meaning"),
        Argument("value", Anything((0.0, 0.5)), None, "meaning"),
        Argument("rank", Maybe(Choice((1, 2, 3))), None, "order", "spatial axes, for the modules"),
    )
    rules = (PAD_RANK, PAD_LENGTH, PAD_WRAP, PAD_EMPTY, PAD_VALUE, EMPTY_AXIS)
    spellings = (
        *(
            _spatial(name, mode, rank)
            for name, mode in (("Constant", "constant"), ("Zero", "constant"), ("Reflection", "reflect"),
                               ("Replication", "replicate"), ("Circular", "circular"))
            for rank in (1, 2, 3)
        ),
        spell("function", "pad", "pad mode value", tensors="input", renames={"pad": "padding"},
              domains={"padding": Ints(None, None, scalar=False)}),
    )  # fmt: skip
    examples = (
        Example(((2, 3, 4),), {"padding": 1, "rank": 1}, (2, 3, 6), framework="torch"),
        Example(((2, 3, 4),), {"padding": 3, "rank": 1, "mode": "reflect"}, (2, 3, 10), framework="torch"),
        Example(
            ((2, 3, 4),), {"padding": 4, "rank": 1, "mode": "reflect"}, breaks="pad-exceeds-input",
            expected="at most 3 on each side", framework="torch",
        ),
        Example(((2, 3, 4),), {"padding": (4, 4), "rank": 1, "mode": "circular"}, (2, 3, 12), framework="torch"),
        Example(
            ((2, 3, 4),), {"padding": (5, 0), "rank": 1, "mode": "circular"}, breaks="pad-exceeds-input",
            framework="torch",
        ),
        Example(((3, 4, 4),), {"padding": (1, 2, 0, 1)}, (3, 5, 7), framework="torch"),
        Example(((2, 3, 4, 4),), {"padding": 1, "rank": 2}, (2, 3, 6, 6), framework="torch"),
        Example(((2, 3, 4, 4),), {"padding": (1, 1, 2, 0), "mode": "replicate"}, (2, 3, 6, 6), framework="torch"),
        Example(((3, 2, 4, 4),), {"padding": 1, "rank": 3}, (3, 4, 6, 6), framework="torch"),
        Example(((2, 3, 2, 4, 4),), {"padding": 1, "rank": 3, "mode": "replicate"}, (2, 3, 4, 6, 6), framework="torch"),
        Example(((2, 3, 4),), {"padding": (1, 1, 1)}, breaks="pad-odd-length", framework="torch"),
        Example(((4,),), {"padding": 1, "rank": 1, "mode": "reflect"}, breaks="pad-rank", expected="1 axes (4,)",
                framework="torch"),
        Example(((2, 3, 4),), {"padding": (-2, -1)}, (2, 3, 1), framework="torch"),
        Example(((2, 0, 4),), {"padding": (1, 1), "mode": "replicate"}, breaks="axis-without-cells", framework="torch"),
        Example(((2, 3, 4),), {"padding": (1, 1), "mode": "reflect", "value": 0.5}, breaks="pad-value-without-use",
                expected="value=0.5 in mode reflect", framework="torch"),
        Example(((2, 3, 4),), {"padding": (-3, -2)}, breaks="pad-removes-everything", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        pads = (a.padding,) * (2 * (a.rank or 1)) if isinstance(a.padding, int) else tuple(a.padding)
        if len(pads) % 2:
            c.fault(PAD_LENGTH, [NeedArgument("padding")], ("padding",), count=len(pads), padding=pads)
            return (None,) * len(shape)
        pairs = len(pads) // 2
        if a.mode != "constant" and a.value:
            c.fault(PAD_VALUE, [NeedArgument("mode", ("constant",)), NeedArgument("value", (None,))], ("mode", "value"),
                    value=a.value, mode=a.mode)  # fmt: skip
        if not _require_rank(c, shape, pairs, a):
            return (None,) * len(shape)
        if a.mode in ("reflect", "replicate"):
            require_some(c, shape, len(shape) - pairs - 1)
        sizes = list(shape)
        for place in range(pairs):
            before, after = pads[2 * place], pads[2 * place + 1]
            axis = len(shape) - 1 - place
            sizes[axis] = _padded(c, shape[axis], before, after, axis, a.mode)
        spatial = sizes[len(shape) - pairs :]
        if a.mode in ("reflect", "replicate") and not c.holds(ar.any_of(*(ar.at_least(n, 1) for n in spatial))):
            axis = len(shape) - 1
            values = {"before": pads[0], "after": pads[1], "axis": axis, "size": shape[axis], "least": 1}
            c.fault(PAD_EMPTY, [NeedArgument("padding")], ("padding",), **values)
        return tuple(sizes)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        y = x[0]
        pads = (a.padding,) * (2 * (a.rank or 1)) if isinstance(a.padding, int) else tuple(a.padding)
        if a.mode != "constant" and min(pads) < 0 < max(pads):
            raise NotImplementedError("what is padded with where other cells are cut is not documented")
        widths, cuts = [(0, 0)] * y.ndim, [slice(None)] * y.ndim
        for place in range(len(pads) // 2):
            before, after = pads[2 * place], pads[2 * place + 1]
            size = y.shape[-1 - place]
            if a.mode == "circular":
                y = np.take(y, range(max(-before, 0), size + min(after, 0)), axis=-1 - place)
                size, before, after = y.shape[-1 - place], max(before, 0), max(after, 0)
            widths[-1 - place] = (max(before, 0), max(after, 0))
            cuts[-1 - place] = slice(max(-before, 0), max(before, 0) + size + min(after, 0) + max(after, 0))
        if a.mode == "constant":
            y = np.pad(y, widths, constant_values=0.0 if a.value is None else a.value)
        else:
            modes: dict[str, Any] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
            y = np.pad(y, widths, mode=modes[a.mode])
        return y[tuple(cuts)]


def _require_rank(c: Context, shape: Shape, pairs: int, a: Args) -> bool:
    low, high = (pairs, None) if a.mode == "constant" else (pairs + 1, pairs + 2)
    if a.mode == "circular" and a.rank is not None:  # the circular modules look at their own name, too
        low, high = max(low, a.rank + 1), min(pairs, a.rank) + 2
    if a.mode != "constant" and pairs not in (1, 2, 3):
        c.fault(PAD_RANK, [NeedArgument("padding")], ("padding",), received=len(shape), pairs=pairs, wanted="2 to 5")
        return False
    if len(shape) >= low and (high is None or len(shape) <= high):
        return True
    wanted = f"at least {low}" if high is None else f"{low} or {high}"
    arguments = ("padding",) if a.rank is None else ("rank",)
    c.fault(PAD_RANK, [NeedRank(0, low, high)], arguments, received=len(shape), pairs=pairs, wanted=wanted)
    return False


def _padded(c: Context, size: ar.Term, before: Dim, after: Dim, axis: int, mode: str) -> ar.Term:
    """The size of one axis after padding. Reflection needs more cells than it copies, circular padding as many."""
    if before is None or after is None:
        return None
    total = ar.add(size, before, after)
    values = {"before": before, "after": after, "axis": axis, "size": size}
    spare = {"reflect": 1, "circular": 0}.get(mode)
    most = max(before, after, 0)
    if spare is not None and most and not c.holds(ar.at_least(size, most + spare)):
        needs: list[Need] = [NeedAtLeast(0, axis, most + spare), NeedArgument("padding")]
        c.fault(PAD_WRAP, needs, ("padding", "mode"), limit=ar.sub(size, spare), **values)
        return total
    if not c.holds(ar.at_least(total, 0)) or not _cut_fits(c, size, before, after, mode):
        needs = [NeedAtLeast(0, axis, -before - after), NeedArgument("padding")]
        c.fault(PAD_EMPTY, needs, ("padding",), least=0, **values)
        return None
    return total


def _cut_fits(c: Context, size: ar.Term, before: int, after: int, mode: str) -> bool:
    """Constant and circular padding cut first, one end after the other, and then add."""
    if mode == "constant":
        return c.holds(ar.at_least(ar.add(size, min(before, 0), min(after, 0)), 0))
    return True
