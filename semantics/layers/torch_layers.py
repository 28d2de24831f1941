"""Layers that only PyTorch has: gated linear units, response normalisation, bags of embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Float, Int
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedMultiple, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import EMPTY_AXIS, axis_in, require_some, spell

GLU_ODD = Rule(
    "glu-odd-size",
    "A gated linear unit gets an axis that it cannot halve",
    "{size} along axis {axis} of {input}",
    "an even number along that axis",
    "One half of the axis is multiplied with the sigmoid of the other.",
)


@layer
class GatedLinearUnit(Declaration):
    """``a * sigmoid(b)`` for the two halves of an axis. Source: PyTorch ``torch.nn.GLU``."""

    kind = "glu"
    arguments = (Argument("axis", Int(None, likely=2), -1, "order"),)
    rules = (GLU_ODD, AXIS_RANGE)
    spellings = (
        spell("layer", "GLU", "dim", renames={"dim": "axis"}),
        spell("function", "glu", "dim", tensors="input", renames={"dim": "axis"}),
    )
    examples = (
        Example(((3, 4),), {}, (3, 2), framework="torch"),
        Example(((3, 4),), {"axis": 0}, breaks="glu-odd-size", expected="3 along axis 0", framework="torch"),
        Example(((3, 4),), {"axis": 2}, breaks="axis-out-of-range", framework="torch"),
        Example(((),), {}, breaks="glu-odd-size", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not shape:
            c.fault(GLU_ODD, [NeedRank(0, 1, None)], ("axis",), size=1, axis=a.axis)
            return shape
        axis = axis_in(c, shape, a.axis)
        if axis is None:
            return (None,) * len(shape)
        if not c.holds(ar.eq(ar.mod(shape[axis], 2), 0)):
            even = tuple(i for i, size in enumerate(shape) if isinstance(size, int) and size % 2 == 0)
            needs: list[Need] = [NeedMultiple(0, axis, 2), NeedArgument("axis", even)]
            c.fault(GLU_ODD, needs, ("axis",), size=shape[axis], axis=axis)
        return (*shape[:axis], ar.floordiv(shape[axis], 2), *shape[axis + 1 :])

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        values, gates = np.split(x[0], 2, a.axis)
        return values / (1 + np.exp(-gates))


RESPONSE_RANK = Rule(
    "response-norm-rank",
    "A response normalisation gets a tensor without spatial axes",
    "{received} axes {input}",
    "{wanted}",
    "Each cell is divided by a sum over neighbouring channels; CrossMapLRN2d takes images only.",
)


@layer
class ResponseNorm(Declaration):
    """Each cell divided by a sum of squares over neighbouring channels (axis 1).

    Source: PyTorch ``torch.nn.LocalResponseNorm``, ``torch.nn.CrossMapLRN2d``.
    """

    kind = "response_norm"
    arguments = (
        Argument("size", Int(1), REQUIRED, "free", "channels in the neighbourhood"),
        Argument("alpha", Float(), 1e-4, "meaning"),
        Argument("beta", Float(), 0.75, "meaning"),
        Argument("k", Float(), 1.0, "meaning"),
        Argument("images", Bool(), False, "meaning"),
    )
    rules = (RESPONSE_RANK,)
    spellings = (
        spell("layer", "LocalResponseNorm", "size alpha beta k"),
        spell("layer", "CrossMapLRN2d", "size alpha beta k", fixed={"images": True}),
        spell("function", "local_response_norm", "size alpha beta k", tensors="input"),
    )
    examples = (
        Example(((2, 3, 4),), {"size": 2}, (2, 3, 4), framework="torch"),
        Example(((2, 3),), {"size": 2}, breaks="response-norm-rank", framework="torch"),
        Example(((2, 3, 4),), {"size": 2, "images": True}, breaks="response-norm-rank", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if a.images and len(shape) != 4:
            c.fault(RESPONSE_RANK, [NeedRank(0, 4, 4)], received=len(shape), wanted="4 axes")
        elif len(shape) < 3:
            c.fault(RESPONSE_RANK, [NeedRank(0, 3, None)], received=len(shape), wanted="at least 3 axes")
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if a.images:
            raise NotImplementedError("the reference has no CrossMapLRN2d")
        squares = np.moveaxis(x[0] ** 2, 1, -1)
        padded = np.pad(squares, [(0, 0)] * (x[0].ndim - 1) + [(a.size // 2, (a.size - 1) // 2)])
        sums = sum(padded[..., i : i + squares.shape[-1]] for i in range(a.size))
        return x[0] / (a.k + a.alpha * np.moveaxis(sums / a.size, -1, 1)) ** a.beta


BAG_INPUT = Rule(
    "embedding-bag-input",
    "A bag of embeddings is not told where its bags begin, or twice",
    "indices {input}{offsets}",
    "indices (bags, members), or (members,) with offsets (bags,)",
    "With two axes each row is a bag. With one axis the offsets say where each bag begins.",
)
BAG_WEIGHTS = Rule(
    "embedding-bag-weights",
    "The weights of the members of a bag do not have the shape of the indices",
    "weights {weights} for indices {input}",
    "equal shapes",
    "Each member has its own weight.",
)
BAG_MODE = Rule(
    "embedding-bag-weighted-mode",
    "The members of a bag are weighted although they are not summed",
    "weights with mode={mode}",
    "mode='sum'",
    "PyTorch weights the members of a bag in sums only.",
)


@layer
class EmbeddingBag(Declaration):
    """Sum, mean or maximum of the vectors of each bag; inputs are indices, then offsets, where they are in one axis.

    Source: PyTorch ``torch.nn.EmbeddingBag``.
    """

    kind = "embedding_bag"
    inputs = (1, 3)
    arguments = (
        Argument("input_dim", Int(1), REQUIRED, "capacity", "how many indices there are"),
        Argument("output_dim", Int(0), REQUIRED, "capacity", "size of a vector"),
        Argument("mode", Choice(("mean", "sum", "max")), "mean", "meaning"),
        Argument("include_last_offset", Bool(), False, "meaning"),
        Argument("padding_idx", Anything((None,)), None, "meaning"),
    )
    rules = (BAG_INPUT, BAG_WEIGHTS, BAG_MODE, EMPTY_AXIS)
    spellings = (
        spell("layer", "EmbeddingBag",
              "num_embeddings embedding_dim max_norm norm_type scale_grad_by_freq mode sparse _weight "
              "include_last_offset padding_idx", renames={"num_embeddings": "input_dim", "embedding_dim": "output_dim"},
              ignored="max_norm norm_type scale_grad_by_freq sparse _weight"),
    )  # fmt: skip
    examples = (
        Example(((2, 4),), {"input_dim": 9, "output_dim": 3}, (2, 3), framework="torch"),
        Example(((4,), (2,)), {"input_dim": 9, "output_dim": 3}, (2, 3), framework="torch"),
        Example(((2, 0),), {"input_dim": 9, "output_dim": 3}, breaks="axis-without-cells", framework="torch"),
        Example(((4,),), {"input_dim": 9, "output_dim": 3}, breaks="embedding-bag-input", framework="torch"),
        Example(((2, 4, 4),), {"input_dim": 9, "output_dim": 3}, breaks="embedding-bag-input", framework="torch"),
        Example(((4,), (2,), (3,)), {"input_dim": 9, "output_dim": 3, "mode": "sum"}, breaks="embedding-bag-weights",
                framework="torch"),
        Example(((4,), (2,), (4,)), {"input_dim": 9, "output_dim": 3}, breaks="embedding-bag-weighted-mode",
                framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        indices = x[0]
        assert indices is not None
        offsets = x[1] if len(x) > 1 else None
        fits = len(indices) == 2 if len(x) == 1 else len(indices) == 1 and offsets is not None and len(offsets) == 1
        if not fits:
            also = "" if len(x) == 1 else f" with offsets {offsets}"
            needs: list[Need] = [NeedRank(0, 2, 2)] if len(x) == 1 else [NeedRank(0, 1, 1), NeedRank(1, 1, 1)]
            c.fault(BAG_INPUT, needs, offsets=also)
            return None
        require_some(c, indices, 1)
        if len(x) == 3 and a.mode != "sum":
            c.fault(BAG_MODE, [NeedArgument("mode", ("sum",))], ("mode",), mode=a.mode)
        third = x[2] if len(x) == 3 else indices
        alike = third is None or (
            len(third) == len(indices) and all(c.holds(ar.eq(m, n)) for m, n in zip(third, indices, strict=True))
        )
        if not alike:
            c.fault(BAG_WEIGHTS, [NeedShape(2, indices)], weights=third)
        bags = indices[0] if offsets is None else ar.sub(offsets[0], 1 if a.include_last_offset else 0)
        if (
            a.include_last_offset and offsets is not None and not c.holds(ar.at_least(bags, 1))
        ):  # PyTorch crashes without a bag
            c.fault(BAG_INPUT, [NeedAtLeast(1, 0, 2)], offsets=f" with offsets {offsets}, the last one included")
        return (bags, a.output_dim)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        return {"embeddings": (a.input_dim, a.output_dim)}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        if len(x) > 1 or a.padding_idx is not None:
            raise NotImplementedError("the reference takes one bag in each row")
        return getattr(np, a.mode)(w["embeddings"][x[0]], axis=1)
