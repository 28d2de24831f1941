"""Applying modules: the outermost call of a model, its inputs, and models that the program never calls."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Entrance
from repairnn.frontends.source.models import Record
from repairnn.frontends.source.scopes import ProgramRaises
from repairnn.frontends.source.torch.drawing import draw, trace
from repairnn.frontends.source.torch.values import (
    Backbone,
    Container,
    Layer,
    Tensor,
    children_of,
    descendants,
    is_own_module,
)  # fmt: skip
from repairnn.frontends.source.values import (
    Array,
    Function,
    Instance,
    Known,
    Listing,
    Method,
    Object,
    Table,
    Unknown,
    Value,
)
from repairnn.semantics.ir import Ref, Shape, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


def made(machine: Machine, module: Value) -> None:
    """Remember a module. The first one asks to be called back when the program has been read."""
    from repairnn.frontends.source.torch.networks import finish

    memory = trace(machine)
    if machine.importing:
        return  # its own file answers for it, unless the program applies it
    if not memory.modules and not memory.layers:
        machine.records.append(Record("torch", "torch", prepare=finish))
    if isinstance(module, Layer):
        return
    if not any(module is known for known in memory.modules[-50:]):
        memory.modules.append(module)


def applied(machine: Machine, module: Value, call: Call) -> Value:
    """``module(...)``. The outermost call names the modules by their paths and settles inputs that are not written."""
    memory = trace(machine)
    memory.applied.add(id(module))
    if memory.depth > 0 or is_loss(module):
        return applied_inside(machine, module, call, None)
    if not memory.modules:
        made(machine, module)
    key = _repeated(machine, module, call)
    if key is not None and key in memory.answers:
        return memory.answers[key].like()
    memory.paths = paths_of(module, call)
    if not isinstance(module, Layer) and not memory.trial:
        call = with_inputs(machine, module, call)
    if not memory.trial:
        memory.entered = _entered(machine, call)
    try:
        result = applied_inside(machine, module, call, None)
    finally:
        if not memory.trial:
            memory.entered = ()
    if not memory.trial:
        memory.results.extend((module, tensor.ref) for tensor in tensors_in(result))
        if key is not None and isinstance(result, Tensor):
            memory.answers[key] = result.like()
    return result


def _entered(machine: Machine, call: Call) -> tuple[Ref, ...]:
    """The tensors that a call gives to a model; the graph remembers by which expressions."""
    found: dict[Ref, None] = {}
    for argument in (*call.positional, *call.keywords.values()):
        for tensor in tensors_in(argument.value):
            site = argument.site if isinstance(argument.value, Tensor) else None
            machine.graph.entrances.setdefault(tensor.ref, Entrance()).spans.add(site)
            found[tensor.ref] = None
    return tuple(found)


def _repeated(machine: Machine, module: Value, call: Call) -> Hashable:
    """What tells one call of a model from another: a training loop makes the same one again and again.

    ``None`` when the call may differ each time: not all arguments are tensors.
    """
    values = call.values
    if isinstance(module, Layer) or call.span is None or not all(isinstance(value, Tensor) for value in values):
        return None
    memory = trace(machine)
    if memory.trial:
        return None
    refs = tuple(value.ref for value in values if isinstance(value, Tensor))
    made_of = tuple(id(child) for _, child in descendants(module))
    return (call.span, refs, made_of, memory.modes.get(id(module), True))


def applied_inside(machine: Machine, module: Value, call: Call, place: Span | None) -> Value:
    """A module applied within another; ``place`` is its element of the container that applies it."""
    from repairnn.frontends.source.torch.backbones import apply_backbone
    from repairnn.frontends.source.torch.containers import apply_sequential
    from repairnn.frontends.source.torch.layers import apply_layer

    memory = trace(machine)
    memory.applied.add(id(module))
    memory.depth += 1
    try:
        if isinstance(module, Layer):
            return apply_layer(machine, module, call, place)
        if isinstance(module, Container):
            if module.kind != "Sequential":
                raise ProgramRaises(f"nn.{module.kind} cannot be called")
            return apply_sequential(machine, module, call)
        if isinstance(module, Backbone):
            return apply_backbone(machine, module, call)
        return _own_forward(machine, module, call, place)
    finally:
        memory.depth -= 1


def _own_forward(machine: Machine, module: Value, call: Call, place: Span | None) -> Value:
    assert isinstance(module, Instance)
    found = module.cls.find("forward")
    if isinstance(found, Function):
        return Method(found, module).call(machine, call)
    own = module.data["torch"]
    for inner in (own.get("layer"), own.get("container")):
        if inner is not None:
            memory = trace(machine)
            memory.paths.setdefault(id(inner), memory.paths.get(id(module), ""))
            return applied_inside(machine, inner, call, place)
    return machine.unknown_call(Unknown(f"{module.cls.name}, which has no forward()"), call)


def is_loss(module: Value) -> bool:
    """Whether a module compares a prediction with a target."""
    return isinstance(module, Layer) and module.name.endswith("Loss")


def paths_of(module: Value, call: Call) -> dict[int, str]:
    """What the modules under a model are called: ``self.conv1``, ``features.3``; for a bare container ``model.3``."""
    import ast

    function = call.node.func if call.node is not None else None
    variable = function.id if isinstance(function, ast.Name) else ""
    prefix = f"{variable}." if variable and isinstance(module, Container) else ""
    found: dict[int, str] = {}
    for path, child in descendants(module):
        if path:
            found[id(child)] = f"self.{path}" if is_own_module(module) and "." not in path else f"{prefix}{path}"
    return found


def tensors_in(value: Value, depth: int = 0) -> list[Tensor]:
    """Every tensor of a nested result."""
    if isinstance(value, Tensor):
        return [value]
    if depth > 4:
        return []
    if isinstance(value, Listing):
        return [t for item in value.items for t in tensors_in(item, depth + 1)]
    if isinstance(value, (Instance, Object)) and not is_own_module(value):
        return [t for item in value.attributes.values() for t in tensors_in(item, depth + 1)]
    if isinstance(value, Table):
        return [t for _, item in value.entries.values() for t in tensors_in(item, depth + 1)]
    return []


def entry(machine: Machine, name: str, shape: Shape | None, span: Span | None = None, key: object = None) -> Tensor:
    """An input of a model whose shape the program does not write."""
    from repairnn.frontends.source.graph import Site

    unwritten = Argument(Unknown("a shape that is not written"))
    site = Site(span, arguments={"shape": unwritten})
    return draw(machine, "input", {"shape": shape}, (), name=name, site=site, key=key)[0]


def with_inputs(machine: Machine, module: Value, call: Call) -> Call:
    """The call with inputs of unknown shape settled."""
    from repairnn.frontends.source.torch.solving import settled

    names = parameters(module)
    positional = list(call.positional)
    open_: dict[str, int | str] = {}
    for index, argument in enumerate(positional):
        name = names[index] if index < len(names) else f"input{index}"
        if _is_open(machine, argument.value) or _is_asked(machine, name, argument.value):
            open_[name] = index
    for name, argument in call.keywords.items():
        if name in names and (_is_open(machine, argument.value) or _is_asked(machine, name, argument.value)):
            open_[name] = name
    if not open_:
        return call
    keywords = dict(call.keywords)

    def filled(shapes: dict[str, Shape | None]) -> Call:
        for name, place in open_.items():
            old = positional[place].value if isinstance(place, int) else keywords[place].value
            tensor = _entry_for(machine, name, old, shapes.get(name), call.span)
            made_ = Argument(tensor, positional[place].site if isinstance(place, int) else keywords[place].site)
            if isinstance(place, int):
                trial_positional[place] = made_
            else:
                trial_keywords[place] = made_
        return Call(tuple(trial_positional), dict(trial_keywords), call.span, call.node, call.open)

    trial_positional, trial_keywords = list(positional), dict(keywords)
    known = {}
    for name, place in open_.items():
        value = positional[place].value if isinstance(place, int) else keywords[place].value
        asked = _is_asked(machine, name, value)
        known[name] = machine.graph.shape(value.ref) if isinstance(value, Tensor) and not asked else None
    return filled(settled(machine, module, filled, known, alone=call.node is None))


def _entry_for(machine: Machine, name: str, old: Value, shape: Shape | None, span: Span | None) -> Tensor:
    if shape is None and isinstance(old, Tensor) and not trace(machine).trial:
        return old
    tensor = entry(machine, name, shape, old.span or span, key=span or id(old))
    if isinstance(old, Tensor):
        tensor.dtype, tensor.form = old.dtype, old.form
    return tensor


def _is_open(machine: Machine, value: Value) -> bool:
    """Whether an argument of a model may be a tensor of which too little is known."""
    if isinstance(value, Tensor):
        return machine.graph.shape(value.ref) is None and machine.graph.nodes[value.ref.node].kind in ("data", "input")
    return isinstance(value, Unknown) and value.symbol is None and not value.opted


def _is_asked(machine: Machine, name: str, value: Value) -> bool:
    """Whether the user gives an input's shape by its name: that counts for more than what the program states."""
    asked = machine.input_shapes
    return isinstance(asked, Mapping) and name in asked and isinstance(value, (Tensor, Array))


