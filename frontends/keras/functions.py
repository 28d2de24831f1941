"""Tensor functions of a network as ``keras.ops``: what was written as ``tf.reduce_mean``, ``K.mean`` or ``x + y``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from repairnn.frontends.errors import CannotBuild
from repairnn.semantics.ir import Node
from repairnn.semantics.registry import declaration_of, spelled, spellings
from repairnn.semantics.spelling import Spelling

WORDS = {"ellipsis": Ellipsis, "newaxis": None}
MERGES = {
    "add": "add",
    "subtract": "subtract",
    "multiply": "multiply",
    "divide": "divide",
    "average": "add",
    "maximum": "maximum",
    "minimum": "minimum",
    "power": "power",
}


def apply_function(keras: Any, node: Node, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    """The result of a function or an operator. Raises :class:`CannotBuild` where ``keras.ops`` has no such."""
    own = SPECIAL.get(node.kind)
    if own is not None:
        result = own(keras, inputs, args)
        if result is not None:
            return result
    spelling = _ops_spelling(node, args)
    function = _find(keras, spelling.name) if spelling is not None else None
    if spelling is None or function is None:
        raise CannotBuild(f"{node.spelling or node.kind} has no counterpart in keras.ops")
    known = {*spelling.parameters, *spelling.keywords}
    keywords = {
        spelling.parameter(name): value
        for name, value in args.items()
        if name not in spelling.fixed and spelling.parameter(name) in known
    }
    if spelling.tensors and spelling.tensors[-1].startswith("*"):
        leading = [keywords.pop(name) for name in spelling.tensors[:-1] if name in keywords]
        return function(*leading, *inputs, **keywords)
    declaration = declaration_of(node.kind)
    as_list = declaration is not None and declaration.inputs[1] is None and len(spelling.tensors) == 1
    return function(list(inputs), **keywords) if as_list else function(*inputs, **keywords)


def recorded_operation(item: Mapping[str, Any], call: Any, tensors: Sequence[Any]) -> Any:
    """Repeat an operation from a model's configuration on other tensors; constants in the call stay."""
    import keras

    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", item["class_name"]).lower()
    function = operator.getitem if name == "get_item" else getattr(keras.ops, name, None)
    if function is None:
        raise CannotBuild(f"operation {item['class_name']} has no counterpart in keras.ops")
    waiting = iter(tensors)
    args = [_recorded(keras, value, waiting) for value in call["args"]]
    keywords = {key: _recorded(keras, value, waiting) for key, value in call["kwargs"].items()}
    settings = {key: value for key, value in item["config"].items() if key not in ("name", "dtype", "trainable")}
    return function(*args, **{**settings, **keywords})


def _recorded(keras: Any, value: Any, tensors: Iterator[Any]) -> Any:
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        return next(tensors)
    if isinstance(value, (list, tuple)):
        return type(value)(_recorded(keras, part, tensors) for part in value)
    return keras.saving.deserialize_keras_object(value) if isinstance(value, Mapping) else value


def _ops_spelling(node: Node, args: Mapping[str, Any]) -> Spelling | None:
    """The spelling in ``keras.ops`` of what a node does: its own, or one that implies the same arguments."""
    own = next((f[1] for form in ("function", "method") if (f := spelled("keras", node.spelling, form))), None)
    implied = {**(own.fixed if own is not None else {}), **args}
    for (_, name), (declaration, spelling) in spellings("keras", "function").items():
        if declaration.kind != node.kind or not name.startswith("ops."):
            continue
        if all(implied.get(key) == value for key, value in spelling.fixed.items()):
            return spelling
    return None


def _find(keras: Any, name: str) -> Any:
    found: Any = keras
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _merge(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    name = MERGES.get(str(args.get("op", "add")))
    if name is None:
        return None
    function = getattr(keras.ops, name)
    if len(inputs) == 1:  # the other operand is a number of the program, which changes no shape
        return inputs[0]
    result = inputs[0]
    for tensor in inputs[1:]:
        result = function(result, tensor)
    return result


def _slice(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    index = args.get("index")
    if not isinstance(index, (tuple, list)) or (index and index[0] in ("slice", "tensor")):
        index = (index,)
    parts: list[Any] = []
    for part in index:
        if part is None or (isinstance(part, (tuple, list)) and part[0] != "slice"):
            return None
        parts.append(slice(*part[1:]) if isinstance(part, (tuple, list)) else WORDS.get(part, part))
    return inputs[0][tuple(parts)]


def _concatenate(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    return keras.ops.concatenate(list(inputs), axis=args.get("axis", -1))


def _unary(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    """An element-wise function; one that ``keras.ops`` lacks changes no shape, so the tensor itself stands for it."""
    function = getattr(keras.ops, str(args.get("function")), None)
    return inputs[0] if function is None else function(inputs[0])


def _activation(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    name = args.get("function", args.get("activation"))
    return keras.activations.get(name)(inputs[0]) if isinstance(name, str) else inputs[0]


def _dropout(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    return inputs[0]


def _reshape(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    target = tuple(-1 if size is None else size for size in args.get("target_shape", ()))
    if args.get("batch_included"):
        return keras.ops.reshape(inputs[0], target)
    return keras.layers.Reshape(target)(inputs[0])


def _flatten(keras: Any, inputs: Sequence[Any], args: Mapping[str, Any]) -> Any:
    return keras.layers.Flatten()(inputs[0])


SPECIAL: dict[str, Callable[[Any, Sequence[Any], Mapping[str, Any]], Any]] = {
    "activation": _activation,
    "concatenate": _concatenate,
    "dropout": _dropout,
    "flatten": _flatten,
    "merge": _merge,
    "reshape": _reshape,
    "slice": _slice,
    "unary": _unary,
}
