"""What PyTorch calls the tensor operations that the frameworks share. No declaration lives here."""

from __future__ import annotations

from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_rules import both, spell

DIM = {"dim": "axis"}


def _reduction(
    name: str, function: str, parameters: str = "dim keepdim", positions: bool = False
) -> tuple[Spelling, ...]:
    fixed = {"function": function, **({"positions": "with axis"} if positions else {})}
    renames = {"dim": "axis", "keepdim": "keepdims", "p": "ord"}
    return both(name, parameters, renames=renames, fixed=fixed, keywords="dtype")


EXPAND_DIMS = both("unsqueeze", "dim", renames=DIM, aliases=("unsqueeze_",))
SQUEEZE = both("squeeze", "dim", renames=DIM, aliases=("squeeze_",))
TRANSPOSE = (
    spell("method", "T", tensors="input"),
    spell("function", "permute", "dims", tensors="input", renames={"dims": "axes"}),
    spell("method", "permute", "*dims", tensors="input", renames={"dims": "axes"}),
)
SWAP_AXES = (
    *both("transpose", "dim0 dim1", renames={"dim0": "axis1", "dim1": "axis2"}, aliases=("swapdims", "transpose_")),
    *both("swapaxes", "axis0 axis1", renames={"axis0": "axis1", "axis1": "axis2"}),
    spell("method", "mT", tensors="input", fixed={"axis1": -2, "axis2": -1}, aliases=("mH",)),
    spell("method", "adjoint", tensors="input", fixed={"axis1": -2, "axis2": -1}),
)
MOVE_AXIS = both("movedim", "source destination", aliases=("moveaxis",))
STACK = (spell("function", "stack", "dim", tensors="*tensors", renames=DIM),)
SPLIT = (
    *both("split", "split_size_or_sections dim", renames={"split_size_or_sections": "sections", **DIM},
          fixed={"style": "chunk_size"}),
    *both("split_with_sizes", "split_sizes dim", renames={"split_sizes": "sections", **DIM},
          fixed={"style": "chunk_size"}),
    *both("chunk", "chunks dim", renames={"chunks": "sections", **DIM}, fixed={"style": "chunks"}),
    *both("tensor_split", "indices_or_sections dim", renames={"indices_or_sections": "sections", **DIM},
          fixed={"style": "uneven"}),
)  # fmt: skip
UNSTACK = both("unbind", "dim", renames=DIM)
SLICE = (
    spell("method", "__getitem__", "index", tensors="input", aliases=("getitem",)),
    spell("function", "getitem", "index", tensors="input"),
)
MATMUL = (
    spell("function", "matmul", tensors="input other"),
    spell("method", "matmul", tensors="input other", aliases=("__matmul__",)),
)
TENSORDOT = (spell("function", "tensordot", "dims", tensors="a b", renames={"dims": "axes"}),)
EINSUM = (spell("function", "einsum", "equation", tensors="equation *operands"),)
REDUCE = (
    *(
        spelling
        for name in ("mean", "sum", "logsumexp", "amax", "amin", "prod", "any", "all", "argmax", "argmin")
        for spelling in _reduction(name, {"amax": "max", "amin": "min"}.get(name, name))
    ),
    *_reduction("nansum", "sum"),
    *_reduction("nanmean", "mean"),
    *(
        spelling
        for name in ("std", "var")
        for spelling in both(name, "dim unbiased keepdim", keywords="correction", fixed={"function": name},
                             defaults={"correction": 1},
                             renames={"dim": "axis", "keepdim": "keepdims"}, ignored="unbiased")
    ),
    *(
        spelling
        for name, function in (("max", "max"), ("min", "min"), ("median", "lower_median"))
        for spelling in _reduction(name, function, positions=True)
    ),
    *_reduction("norm", "norm", "p dim keepdim"),
    *both("count_nonzero", "dim", renames=DIM, fixed={"function": "count_nonzero"}),
)  # fmt: skip
ALONG = (
    *both("cumsum", "dim", renames=DIM, fixed={"function": "cumsum"}),
    *both("cumprod", "dim", renames=DIM, fixed={"function": "cumprod"}),
    *both("logcumsumexp", "dim", renames=DIM, fixed={"function": "logcumsumexp"}),
    *both("argsort", "dim descending stable", renames=DIM, fixed={"function": "argsort"}, defaults={"axis": -1},
          ignored="descending stable"),
    spell("function", "flip", "dims", tensors="input", renames={"dims": "axis"}, fixed={"function": "flip"}),
    spell("method", "flip", "*dims", tensors="input", renames={"dims": "axis"}, fixed={"function": "flip"}),
    *both("flipud", fixed={"function": "flip", "axis": 0}),
    *both("fliplr", fixed={"function": "flip", "axis": 1}),
    *both("roll", "shifts dims", renames={"shifts": "shift", "dims": "axis"}, fixed={"function": "roll"}),
    spell("function", "normalize", "p dim eps", tensors="input", renames={**DIM, "p": "ord"},
          fixed={"function": "normalize"}, defaults={"axis": 1}, ignored="eps"),
)  # fmt: skip
TOP_K = both("topk", "k dim largest sorted", renames=DIM, ignored="largest")
TILE = (
    spell("function", "tile", "dims", tensors="input", renames={"dims": "repeats"}),
    spell("method", "tile", "*dims", tensors="input", renames={"dims": "repeats"}),
    spell("method", "repeat", "*sizes", tensors="input", renames={"sizes": "repeats"}, fixed={"exact": "least"}),
)
REPEAT = both("repeat_interleave", "repeats dim", renames=DIM, keywords="output_size", ignored="output_size")
BROADCAST_TO = (
    spell("function", "broadcast_to", "size", tensors="input", renames={"size": "shape"}),
    spell("method", "broadcast_to", "size", tensors="input", renames={"size": "shape"}),
    spell("method", "expand", "*size", tensors="input", renames={"size": "shape"}),
)
