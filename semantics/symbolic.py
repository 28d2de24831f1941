"""The solver's reading of the semantics: the same rules on unknown integers.

The shape functions of the layers are run on z3 terms. What they require becomes a constraint instead of a verdict, so
that sizes and arguments that make layers valid can be asked for (:func:`solve`), or it can be shown that all values of
a range do (:func:`always_valid`). Every unknown is bounded, every question has a time limit, and the answer to a
question is the same however the solver found it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

from repairnn.semantics.arithmetic import Truth
from repairnn.semantics.checker import Context, Outputs, check, dim_reader, evaluate, shape_of, weights_of
from repairnn.semantics.faults import Remedy, Rule
from repairnn.semantics.ir import Arith, DimOf, Network, Node, Shape
from repairnn.semantics.registry import declaration_of

#: Arguments that sizes are divided by: their values are tried one by one, so that z3 divides by constants only.
DIVISORS = frozenset({"strides", "pool_size", "groups", "num_heads", "sections", "num_key_value_heads", "block_size"})


@dataclass(frozen=True, slots=True)
class Hole:
    """An integer that is open: argument ``argument`` of node ``node``, or item ``index`` of it, in ``low`` .. ``high``.

    An open dimension of an input is a hole in its argument ``shape``. Among several answers the one nearest to
    ``near`` is given (the value that stands in the network, unless said otherwise).
    """

    node: str
    argument: str
    index: int | None = None
    low: int = 1
    high: int = 4096
    near: int | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """Values for the holes, and the network with these values."""

    values: Mapping[Hole, int]
    network: Network


@dataclass(frozen=True, slots=True)
class Unsat:
    """Proved: no values within the bounds make the nodes valid. ``rules`` cannot hold whatever the values are."""

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer: out of time, or a rule that cannot be read symbolically."""

    reason: str


@dataclass(frozen=True, slots=True)
class Proved:
    """Every choice of values within the bounds is valid."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Values within the bounds for which a node is not valid."""

    values: Mapping[Hole, int]


Answer: TypeAlias = Solution | Unsat | Unknown
Verdict: TypeAlias = Proved | Counterexample | Unknown


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition that a node puts on the unknowns; ``rule`` is the rule that it belongs to, where that was found."""

    node: str
    condition: Any
    rule: Rule | None


@dataclass(slots=True)
class Reading:
    """What a network makes of its unknowns: terms for all shapes, requirements, and rules broken in any case.

    ``inexact`` are nodes whose shape functions ask more of a term than conditions can say; a no is no proof then.
    """

    shapes: dict[str, Outputs] = field(default_factory=dict)
    requirements: list[Requirement] = field(default_factory=list)
    broken: list[tuple[str, Rule]] = field(default_factory=list)
    inexact: list[str] = field(default_factory=list)


class CannotRead(Exception):
    """A shape function that asks more of a term than z3 can answer."""


class _Fired(Exception):
    """Stops a shape function at the rule that a denied condition belongs to."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.id)
        self.rule = rule


class SymbolicContext(Context):
    """Collects conditions on terms.

    Condition number ``denied`` is answered with no, and the rule that fires then is raised.
    """

    __slots__ = ("broken", "conditions", "denied")

    def __init__(self, framework: str, node: str, inputs: Sequence[Shape | None], complete: bool = True) -> None:
        super().__init__(framework, node, inputs, complete)
        self.conditions: list[Any] = []
        self.broken: list[Rule] = []
        self.denied = -1

    def holds(self, truth: Truth) -> bool:
        """Known conditions are answered; conditions on terms are collected and taken to hold."""
        if truth is None or isinstance(truth, bool):
            return truth is not False
        self.conditions.append(truth)
        return len(self.conditions) - 1 != self.denied

    def fault(self, rule: Rule, needs: Sequence[Remedy] = (), arguments: Sequence[str] = (), **values: Any) -> None:
        """A rule that is broken whatever the unknowns are."""
        if 0 <= self.denied < len(self.conditions):
            raise _Fired(rule)
        if self.complete or not rule.id.endswith("-unknown"):
            self.broken.append(rule)


def read(network: Network) -> Reading:
    """Run the semantics over a network whose arguments contain z3 terms. Raises :class:`CannotRead`."""
    reading = Reading()
    dim_of = dim_reader(reading.shapes)
    complete = not network.incomplete
    built: dict[str, dict[str, Shape]] = {}
    for node in network:
        inputs = [shape_of(reading.shapes, ref) for ref in node.inputs]
        declaration = declaration_of(node.kind)
        if declaration is not None and not declaration.exact and _has_terms((*inputs, *node.args.values())):
            reading.inexact.append(node.id)
        made: list[SymbolicContext] = []
        evaluation = _evaluated(node, inputs, network.framework, dim_of, complete, made, -1)
        reading.shapes[node.id] = evaluation.outputs
        reading.broken += [(node.id, fault.rule) for fault in evaluation.faults if fault.rule.severity == "fault"]
        for context in made:
            reading.broken += [(node.id, rule) for rule in context.broken if rule.severity == "fault"]
            for number, condition in enumerate(context.conditions):
                rule = _rule_of(node, inputs, network.framework, dim_of, complete, number)
                if rule is None or rule.severity == "fault":
                    reading.requirements.append(Requirement(node.id, condition, rule))
        if node.layer:
            reading.requirements += _shared(node, inputs, network.framework, built)
    return reading


