"""What PyTorch calls the layers that the frameworks share, besides the plain modules: lazy modules, functions, methods.

No declaration lives here. Functions that take their weights as tensors have declarations of their own
(:mod:`repairnn.semantics.layers.torch_functional`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repairnn.semantics.domains import Choice, Int
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Number, Sizes
from repairnn.semantics.torch_rules import both, spell

FIRST = {"data_format": "channels_first"}
CONV = {"out_channels": "filters", "stride": "strides", "dilation": "dilation_rate", "bias": "use_bias"}
WINDOW = {"kernel_size": "pool_size", "stride": "strides", "dilation": "dilation_rate"}
NORM = {"eps": "epsilon", "affine": "scale", "track_running_stats": "statistics", "num_groups": "groups"}
NORM_LAYER = {**NORM, "bias": "center"}
RANKS = (1, 2, 3)

LAZY_CONV = tuple(
    spell("layer", f"LazyConv{rank}d", "out_channels kernel_size stride padding dilation groups bias padding_mode",
          renames=CONV, fixed={"rank": rank, **FIRST}, defaults={"padding": 0})
    for rank in RANKS
)  # fmt: skip
LAZY_CONV_TRANSPOSE = tuple(
    spell("layer", f"LazyConvTranspose{rank}d",
          "out_channels kernel_size stride padding output_padding groups bias dilation padding_mode",
          renames=CONV, fixed={"rank": rank, **FIRST}, defaults={"padding": 0, "output_padding": 0})
    for rank in RANKS
)  # fmt: skip
LAZY_LINEAR = (
    spell("layer", "LazyLinear", "out_features bias", renames={"out_features": "units", "bias": "use_bias"}),
)
BATCH_NORM = (
    *(
        spell("layer", f"LazyBatchNorm{rank}d", "eps momentum affine track_running_stats", keywords="bias",
              renames=NORM_LAYER, fixed={"axis": 1, "ranks": ranks}, defaults={"epsilon": 1e-5}, ignored="momentum")
        for rank, ranks in ((1, (2, 3)), (2, (4,)), (3, (5,)))
    ),
    spell("function", "batch_norm", "running_mean running_var weight bias training momentum eps", tensors="input",
          renames=NORM, fixed={"axis": 1, "scale": False, "center": False, "statistics": None},
          defaults={"epsilon": 1e-5}, ignored="running_mean running_var weight bias training momentum"),
    spell("layer", "SyncBatchNorm", "num_features eps momentum affine track_running_stats process_group",
          keywords="bias", renames=NORM_LAYER, fixed={"axis": 1, "synchronised": True}, defaults={"epsilon": 1e-5},
          ignored="momentum process_group"),
)  # fmt: skip
INSTANCE_NORM = tuple(
    spell("layer", f"LazyInstanceNorm{rank}d", "eps momentum affine track_running_stats", keywords="bias", renames=NORM,
          fixed={"rank": rank}, defaults={"scale": True, "statistics": True}, ignored="momentum bias")
    for rank in RANKS
)  # fmt: skip
LAYER_NORM = (
    spell("function", "layer_norm", "normalized_shape weight bias eps", tensors="input", renames=NORM,
          fixed={"scale": False, "center": False}, defaults={"epsilon": 1e-5}, ignored="weight bias"),
)  # fmt: skip
RMS_NORM = (
    spell("function", "rms_norm", "normalized_shape weight eps", tensors="input", renames=NORM,
          fixed={"scale": False}, defaults={"epsilon": None}, ignored="weight"),
)  # fmt: skip
GROUP_NORM = (
    spell("function", "group_norm", "num_groups weight bias eps", tensors="input", renames=NORM,
          fixed={"axis": 1, "scale": False, "center": False}, defaults={"epsilon": 1e-5}, ignored="weight bias"),
)  # fmt: skip


def _pools(
    name: str, parameters: str, *, ranks: tuple[int, ...] = RANKS, fixed: Mapping[str, Any] = FIRST, **more: Any
) -> tuple[Spelling, ...]:
    return tuple(
        spell("function", name.format(r), parameters, tensors="input", fixed={"rank": r, **FIRST, **fixed}, **more)
        for r in ranks
    )


#: The exponent's average multiplies the sizes of the window itself, so it takes no sequence of one.
LP_WINDOW = {1: Int(1, likely=3), 2: Sizes(2, single=False), 3: Sizes(3, single=False)}
MAX_POOL = "kernel_size stride padding dilation ceil_mode return_indices"
POOL = (
    *_pools("max_pool{}d", MAX_POOL, renames=WINDOW, defaults={"padding": 0}, fixed={"function": "max"}),
    *_pools("max_pool{}d_with_indices", "kernel_size stride padding dilation ceil_mode", keywords="return_indices",
            renames=WINDOW, defaults={"padding": 0}, fixed={"function": "max", "return_indices": True},
            ignored="return_indices"),
    *(
        spelling
        for rank in RANKS
        for spelling in _pools("lp_pool{}d", "norm_type kernel_size stride ceil_mode", ranks=(rank,), renames=WINDOW,
                               defaults={"padding": 0}, fixed={"function": "power"}, required="norm_type",
                               domains={"pool_size": LP_WINDOW[rank]})
    ),
    *(
        spell("layer", f"LPPool{rank}d", "norm_type kernel_size stride ceil_mode", renames=WINDOW,
              defaults={"padding": 0}, fixed={"rank": rank, "function": "power", **FIRST}, required="norm_type",
              domains={"pool_size": LP_WINDOW[rank]})
        for rank in RANKS
    ),
    *_pools("avg_pool{}d", "kernel_size stride padding ceil_mode count_include_pad", ranks=(1,), renames=WINDOW,
            defaults={"padding": 0}, fixed={"function": "average"}),
    *_pools("avg_pool{}d", "kernel_size stride padding ceil_mode count_include_pad divisor_override", ranks=(2, 3),
            renames=WINDOW, defaults={"padding": 0}, fixed={"function": "average"}),
)  # fmt: skip
ADAPTIVE_POOL = (
    *_pools("adaptive_avg_pool{}d", "output_size", fixed={"function": "average"}),
    *_pools("adaptive_max_pool{}d", "output_size return_indices", fixed={"function": "max"}),
    *_pools("adaptive_max_pool{}d_with_indices", "output_size", keywords="return_indices", ignored="return_indices",
            fixed={"function": "max", "return_indices": True}),
)  # fmt: skip


def _activations() -> tuple[Spelling, ...]:
    plain = {"relu": "relu", "relu6": "relu6", "selu": "selu", "tanh": "tanh", "sigmoid": "sigmoid", "silu": "silu",
             "mish": "mish", "softsign": "softsign", "logsigmoid": "log_sigmoid", "tanhshrink": "tanh_shrink",
             "hardswish": "hard_silu", "hardsigmoid": "hard_sigmoid"}  # fmt: skip
    methods, in_place = ("relu", "tanh", "sigmoid"), ("selu",)
    found = [
        spell("function", name, "inplace", tensors="input", fixed={"function": function},
              aliases=(f"{name}_",) if name in in_place else ())
        for name, function in plain.items()
        if name not in methods
    ]  # fmt: skip
    for name in methods:
        found += both(name, fixed={"function": name}, aliases=(f"{name}_",))
    return tuple(found)


#: A slope between two bounds, drawn in training; in inference the one in the middle.
RANDOM: Any = {"fixed": {"function": "rrelu"}, "defaults": {"options": 1 / 8, "max_value": 1 / 3},
               "domains": {"options": Number(), "max_value": Number()}}  # fmt: skip


def _activations_with_settings() -> tuple[Spelling, ...]:
    rrelu = {"lower": "options", "upper": "max_value"}
    slope, shrink, positive = {"negative_slope": 0.01}, {"lambd": "threshold"}, {"threshold": Number(0.0)}
    return (
        spell("function", "leaky_relu", "negative_slope inplace", tensors="input", fixed={"function": "leaky_relu"},
              defaults=slope, aliases=("leaky_relu_",)),
        *(
            spell("function", name, "alpha inplace", tensors="input", fixed={"function": name}, defaults={"alpha": 1.0},
                  aliases=(f"{name}_",), domains=domains)
            for name, domains in (("elu", {}), ("celu", {"alpha": Number(zero=False, usual=(0.5, 1.0, 2.0))}))
        ),
        spell("function", "gelu", tensors="input", keywords="approximate", renames={"approximate": "options"},
              fixed={"function": "gelu"}, defaults={"options": "none"}, domains={"options": Choice(("none", "tanh"))}),
        *(
            spell("function", name, "min_val max_val inplace", tensors="input",
                  renames={"min_val": "options", "max_val": "max_value"}, domains={"options": Number()},
                  fixed={"function": "hard_tanh", "bounds": bounds})
            for name, bounds in (("hardtanh", "ordered"), ("hardtanh_", "any"))
        ),
        spell("function", "softplus", "beta threshold", tensors="input", renames={"beta": "options"},
              fixed={"function": "softplus"}, domains={"options": Number()}),
        spell("layer", "Hardshrink", "lambd", renames=shrink, fixed={"function": "hard_shrink"}),
        spell("layer", "Softshrink", "lambd", renames=shrink, fixed={"function": "soft_shrink"}, domains=positive),
        spell("function", "hardshrink", "lambd", tensors="input", renames=shrink, fixed={"function": "hard_shrink"}),
        spell("method", "hardshrink", "lambd", tensors="input", renames=shrink, fixed={"function": "hard_shrink"}),
        spell("function", "softshrink", "lambd", tensors="input", renames=shrink, fixed={"function": "soft_shrink"},
              domains=positive),
        spell("layer", "Threshold", "threshold value inplace", renames={"value": "options"},
              fixed={"function": "threshold"}, domains={"options": Number()}, required="threshold options"),
        spell("function", "threshold", "threshold value inplace", tensors="input", renames={"value": "options"},
              fixed={"function": "threshold"}, aliases=("threshold_",), domains={"options": Number()},
              required="threshold options"),
        spell("layer", "RReLU", "lower upper inplace", renames=rrelu, **RANDOM),
        spell("function", "rrelu", "lower upper training inplace", tensors="input", renames=rrelu, **RANDOM,
              ignored="training", aliases=("rrelu_",)),
    )  # fmt: skip


ACTIVATIONS = (*_activations(), *_activations_with_settings())
SOFTMAX = (
    *(
        spelling
        for name in ("softmax", "log_softmax")
        for spelling in (
            spell("function", name, "dim _stacklevel", tensors="input", renames={"dim": "axis"},
                  fixed={"function": name}, defaults={"axis": None}, ignored="_stacklevel"),
            spell("method", name, "dim", tensors="input", renames={"dim": "axis"}, fixed={"function": name},
                  defaults={"axis": None}, required="axis"),
        )
    ),
    spell("function", "softmin", "dim", tensors="input", renames={"dim": "axis"}, fixed={"function": "softmin"},
          defaults={"axis": None}),
    spell("function", "gumbel_softmax", "tau hard eps dim", tensors="input", renames={"dim": "axis"},
          fixed={"function": "gumbel_softmax"}, defaults={"axis": -1}, ignored="tau hard eps"),
)  # fmt: skip
MODES = {"dropout": "dropout", "alpha_dropout": "alpha", "feature_alpha_dropout": "feature_alpha",
         "dropout2d": "spatial", "dropout3d": "spatial"}  # fmt: skip
DROPOUT = (
    *(
        spell("function", name, "p training inplace", tensors="input", renames={"p": "rate"}, fixed={"mode": mode},
              defaults={"rate": 0.5}, ignored="training", aliases=(f"{name}_",) if mode != "spatial" else ())
        for name, mode in MODES.items()
    ),
    spell("function", "dropout1d", "p training inplace", tensors="input", renames={"p": "rate"}, ignored="training",
          fixed={"mode": "spatial", "rank": 1, **FIRST}, defaults={"rate": 0.5}),
)  # fmt: skip
FLATTEN = (
    *both("flatten", "start_dim end_dim", renames={"start_dim": "start_axis", "end_dim": "end_axis"},
          defaults={"start_axis": 0}),
    *both("ravel", fixed={"start_axis": 0}),
)  # fmt: skip
TARGET = {"shape": "target_shape", "size": "target_shape"}
RESHAPE = (
    spell("function", "reshape", "shape", tensors="input", renames=TARGET, fixed={"batch_included": True}),
    spell("method", "reshape", "*shape", tensors="input", renames=TARGET, fixed={"batch_included": True}),
    spell("method", "view", "*size", tensors="input", renames={"size": "target_shape"}, fixed={"batch_included": True}),
)
CONCATENATE = (
    spell("function", "cat", "dim", tensors="*tensors", renames={"dim": "axis"}, defaults={"axis": 0},
          aliases=("concat", "concatenate")),
)  # fmt: skip
