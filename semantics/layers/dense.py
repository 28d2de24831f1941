"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Int, Maybe
from repairnn.semantics.faults import NeedArgument, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers import torch_layer_names
from repairnn.semantics.layers.gated import GATED_RULES, gated, gated_examples
from repairnn.semantics.layers.names import ACTIVATION, KERNEL_SETTINGS, LEGACY_SETTINGS
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

DENSE_RANK = Rule(
    "dense-rank",
    "A dense layer needs a feature axis",
    "{input}",
    "at least {minimum} axes, the last one being the features",
    "The layer multiplies the last axis with a matrix; there must be one besides the batch.",
)
DENSE_FEATURES_UNKNOWN = Rule(
    "dense-features-unknown",
    "A dense layer needs a known number of features",
    "{input}, whose last axis is not known",
    "a last axis with a fixed size",
    "The weight matrix has one row for each feature, so their number must be known when the layer is built.",
)
DENSE_IN_FEATURES = Rule(
    "dense-in-features",
    "A linear layer declares another number of input features than it gets",
    "{received} features (last axis of {input})",
    "{declared} features, as in_features says",
    "The weight matrix is made with in_features columns and multiplied with the last axis of the input.",
)
DENSE_SOFTMAX_ONE = Rule(
    "dense-softmax-one-unit",
    "A dense layer with a single unit ends in a softmax",
    "units=1 with activation='softmax'",
    "another activation such as sigmoid, or a unit for each class",
    "A softmax turns its values into shares of one; the share of a single value is always one, so nothing is learnt.",
    "suspicious",
)
DENSE_NO_UNITS = Rule(
    "dense-no-units",
    "A linear layer has no outputs",
    "out_features=0",
    "a positive number of features",
    "PyTorch makes a matrix without rows: nothing comes out and nothing is learnt.",
    "suspicious",
)


@layer
class Dense(Declaration):
    """``y = activation(x W + b)`` over the last axis.

    Sources: Keras ``Dense`` (W of shape (features, units)); PyTorch ``torch.nn.Linear``.
    """

    kind = "dense"
    arguments = (
        Argument("units", Int(1), REQUIRED, "capacity", "features that come out", torch=Int(0)),
        Argument("in_features", Maybe(Int(1), 0.0), None, "derived",
                 "features that come in, where the framework asks for it", torch=Maybe(Int(0), 0.0)),
        Argument("activation", ACTIVATION, None, "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
    )  # fmt: skip
    rules = (DENSE_RANK, DENSE_FEATURES_UNKNOWN, DENSE_IN_FEATURES, DENSE_SOFTMAX_ONE, DENSE_NO_UNITS,
             *GATED_RULES)  # fmt: skip
    spellings = (
        *torch_layer_names.LAZY_LINEAR,
        Spelling(
            "keras",
            "Dense",
            ("units", "activation", "use_bias", *KERNEL_SETTINGS, "lora_rank", "lora_alpha", "quantization_config"),
            legacy={"output_dim": "units", **LEGACY_SETTINGS},
        ),
        Spelling(
            "torch",
            "Linear",
            ("in_features", "out_features", "bias", "device", "dtype"),
            renames={"out_features": "units", "bias": "use_bias"},
        ),
    )  # fmt: skip
    examples = (
        *gated_examples((None, 8), {"units": 3}, {"units": 4}),
        Example(((None, 8),), {"units": 3}, (None, 3)),
        Example(((None, 5, 8),), {"units": 3}, (None, 5, 3)),
        Example(((8,),), {"units": 3, "in_features": 8}, (3,), framework="torch"),
        Example(((None,),), {"units": 3}, breaks="dense-rank", expected="at least 2 axes"),
        Example(
            ((None, None),), {"units": 3}, breaks="dense-features-unknown", expected="whose last axis is not known"
        ),
        Example(((None, 4),), {"units": 1, "activation": "softmax"}, breaks="dense-softmax-one-unit",
                expected="another activation such as sigmoid"),
        Example(((2, 8),), {"units": 0, "in_features": 8}, breaks="dense-no-units", expected="out_features=0",
                framework="torch"),
        Example(((2, 0),), {"units": 3, "in_features": 0}, (2, 3), framework="torch"),
        Example(
            ((2, 9),),
            {"units": 3, "in_features": 8},
            breaks="dense-in-features",
            expected="9 features",
            framework="torch",
        ),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        (shape,) = x
        assert shape is not None
        minimum = 2 if c.framework == "keras" else 1
        if len(shape) < minimum:
            c.fault(DENSE_RANK, [NeedRank(0, minimum, None)], minimum=minimum)
            return (*shape, a.units)
        if a.in_features is None and shape[-1] is None and c.framework == "keras":
            c.fault(DENSE_FEATURES_UNKNOWN)
        if a.in_features is not None and not c.holds(ar.eq(shape[-1], a.in_features)):
            needs = [NeedDim(0, -1, a.in_features, "in_features")]
            c.fault(DENSE_IN_FEATURES, needs, ("in_features",), received=shape[-1], declared=a.in_features)
        if c.framework == "torch" and not c.holds(ar.at_least(a.units, 1)):
            c.fault(DENSE_NO_UNITS, [NeedArgument("units")], ("units",))
        if a.activation == "softmax" and not c.holds(ar.at_least(a.units, 2)):
            others = [NeedArgument("activation", ("sigmoid",)), NeedArgument("units")]
            c.fault(DENSE_SOFTMAX_ONE, others, ("activation", "units"))
        return gated(c, (*shape[:-1], a.units), a.activation)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        features = a.in_features if a.in_features is not None else x[0][-1] if x[0] else None
        weights: dict[str, Shape] = {"kernel": (features, a.units)}
        if a.use_bias:
            weights["bias"] = (a.units,)
        return weights

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        from repairnn.semantics.numeric import activate

        y = x[0] @ w["kernel"]
        return activate(a.activation, y + w["bias"] if a.use_bias else y)
