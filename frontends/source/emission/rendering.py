"""A layer or operation as text, in the framework's spelling."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.names import function_name, layer_name, module_name
from repairnn.frontends.source.emission.values import literal
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.checker import check, shape_of
from repairnn.semantics.ir import DimOf, Node, Ref, is_symbolic
from repairnn.semantics.registry import declaration_of, spelled
from repairnn.semantics.spelling import Form, Spelling

#: Functions of ``torch`` itself; every other torch function is reached through ``torch.nn.functional``.
TORCH_FUNCTIONS = frozenset(
    {
        "add",
        "bmm",
        "cat",
        "chunk",
        "concat",
        "einsum",
        "flatten",
        "flip",
        "matmul",
        "mean",
        "mul",
        "permute",
        "repeat_interleave",
        "reshape",
        "roll",
        "split",
        "squeeze",
        "stack",
        "sub",
        "sum",
        "swapaxes",
        "tile",
        "transpose",
        "unsqueeze",
    }
)


#: Kinds that people write as methods of the tensor.
AS_METHODS = frozenset(
    {"argmax", "expand", "expand_dims", "reduce", "repeat", "reshape", "squeeze", "tile", "transpose"}
)


def spelling_for(shop: Workshop, node: Node, forms: tuple[Form, ...]) -> Spelling:
    """The first spelling, in the order of ``forms``, that can say all of a node's arguments."""
    framework = shop.before.framework
    declaration = declaration_of(node.kind)
    own = [found[1] for form in forms if (found := spelled(framework, node.spelling, form)) and found[0] is declaration]
    others = [
        s
        for form in forms
        for s in (declaration.spellings if declaration else ())
        if s.framework == framework and s.form == form
    ]
    for spelling in (*own, *others):
        if _says(spelling, node.args):
            return spelling
    raise CannotEmit(f"{framework} has no {' or '.join(forms)} for {node.spelling or node.kind} with these arguments")


def _says(spelling: Spelling, args: Mapping[str, Any]) -> bool:
    known = {spelling.canonical(p) for p in (*spelling.parameters, *spelling.keywords)}
    return all(
        spelling.fixed[name] == value if name in spelling.fixed else name in known for name, value in args.items()
    )


