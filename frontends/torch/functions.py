"""Tensor functions and methods of a network, called as PyTorch calls them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from repairnn.frontends.errors import CannotBuild
from repairnn.semantics.ir import Node
from repairnn.semantics.registry import declaration_of, spelled, spellings
from repairnn.semantics.serialise import Other
from repairnn.semantics.spelling import Spelling

WORDS = {"ellipsis": Ellipsis, "newaxis": None}
INDEXED = frozenset({"gather", "scatter", "index_select"})
MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "average": operator.add,
    "power": operator.pow,
}


def apply_function(torch: Any, node: Node, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    """The result of a function, method or operator. Raises :class:`CannotBuild` where PyTorch has no such."""
    own = SPECIAL.get(node.kind)
    if own is not None:
        result = own(torch, tensors, args)
        if result is not None:
            return result
    spelling = _spelling(node, args)
    if spelling is None:
        raise CannotBuild(f"{node.spelling or node.kind} has no counterpart in PyTorch")
    function = _find(torch, spelling)
    if function is None:
        raise CannotBuild(f"{spelling.name} is not in this PyTorch")
    keywords, starred = _arguments(spelling, args)
    if node.kind in INDEXED:  # their further tensors stand between other parameters
        keywords |= dict(zip(spelling.tensors[1:], tensors[1:], strict=False))
        tensors = tensors[:1]
    if spelling.form == "method" and not tensors:  # ``x.new_zeros(..)``, of which only the sizes are known
        return getattr(torch, spelling.name.removeprefix("new_"))(*starred, **keywords)
    if spelling.form == "method":
        bound = getattr(tensors[0], spelling.name)
        return bound(*tensors[1:], *starred, **keywords) if callable(bound) else bound
    if any(name.startswith("*") for name in spelling.tensors):
        leading = [keywords.pop(name) for name in spelling.tensors if name in keywords]
        many = tensors if spelling.name == "einsum" else [list(tensors)]
        return function(*leading, *many, **keywords)
    declaration = declaration_of(node.kind)
    as_list = declaration is not None and declaration.inputs[1] is None and len(spelling.tensors) == 1
    return function(*([list(tensors)] if as_list else tensors), *starred, **keywords)


def function_of(torch: Any, node: Node) -> tuple[Any, dict[str, Any]]:
    """The function that does what a node does to one tensor, and its keywords. Raises :class:`CannotBuild`."""
    if node.kind == "reshape" and node.args.get("batch_included", True):
        return torch.reshape, {"shape": tuple(node.args["target_shape"])}
    spelling = _spelling(node, node.args)
    function = None if spelling is None or spelling.form != "function" else _find(torch, spelling)
    if spelling is None or function is None:
        raise CannotBuild(f"{node.spelling or node.kind} has no form as a function")
    return function, _arguments(spelling, node.args)[0]


def _arguments(spelling: Spelling, args: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """Keywords by the framework's names, and what is spread over positions (``permute(0, 2, 1)``)."""
    keywords: dict[str, Any] = {}
    starred: tuple[Any, ...] = ()
    for name, value in args.items():
        parameter = spelling.parameter(name).lstrip("*")
        if name in spelling.fixed or isinstance(value, Other):
            continue
        if f"*{parameter}" in spelling.parameters:
            starred = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        elif parameter in (*spelling.parameters, *spelling.keywords):
            keywords[parameter] = value
    return keywords, starred


def _spelling(node: Node, args: Mapping[str, Any]) -> Spelling | None:
    for form in ("function", "method"):
        own = spelled("torch", node.spelling, form)
        if own is not None and own[0].kind == node.kind:
            return own[1]
    for (form, _), (declaration, spelling) in spellings("torch").items():
        fits = all(args.get(name) == value for name, value in spelling.fixed.items())
        if declaration.kind == node.kind and form in ("function", "method") and fits:
            return spelling
    return None


def _find(torch: Any, spelling: Spelling) -> Any:
    for place in (torch.nn.functional, torch, torch.Tensor):
        found = getattr(place, spelling.name, None)
        if found is not None:
            return found
    return None


def _merge(torch: Any, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    name = str(args.get("op", "add"))
    if name in ("maximum", "minimum"):
        function: Callable[[Any, Any], Any] = getattr(torch, name)
    elif name in MERGES:
        function = MERGES[name]
    else:
        return None
    result = tensors[0]
    for tensor in tensors[1:]:
        result = function(result, tensor)
    return result


def _slice(torch: Any, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    index = args.get("index")
    if not isinstance(index, (tuple, list)) or (index and index[0] in ("slice", "tensor")):
        index = (index,)
    parts: list[Any] = []
    for part in index:
        if part is None:
            return None
        if isinstance(part, (tuple, list)) and part[0] == "tensor":
            parts.append(torch.zeros(part[1], dtype=torch.long, device=tensors[0].device))
        else:
            parts.append(slice(*part[1:]) if isinstance(part, (tuple, list)) else WORDS.get(part, part))
    return tensors[0][tuple(parts)]


def _reshape(torch: Any, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    target = tuple(args.get("target_shape", ()))
    if not args.get("batch_included", True):
        target = (tensors[0].shape[0], *target)
    if target.count(None) > 1:
        raise CannotBuild("the target of a reshape is not known")
    return tensors[0].reshape(tuple(-1 if size is None else size for size in target))


def _unary(torch: Any, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    """An element-wise function; one that PyTorch lacks changes no shape, so the tensor itself stands for it."""
    function = getattr(torch, str(args.get("function")), None)
    return tensors[0] if function is None else function(tensors[0])


def _same(torch: Any, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    """What keeps shape and kind of its input: which function it is does not matter here."""
    return tensors[0]


def _concatenate(torch: Any, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    return torch.cat(list(tensors), dim=args.get("axis", 0))


def _flatten(torch: Any, tensors: Sequence[Any], args: Mapping[str, Any]) -> Any:
    return torch.flatten(tensors[0], args.get("start_axis", 0), args.get("end_axis", -1))


SPECIAL: dict[str, Callable[[Any, Sequence[Any], Mapping[str, Any]], Any]] = {
    "activation": _same,
    "concatenate": _concatenate,
    "dropout": _same,
    "flatten": _flatten,
    "identity": _same,
    "merge": _merge,
    "reshape": _reshape,
    "slice": _slice,
    "unary": _unary,
}
