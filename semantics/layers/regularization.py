"""Layers that act in training only, and keep the shape: dropout, noise, activity regularisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Float, Ints, Maybe
from repairnn.semantics.faults import Need, NeedArgument, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.layers.spatial import AXES, FIRST
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

CHANNEL_DROPOUT_RANK = Rule(
    "channel-dropout-rank",
    "A dropout of whole channels gets an input without channels",
    "{received} axes {input}",
    "at least 2 axes, of which the second are the channels",
    "Each sample keeps or loses each of its channels as a whole; in training PyTorch refuses an input that has none.",
)
SPATIAL_DROPOUT_RANK = Rule(
    "spatial-dropout-rank",
    "A spatial dropout layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "The layer drops whole channels, so it must know which axes are spatial.",
)
NOISE_SHAPE = Rule(
    "dropout-noise-shape",
    "The noise shape of a dropout layer does not fit its input",
    "noise_shape={noise_shape} for {input}",
    "for each axis of the input its size, 1 or None",
    "One random number is drawn for each cell of the noise shape and spread over the input; it fails in training.",
)
DROPS_ALL = Rule(
    "dropout-of-everything",
    "A layer of noise drops everything",
    "rate={rate}",
    "a rate below 1",
    "The noise is scaled by what is kept; where nothing is, Keras divides by zero when the model is trained.",
)
MODES = ("dropout", "spatial", "gaussian_noise", "gaussian_dropout", "alpha", "feature_alpha", "activity")
RATE = {"p": "rate"}
SPATIAL = {**RATE, "dim_ordering": "data_format"}


@layer
class Dropout(Declaration):
    """The input unchanged in inference; elements or channels dropped, or noise added, in training.

    Sources: Keras ``Dropout``, ``SpatialDropout1D`` .. ``SpatialDropout3D``, ``GaussianNoise``, ``GaussianDropout``,
    ``AlphaDropout``, ``ActivityRegularization``; PyTorch ``torch.nn.Dropout`` and its likes.
    """

    kind = "dropout"
    arguments = (
        Argument("mode", Choice(MODES), "dropout", "meaning", "what happens in training"),
        Argument("rank", Maybe(Choice((1, 2, 3)), 0.0), None, "order", "spatial axes, of spatial dropout"),
        Argument(
            "rate",
            Maybe(Float(0.0, 1.0), 1.0),
            REQUIRED,
            "free",
            "share that is dropped, or deviation of the noise",
            usual=0.5,
        ),
        Argument("noise_shape", Maybe(Ints(None, 1, scalar=False), 0.3), None, "free", "shape of the random numbers"),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
        Argument("l1", Float(0.0), 0.0, "meaning", "activity regularisation"),
        Argument("l2", Float(0.0), 0.0, "meaning", "activity regularisation"),
        Argument("training", Maybe(Bool(), 0.0), None, "meaning", "whether the program is known to train (PyTorch)"),
    )
    rules = (SPATIAL_DROPOUT_RANK, NOISE_SHAPE, DROPS_ALL, CHANNEL_DROPOUT_RANK)
    spellings = (
        *torch_layer_names.DROPOUT,
        Spelling("keras", "Dropout", ("rate", "noise_shape", "seed"), fixed={"mode": "dropout"}, legacy=RATE),
        Spelling("keras", "SpatialDropout1D", ("rate", "seed"), fixed={"mode": "spatial", "rank": 1}, legacy=SPATIAL),
        *(
            Spelling("keras", f"SpatialDropout{rank}D", ("rate", "data_format", "seed"),
                     fixed={"mode": "spatial", "rank": rank}, legacy=SPATIAL)
            for rank in (2, 3)
        ),
        Spelling("keras", "GaussianNoise", ("stddev", "seed"), renames={"stddev": "rate"},
                 fixed={"mode": "gaussian_noise"}, legacy={"sigma": "stddev"}),
        Spelling("keras", "GaussianDropout", ("rate", "seed"), fixed={"mode": "gaussian_dropout"}, legacy=RATE),
        Spelling("keras", "AlphaDropout", ("rate", "noise_shape", "seed"), fixed={"mode": "alpha"}, legacy=RATE),
        Spelling("keras", "ActivityRegularization", ("l1", "l2"), fixed={"mode": "activity"}, defaults={"rate": 0.0}),
        *(
            Spelling("torch", name, ("p", "inplace"), renames=RATE, fixed={"mode": mode}, defaults={"rate": 0.5},
                     ignored=frozenset({"inplace"}))
            for name, mode in (("Dropout", "dropout"), ("AlphaDropout", "alpha"),
                               ("FeatureAlphaDropout", "feature_alpha"),
                               ("Dropout2d", "spatial"), ("Dropout3d", "spatial"))
        ),
        Spelling("torch", "Dropout1d", ("p", "inplace"), renames=RATE, defaults={"rate": 0.5},
                 fixed={"mode": "spatial", "rank": 1, "data_format": "channels_first"}, ignored=frozenset({"inplace"})),
    )  # fmt: skip
    examples = (
        Example(((None, 8),), {"rate": 0.5}, (None, 8)),
        Example(((None, 4, 4, 8),), {"rate": 0.5, "mode": "spatial", "rank": 2}, (None, 4, 4, 8)),
        Example(((None, 4, 8),), {"rate": 0.5, "noise_shape": (None, 1, 8)}, (None, 4, 8)),
        Example(((None, 8),), {"rate": 1.5}, breaks="argument-out-of-domain", expected="a number from 0 to 1"),
        Example(((None, 4, 8),), {"rate": 0.5, "mode": "spatial", "rank": 2}, breaks="spatial-dropout-rank",
                expected="4 axes (batch, height, width, channels)"),
        Example(((None, 4, 8),), {"rate": 0.5, "noise_shape": (None, 1, 7)}, breaks="dropout-noise-shape",
                expected="noise_shape=(None, 1, 7)"),
        Example(((None, 4, 8),), {"rate": 0.9, "mode": "gaussian_dropout"}, (None, 4, 8)),
        Example(((4, 8),), {"rate": 0.5, "mode": "spatial", "training": True}, (4, 8), framework="torch"),
        Example(((8,),), {"rate": 0.5, "mode": "spatial", "training": True}, breaks="channel-dropout-rank",
                expected="1 axes (8,)", framework="torch"),
        Example(((None, 4, 8),), {"rate": 1.0, "mode": "gaussian_dropout"}, breaks="dropout-of-everything",
                expected="rate=1.0"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        least = a.rank + (1 if c.framework == "torch" else 2) if a.rank is not None else 0
        if a.mode == "spatial" and a.rank is not None and not least <= len(shape) <= a.rank + 2:
            wanted = a.rank + 2
            needs: list[Need] = [NeedRank(0, least, wanted)]
            if len(shape) in (3, 4, 5):
                needs.append(NeedArgument("rank", (len(shape) - 2,)))
            axes = (FIRST if a.data_format == "channels_first" else AXES)[a.rank]
            c.fault(SPATIAL_DROPOUT_RANK, needs, ("rank",), received=len(shape), wanted=wanted, axes=axes)
        if (
            c.framework == "torch"
            and a.mode in ("spatial", "feature_alpha")
            and a.training
            and 0 < a.rate < 1
            and len(shape) < 2
            and 0 not in shape
        ):
            c.fault(CHANNEL_DROPOUT_RANK, [NeedRank(0, 2, None)], received=len(shape))
        if c.framework == "keras" and a.mode in ("gaussian_dropout", "alpha") and a.rate == 1:
            c.fault(DROPS_ALL, [NeedArgument("rate", (0.5,))], ("rate",), rate=a.rate)
        elif a.noise_shape is not None and a.rate:
            _require_noise(c, shape, a)
        return shape

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        return x[0]


def _require_noise(c: Context, shape: Shape, a: Args) -> None:
    noise = tuple(a.noise_shape)
    fits = len(noise) <= len(shape)
    if fits:  # None is the size of the input's axis of the same number; then the shapes are lined up from the last axis
        pairs = zip((shape[axis] if n is None else n for axis, n in enumerate(noise)), shape[len(shape) - len(noise) :],
                    strict=True)  # fmt: skip
        fits = c.holds(ar.all_of(*(n == size or ar.any_of(ar.eq(n, 1), ar.eq(n, size)) for n, size in pairs)))
    if not fits:
        needs: list[Need] = [NeedArgument("noise_shape", (None,)), NeedRank(0, len(noise), len(noise))]
        c.fault(NOISE_SHAPE, needs, ("noise_shape",), noise_shape=noise)