def arguments_text(
    spelling: Spelling,
    args: Mapping[str, Any],
    quote: str,
    names: Mapping[Ref, str] = MappingProxyType({}),
    said: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """The arguments of a call: leading ones by position as long as none is left out, the rest by keyword.

    ``names`` are expressions of the text for tensors whose sizes the arguments read.
    """
    texts: list[str] = []
    left = {name: value for name, value in args.items() if name not in spelling.fixed}
    for parameter in spelling.parameters:
        argument = spelling.canonical(parameter)
        if (
            argument not in left
            or (is_symbolic(left[argument]) and argument not in said)
            or (len(texts) >= 2 and not parameter.startswith("*"))
        ):
            break
        value = left.pop(argument)
        if argument in said:
            texts.append(said[argument])
            continue
        texts.extend([literal(v, quote) for v in value] if parameter.startswith("*") else [literal(value, quote)])
    for name, value in left.items():
        texts.append(f"{spelling.parameter(name)}={said.get(name) or _value_text(value, quote, names)}")
    return texts


def _value_text(value: Any, quote: str, names: Mapping[Ref, str]) -> str:
    """A literal, or ``skip.shape[2:]`` for the sizes of another tensor from some axis on."""
    if isinstance(value, tuple) and value and all(isinstance(dim, DimOf) for dim in value):
        first = value[0]
        if first.ref in names and [dim.axis for dim in value] == list(range(first.axis, first.axis + len(value))):
            return f"{names[first.ref]}.shape[{first.axis}:]"
    return literal(value, quote)


def constructor_text(
    shop: Workshop,
    node: Node,
    sibling: ast.expr | None,
    extra: str = "",
    said: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """``layers.Reshape((28, 28, 1))``: a layer object, named the way ``sibling`` is.

    ``said`` are texts for arguments that depend on tensors.
    """
    spelling = spelling_for(shop, node, ("layer",))
    texts = arguments_text(spelling, node.args, shop.quote, said=said) + ([extra] if extra else [])
    return f"{layer_name(shop, spelling.name, sibling)}({', '.join(texts)})"


def operation_text(shop: Workshop, node: Node, operand: str, names: Mapping[Ref, str] = MappingProxyType({})) -> str:
    """``torch.flatten(x, 1)`` or ``x.unsqueeze(1)``: an operation of PyTorch on a tensor."""
    exchanged = _exchanged(node)
    if exchanged is not None:
        return f"{_operand(operand)}.transpose({exchanged[0]}, {exchanged[1]})"
    ones = _axes_of_one(shop, node)
    if ones is not None:
        return f"{_operand(operand)}{ones}"
    forms: tuple[Form, ...] = ("method", "function") if node.kind in AS_METHODS else ("function", "method")
    spelling = spelling_for(shop, node, forms)
    texts = arguments_text(spelling, {**_unlike_here(node, spelling), **node.args}, shop.quote, names)
    if spelling.form == "method":
        return f"{_operand(operand)}.{spelling.name}({', '.join(texts)})"
    if spelling.name in TORCH_FUNCTIONS:
        return f"{module_name(shop, 'torch', 'torch')}.{spelling.name}({', '.join([operand, *texts])})"
    return f"{module_name(shop, 'torch.nn.functional', 'F')}.{spelling.name}({', '.join([operand, *texts])})"


def _exchanged(node: Node) -> tuple[int, int] | None:
    """The two axes that a permutation exchanges, the last two counted from the end where there are many."""
    order = node.args.get("axes")
    if node.kind != "transpose" or not isinstance(order, (tuple, list)):
        return None
    moved = [axis for axis, source in enumerate(order) if axis != source]
    if len(moved) != 2 or set(order) != set(range(len(order))):
        return None
    return (-2, -1) if len(order) > 3 and moved == [len(order) - 2, len(order) - 1] else (moved[0], moved[1])


def _axes_of_one(shop: Workshop, node: Node) -> str | None:
    """``.unsqueeze(1)``, ``.squeeze(1)`` or ``[:, :, None, None]``, where a reshape only adds axes of one or drops one;
    an axis added at the end is counted from there."""
    target = node.args.get("target_shape")
    shape = shape_of(check(shop.after).shapes, node.inputs[0])
    if node.kind != "reshape" or not isinstance(target, (tuple, list)) or shape is None or None in shape[1:]:
        return None
    read = {DimOf(node.inputs[0], axis): dim for axis, dim in enumerate(shape)}
    has = tuple(read.get(dim, dim) if isinstance(dim, DimOf) else dim for dim in target)
    if has[0] not in (-1, shape[0]):
        return None
    had = (has[0], *shape[1:])
    dropped = [axis for axis in range(1, len(had)) if had[axis] == 1 and (*had[:axis], *had[axis + 1 :]) == has]
    if dropped:
        return f".squeeze({dropped[0]})"
    places = _inserted(had, has)
    if not places:
        return None
    if len(places) == 1:
        return f".unsqueeze({-1 if places[0] == len(has) - 1 else places[0]})"
    return f"[{', '.join('None' if axis in places else ':' for axis in range(len(has)))}]"


def _inserted(had: tuple[Any, ...], has: tuple[Any, ...]) -> list[int]:
    """The places of the ones that turn one shape into another; none where more than that is between them."""
    places: list[int] = []
    for axis, dim in enumerate(has):
        at = axis - len(places)
        if at < len(had) and had[at] == dim and not (dim == 1 and len(has) - axis > len(had) - at):
            continue
        if dim != 1:
            return []
        places.append(axis)
    return places if len(has) - len(places) == len(had) else []


def _unlike_here(node: Node, spelling: Spelling) -> dict[str, Any]:
    """Defaults of the node that are no defaults of how it is written: ``torch.flatten`` begins at axis 0."""
    declaration = declaration_of(node.kind)
    found = spelled("torch", node.spelling, "layer")
    given = {**found[1].defaults, **found[1].fixed} if found is not None and found[0] is declaration else {}
    usual = {a.name: a.default for a in declaration.arguments if not a.required} if declaration is not None else {}
    own = {**usual, **given}
    return {
        name: own[name]
        for name, here in {**usual, **spelling.defaults}.items()
        if name not in node.args and name not in spelling.fixed and name in own and own[name] != here
    }


def _operand(text: str) -> str:
    simple = text.replace(".", "").replace("_", "").isalnum() or (text.endswith((")", "]")) and text[:1] not in "([-")
    return text if simple else f"({text})"


def _index_text(part: Any) -> str:
    """One index between brackets: ``:``, ``1:``, ``-1``, ``...``, ``None``."""
    if isinstance(part, tuple) and part[:1] == ("slice",):
        ends = ["" if end is None else str(end) for end in part[1:]]
        return ":".join(ends[:2] if len(ends) < 3 or not ends[2] else ends)
    return {"ellipsis": "...", "newaxis": "None"}.get(part, str(part))


def data_text(shop: Workshop, node: Node, operand: str) -> str:
    """An array of the program, transformed as NumPy (or, in a PyTorch program, a tensor) does it."""
    if shop.before.framework == "torch":
        return operation_text(shop, node, operand)
    args = node.args
    match node.kind:
        case "reshape":
            target = tuple(args.get("target_shape", ()))
            target = target if args.get("batch_included") else (-1, *target)
            inner = ", ".join("-1" if d is None else str(d) for d in target)
            return f"{_operand(operand)}.reshape({inner})"
        case "expand_dims":
            return f"{module_name(shop, 'numpy', 'np')}.expand_dims({operand}, {args.get('axis', -1)})"
        case "squeeze":
            return f"{module_name(shop, 'numpy', 'np')}.squeeze({operand}, axis={args.get('axis', -1)})"
        case "permute" | "transpose" | "permute_all":
            axes = tuple(args.get("dims") or args.get("axes") or args.get("perm") or ())
            axes = axes if 0 in axes else (0, *axes)
            return f"{module_name(shop, 'numpy', 'np')}.transpose({operand}, {literal(axes)})"
        case "one_hot":
            classes = args.get("num_classes")
            count = f", {classes}" if classes else ""
            return f"{function_name(shop, 'keras.utils', 'to_categorical')}({operand}{count})"
        case "argmax":
            return f"{module_name(shop, 'numpy', 'np')}.argmax({operand}, axis={args.get('axis', -1)})"
        case "flatten":
            return f"{_operand(operand)}.reshape(len({operand}), -1)"
        case "slice":
            parts = args.get("index", ())
            parts = parts if isinstance(parts, tuple) and parts[:1] != ("slice",) else (parts,)
            return f"{_operand(operand)}[{', '.join(map(_index_text, parts))}]"
    raise CannotEmit(f"no way to write {node.kind} for an array")
