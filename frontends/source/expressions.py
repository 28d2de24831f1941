"""Expressions of the program: one small function a kind of expression."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source import operators
from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.scopes import Frame, GeneratorFull
from repairnn.frontends.source.values import (
    NONE,
    Function,
    Known,
    Listing,
    Slice,
    Table,
    Unknown,
    Value,
    hashed,
)  # fmt: skip

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.MatMult: "@",
}  # fmt: skip
COMPARE = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
UNARY = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
MAX_COMPREHENSION = 5_000
MAX_YIELDS = 64


def evaluate(machine: Machine, node: ast.expr, frame: Frame) -> Value:
    """The value of an expression. A value that is born here learns its span."""
    machine.budget.spend()
    kind = EVALUATORS.get(type(node))
    if kind is None:
        return Unknown(f"an expression of kind {type(node).__name__}", span=machine.source.span(node))
    value = kind(machine, node, frame)
    if value.span is None and value is not NONE:
        value.span = machine.source.span(node)
    return value


def _constant(machine: Machine, node: ast.Constant, frame: Frame) -> Value:
    return Known(node.value, span=machine.source.span(node))


def _name(machine: Machine, node: ast.Name, frame: Frame) -> Value:
    found = frame.lookup(node.id)
    return found if found is not None else machine.free_name(node.id, machine.source.span(node))


def _attribute(machine: Machine, node: ast.Attribute, frame: Frame) -> Value:
    return evaluate(machine, node.value, frame).attribute(machine, node.attr)


def _subscript(machine: Machine, node: ast.Subscript, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    key = evaluate(machine, node.slice, frame)
    machine.here = machine.source.span(node)
    return value.item(machine, key)


def _slice(machine: Machine, node: ast.Slice, frame: Frame) -> Value:
    parts = [NONE if part is None else evaluate(machine, part, frame) for part in (node.lower, node.upper, node.step)]
    return Slice(*parts)


def _call(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    if isinstance(node.func, ast.Name) and node.func.id in ("super", "locals", "globals", "vars"):
        special = machine.scoped_builtin(node.func.id, node, frame)
        if special is not None:
            return special
    function = evaluate(machine, node.func, frame)
    return function.call(machine, arguments_of(machine, node, frame))


def arguments_of(machine: Machine, node: ast.Call, frame: Frame) -> Call:
    """Evaluate the arguments of a call, unpacking ``*`` and ``**``."""
    positional: list[Argument] = []
    keywords: dict[str, Argument] = {}
    unsure = False
    for item in node.args:
        if isinstance(item, ast.Starred):
            unpacked = evaluate(machine, item.value, frame)
            elements = unpacked.elements(machine)
            unsure = unsure or elements is None
            positional.extend(Argument(value) for value in elements or ())
        else:
            positional.append(Argument(evaluate(machine, item, frame), machine.source.span(item)))
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value, frame)
        if keyword.arg is not None:
            keywords[keyword.arg] = Argument(value, machine.source.span(keyword.value))
        elif isinstance(value, Table):
            unsure = unsure or value.open
            keywords.update({k: Argument(v) for k, (_, v) in value.entries.items() if isinstance(k, str)})
        else:
            unsure = True
    return Call(tuple(positional), keywords, machine.source.span(node), node, unsure, scope=frame)


def _binary(machine: Machine, node: ast.BinOp, frame: Frame) -> Value:
    # A long sum nests to the left: walk down in a loop, not by recursion.
    chain: list[ast.BinOp] = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    value = evaluate(machine, chain[-1].left, frame)
    for part in reversed(chain):
        right = evaluate(machine, part.right, frame)
        machine.here = machine.source.span(part)
        value = operators.binary(machine, BINARY[type(part.op)], value, right)
        if value.span is None:
            value.span = machine.source.span(part)
    return value


def _unary(machine: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    value = evaluate(machine, node.operand, frame)
    if isinstance(node.op, ast.Not):
        truth = value.truth()
        return Unknown("a condition") if truth is None else Known(not truth)
    return operators.unary(machine, UNARY[type(node.op)], value)


def _compare(machine: Machine, node: ast.Compare, frame: Frame) -> Value:
    left = evaluate(machine, node.left, frame)
    result: Value = Known(True)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(machine, right_node, frame)
        machine.here = machine.source.span(node)
        part = operators.compare(machine, COMPARE[type(op)], left, right)
        if part.truth() is False:
            return part
        result = part if part.truth() is None or result.truth() is True else result
        left = right
    return result


def _boolean(machine: Machine, node: ast.BoolOp, frame: Frame) -> Value:
    decisive = isinstance(node.op, ast.Or)
    unsure: Value | None = None
    value: Value = NONE
    for part in node.values:
        value = evaluate(machine, part, frame)
        truth = value.truth()
        if truth is decisive:
            return value if unsure is None else unsure
        if truth is None:
            unsure = unsure or value
    if unsure is not None and decisive and not isinstance(value, Unknown) and value.truth() is False:
        return unsure
    return Unknown("a condition") if unsure is not None else value


def _conditional(machine: Machine, node: ast.IfExp, frame: Frame) -> Value:
    truth = machine.decide(evaluate(machine, node.test, frame), node.test, [node.body], [node.orelse])
    if truth is not None:
        return evaluate(machine, node.body if truth else node.orelse, frame)
    return machine.join(evaluate(machine, node.body, frame), evaluate(machine, node.orelse, frame))


def _display(kind: str) -> Callable[[Machine, Any, Frame], Value]:
    def build(machine: Machine, node: Any, frame: Frame) -> Value:
        items: list[Value] = []
        unsure = False
        for item in node.elts:
            if isinstance(item, ast.Starred):
                elements = evaluate(machine, item.value, frame).elements(machine)
                unsure = unsure or elements is None
                items.extend(elements or ())
            else:
                items.append(evaluate(machine, item, frame))
        return Listing(items, kind, unsure)

    return build


def _dict(machine: Machine, node: ast.Dict, frame: Frame) -> Value:
    table = Table({})
    for key, item in zip(node.keys, node.values, strict=True):
        value = evaluate(machine, item, frame)
        if key is not None:
            table.set_item(machine, evaluate(machine, key, frame), value)
        elif isinstance(value, Table):
            table.entries.update(value.entries)
            table.open = table.open or value.open
        else:
            table.open = True
    return table


def _formatted(machine: Machine, node: ast.JoinedStr, frame: Frame) -> Value:
    text = ""
    for part in node.values:
        value = evaluate(machine, part.value if isinstance(part, ast.FormattedValue) else part, frame)
        if not isinstance(value, Known):
            return Unknown("a text that is not known")
        if isinstance(part, ast.FormattedValue):
            piece = _formatted_piece(machine, part, value.value, frame)
            if piece is None:
                return Unknown("a text that is not known")
            text += piece
        else:
            text += str(value.value)
    return Known(text)


def _formatted_piece(machine: Machine, part: ast.FormattedValue, value: Any, frame: Frame) -> str | None:
    conversions: dict[int, Callable[[Any], Any]] = {114: repr, 115: str, 97: ascii}
    converted = conversions.get(part.conversion, lambda x: x)(value)
    form = evaluate(machine, part.format_spec, frame) if part.format_spec else Known("")
    if not isinstance(form, Known) or not operators.short_fields(str(form.value)):
        return None
    try:
        return format(converted, form.value)
    except operators.FAILURES:
        return None


def _lambda(machine: Machine, node: ast.Lambda, frame: Frame) -> Value:
    return make_function(machine, node, frame)


def make_function(
    machine: Machine, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame
) -> Function:
    """A function value; defaults are evaluated now, as Python does."""
    defaults = [evaluate(machine, d, frame) for d in node.args.defaults]
    keyword_defaults = {
        a.arg: evaluate(machine, d, frame)
        for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if d is not None
    }
    return Function(
        node, frame, defaults, keyword_defaults, source=machine.source, span=machine.source.span(node)
    )  # fmt: skip


def _comprehension(kind: str) -> Callable[[Machine, Any, Frame], Value]:
    def build(machine: Machine, node: Any, frame: Frame) -> Value:
        items: list[Value] = []
        sure = _sure(True)
        for inner in _bindings(machine, node.generators, Frame(parent=frame, kind="comprehension"), sure):
            items.append(evaluate(machine, node.elt, inner))
            if len(items) >= MAX_COMPREHENSION:
                sure.known = False
                break
        return Listing(items, kind, open=not sure.known)

    return build


def _dict_comprehension(machine: Machine, node: ast.DictComp, frame: Frame) -> Value:
    table = Table({})
    sure = _sure(True)
    for inner in _bindings(machine, node.generators, Frame(parent=frame, kind="comprehension"), sure):
        table.set_item(machine, evaluate(machine, node.key, inner), evaluate(machine, node.value, inner))
        if len(table.entries) >= MAX_COMPREHENSION:
            break
    table.open = table.open or not sure.known
    return table


class _sure:
    """Whether every iteration so far was known to happen."""

    def __init__(self, known: bool) -> None:
        self.known = known


def _bindings(machine: Machine, generators: list[ast.comprehension], frame: Frame, sure: _sure) -> Iterator[Frame]:
    """The frames in which a comprehension's element is evaluated, one an iteration."""
    from repairnn.frontends.source.statements import assign

    first, *rest = generators
    source = evaluate(machine, first.iter, frame)
    elements = source.elements(machine)
    if elements is None:
        sure.known = False
        elements = machine.sample(source)
    for element in elements:
        # Each iteration has a frame of its own: lambdas made there keep what they saw last, as far as we follow them.
        inner = Frame(parent=frame, kind="comprehension")
        assign(machine, first.target, element, inner)
        truths = [evaluate(machine, condition, inner).truth() for condition in first.ifs]
        if False in truths:
            continue
        if None in truths:
            sure.known = False
        if rest:
            yield from _bindings(machine, rest, inner, sure)
        else:
            yield inner


