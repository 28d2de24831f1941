"""Faults and edits in words. A sentence names the layer and the line, what came in, and what was needed."""

from __future__ import annotations

import os
from typing import Any

from repairnn.results import AppliedEdit, Layer
from repairnn.semantics.edits import (
    CarrySize,
    ChangeArgument,
    ChangeWeight,
    ChangeWeights,
    Edit,
    InsertLayer,
    ReadName,
    RemoveLayer,
    ReplaceLayer,
    Rewire,
    Swap,
)
from repairnn.semantics.faults import (
    Fault,
    Need,
    NeedAgree,
    NeedArgument,
    NeedAtLeast,
    NeedDim,
    NeedMultiple,
    NeedRank,
    NeedShape,
    NeedSize,
    NeedWeight,
    show,
)
from repairnn.semantics.ir import Network, Node, Ref, Span, is_symbolic
from repairnn.summary import parameter_name, place_of


def fault_sentence(fault: Fault, network: Network) -> str:
    """``Conv2D 'conv' (line 4) receives …; it needs …``, without the smallest fix."""
    node = network[fault.node]
    return f"{title(node)} receives {fault.received}; it needs {fault.expected}"


def fix_hint(fault: Fault, network: Network) -> str:
    """The smallest thing that would remove the fault by itself, as a command; empty when none can be told."""
    for need in fault.needs:
        told = _hint(need, network[fault.node], fault, network.framework)
        if told:
            return told
    return ""


def edit_sentence(applied: AppliedEdit) -> str:
    """``line 4: change kernel_size of Conv2D 'conv' from 5 to 4``."""
    where = f"{line_words(applied.location)}: " if applied.location else ""
    return where + edit_words(applied.edit, applied.before)


def edit_words(edit: Edit, network: Network) -> str:
    """The edit as a command, without the place."""
    match edit:
        case ReadName():
            node = network[edit.node]
            return f"let {parameter_name(node, network.framework, edit.argument)} of {called(node)} be {edit.name}"
        case ChangeArgument():
            node = network[edit.node]
            name = parameter_name(node, network.framework, edit.argument)
            if node.kind == "loss":
                return f"change the {name} from {value(edit.before)} to {value(edit.after)}"
            return f"change {name} of {called(node)} from {value(edit.before)} to {value(edit.after)}"
        case InsertLayer():
            consumer = network[edit.consumer]
            call = layer_call(edit.spelling or edit.layer_kind, edit.args)
            return f"insert {call} before {called(consumer)}"
        case ReplaceLayer():
            return f"replace {called(network[edit.node])} by {layer_call(edit.spelling or edit.layer_kind, edit.args)}"
        case CarrySize():
            name = parameter_name(network[edit.node], network.framework, edit.argument)
            source = parameter_name(network[edit.node], network.framework, edit.source)
            return f"give each {called(network[edit.node])} the {source} of the one before as its {name}"
        case RemoveLayer() if network[edit.node].kind == "tuple":
            return f"take the first of the tuple that {network[edit.node].name} returns"
        case RemoveLayer():
            return f"remove {called(network[edit.node])}"
        case Rewire():
            return f"let {called(network[edit.node])} read {called(network[edit.after.node])}"
        case Swap():
            return f"swap {called(network[edit.first])} and {called(network[edit.second])}"
        case ChangeWeight():
            before, after = show(edit.before), show(edit.after)
            return f"{edit.how} weight {edit.weight} of {called(network[edit.node])} from {before} to {after}"
        case ChangeWeights():
            parts = [f"{c.how} {c.weight} from {show(c.before)} to {show(c.after)}" for c in edit.changes]
            return f"fit the weights of {called(network[edit.node])}: {', '.join(parts)}"
    raise TypeError(f"not an edit: {edit!r}")


def title(node: Node) -> str:
    """A layer with its place: ``Conv2D 'conv' (line 4)``."""
    span = place_of(node)
    return called(node) + (f" ({line_words(span)})" if span else "")


