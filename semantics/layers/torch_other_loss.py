"""PyTorch's losses of three or four tensors: triplets, rankings, similarities, Gaussians, unaligned sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice, Int, Maybe
from repairnn.semantics.faults import Need, NeedAgree, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.torch_loss import OLD, REDUCTION, joined_shape
from repairnn.semantics.registry import layer
from repairnn.semantics.torch_rules import spell

TRIPLE_RANK = Rule(
    "loss-ranks-differ",
    "The tensors of a loss have different numbers of axes",
    "{inputs}",
    "{wanted}",
    "PyTorch broadcasts sizes of 1 here but adds no axes, since a missing axis would pair every sample with every "
    "other.",
)
TRIPLE_SHAPE = Rule(
    "loss-shapes-differ",
    "The tensors of a loss cannot be compared cell by cell",
    "{inputs}",
    "sizes that are equal, or 1",
    "Sizes along an axis differ, so there is nothing to compare some cells with.",
)
FORMS = {"triplet": "Triplet", "ranking": "MarginRanking", "cosine": "CosineEmbedding"}
MARGIN = f"{OLD} margin p eps swap distance_function"


@layer
class TripleLoss(Declaration):
    """Anchor, positive and negative; two scores and which should be larger; two vectors and whether they are alike.

    Source: PyTorch ``torch.nn.TripletMarginLoss``, ``MarginRankingLoss``, ``CosineEmbeddingLoss``.
    """

    kind = "triple_loss"
    inputs = (3, 3)
    arguments = (Argument("form", Choice(tuple(FORMS)), REQUIRED, "meaning"), REDUCTION)
    rules = (TRIPLE_RANK, TRIPLE_SHAPE)
    spellings = (
        spell("layer", "TripletMarginLoss", "margin p eps swap size_average reduce reduction",
              fixed={"form": "triplet"}, ignored=MARGIN),
        spell("layer", "TripletMarginWithDistanceLoss", keywords="distance_function margin swap reduction",
              fixed={"form": "triplet"}, ignored=MARGIN),
        spell("function", "triplet_margin_loss", "margin p eps swap size_average reduce reduction",
              tensors="anchor positive negative", fixed={"form": "triplet"}, ignored=MARGIN),
        spell("function", "triplet_margin_with_distance_loss", keywords="distance_function margin swap reduction",
              tensors="anchor positive negative", fixed={"form": "triplet"}, ignored=MARGIN),
        spell("layer", "MarginRankingLoss", "margin size_average reduce reduction", fixed={"form": "ranking"},
              ignored=MARGIN),
        spell("function", "margin_ranking_loss", "margin size_average reduce reduction", tensors="input1 input2 target",
              fixed={"form": "ranking"}, ignored=MARGIN),
        spell("layer", "CosineEmbeddingLoss", "margin size_average reduce reduction", fixed={"form": "cosine"},
              ignored=MARGIN),
        spell("function", "cosine_embedding_loss", "margin size_average reduce reduction",
              tensors="input1 input2 target", fixed={"form": "cosine"}, ignored=MARGIN),
    )  # fmt: skip
    examples = (
        Example(((4, 3), (4, 3), (4, 3)), {"form": "triplet"}, (), framework="torch"),
        Example(((4, 3), (4, 3), (1, 3)), {"form": "triplet", "reduction": "none"}, (4,), framework="torch"),
        Example(((4,), (4,), (4,)), {"form": "ranking", "reduction": "none"}, (4,), framework="torch"),
        Example(((4, 3), (4, 3), (4,)), {"form": "cosine", "reduction": "none"}, (4,), framework="torch"),
        Example(((3,), (3,), ()), {"form": "cosine"}, (), framework="torch"),
        Example(((4, 3), (4, 3), (3,)), {"form": "triplet"}, breaks="loss-ranks-differ", framework="torch"),
        Example(((4, 3), (4, 3), (4, 1)), {"form": "cosine"}, breaks="loss-ranks-differ", framework="torch"),
        Example(((4, 3), (4, 2), (4, 3)), {"form": "triplet"}, breaks="loss-shapes-differ", framework="torch"),
        Example(((4, 3), (4, 3), (3,)), {"form": "cosine"}, breaks="loss-shapes-differ", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        first, second, third = (shape or () for shape in x)
        if a.form == "cosine":
            return _cosine(c, first, second, third, a)
        if len({len(first), len(second), len(third)}) > 1:
            needs = [NeedRank(i, len(first), len(first)) for i in (1, 2)]
            c.fault(TRIPLE_RANK, needs, wanted="tensors with equally many axes")
            return None
        if a.form == "triplet":
            pairs = [joined_shape(c, first, second), joined_shape(c, first, third)]
            ends = [pair[:-1] if pair else None for pair in pairs]
            joined = None if None in ends else joined_shape(c, ends[0] or (), ends[1] or ())
        else:
            pair = joined_shape(c, first, second)
            joined = None if pair is None else joined_shape(c, pair, third)
        if joined is None:
            c.fault(TRIPLE_SHAPE, [NeedAgree((0, 1, 2), None, True)])
            return None if a.reduction == "none" else ()
        return joined if a.reduction == "none" else ()

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        first, second, third = x
        if a.form == "ranking":
            return _reduced(np.maximum(-third * (first - second), 0), a)
        if a.form == "triplet":
            near, far = (np.sqrt(((first - other + 1e-6) ** 2).sum(-1)) for other in (second, third))
            return _reduced(np.maximum(near - far + 1, 0), a)
        sizes = ((first**2).sum(-1) + 1e-12) * ((second**2).sum(-1) + 1e-12)
        cosine = (first * second).sum(-1) / np.sqrt(sizes)
        return _reduced(np.where(third == 1, 1 - cosine, np.where(third == -1, np.maximum(cosine, 0), 0)), a)


def _cosine(c: Context, first: Shape, second: Shape, target: Shape, a: Args) -> Shape | None:
    rank = len(target) + 1
    if len(target) > 1 or len(first) != rank or len(second) != rank:
        needs: list[Need] = [NeedRank(2, 0, 1), NeedRank(0, rank, rank), NeedRank(1, rank, rank)]
        if len(first) in (1, 2):
            needs.insert(0, NeedShape(2, first[:-1]))
        wanted = "vectors (batch, features) and a target (batch,), or (features,) and a scalar"
        c.fault(TRIPLE_RANK, needs, wanted=wanted)
        return None
    pair = joined_shape(c, first, second)
    joined = None if pair is None else joined_shape(c, pair[:-1], target)
    if joined is None:
        c.fault(TRIPLE_SHAPE, [NeedAgree((0, 1), None, True), NeedShape(2, first[:-1])])
        return None
    return joined if a.reduction == "none" else ()


VARIANCE_SHAPE = Rule(
    "variance-shape",
    "The variances of a Gaussian loss do not fit the prediction",
    "variances {variance} for a prediction {input}",
    "the prediction's shape, the same with one axis of 1, or without its last axis",
    "There is one variance for each number of the prediction, or one for each row.",
)


@layer
class GaussianLoss(Declaration):
    """Negative log-likelihood of targets under Gaussians given by means and variances.

    Source: PyTorch ``torch.nn.GaussianNLLLoss``.
    """

    kind = "gaussian_loss"
    inputs = (3, 3)
    arguments = (REDUCTION,)
    rules = (VARIANCE_SHAPE, TRIPLE_SHAPE)
    spellings = (
        spell("layer", "GaussianNLLLoss", keywords="full eps reduction", ignored="full eps"),
        spell("function", "gaussian_nll_loss", "full eps reduction", tensors="input target var", ignored="full eps"),
    )
    examples = (
        Example(((4, 3), (4, 3), (4, 3)), {"reduction": "none"}, (4, 3), framework="torch"),
        Example(((4, 3), (4, 3), (4,)), {}, (), framework="torch"),
        Example(((4, 3), (4, 3), (3,)), {}, breaks="variance-shape", framework="torch"),
        Example(((4, 3), (4, 2), (4, 3)), {}, breaks="loss-shapes-differ", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        mean, target, variance = (shape or () for shape in x)
        spread_out = variance
        if not _equal(c, variance, mean):
            if _equal(c, variance, mean[:-1]) and mean:
                spread_out = (*variance, 1)
            elif not _one_repeated(c, variance, mean):
                needs: list[Need] = [NeedShape(2, mean), NeedShape(2, mean[:-1])]
                if _equal(c, variance, target):  # it is the prediction that has another shape
                    needs.insert(0, NeedShape(0, variance))
                c.fault(VARIANCE_SHAPE, needs, variance=variance)
                spread_out = mean
        pair = joined_shape(c, mean, target)
        joined = None if pair is None else joined_shape(c, pair, spread_out)
        if joined is None:
            c.fault(TRIPLE_SHAPE, [NeedAgree((0, 1), None, True), NeedShape(1, mean)])
            return None
        return joined if a.reduction == "none" else ()

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        mean, target, variance = x
        variance = variance[..., None] if variance.ndim < mean.ndim else variance
        variance = np.maximum(variance, 1e-6)
        return _reduced((np.log(variance) + (mean - target) ** 2 / variance) / 2, a)


def _reduced(loss: Any, a: Args) -> Any:
    return loss if a.reduction == "none" else loss.mean() if a.reduction == "mean" else loss.sum()


def _one_repeated(c: Context, variance: Shape, mean: Shape) -> bool:
    """Whether the variances have the prediction's shape but for one axis of size 1."""
    if len(variance) != len(mean):
        return False
    other = [v for v, m in zip(variance, mean, strict=True) if not c.holds(ar.eq(v, m))]
    return len(other) == 1 and c.holds(ar.eq(other[0], 1))


