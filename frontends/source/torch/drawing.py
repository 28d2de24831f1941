"""How an operation of a PyTorch program becomes a node of the graph.

A script that trains applies the same module in several loops. Nodes are numbered by value: the same operation, written
in the same place, on the same tensors, is one node, so that a second epoch adds nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.torch.values import Returned, Tensor
from repairnn.frontends.source.values import Array, Known, Listing, Symbol, Unknown, Value
from repairnn.semantics.declaration import Declaration
from repairnn.semantics.ir import Ref, Shape, Span, refs_in, resolve
from repairnn.semantics.registry import spelled
from repairnn.semantics.spelling import Spelling, bind

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

FRAMEWORK = "torch"
MAX_NODES = 4_000
#: Arguments that need not be known: nothing depends on them, or not knowing them means not checking them.
HARMLESS = frozenset({"meaning", "derived", "capacity"})


#: Arguments of meaning that rules look at.
TELLING = frozenset({"mode", "padding_mode", "reduction", "function", "op", "align"})
#: Kinds whose arguments change no shape.
SHAPELESS = frozenset({"dropout", "activation", "identity"})


class Unread:
    """Stands for an argument value that the text does not decide."""


UNREAD = Unread()


@dataclass
class Trace:
    """What the PyTorch part remembers of a program while it is read.

    ``numbers``  operation to its outputs, for numbering by value
    ``paths``    id of a module to its path under the model that is being applied
    ``depth``    how many modules are being applied, one inside the other
    ``trial``    an input is being tried out: nothing is kept of it
    ``applied``  ids of modules that were applied
    ``modules``  all modules that the program made, in order
    ``modes``    id of a module to whether it is training, where the program says so
    ``answers``  what a model gave for a call that a loop repeats
    ``results``  what models returned that were applied outside other modules
    ``entered``  tensors given to the model that is being applied
    ``layers``   modules of the library that the program made, in order
    """

    numbers: dict[Hashable, list[Ref]] = field(default_factory=dict)
    paths: dict[int, str] = field(default_factory=dict)
    depth: int = 0
    identities: int = 0
    trial: bool = False
    applied: set[int] = field(default_factory=set)
    modules: list[Value] = field(default_factory=list)
    modes: dict[int, bool | None] = field(default_factory=dict)
    answers: dict[Hashable, Tensor] = field(default_factory=dict)
    results: list[tuple[Value, Ref]] = field(default_factory=list)
    entered: tuple[Ref, ...] = ()
    layers: list[Value] = field(default_factory=list)


def trace(machine: Machine) -> Trace:
    """The program's trace, made on first use."""
    found = machine.memory.get(FRAMEWORK)
    if not isinstance(found, Trace):
        found = machine.memory[FRAMEWORK] = Trace()
    return found


def draw(
    machine: Machine, kind: str, args: Mapping[str, Any], inputs: Sequence[Tensor], *, spelling: str = "",
    name: str = "", layer: str = "", site: Site | None = None, outputs: int | None = None, unread: str = "",
    key: Hashable = None, weights: Mapping[str, Shape] | None = None,
) -> list[Tensor]:  # fmt: skip
    """The outputs of an operation: of a new node, or of an equal one that is there. ``key`` sets nodes apart;
    ``weights`` are shapes of given ones."""
    memory = trace(machine)
    place = (site.call, site.apply) if site else None
    nodes = machine.graph.nodes
    refs = [t.ref if t.ref.node in nodes else data(machine, None, name="earlier", key=t.ref).ref for t in inputs]
    args = {
        name: value if all(ref.node in nodes for ref in refs_in(value)) else resolve(value, lambda ref, axis: None)
        for name, value in args.items()
    }
    number = (kind, spelling, layer, name, frozen(args), tuple(refs), place, key, frozen(weights or {}))
    found = memory.numbers.get(number)
    if found is None:
        if len(machine.graph.nodes) >= MAX_NODES:
            kind, args = "opaque", {}
        found = machine.graph.add(
            kind, args, refs, FRAMEWORK, spelling=spelling, name=name, layer=layer, site=site, outputs=outputs,
            unread=unread, weights=weights,
        )  # fmt: skip
        memory.numbers[number] = found
    for index, ref in enumerate(refs):
        if ref in memory.entered and not memory.trial:
            machine.graph.entrances[ref].edges[found[0].node, index] = None
    return [Tensor(ref) for ref in found]


@contextmanager
def sketch(machine: Machine) -> Iterator[None]:
    """Whatever is drawn inside is forgotten afterwards."""
    memory, graph = trace(machine), machine.graph
    count, numbers, names = len(graph.nodes), dict(memory.numbers), dict(graph._names)
    unread, notes, unsure = dict(graph.unread), list(machine.notes), list(machine.unsure)
    before, depth = memory.trial, memory.depth
    memory.trial = True
    try:
        yield
    finally:
        memory.trial, memory.depth = before, depth
        for identifier in list(graph.nodes)[count:]:
            del graph.nodes[identifier], graph.shapes[identifier], graph.sites[identifier]
        memory.numbers, graph._names, graph.unread = numbers, names, unread
        machine.notes, machine.unsure = notes, unsure


def opaque(
    machine: Machine, inputs: Sequence[Tensor], *, spelling: str, name: str = "", site: Site | None = None,
    outputs: int = 1, why: str = "", layer: str = "",
) -> list[Tensor]:  # fmt: skip
    """An operation of which nothing is known."""
    return draw(
        machine, "opaque", {}, inputs, spelling=spelling, name=name, site=site, outputs=outputs, layer=layer,
        unread=why or f"{name or spelling} is not known",
    )  # fmt: skip