def _named(machine: Machine, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame)
    target = frame
    while target.kind == "comprehension" and target.parent is not None:
        target = target.parent
    target.assign(node.target.id, value)
    return value


def _yield(machine: Machine, node: ast.Yield, frame: Frame) -> Value:
    value = evaluate(machine, node.value, frame) if node.value else NONE
    if frame.yielded is not None:
        frame.yielded.append(value)
        if len(frame.yielded) >= MAX_YIELDS or machine.endless > 0:
            raise GeneratorFull
    return NONE


def _yield_from(machine: Machine, node: ast.YieldFrom, frame: Frame) -> Value:
    elements = evaluate(machine, node.value, frame).elements(machine)
    if frame.yielded is not None:
        frame.yielded.extend(elements or ())
    return NONE


def _inner(machine: Machine, node: Any, frame: Frame) -> Value:
    return evaluate(machine, node.value, frame)


EVALUATORS: dict[type[ast.expr], Callable[[Machine, Any, Frame], Value]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript, ast.Slice: _slice,
    ast.Call: _call, ast.BinOp: _binary, ast.UnaryOp: _unary, ast.Compare: _compare, ast.BoolOp: _boolean,
    ast.IfExp: _conditional, ast.List: _display("list"), ast.Tuple: _display("tuple"), ast.Set: _display("set"),
    ast.Dict: _dict, ast.JoinedStr: _formatted, ast.Lambda: _lambda, ast.ListComp: _comprehension("list"),
    ast.SetComp: _comprehension("set"), ast.GeneratorExp: _comprehension("generator"),
    ast.DictComp: _dict_comprehension,
    ast.NamedExpr: _named, ast.Yield: _yield, ast.YieldFrom: _yield_from, ast.Await: _inner, ast.Starred: _inner,
}  # fmt: skip

__all__ = ["arguments_of", "evaluate", "hashed", "make_function"]
