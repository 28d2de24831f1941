"""Running the semantics over a network: every shape and every fault in one pass, past the first fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from repairnn.semantics.arithmetic import Truth
from repairnn.semantics.declaration import Args, Argument, Declaration, bind_arguments
from repairnn.semantics.domains import Anything, Bool, Cells, Choice, Domain, Float, Int, Ints, Maybe, Name, Padding
from repairnn.semantics.faults import Fault, Need, NeedArgument, NeedWeight, Remedy, Rule
from repairnn.semantics.ir import Dim, Network, Node, Ref, Shape, is_symbolic, resolve
from repairnn.semantics.registry import declaration_of, spelled
from repairnn.semantics.spelling import Spelling

#: Domains of numbers, in which Python's ``True`` is 1.
NUMERIC = (Cells, Float, Int, Ints, Padding)
Outputs: TypeAlias = tuple[Shape | None, ...]
DimOfRef: TypeAlias = Callable[[Ref, int], Dim]

ARGUMENT_DOMAIN = Rule(
    "argument-out-of-domain",
    "An argument has a value the layer does not take",
    "{argument}={value}",
    "{argument} to be {domain}",
    "The framework refuses to construct the layer with this value, whatever the input is.",
)
ARGUMENT_MISSING = Rule(
    "argument-missing",
    "A required argument is not given",
    "no {argument}",
    "{argument} to be given: {domain}",
    "The framework cannot construct the layer without it.",
)
INPUT_COUNT = Rule(
    "input-count",
    "A layer gets too few or too many inputs",
    "{count} input(s)",
    "{needed} input(s)",
    "A merge needs several tensors, most layers exactly one.",
)
WEIGHT_SHAPE = Rule(
    "weight-shape-mismatch",
    "A given weight does not have the shape the layer needs",
    "{weight} of shape {given}",
    "{weight} of shape {needed}",
    "Weights are loaded by shape: a kernel made for other channels, another layout or another size cannot be assigned.",
)
SHARED_LAYER = Rule(
    "shared-layer-inputs-differ",
    "A layer that is called twice gets inputs that need different weights",
    "{input}, which needs {weight} of shape {given}",
    "an input that fits {weight} of shape {needed}, fixed by the first call",
    "The weights are made at the first call and shared by all; a later call must fit them.",
)
MISSING_OUTPUT = Rule(
    "missing-output",
    "A layer reads an output that another layer does not return",
    "output {index} of {producer}, which returns {count}",
    "one of the outputs that {producer} returns",
    "A layer returns its states, scores or further tensors only when it is told to.",
)
GENERAL_RULES = (MISSING_OUTPUT, ARGUMENT_DOMAIN, ARGUMENT_MISSING, INPUT_COUNT, WEIGHT_SHAPE, SHARED_LAYER)


class Context:
    """What a layer's shape function talks to: conditions go in, faults come out. This is the concrete reading.

    The symbolic reading (:mod:`repairnn.semantics.symbolic`) has the same methods and collects z3 constraints.
    """

    __slots__ = ("complete", "faults", "framework", "inputs", "node")

    def __init__(self, framework: str, node: str, inputs: Sequence[Shape | None], complete: bool = True) -> None:
        self.complete = complete
        self.framework = framework
        self.node = node
        self.inputs = tuple(inputs)
        self.faults: list[Fault] = []

    def holds(self, truth: Truth) -> bool:
        """False only when the condition is known to be false. Unknown never means invalid."""
        return truth is None or bool(truth)

    def fault(self, rule: Rule, needs: Sequence[Remedy] = (), arguments: Sequence[str] = (), **values: Any) -> None:
        """Report a broken rule; ``values`` fill its sentences.

        A rule named ``...-unknown`` says that the framework must know a dimension. Where the front end could not read
        everything, the dimension may be unknown to us alone, and the rule is silent.
        """
        if not self.complete and rule.id.endswith("-unknown"):
            return
        alternatives = cast("tuple[Need, ...]", tuple(needs))
        self.faults.append(Fault(rule, self.node, self.inputs, alternatives, tuple(arguments), values))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one node makes of its inputs."""

    outputs: Outputs
    faults: tuple[Fault, ...]


UNKNOWN = Evaluation((None,), ())


