"""Which configurations are calls at all in PyTorch: what Python refuses before any shape matters is not drawn.

A missing argument and a tensor too many are for the front ends to tell; the semantics judges calls.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics.ir import Shape
from repairnn.semantics.spelling import Spelling

#: Kinds whose functions take exactly the tensors that they name; a number may stand for one.
EXACT = frozenset({"merge", "open_size", "scatter"})
#: The least tensors of modules that share a declaration with some that take fewer.
LEAST = {"TransformerDecoderLayer": 2, "TransformerDecoder": 2, "Transformer": 2, "CTCLoss": 4, "ctc_loss": 4}


def is_call(configuration: Any) -> bool:
    """Whether a configuration can be written as a call: no argument left out, as many tensors as the name takes."""
    spelling, args = configuration.spelling, configuration.args
    if spelling.framework != "torch":
        return True
    if any(args.get(name) is None for name in spelling.required):
        return False
    if not isinstance(args.get("block", {}), Mapping):
        return False
    if spelling.name.startswith("upsample") and "antialias" in args:
        return False
    if spelling.fixed.get("two_forms") and args.get("axis") is None and args.get("keepdims") is False:
        return False
    if spelling.fixed.get("function") == "clamp" and args.get("minimum") is None and args.get("maximum") is None:
        return False
    return _counted(spelling, configuration.declaration, args, len(configuration.inputs))


def suits(spelling: Spelling, declaration: Any, example: Any) -> bool:
    """Whether an example has as many tensors as a name takes."""
    if spelling.framework != "torch":
        return True
    return _counted(spelling, declaration, example.args, len(example.inputs))


def block(inputs: Sequence[Shape], rng: random.Random) -> dict[str, Any]:
    """Arguments of the layer that a stack of a transformer repeats, most of the time as the inputs want them."""
    model = inputs[0][-1] if inputs and inputs[0] and rng.random() < 0.8 else rng.randint(1, 8)
    heads = rng.choice([n for n in (1, 2, 3, 4) if (model and model % n == 0) or rng.random() < 0.1] or [1])
    settings = {"d_model": model or 1, "nhead": heads, "dim_feedforward": rng.randint(1, 6)}
    return {**settings, "batch_first": True} if rng.random() < 0.5 else settings


def _counted(spelling: Spelling, declaration: Any, args: Mapping[str, Any], count: int) -> bool:
    if spelling.form == "layer":
        return LEAST.get(spelling.name, 0) <= count and (declaration.kind != "transformer" or count <= 2)
    if not spelling.tensors or any(name.startswith("*") for name in spelling.tensors):
        return True
    settable = (*spelling.parameters, *spelling.keywords)
    numbers = [name for name in args if spelling.parameter(name) in {*spelling.tensors} & {*settable}]
    most = len(spelling.tensors)
    least = most if numbers or declaration.kind in EXACT else LEAST.get(spelling.name, declaration.inputs[0])
    return least <= count + len(numbers) <= most