def _has_terms(values: Iterable[Any]) -> bool:
    """Whether a z3 term is among the values, or within their tuples."""
    return any(
        _has_terms(value)
        if isinstance(value, (tuple, list))
        else not isinstance(value, (int, float, str, type(None), DimOf, Arith))
        for value in values
    )


def _evaluated(
    node: Node, inputs: list[Shape | None], framework: str, dim_of: Any, complete: bool, made: list[Any], denied: int
) -> Any:
    import z3

    def context(*given: Any) -> SymbolicContext:
        made.append(SymbolicContext(*given))
        made[-1].denied = denied
        return made[-1]

    try:
        return evaluate(node, inputs, framework, dim_of, complete, reading=context)
    except (z3.Z3Exception, TypeError) as error:
        raise CannotRead(f"{node.kind} of {node.name or node.id}: {error}") from error


def _rule_of(
    node: Node, inputs: list[Shape | None], framework: str, dim_of: Any, complete: bool, number: int
) -> Rule | None:
    """The rule behind a condition: the one that fires first when the condition is answered with no."""
    try:
        _evaluated(node, inputs, framework, dim_of, complete, [], number)
    except _Fired as fired:
        return fired.rule
    except CannotRead:
        return None
    return None


def _shared(
    node: Node, inputs: list[Shape | None], framework: str, built: dict[str, dict[str, Shape]]
) -> Iterator[Requirement]:
    """A layer that is called twice must need the same weights each time."""
    weights = weights_of(node, inputs, framework)
    first = built.setdefault(node.layer, weights)
    for name, shape in weights.items():
        for size, wanted in zip(shape, first.get(name, ()), strict=False):
            if size is not None and wanted is not None and size is not wanted:
                yield Requirement(node.id, size == wanted, None)


def solve(
    network: Network, holes: Sequence[Hole], *, nodes: Iterable[str] | None = None, timeout: float = 2.0
) -> Answer:
    """Values for the holes that make ``nodes`` (default: all nodes) valid.

    Of all answers the one is given whose first hole is nearest to its ``near``, then the second, and so on; of two
    values equally near, the smaller. ``timeout`` is in seconds, for all questions to the solver together. The answer is
    checked with the concrete reading before it is given.
    """
    wanted = None if nodes is None else frozenset(nodes)
    open_holes, tried = _split(network, holes)
    best: Answer | None = None
    rules: dict[str, Rule] = {}
    share = timeout / max(len(tried), 1)
    for fixed in tried:
        answer = _solve(filled(network, fixed), open_holes, wanted, share)
        if isinstance(answer, Solution):
            values = {hole: fixed.get(hole, answer.values.get(hole, 0)) for hole in holes}
            return _checked(network, values, wanted)
        if isinstance(answer, Unsat):
            rules |= {rule.id: rule for rule in answer.rules}
        best = answer if isinstance(answer, Unknown) else best
    return best or Unsat(tuple(rules.values()))


def always_valid(
    network: Network, holes: Sequence[Hole], *, nodes: Iterable[str] | None = None, timeout: float = 2.0
) -> Verdict:
    """Whether ``nodes`` (default: all) are valid for all values of the holes within their bounds."""
    wanted = None if nodes is None else frozenset(nodes)
    open_holes, tried = _split(network, holes)
    for fixed in tried:
        verdict = _refuted(filled(network, fixed), open_holes, wanted, timeout / max(len(tried), 1))
        if isinstance(verdict, Counterexample):
            return Counterexample({**fixed, **verdict.values})
        if isinstance(verdict, Unknown):
            return verdict
    return Proved()


def filled(network: Network, values: Mapping[Hole, Any]) -> Network:
    """The network with values (integers or terms) put into holes."""
    nodes: dict[str, Node] = {}
    for hole, value in values.items():
        node = nodes.get(hole.node, network[hole.node])
        if hole.index is None:
            args = {**node.args, hole.argument: value}
        else:
            items = list(node.args[hole.argument])
            items[hole.index] = value
            args = {**node.args, hole.argument: tuple(items)}
        nodes[hole.node] = node.with_(args=args)
    return network.updated(nodes)


def _near(network: Network, hole: Hole) -> int:
    """The value to stay close to, within the bounds."""
    value = hole.near
    if value is None:
        value = network[hole.node].args.get(hole.argument)
        if hole.index is not None and isinstance(value, (tuple, list)):
            value = value[hole.index]
    return min(max(value, hole.low), hole.high) if isinstance(value, int) else hole.low