def evaluate(
    node: Node,
    inputs: Sequence[Shape | None],
    framework: str,
    dim_of: DimOfRef = lambda ref, axis: None,
    complete: bool = True,
    reading: Callable[..., Context] = Context,
) -> Evaluation:
    """Output shapes and faults of one node, given the shapes of its inputs.

    ``dim_of`` answers for arguments that are read from other tensors; ``complete`` says that the front end could read
    the whole network (``not network.incomplete``). ``reading`` makes the context that conditions and faults go to.
    This is the unit that the search repeats.
    """
    declaration = declaration_of(node.kind)
    if declaration is None:
        # A front end may know what comes out of a layer that nobody declared (a ready-made backbone, say).
        known = node.args.get("output_shapes")
        return UNKNOWN if known is None else Evaluation(tuple(known), ())
    args, domain_faults = _arguments(node, declaration, framework, dim_of)
    low, high = declaration.inputs
    if len(inputs) < low or (high is not None and len(inputs) > high):
        needed = str(low) if high == low else f"{low} or more" if high is None else f"{low} to {high}"
        fault = Fault(INPUT_COUNT, node.id, tuple(inputs), values={"count": len(inputs), "needed": needed})
        return Evaluation((None,) * declaration.output_count(args), (*domain_faults, fault))
    if domain_faults or (None in inputs and not declaration.partial):
        return Evaluation(
            _shapes_despite(declaration, inputs, args, node, framework, bool(domain_faults)), domain_faults
        )
    context = reading(framework, node.id, inputs, complete)
    result = declaration.shapes(context, inputs, args)
    outputs = tuple(result) if isinstance(result, list) else (result,)
    if node.weights:
        _check_weights(context, declaration, inputs, args, node)
    return Evaluation(outputs, tuple(context.faults))


def _shapes_despite(
    declaration: type[Declaration], inputs: Sequence[Shape | None], args: Args, node: Node, framework: str, bad: bool
) -> Outputs:
    """Shapes to go on with when the layer itself could not be judged: unknown, as many as the layer returns."""
    return (None,) * declaration.output_count(args)


def arguments_of(node: Node, framework: str, dim_of: DimOfRef = lambda ref, axis: None) -> Args | None:
    """All arguments of a node, defaults included, as attributes; ``None`` for a kind nobody declared."""
    declaration = declaration_of(node.kind)
    return None if declaration is None else _arguments(node, declaration, framework, dim_of)[0]


def _arguments(
    node: Node, declaration: type[Declaration], framework: str, dim_of: DimOfRef
) -> tuple[Args, tuple[Fault, ...]]:
    cached = node.cache.get("arguments")
    if cached is not None:
        return cached
    symbolic = any(is_symbolic(value) for value in node.args.values())
    given = {k: resolve(v, dim_of) for k, v in node.args.items()} if symbolic else node.args
    unknown = frozenset(k for k, v in node.args.items() if v is not None and given[k] is None) if symbolic else NONE
    try:
        types = tuple(map(type, given.values()))  # for 1, 1.0 and True are equal
        arguments = tuple(given.items())
        args, broken = _bound_once(declaration, node.spelling, framework, arguments, types, unknown)  # type: ignore[arg-type]
    except TypeError:  # a list among the values
        args, broken = _bound(declaration, node.spelling, framework, given, unknown)
    faults: tuple[Fault, ...] = ()
    if broken:
        faults = tuple(Fault(rule, node.id, (), (need,), (need.argument,), values) for rule, need, values in broken)
    if not symbolic:
        node.cache["arguments"] = (args, faults)
    return args, faults


#: No argument's value is unknown.
NONE: frozenset[str] = frozenset()
Broken: TypeAlias = tuple[tuple[Rule, NeedArgument, Mapping[str, Any]], ...]


@lru_cache(maxsize=50_000)
def _bound_once(
    declaration: type[Declaration],
    spelling: str,
    framework: str,
    given: tuple[tuple[str, Any], ...],
    types: tuple[type, ...],
    unknown: frozenset[str],
) -> tuple[Args, Broken]:
    return _bound(declaration, spelling, framework, dict(given), unknown)


