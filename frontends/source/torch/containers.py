"""``nn.Sequential``, ``nn.ModuleList`` and ``nn.ModuleDict``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.library import function
from repairnn.frontends.source.torch.entry import made
from repairnn.frontends.source.torch.values import Container, is_module
from repairnn.frontends.source.values import NONE, Known, Listing, Native, Slice, Table, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@function("torch.nn.Sequential")
def sequential(machine: Machine, call: Call) -> Value:
    """``nn.Sequential(a, b)`` or ``nn.Sequential(OrderedDict(...))``."""
    container = Container("Sequential", open=call.open, span=call.span)
    fill_sequential(container, call)
    made(machine, container)
    return container


def fill_sequential(container: Container, call: Call) -> None:
    """What the constructor of ``nn.Sequential`` does with its arguments."""
    first = call.get(0)
    if len(call.positional) == 1 and isinstance(first, Table):
        container.open = container.open or first.open
        for key, value in first.entries.values():
            _register(
                container, str(key.value) if isinstance(key, Known) else str(len(container.children)), value, None
            )
        return
    for argument in call.positional:
        _register(container, str(len(container.children)), argument.value, argument)


@function("torch.nn.ModuleList", "torch.nn.ParameterList")
def module_list(machine: Machine, call: Call) -> Value:
    """``nn.ModuleList([a, b])``."""
    container = Container("ModuleList", span=call.span)
    _extend_from(machine, container, call.get(0, "modules", "parameters", "values"))
    return container


@function("torch.nn.ModuleDict", "torch.nn.ParameterDict")
def module_dict(machine: Machine, call: Call) -> Value:
    """``nn.ModuleDict({...})``."""
    container = Container("ModuleDict", span=call.span)
    _update_from(machine, container, call.get(0, "modules"))
    return container


def _register(container: Container, name: str, value: Value, argument: Argument | None) -> None:
    container.children[name] = value
    if argument is not None and argument.site is not None and argument.site != value.span:
        container.places[name] = argument.site
    if isinstance(value, Unknown):
        container.open = container.open or container.kind != "Sequential"


def _extend_from(machine: Machine, container: Container, source: Value | None) -> None:
    if source is None or (isinstance(source, Known) and source.value is None):
        return
    elements = source.elements(machine)
    if elements is None:
        container.open = True
        elements = machine.sample(source) if isinstance(source, (Listing, Container)) else []
    for element in elements:
        _register(container, str(len(container.children)), element, None)


def _update_from(machine: Machine, container: Container, source: Value | None) -> None:
    if isinstance(source, Table):
        container.open = container.open or source.open
        for key, value in source.entries.values():
            if isinstance(key, Known):
                container.children[str(key.value)] = value
    elif isinstance(source, Listing):
        for pair in source.items:
            both = pair.elements(machine) or []
            if len(both) == 2 and isinstance(both[0], Known):
                container.children[str(both[0].value)] = both[1]
    elif source is not None and not (isinstance(source, Known) and source.value is None):
        container.open = True


def container_item(container: Container, key: Value) -> Value:
    """``container[i]``, ``container[1:3]``, ``container['name']``."""
    from repairnn.frontends.source.operators import slice_of

    children = list(container.children.values())
    if isinstance(key, Slice):
        index = slice_of(key)
        if index is None or container.open:
            return Container(container.kind, dict(container.children), open=True, span=container.span)
        kept = list(container.children.items())[index]
        return Container(container.kind, dict(kept), span=container.span, places=container.places)
    if isinstance(key, Known) and isinstance(key.value, str):
        return container.children.get(key.value, Unknown("a module that is not known"))
    if isinstance(key, Known) and isinstance(key.value, int) and -len(children) <= key.value < len(children):
        return children[key.value]
    return Unknown("a module that is not known")


def set_container_item(container: Container, key: Value, value: Value) -> None:
    """``container[i] = module``."""
    names = list(container.children)
    if isinstance(key, Known) and isinstance(key.value, int) and -len(names) <= key.value < len(names):
        container.children[names[key.value]] = value
    elif isinstance(key, Known) and isinstance(key.value, str):
        container.children[key.value] = value
    else:
        container.open = True


def container_attribute(machine: Machine, container: Container, name: str) -> Value:
    """Methods of containers, sub-modules by name, and what every module has."""
    from repairnn.frontends.source.torch.modules import module_method

    if name in container.attributes:
        return container.attributes[name]
    if name in container.children:
        return container.children[name]
    if name in EDITS:
        return Native(name, lambda machine, call: _edit(machine, container, name, call))
    if name in ("keys", "values", "items") and container.kind == "ModuleDict":
        return Native(name, lambda machine, call: _listing(container, name))
    return module_method(machine, container, name) or Unknown(f"nn.{container.kind}.{name}")


EDITS = ("append", "extend", "insert", "add_module", "register_module", "update", "pop", "__init__", "clear")


def _edit(machine: Machine, container: Container, name: str, call: Call) -> Value:
    value = call.get(1 if name in ("insert", "add_module", "register_module") else 0, "module")
    key = call.get(0, "name", "index")
    if name == "append" and value is not None:
        _register(container, str(len(container.children)), value, call.argument(0, "module"))
    elif name == "extend":
        _extend_from(machine, container, value)
    elif name == "update":
        _update_from(machine, container, value)
    elif name in ("add_module", "register_module") and value is not None:
        place = str(key.value) if isinstance(key, Known) else str(len(container.children))
        _register(container, place, value, call.argument(1, "module"))
    elif name == "insert" and isinstance(key, Known) and isinstance(key.value, int) and value is not None:
        children = list(container.children.values())
        children.insert(key.value, value)
        container.children = {str(i): child for i, child in enumerate(children)}
    elif name == "pop":
        return _pop(container, key)
    elif name != "__init__":
        container.open = True
    return container if name in ("append", "extend", "insert") else NONE


def _pop(container: Container, key: Value | None) -> Value:
    names = list(container.children)
    if isinstance(key, Known) and isinstance(key.value, int) and -len(names) <= key.value < len(names):
        return container.children.pop(names[key.value])
    if isinstance(key, Known) and key.value in container.children:
        return container.children.pop(str(key.value))
    container.open = True
    return Unknown("a module that is not known")


def _listing(container: Container, name: str) -> Listing:
    if name == "keys":
        items: Sequence[Value] = [Known(key) for key in container.children]
    elif name == "values":
        items = list(container.children.values())
    else:
        items = [Listing([Known(key), child], "tuple") for key, child in container.children.items()]
    return Listing(list(items), "list", container.open)


def apply_sequential(machine: Machine, container: Container, call: Call) -> Value:
    """``Sequential(...)(x)``: one module after the other."""
    from repairnn.frontends.source.torch.entry import applied_inside

    value = call.get(0, "input", "x")
    argument = call.argument(0, "input", "x")
    for key, child in container.children.items():
        if value is None:
            break
        inner = Call((argument or Argument(value),), {}, call.span, None)
        if is_module(child):
            value = applied_inside(machine, child, inner, container.places.get(key) or child.span)
        else:
            value = child.call(machine, inner)
        argument = Argument(value)
    if container.open and value is not None:
        return Unknown("a Sequential whose modules are not all known") if not call.values else _unsure(machine, value)
    return value if value is not None else Unknown("a Sequential of nothing")


def _unsure(machine: Machine, value: Value) -> Value:
    from repairnn.frontends.source.torch.drawing import opaque
    from repairnn.frontends.source.torch.values import Tensor

    if not isinstance(value, Tensor):
        return value
    return opaque(machine, [value], spelling="Sequential", why="a Sequential whose modules are not all known")[0]