def _split(network: Network, holes: Sequence[Hole]) -> tuple[list[Hole], list[dict[Hole, int]]]:
    """Holes left to the solver, and all values of those that must be constants, the nearest ones first."""
    split = [hole for hole in holes if hole.argument in DIVISORS]
    ranges = []
    for hole in split:
        near = _near(network, hole)
        ranges.append(sorted(range(hole.low, hole.high + 1), key=lambda v, near=near: (abs(v - near), v)))  # type: ignore[misc]
    tried = [dict(zip(split, values, strict=True)) for values in product(*ranges)]
    return [hole for hole in holes if hole not in split], tried


def _prepared(network: Network, holes: Sequence[Hole], timeout: float) -> tuple[Any, dict[Hole, Any], Reading]:
    import z3

    terms = {hole: z3.Int(f"h{number}") for number, hole in enumerate(holes)}
    solver = z3.Solver()
    solver.set("timeout", max(int(timeout * 1000), 1))
    solver.set("random_seed", 0)
    for hole, term in terms.items():
        solver.add(term >= hole.low, term <= hole.high)
    return solver, terms, read(filled(network, terms))


def _solve(network: Network, holes: Sequence[Hole], wanted: frozenset[str] | None, timeout: float) -> Answer:
    import z3

    try:
        solver, terms, reading = _prepared(network, holes, timeout)
    except CannotRead as error:
        return Unknown(str(error))
    broken = [rule for node, rule in reading.broken if wanted is None or node in wanted]
    requirements = [r for r in reading.requirements if wanted is None or r.node in wanted]
    solver.add(*(requirement.condition for requirement in requirements))
    found = z3.unsat if broken else solver.check()
    if found == z3.unsat and _inexact(reading, wanted):
        return Unknown(f"{_inexact(reading, wanted)[0]} cannot be judged exactly without knowing its sizes")
    if found == z3.unsat:
        rules = broken or [r.rule for r in requirements if r.rule is not None]
        return Unsat(tuple({rule.id: rule for rule in rules}.values()))
    if found != z3.sat:
        return Unknown(f"the solver gave up: {solver.reason_unknown()}")
    values: dict[Hole, int] = {}
    for hole, term in terms.items():
        nearest = _nearest(solver, term, _near(network, hole))
        if nearest is None:
            return Unknown("the solver gave up while looking for the nearest value")
        values[hole] = nearest
        solver.add(term == nearest)
    return Solution(values, filled(network, values))


def _inexact(reading: Reading, wanted: frozenset[str] | None) -> list[str]:
    return [node for node in reading.inexact if wanted is None or node in wanted]


def _nearest(solver: Any, term: Any, near: int) -> int | None:
    """The value of a term nearest to ``near``, by halving the distance; ``None`` when the solver gives up."""
    import z3

    if solver.check(term == near) == z3.sat:
        return near
    if solver.check() != z3.sat:
        return None
    low, high = 0, abs(solver.model().eval(term, model_completion=True).as_long() - near)
    while low + 1 < high:
        middle = (low + high) // 2
        found = solver.check(term >= near - middle, term <= near + middle)
        if found == z3.unknown:
            return None
        low, high = (low, middle) if found == z3.sat else (middle, high)
    return near - high if solver.check(term == near - high) == z3.sat else near + high


def _refuted(network: Network, holes: Sequence[Hole], wanted: frozenset[str] | None, timeout: float) -> Verdict:
    import z3

    try:
        solver, terms, reading = _prepared(network, holes, timeout)
    except CannotRead as error:
        return Unknown(str(error))
    if _inexact(reading, wanted):
        return Unknown(f"{_inexact(reading, wanted)[0]} cannot be judged exactly without knowing its sizes")
    if any(wanted is None or node in wanted for node, _ in reading.broken):
        return Counterexample({hole: _near(network, hole) for hole in holes})
    conditions = [r.condition for r in reading.requirements if wanted is None or r.node in wanted]
    found = solver.check(z3.Not(z3.And(*conditions))) if conditions else z3.unsat
    if found == z3.unsat:
        return Proved()
    if found != z3.sat:
        return Unknown(f"the solver gave up: {solver.reason_unknown()}")
    model = solver.model()
    return Counterexample({hole: model.eval(term, model_completion=True).as_long() for hole, term in terms.items()})


def _checked(network: Network, values: Mapping[Hole, int], wanted: frozenset[str] | None) -> Answer:
    """The solution, unless the concrete reading finds a fault in it."""
    answer = filled(network, values)
    faults = [f for f in check(answer).faults if f.rule.severity == "fault" and (wanted is None or f.node in wanted)]
    if faults:
        return Unknown(f"the concrete reading disagrees: {faults[0].rule.id} at {faults[0].node}")
    return Solution(dict(values), answer)
