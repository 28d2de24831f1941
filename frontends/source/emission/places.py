"""Where in the text a node is applied: an element of a list of layers, an ``add``, a call, or the data of ``fit``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal, TypeAlias

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.outline import Outline
from repairnn.semantics.ir import Node
from repairnn.semantics.registry import spelled

Form: TypeAlias = Literal["listed", "added", "applied"]
ADDING = ("add", "append", "add_module")
#: Names of modules in snippets that leave their imports out.
MODULES = frozenset({"torch", "F", "tf", "K", "ops", "np", "nn", "keras", "layers", "tensorflow"})


@dataclass(frozen=True)
class Place:
    """``element``: the listed or added expression, or the application itself (``x += y`` is a statement).

    ``constructor`` is the call whose arguments configure the layer (with wrappers around it left out), ``label`` the
    name that stands before a listed element (``("fc", nn.Linear(...))``) or None.
    """

    form: Form
    element: ast.expr | ast.AugAssign
    constructor: ast.expr | None
    label: str | None = None


def place_of(outline: Outline, node: Node) -> Place:
    """Find where a node is applied. Raises :class:`CannotEmit` when the text has no such place."""
    statement = outline.augmented(node.written.apply or node.written.call)
    if statement is not None:
        return Place("applied", statement, None)
    constructor = outline.expression(node.written.call)
    applied = outline.expression(node.written.apply)
    if applied is not None and applied is not constructor:
        if isinstance(applied, ast.Call) and _adds(applied):
            return Place("added", applied.args[-1], constructor)
        return Place("applied", applied, constructor)
    if constructor is None:
        raise CannotEmit(f"{node.name or node.id} has no place of its own in the text")
    return _climb(outline, node, constructor)


def _climb(outline: Outline, node: Node, constructor: ast.expr) -> Place:
    element = constructor
    while True:
        parent = outline.parent(element)
        if isinstance(parent, ast.Call) and parent.func is element:
            return Place("applied", parent, constructor)
        if isinstance(parent, (ast.List, ast.Tuple)):
            return _listed(outline, parent, element, constructor)
        if isinstance(parent, ast.Call) and _adds(parent):
            return Place("added", element, constructor, _label(parent.args))
        if isinstance(parent, ast.Call) and element in parent.args and _callee(parent).endswith("Sequential"):
            return Place("listed", element, constructor)
        if isinstance(parent, ast.Call) and element in parent.args and _wraps(parent):
            element = parent
            continue
        if _is_operation(node, constructor):
            return Place("applied", constructor, constructor)
        raise CannotEmit(f"{node.name or node.id} is applied where the text does not show it")


def _listed(outline: Outline, parent: ast.List | ast.Tuple, element: ast.expr, constructor: ast.expr) -> Place:
    outer = outline.parent(parent)
    labelled = isinstance(parent, ast.Tuple) and len(parent.elts) == 2 and isinstance(parent.elts[0], ast.Constant)
    if labelled and isinstance(outer, (ast.List, ast.Tuple)):
        return Place("listed", parent, constructor, _label(parent.elts))
    return Place("listed", element, constructor)


def _label(elements: list[ast.expr]) -> str | None:
    """The name of a labelled layer: ``("fc", nn.Linear(...))`` or ``add_module("fc", nn.Linear(...))``."""
    first = elements[0]
    return str(first.value) if len(elements) == 2 and isinstance(first, ast.Constant) else None


def _is_operation(node: Node, expression: ast.expr) -> bool:
    """Whether the expression is applied to tensors directly: an operator, a function or a method, not a constructor."""
    if not isinstance(expression, ast.Call) or _callee(expression)[:1].islower():
        return True
    return any(
        (found := spelled(framework, node.spelling, form)) is not None and found[0].kind == node.kind
        for framework in ("keras", "torch")
        for form in ("function", "method")
    )


def _adds(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ADDING and bool(call.args)


def _callee(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _wraps(call: ast.Call) -> bool:
    return _callee(call) in (
        "TimeDistributed",
        "Bidirectional",
        "SpectralNormalization",
        "spectral_norm",
        "weight_norm",
    )


def input_expression(outline: Outline, node: Node, place: Place, index: int) -> ast.expr:
    """The expression that gives input ``index`` of an applied node. Raises :class:`CannotEmit`."""
    call = place.element
    if isinstance(call, ast.BinOp):
        return (call.left, call.right)[index]
    if isinstance(call, ast.AugAssign):
        return (call.target, call.value)[index]
    if isinstance(call, ast.UnaryOp) or not isinstance(call, ast.Call):
        found = getattr(call, "operand", getattr(call, "value", None))
        if found is None or index:
            raise CannotEmit(f"input {index} of {node.name or node.id} is not written as an expression")
        return found
    tensors: list[ast.expr] = []
    if isinstance(call.func, ast.Attribute) and place.constructor is call and _is_method(outline, call):
        tensors.append(call.func.value)
    for argument in call.args:
        tensors.extend(argument.elts if isinstance(argument, (ast.List, ast.Tuple)) and not tensors else [argument])
    if not tensors:
        tensors = [keyword.value for keyword in call.keywords if keyword.arg in ("inputs", "x", "input", "tensors")]
    if index >= len(tensors):
        raise CannotEmit(f"input {index} of {node.name or node.id} is not written as an expression")
    return tensors[index]


def _is_method(outline: Outline, call: ast.Call) -> bool:
    """Whether a call is one of a method of a tensor, rather than of a function of a module: ``layers.add([a, b])``."""
    assert isinstance(call.func, ast.Attribute)
    if not any(spelled(fw, call.func.attr, "method") is not None for fw in ("keras", "torch")):
        return False
    root = call.func.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return not (isinstance(root, ast.Name) and (root.id in MODULES or root.id in outline.imported))


def fed_expression(outline: Outline, node: Node, index: int) -> ast.expr:
    """The expression of the data of a ``feed`` (index 0) or of the target of a ``loss`` (index 1)."""
    if index != (0 if node.kind == "feed" else 1):
        raise CannotEmit("what the model predicts is not written as an argument")
    key = "data" if node.kind == "feed" else "target"
    for span in (node.written.arguments.get(key), node.written.apply):
        expression = outline.expression(span)
        if expression is not None and not _is_call_of(expression, node):
            return expression
    call = outline.call(node.written.call)
    names = ("x", "inputs", "data") if index == 0 else ("y", "target", "targets")
    for keyword in call.keywords if call is not None else ():
        if keyword.arg in names:
            return keyword.value
    if call is not None and index < len(call.args) and not isinstance(call.args[index], ast.Starred):
        return call.args[index]
    raise CannotEmit("the data are not written as an argument of the call")


def _is_call_of(expression: ast.expr, node: Node) -> bool:
    """Whether the expression is the whole ``model.fit(...)`` rather than what is given to it."""
    return isinstance(expression, ast.Call) and _callee(expression) in (node.spelling, "fit", "predict", "evaluate")