def data(
    machine: Machine, shape: Shape | None, *, name: str = "data", span: Span | None = None, dtype: str = "",
    form: str = "", site: Site | None = None, key: Hashable = None, symbols: Any = None,
) -> Tensor:  # fmt: skip
    """A tensor that the program makes or loads. ``symbols`` is the shape with the sizes read from other tensors."""
    args: dict[str, Any] = {"shape": shape if symbols is None else symbols}
    if dtype:
        args["dtype"] = dtype
    if form:
        args["form"] = form
    tensor = draw(machine, "data", args, (), name=name, site=site or Site(span), key=key)[0]
    tensor.dtype, tensor.form = dtype, form
    return tensor


def as_tensor(machine: Machine, value: Value | None, name: str = "data") -> Tensor | None:
    """A value where a tensor is wanted: an array becomes one, an unknown value one too; ``None`` for a number."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Returned):
        return value.whole(machine)
    if isinstance(value, Array):
        return data(machine, value.shape, name=value.label or name, span=value.span, dtype=value.dtype,
                    form=value.form, key=id(value))  # fmt: skip
    if isinstance(value, Unknown) and value.symbol is None:
        return data(machine, None, name=name, span=value.span, key=value.span or id(value))
    return None


def tupled(machine: Machine, value: Listing, name: str, call: Span | None, apply: Span | None = None) -> Tensor:
    """A tuple that is used as a tensor. ``call`` is where it was made, ``apply`` where it is used, if that is all that
    is known."""
    tensors = [item for item in _flat(value) if isinstance(item, Tensor)]
    return draw(machine, "tuple", {}, tensors, spelling="tuple", name=name, site=Site(call, apply))[0]


def _flat(value: Value) -> list[Value]:
    return [inner for item in value.items for inner in _flat(item)] if isinstance(value, Listing) else [value]


def plain(value: Value) -> Any:
    """A value as an argument of a node: constants, tuples, symbols of sizes; :data:`UNREAD` for what is not known."""
    if isinstance(value, Known):
        return value.value if value.symbol is None else value.symbol
    if isinstance(value, Unknown):
        return UNREAD if value.symbol is None else value.symbol
    if isinstance(value, Listing):
        items = [plain(item) for item in value.items]
        return UNREAD if value.open else tuple(None if item is UNREAD else item for item in items)
    if isinstance(value, Symbol):
        return value.path.rpartition(".")[2]
    return UNREAD


def read_arguments(
    declaration: type[Declaration], spelling: Spelling, positional: Sequence[Argument], keywords: Mapping[str, Argument]
) -> tuple[dict[str, Any], dict[str, Argument], dict[str, int | str], tuple[str, ...]]:
    """A call's arguments by canonical name: values, as they were given, their places, and which are not known."""
    bound = bind(spelling, positional, _numpy_names(spelling, keywords))
    roles = {argument.name: argument.role for argument in declaration.arguments}
    required = {argument.name for argument in declaration.arguments if argument.required}
    variadic = {spelling.canonical(name) for name in spelling.parameters if name.startswith("*")}
    args: dict[str, Any] = {}
    given: dict[str, Argument] = {}
    unread = list(bound.unknown)
    for name, argument in bound.args.items():
        if isinstance(argument, tuple):  # several values of a variadic parameter
            parts = [plain(item.value) for item in argument]
            value: Any = tuple(None if part is UNREAD else part for part in parts)
            given[name] = Argument(Listing([item.value for item in argument], "tuple"), spanned(argument))
        else:
            value = plain(argument.value)
            given[name] = argument
        if name not in roles:
            continue
        if not isinstance(argument, tuple) and getattr(argument.value, "assumed", False):
            domain = next(a.domain_in(FRAMEWORK, spelling) for a in declaration.arguments if a.name == name)
            value = value if domain.accepts(None, {}) else UNREAD
        if value is UNREAD and declaration.kind in SHAPELESS:
            continue
        if value is UNREAD:
            if roles[name] not in HARMLESS or name in TELLING:
                unread.append(name)
            elif roles[name] != "meaning" or name in required:
                args[name] = None
            continue
        args[name] = (value,) if name in variadic and not isinstance(value, (tuple, list)) else value
    return args, given, bound.places, tuple(unread)


def _numpy_names(spelling: Spelling, keywords: Mapping[str, Argument]) -> Mapping[str, Argument]:
    """PyTorch takes NumPy's names too: ``axis`` for ``dim``, ``keepdims`` for ``keepdim``."""
    names = {*spelling.parameters, *spelling.keywords}
    other = {"axis": "dim", "keepdims": "keepdim", "dims": "dim"}
    return {other[k] if k in other and k not in names and other[k] in names else k: a for k, a in keywords.items()}


def spanned(arguments: Sequence[Argument]) -> Span | None:
    """The stretch of text of several arguments; ``None`` when one of them was unpacked."""
    spans = [argument.site for argument in arguments if argument.site is not None]
    if len(spans) < len(arguments):
        return None
    return Span(spans[0].line, spans[0].column, spans[-1].end_line, spans[-1].end_column, spans[0].path)


def known_as(name: str, form: str) -> tuple[type[Declaration], Spelling] | None:
    """What the semantics knows by a name of PyTorch."""
    return spelled(FRAMEWORK, name, form)


def frozen(value: Any) -> Hashable:
    """A value as something that can be compared: containers become tuples, other objects their identity."""
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), frozen(item)) for key, item in value.items()))
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, *(frozen(item) for item in value))
    if isinstance(value, (bool, float)):
        return (type(value).__name__, value)
    return value if value.__hash__ else id(value)