def _bound(
    declaration: type[Declaration], spelling: str, framework: str, given: Mapping[str, Any], unknown: frozenset[str]
) -> tuple[Args, Broken]:
    """All arguments, and those outside their domain: (rule, what is needed, values for its sentences).

    ``unknown`` are arguments that are given with a value that nobody knows, ``None``.
    """
    spelled_as = _spelling(declaration, spelling, framework)
    defaults = {} if spelled_as is None else {**spelled_as.defaults, **spelled_as.fixed}
    if framework == "keras":
        given = {**given, **_whole(declaration, given)}
    args = bind_arguments(declaration, given, defaults)
    demanded = _demanded(declaration, spelling, framework)
    broken: list[tuple[Rule, NeedArgument, Mapping[str, Any]]] = []
    everything = vars(args)
    for argument in declaration.arguments:
        name, value = argument.name, everything[argument.name]
        if name not in given:
            if (argument.required and value is None) or name in demanded:
                values = {"argument": name, "domain": argument.domain.describe(everything)}
                usual = () if argument.usual is None else (argument.usual,)
                broken.append((ARGUMENT_MISSING, NeedArgument(name, usual), values))
        elif not _accepts(
            domain := argument.domain_in(framework, spelled_as), argument, everything, framework, unknown
        ):
            values = {"argument": name, "value": repr(value), "domain": domain.describe(everything)}
            broken.append((ARGUMENT_DOMAIN, NeedArgument(name, _near(argument, domain, value, everything)), values))
    return args, tuple(broken)


def _accepts(
    domain: Domain, argument: Argument, everything: Mapping[str, Any], framework: str, unknown: frozenset[str]
) -> bool:
    """Whether an argument takes its value. ``None`` is refused where Keras computes with it, unless it stands for
    a value that is not known: a size that is read from another tensor, or how much a layer can learn.
    """
    name, value = argument.name, everything[argument.name]
    if value is None and framework == "keras" and name not in unknown and argument.role != "capacity":
        return argument.default is None or _takes_none(domain, argument)
    return domain.accepts(value, everything)


def _takes_none(domain: Domain, argument: Argument) -> bool:
    """Whether Keras can do with ``None`` where the default is something else."""
    if isinstance(domain, Choice):
        return None in domain.values
    if isinstance(domain, Name):
        return None in domain.likely
    return isinstance(domain, (Anything, Bool, Float, Maybe)) and not (
        argument.required and argument.role in ("free", "order")
    )


def _whole(declaration: type[Declaration], given: Mapping[str, Any]) -> dict[str, int]:
    """Truth values where numbers are wanted, as the numbers that Python takes them for."""
    return {
        argument.name: int(given[argument.name])
        for argument in declaration.arguments
        if isinstance(given.get(argument.name), bool)
        and isinstance(inner := getattr(argument.domain, "domain", argument.domain), NUMERIC)
        and not getattr(inner, "strict", False)
    }


def _near(argument: Argument, domain: Domain, value: Any, everything: Mapping[str, Any]) -> tuple[Any, ...]:
    """Values that an argument takes, like one that it does not.

    The sign dropped, per cent as a share, what is usual, the nearest bound, the default.
    """
    tried: list[Any] = []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        inner = getattr(domain, "domain", domain)
        low, high = getattr(inner, "minimum", None), getattr(inner, "maximum", None)
        tried = [abs(value), value / 100 if high == 1 else value, argument.usual]
        tried.append(low if low is not None and value < low else high)
    if not argument.required:
        tried.append(argument.default)
    good = (other for other in tried if other is not None and domain.accepts(other, everything))
    return tuple(dict.fromkeys(good))


def _spelling(declaration: type[Declaration], name: str, framework: str) -> Spelling | None:
    """What a name means in a framework, where it is a name of this declaration."""
    for form in ("layer", "function", "method"):
        found = spelled(framework, name, form)
        if found is not None and found[0] is declaration:
            return found[1]
    return None


def _demanded(declaration: type[Declaration], name: str, framework: str) -> frozenset[str]:
    """What must be given under a name; a function and a method of one name may differ, and both may be meant."""
    found = [spelled(framework, name, form) for form in ("layer", "function", "method")]
    own = [pair[1].required for pair in found if pair is not None and pair[0] is declaration]
    return frozenset.intersection(*own) if own else frozenset()