def parameters(module: Value) -> list[str]:
    """Names of what ``forward`` takes."""
    if isinstance(module, Instance):
        found = module.cls.find("forward")
        if isinstance(found, Function):
            return [a.arg for a in (*found.node.args.posonlyargs, *found.node.args.args)][1:]
    return ["input"]


def required(module: Value) -> list[str]:
    """Names of what ``forward`` must be given."""
    if isinstance(module, Instance):
        found = module.cls.find("forward")
        if isinstance(found, Function):
            names = parameters(module)
            return names[: max(len(names) - len(found.defaults), 0)] or names[:1]
    return ["input"]


def use_alone(machine: Machine, module: Value) -> None:
    """Apply a model that the program never calls to inputs that suit it."""
    memory = trace(machine)
    if id(module) in memory.applied or memory.depth > 0:
        return
    if isinstance(module, Instance) and not (
        module.cls.find("forward") or module.data["torch"].keys() & {"layer", "container"}
    ):
        return
    if isinstance(module, (Instance, Container)) and not children_of(module) and not isinstance(module, Instance):
        return
    applied(machine, module, _lone_call(machine, module))


def _lone_call(machine: Machine, module: Value) -> Call:
    """A call that nobody wrote: what ``forward`` requires is open.

    So are numbers that it has defaults for, where something is wrong with the defaults alone: they stand for "not
    given" (``repeats=-1``).
    """
    from repairnn.frontends.source.torch.solving import has_fault

    unknown = tuple(Argument(Unknown(f"parameter {name} of forward()")) for name in required(module))
    call = Call(unknown, {}, module.span, None)
    numbers = _default_numbers(module)
    if numbers and has_fault(machine, lambda: applied(machine, module, call)):
        given = {name: Argument(Unknown(f"parameter {name} of forward()", opted=True)) for name in numbers}
        open_ = Call(unknown, given, module.span, None)
        if not has_fault(machine, lambda: applied(machine, module, open_)):
            return open_
    return call


def _default_numbers(module: Value) -> list[str]:
    """Parameters of ``forward`` with a whole number as default."""
    found = module.cls.find("forward") if isinstance(module, Instance) else None
    if not isinstance(found, Function):
        return []
    defaults = dict(zip(parameters(module)[::-1], found.defaults[::-1], strict=False)) | found.keyword_defaults
    return [
        name for name, value in defaults.items()
        if isinstance(value, Known) and isinstance(value.value, int) and not isinstance(value.value, bool)
    ]  # fmt: skip


__all__ = ["Array", "Known", "applied", "applied_inside", "entry", "made", "use_alone"]
