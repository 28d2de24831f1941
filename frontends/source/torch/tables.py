"""Names of PyTorch by what they do to a shape, for operations that the semantics need not know."""

from __future__ import annotations

#: The result has the shape of the first tensor.
SAME_SHAPE = frozenset({
    "abs", "absolute", "acos", "alpha_dropout", "angle", "asin", "atan", "atanh", "bernoulli", "celu", "ceil", "clamp",
    "clamp_max", "clamp_min", "clip", "clone", "contiguous", "copysign", "cos", "cosh", "cumprod", "cumsum", "deg2rad",
    "detach", "digamma", "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "empty_like", "erf", "erfc",
    "erfinv", "exp",
    "exp2", "expm1", "feature_alpha_dropout", "feature_dropout", "fill", "fix", "flip", "fliplr", "flipud", "floor",
    "frac",
    "full_like", "gelu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu",
    "lgamma", "log",
    "log10", "log1p", "log2", "log_softmax", "logit", "logsigmoid", "masked_fill", "mish", "mvlgamma", "nan_to_num",
    "neg",
    "negative", "normal", "normalize", "ones_like", "positive", "prelu", "rad2deg", "rand_like", "randint_like",
    "randn_like",
    "real", "reciprocal", "relu", "relu6", "roll", "round", "rrelu", "rsqrt", "scatter", "scatter_add", "selu",
    "sigmoid",
    "sign", "silu", "sin", "sinc", "sinh", "softmax", "softmin", "softplus", "softshrink", "softsign", "sqrt",
    "square", "tan",
    "tanh", "tanhshrink", "threshold", "tril", "triu", "trunc", "zero", "zeros_like", "index_add", "index_copy",
    "index_fill",
    "masked_scatter", "quantize_per_tensor", "fake_quantize_per_tensor_affine", "renorm", "uniform", "copy",
    "requires_grad", "zero_grad", "lerp", "addcmul", "addcdiv", "rot180", "resolve_conj", "conj", "exponential",
    "put", "log_normal", "geometric", "cauchy", "random", "detach_", "symeig_", "polygamma", "i0",
})  # fmt: skip
#: The result has the shape of the first tensor and holds truth values.
LOGICAL = frozenset({
    "isnan", "isinf", "isfinite", "logical_not", "eq", "ne", "lt", "le", "gt", "ge", "greater", "less", "logical_and",
    "logical_or", "logical_xor", "isclose", "signbit", "isreal", "not_equal",
})  # fmt: skip
#: Functions that return values and where they were found, as a named tuple.
PICKING = frozenset({"max", "min", "sort", "topk", "median", "nanmedian", "mode", "kthvalue", "cummax", "cummin"})
#: The result is no tensor of the network.
PLAIN_FUNCTIONS = frozenset({
    "allclose", "equal", "get_default_dtype", "is_complex", "is_floating_point", "is_nonzero", "typename",
    "promote_types",
    "result_type", "can_cast", "save", "set_printoptions", "is_same_size", "_assert", "_shape_as_tensor_",
})  # fmt: skip
#: Functions that return several tensors.
COUNTED = {
    "svd": 3, "qr": 2, "eig": 2, "eigh": 2, "symeig": 2, "slogdet": 2, "frexp": 2, "std_mean": 2, "var_mean": 2,
    "lu": 2,
    "adaptive_max_pool2d_with_indices": 2, "max_pool2d_with_indices": 2, "multi_head_attention_forward": 2,
    "aminmax": 2,
}  # fmt: skip