def _check_weights(
    context: Context, declaration: type[Declaration], inputs: Sequence[Shape | None], args: Args, node: Node
) -> None:
    needed = declaration.weights(inputs, args)
    for name, given in node.weights.items():
        shape = tuple(given) if isinstance(given, (tuple, list)) else tuple(given.shape)
        wanted = needed.get(name)
        if wanted is not None and not fits(shape, wanted):
            context.fault(WEIGHT_SHAPE, [NeedWeight(name, wanted)], weight=name, given=shape, needed=wanted)


def fits(shape: Shape, wanted: Shape) -> bool:
    """Whether two shapes can be the same, unknown dimensions fitting anything."""
    if len(shape) != len(wanted):
        return False
    for a, b in zip(shape, wanted, strict=True):  # noqa: SIM110 - asked very often, and a loop is faster
        if not (a is None or b is None or a == b):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Report:
    """The whole network judged: shapes of every node's outputs, and every fault, in topological order."""

    network: Network
    shapes: Mapping[str, Outputs]
    faults: tuple[Fault, ...]

    @property
    def valid(self) -> bool:
        """No fault; suspicious findings do not count."""
        return not any(fault.rule.severity == "fault" for fault in self.faults)

    def shape(self, ref: Ref) -> Shape | None:
        """The shape of one tensor; ``None`` when its rank is unknown."""
        return shape_of(self.shapes, ref)


def shape_of(shapes: Mapping[str, Outputs], ref: Ref) -> Shape | None:
    """Look a tensor's shape up; an output that the producer is not known to have is unknown."""
    outputs = shapes.get(ref.node, ())
    return outputs[ref.output] if ref.output < len(outputs) else None


def dim_reader(shapes: Mapping[str, Outputs]) -> DimOfRef:
    """The function that answers ``x.shape[axis]`` from shapes computed so far."""

    def dim_of(ref: Ref, axis: int) -> Dim:
        shape = shape_of(shapes, ref)
        return shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None

    return dim_of


def check(network: Network) -> Report:
    """Run the semantics over a network. Linear in the number of nodes; never raises on an invalid network."""
    shapes: dict[str, Outputs] = {}
    faults: list[Fault] = []
    built: dict[str, tuple[dict[str, Shape], str]] = {}
    dim_of = dim_reader(shapes)
    for node in network:
        inputs = [shape_of(shapes, ref) for ref in node.inputs]
        faults.extend(_missing_outputs(network, node, shapes))
        readable = not network.incomplete and not faults  # behind a fault, what is unknown may be its doing
        evaluation = evaluate(node, inputs, network.framework, dim_of, readable)
        shapes[node.id] = evaluation.outputs
        faults.extend(evaluation.faults)
        if node.layer and not evaluation.faults:
            faults.extend(_shared(node, inputs, network.framework, built))
    return Report(network, shapes, tuple(faults))


def _missing_outputs(network: Network, node: Node, shapes: Mapping[str, Outputs]) -> list[Fault]:
    """Inputs of a node that their producer does not give. Nobody knows how many outputs an opaque layer has."""
    found = []
    for ref in node.inputs:
        count = len(shapes[ref.node])
        if ref.output >= count and declaration_of(network[ref.node].kind) is not None:
            producer = network[ref.node].name or ref.node
            values = {"index": ref.output, "producer": producer, "count": count}
            found.append(Fault(MISSING_OUTPUT, node.id, (), (), (), values))
    return found


def weights_of(node: Node, inputs: Sequence[Shape | None], framework: str) -> dict[str, Shape]:
    """The weights a node has, by name, with shapes; empty when an input is unknown or the kind is opaque."""
    declaration = declaration_of(node.kind)
    if declaration is None or None in inputs:
        return {}
    return declaration.weights(inputs, _arguments(node, declaration, framework, lambda ref, axis: None)[0])


def _shared(
    node: Node, inputs: Sequence[Shape | None], framework: str, built: dict[str, tuple[dict[str, Shape], str]]
) -> list[Fault]:
    weights = weights_of(node, inputs, framework)
    if not weights:
        return []
    first, _ = built.setdefault(node.layer, (weights, node.id))
    for name, shape in weights.items():
        wanted = first.get(name)
        if wanted is not None and not fits(shape, wanted):
            values = {"weight": name, "given": shape, "needed": wanted}
            return [Fault(SHARED_LAYER, node.id, tuple(inputs), (), (), values)]
    return []