def line_words(span: Span) -> str:
    """``line 4``, or ``blocks.py, line 4`` for what stands in another file than the one that was given."""
    return f"{span.path}, line {span.line}" if span.path else f"line {span.line}"


def called(node: Node) -> str:
    """A layer by its type, and by its name where that says more."""
    if node.kind == "loss":
        return f"loss {node.args.get('name', node.name)}"
    kind = node.spelling or {"data": "array", "feed": "the data fed"}.get(node.kind, node.kind)
    if not node.name or node.name == kind or node.kind == "feed":
        return kind
    return f"{kind} {node.name!r}"


def layer_call(spelling: str, args: Any) -> str:
    """A constructor call: ``Reshape(target_shape=(28, 28, 1))``."""
    return f"{spelling}({', '.join(f'{name}={value(given)}' for name, given in args.items())})"


def value(given: Any) -> str:
    """An argument value as it would be typed; ``...`` for one that is read from a tensor, for the diff says how."""
    if isinstance(given, tuple) and is_symbolic(given):
        return "(" + ", ".join(map(value, given)) + ("," if len(given) == 1 else "") + ")"
    if is_symbolic(given):
        return "..."
    if isinstance(given, Ref):
        return given.node
    text = repr(given)
    return text if len(text) <= 80 else text[:77] + "..."


def line_of(span: Span | None) -> str:
    """The line as a table shows it."""
    return f"{os.path.basename(span.path)}:{span.line}" if span and span.path else str(span.line) if span else ""


def shapes_of(layer: Layer, side: str) -> str:
    """The input or output shapes of a layer; several side by side."""
    return ", ".join(show(shape) for shape in (layer.inputs if side == "input" else layer.outputs))


def _hint(need: Need, node: Node, fault: Fault, framework: str) -> str:
    number = getattr(need, "input", 0) + 1
    which = f"input {number} of {called(node)}" if len(fault.inputs) > 1 else f"the input of {called(node)}"
    match need:
        case NeedRank():
            return _rank_hint(need, which, fault)
        case NeedDim() if need.argument:
            received = _dim(fault, need.input, need.axis)
            name = parameter_name(node, framework, need.argument)
            return f"set {name}={received}" if received is not None else ""
        case NeedDim():
            return f"give {which} {need.value} along axis {need.axis}"
        case NeedAtLeast():
            settings = [parameter_name(node, framework, name) for name in fault.arguments]
            smaller = f", or change {' or '.join(settings)}" if settings else ""
            return f"give {which} at least {need.minimum} along axis {need.axis}{smaller}"
        case NeedMultiple():
            return f"give {which} a multiple of {need.divisor} along axis {need.axis}"
        case NeedSize():
            return f"make the elements of {which} number {need.total}"
        case NeedShape():
            return f"give {which} the shape {show(need.shape)}"
        case NeedAgree():
            axes = "all axes" if need.axes is None else "axis " + ", ".join(map(str, need.axes))
            return f"make the inputs of {called(node)} equal on {axes}"
        case NeedArgument():
            name = parameter_name(node, framework, need.argument)
            return f"set {name}={value(need.values[0])}" if need.values else f"change {name}"
        case NeedWeight():
            return f"give weight {need.weight} the shape {show(need.shape)}"
    return ""


def _rank_hint(need: NeedRank, which: str, fault: Fault) -> str:
    given = fault.inputs[need.input] if need.input < len(fault.inputs) else None
    if given is None:
        return ""
    if need.maximum is not None and len(given) > need.maximum:
        return f"flatten or pool {which}" if need.maximum == 2 else f"reshape {which} to {need.maximum} axes"
    axes = need.minimum - len(given)
    return f"add {axes} {'axis' if axes == 1 else 'axes'} to {which}, with a Reshape for example"


def _dim(fault: Fault, index: int, axis: int) -> int | None:
    shape = fault.inputs[index] if index < len(fault.inputs) else None
    return shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None