def _equal(c: Context, left: Shape, right: Shape) -> bool:
    return len(left) == len(right) and all(c.holds(ar.eq(p, q)) for p, q in zip(left, right, strict=True))


CTC_SHAPE = Rule(
    "ctc-shapes",
    "The tensors of a CTC loss do not fit together",
    "{inputs}: {problem}",
    "{wanted}",
    "Log-probabilities are (steps, batch, classes); targets are (batch, longest) or all joined in one axis; there is "
    "one length for each sample.",
)


@layer
class CtcLoss(Declaration):
    """Inputs: log-probabilities, targets, and the lengths of both. Source: PyTorch ``torch.nn.CTCLoss``.

    The values of the lengths are not known here, so a joined target may have any length.
    """

    kind = "ctc_loss"
    inputs = (2, 4)
    arguments = (
        Argument("blank", Int(0), 0, "meaning"),
        REDUCTION,
        Argument("zero_infinity", Maybe(Anything((False,)), 0.0), False, "meaning"),
    )
    rules = (CTC_SHAPE,)
    spellings = (
        spell("layer", "CTCLoss", "blank reduction zero_infinity"),
        spell("function", "ctc_loss", "blank reduction zero_infinity",
              tensors="log_probs targets input_lengths target_lengths"),
    )  # fmt: skip
    examples = (
        Example(((5, 2, 6), (2, 3), (2,), (2,)), {}, (), framework="torch"),
        Example(((5, 2, 6), (4,), (2,), (2,)), {"reduction": "none"}, (2,), framework="torch"),
        Example(((5, 2, 6), (3, 3), (2,), (2,)), {}, breaks="ctc-shapes", framework="torch"),
        Example(((5, 2, 6), (2, 3), (3,), (2,)), {}, breaks="ctc-shapes", framework="torch"),
        Example(((5, 2, 6, 1), (2, 3), (2,), (2,)), {}, breaks="ctc-shapes", framework="torch"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        scores, targets = x[0] or (), x[1] or ()
        if len(scores) not in (2, 3):
            values = {"problem": f"{len(scores)} axes of log-probabilities", "wanted": "3 axes (steps, batch, classes)"}
            c.fault(CTC_SHAPE, [NeedRank(0, 2, 3)], **values)
            return None
        if not c.holds(ar.at_least(ar.product(scores), 1)):
            values = {"problem": f"log-probabilities {scores}", "wanted": "at least one number along every axis"}
            c.fault(CTC_SHAPE, [NeedShape(0, tuple(n or 1 for n in scores))], **values)
        batch = scores[1] if len(scores) == 3 else 1
        if not c.holds(ar.at_least(scores[-1], a.blank + 1)):
            values = {"problem": f"blank={a.blank} of {scores[-1]} classes", "wanted": "the number of a class"}
            c.fault(CTC_SHAPE, [NeedRank(0, 2, 3)], ("blank",), **values)
        if len(targets) == 2 and not c.holds(ar.eq(targets[0], batch)):
            values = {"problem": f"targets of {targets[0]} samples", "wanted": f"targets of {batch} samples"}
            c.fault(CTC_SHAPE, [NeedShape(1, (batch, targets[1]))], **values)
        if len(targets) not in (1, 2):
            values = {"problem": f"targets with {len(targets)} axes", "wanted": "targets (batch, longest)"}
            c.fault(CTC_SHAPE, [NeedRank(1, 1, 2)], **values)
        for index in range(2, len(x)):
            lengths = x[index] or ()
            alone = len(scores) == 2 and not lengths
            if not alone and not c.holds(ar.eq(ar.product(lengths), batch)):
                values = {"problem": f"lengths {lengths}", "wanted": f"lengths ({batch},)"}
                c.fault(CTC_SHAPE, [NeedShape(index, (batch,))], **values)
        return (() if len(scores) == 2 else (batch,)) if a.reduction == "none" else ()
