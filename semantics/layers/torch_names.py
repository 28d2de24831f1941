"""What PyTorch calls the tensor operations that the frameworks share. No declaration lives here."""

from __future__ import annotations

from typing import Any

from repairnn.semantics.domains import Int, Ints, Maybe
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_rules import both, spell

DIM = {"dim": "axis"}
ONE_AXIS = {"axis": Maybe(Int(None, likely=2))}
AXES = {"axis": Ints(None, None, scalar=False, likely=2)}


def _reduction(
    name: str,
    function: str,
    parameters: str = "dim keepdim",
    positions: bool = False,
    two_forms: bool = False,
    **more: Any,
) -> tuple[Spelling, ...]:
    fixed: dict[str, Any] = {"function": function, "two_forms": two_forms}
    if positions:
        fixed["positions"] = "with axis"
    renames = {"dim": "axis", "keepdim": "keepdims", "p": "ord"}
    return both(name, parameters, renames=renames, fixed=fixed, keywords="dtype", **more)


EXPAND_DIMS = both("unsqueeze", "dim", renames=DIM, aliases=("unsqueeze_",), required="axis",
                   domains={"axis": Int(None, likely=2)})  # fmt: skip
SQUEEZE = both("squeeze", "dim", renames=DIM, aliases=("squeeze_",))
TRANSPOSE = (
    spell("method", "T", tensors="input"),
    spell("function", "permute", "dims", tensors="input", renames={"dims": "axes"}, required="axes"),
    spell("method", "permute", "*dims", tensors="input", renames={"dims": "axes"}, required="axes"),
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
    spell("function", "split", "split_size_or_sections dim", tensors="input",
          renames={"split_size_or_sections": "sections", **DIM}, fixed={"style": "chunk_size"}),
    spell("method", "split", "split_size dim", tensors="input", renames={"split_size": "sections", **DIM},
          fixed={"style": "chunk_size"}),
    *both("split_with_sizes", "split_sizes dim", renames={"split_sizes": "sections", **DIM},
          fixed={"style": "chunk_size"}, domains={"sections": Ints(None, 0, scalar=False)}),
    *both("chunk", "chunks dim", renames={"chunks": "sections", **DIM}, fixed={"style": "chunks"},
          domains={"sections": Int(1)}),
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
        for name in ("amax", "amin", "any", "all")
        for spelling in _reduction(name, {"amax": "max", "amin": "min"}.get(name, name))
    ),
    *(spelling for name in ("mean", "sum") for spelling in _reduction(name, name, two_forms=True)),
    *_reduction("prod", "prod", two_forms=True, domains=ONE_AXIS),
    *(spelling for name in ("argmax", "argmin") for spelling in _reduction(name, name, domains=ONE_AXIS)),
    *_reduction("logsumexp", "logsumexp", required="axis"),
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
        for name, function in (("max", "max"), ("min", "min"), ("median", "lower_median"),
                               ("nanmedian", "lower_median"))
        for spelling in _reduction(name, function, positions=True, two_forms=True, domains=ONE_AXIS)
    ),
    *_reduction("norm", "norm", "p dim keepdim"),
    *both("count_nonzero", "dim", renames=DIM, fixed={"function": "count_nonzero"}),
)  # fmt: skip
ALONG = (
    *(
        spelling
        for name in ("cumsum", "cumprod", "logcumsumexp")
        for spelling in both(name, "dim", renames=DIM, fixed={"function": name}, domains=ONE_AXIS, required="axis")
    ),
    *both("argsort", "dim descending stable", renames=DIM, fixed={"function": "argsort"}, defaults={"axis": -1},
          ignored="descending stable", domains=ONE_AXIS),
    spell("function", "flip", "dims", tensors="input", renames={"dims": "axis"}, fixed={"function": "flip"},
          domains=AXES, required="axis"),
    spell("method", "flip", "*dims", tensors="input", renames={"dims": "axis"}, fixed={"function": "flip"},
          domains=AXES, required="axis"),
    *both("flipud", fixed={"function": "flip", "axis": 0}),
    *both("fliplr", fixed={"function": "flip", "axis": 1}),
    *both("roll", "shifts dims", renames={"shifts": "shift", "dims": "axis"}, fixed={"function": "roll"},
          required="shift"),
    spell("function", "normalize", "p dim eps", tensors="input", renames={**DIM, "p": "ord"},
          fixed={"function": "normalize"}, defaults={"axis": 1}, ignored="eps"),
)  # fmt: skip
TOP_K = both("topk", "k dim largest sorted", renames=DIM, ignored="largest")
REPEATS = {"repeats": Ints(None, 0, scalar=False)}
TILE = (
    spell("function", "tile", "dims", tensors="input", renames={"dims": "repeats"}, domains=REPEATS),
    spell("method", "tile", "*dims", tensors="input", renames={"dims": "repeats"}, domains=REPEATS),
    spell(
        "method",
        "repeat",
        "*sizes",
        tensors="input",
        renames={"sizes": "repeats"},
        fixed={"exact": "least"},
        domains=REPEATS,
    ),
)
REPEAT = both("repeat_interleave", "repeats dim", renames=DIM, keywords="output_size", ignored="output_size",
              domains={"repeats": Int(0)})  # fmt: skip
BROADCAST_TO = (
    spell("function", "broadcast_to", "size", tensors="input", renames={"size": "shape"}),
    spell("method", "broadcast_to", "size", tensors="input", renames={"size": "shape"}),
    spell("method", "expand", "*size", tensors="input", renames={"size": "shape"}),
)
