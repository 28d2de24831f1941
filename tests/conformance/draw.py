"""Random configurations of a declared layer, drawn from its own domains and examples; half of them one step off.

A configuration is a set of canonical arguments and the shapes of the inputs. The declaration's examples give the number
of inputs and axes; equal sizes stay equal, so that constraints between inputs have a chance to hold.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from repairnn.semantics.checker import Evaluation, evaluate
from repairnn.semantics.declaration import Declaration, Example
from repairnn.semantics.domains import Maybe
from repairnn.semantics.ir import Node, Shape
from repairnn.semantics.spelling import KERAS_COMMON, Spelling
from tests.conformance import odd
from tests.conformance.torch_call import block, is_call, suits

#: Values of examples that stand for another function of the same declaration, by kind and argument.
RESERVED = {("tensordot", "axes"): "dot"}
#: How often a valid configuration is tried for before any is taken.
PATIENCE = 40


@dataclass(frozen=True)
class Configuration:
    """One layer with its arguments and the shapes of its inputs."""

    declaration: type[Declaration]
    spelling: Spelling
    args: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Shape, ...] = ()

    def judged(self) -> Evaluation:
        """What the semantics says of it."""
        return evaluate(self.node(), self.inputs, self.spelling.framework)

    def node(self) -> Node:
        """The layer as a node of a network, with what a name implies: PyTorch's functions and methods share names."""
        implied = self.spelling.fixed if self.spelling.framework == "torch" else {}
        return Node("n", self.declaration.kind, {**implied, **self.args}, spelling=self.spelling.name)

    def valid(self) -> bool:
        """Whether the semantics finds no fault; suspicious findings do not count."""
        return not any(fault.rule.severity == "fault" for fault in self.judged().faults)

    def __str__(self) -> str:
        given = ", ".join(f"{self.spelling.parameter(k)}={v!r}" for k, v in self.args.items())
        return f"{self.spelling.name}({given}) on {', '.join(map(str, self.inputs))}"


def draw(declaration: type[Declaration], spelling: Spelling, rng: random.Random) -> Configuration:
    """A configuration that the semantics accepts, or one step away from such a one; half of these must be faulty."""
    for _ in range(PATIENCE):
        configuration = _random(declaration, spelling, rng)
        if is_call(configuration) and configuration.valid():
            break
    wish = rng.random()
    if wish < 0.34:
        return configuration
    other = configuration
    wanted = 1 if wish < 0.67 else PATIENCE
    for _ in range(PATIENCE):
        step = _one_step_off(configuration, rng)
        if not is_call(step):
            continue
        other, wanted = step, wanted - 1
        if wanted < 1 or not other.valid():
            break
    return other


def settable(declaration: type[Declaration], spelling: Spelling) -> list[Any]:
    """The arguments that can be given under this spelling."""
    parameters = (*spelling.parameters, *spelling.keywords)
    known = {spelling.canonical(parameter.removeprefix("*")) for parameter in parameters}
    hidden = {spelling.canonical(parameter) for parameter in spelling.ignored | KERAS_COMMON} | set(spelling.fixed)
    return [a for a in declaration.arguments if a.name in known and a.name not in hidden]


def _random(declaration: type[Declaration], spelling: Spelling, rng: random.Random) -> Configuration:
    examples = [e for e in declaration.examples if e.framework == spelling.framework] or list(declaration.examples)
    reserved = {name: value for (kind, name), value in RESERVED.items() if kind == declaration.kind}
    if reserved and not reserved.keys() <= spelling.fixed.keys():
        examples = [e for e in examples if not any(e.args.get(n) == value for n, value in reserved.items())]
    example = rng.choice([e for e in examples if suits(spelling, declaration, e)] or examples)
    inputs = tuple(_shapes(example, spelling, rng))
    args: dict[str, Any] = {}
    everything = {a.name: a.default for a in declaration.arguments if not a.required}
    everything.update({**spelling.defaults, **spelling.fixed})
    for argument in settable(declaration, spelling):
        demanded = argument.required or argument.name in spelling.required
        demanded = demanded or (argument.role == "derived" and spelling.framework == "torch")
        if not demanded and rng.random() < 0.5 and argument.name not in example.args:
            continue
        value = _value(argument, example, everything, inputs, rng, spelling)
        if value is None and not argument.required and argument.name not in example.args and argument.default is None:
            continue
        if value is None and spelling.framework == "torch" and everything.get(argument.name) is not None:
            continue  # None is no value of PyTorch's where the default is one
        args[argument.name] = everything[argument.name] = value
    return Configuration(declaration, spelling, args, inputs)


def _value(
    argument: Any, example: Example, everything: Mapping[str, Any], inputs: Any, rng: random.Random, spelling: Spelling
) -> Any:
    """A value from the domain, sometimes from the example; sizes that repeat the input's are often taken from there."""
    if argument.name == "normalized_shape" and inputs and inputs[0]:
        tail = inputs[0][-rng.randint(1, min(2, len(inputs[0]))) :]
        return tail[0] if len(tail) == 1 and spelling.form == "layer" and rng.random() < 0.5 else tail
    if argument.name == "block":
        return block(inputs, rng)
    sizes = [size for shape in inputs for size in shape if size is not None]
    if argument.role == "derived" and sizes and rng.random() < 0.7:
        return rng.choice(sizes)
    domain = argument.domain_in(spelling.framework, spelling)
    told = argument.role == "derived" and spelling.framework == "torch"  # what Keras finds out, PyTorch is told
    if (told or argument.name in spelling.required) and isinstance(domain, Maybe):
        domain = domain.domain
    if argument.name in example.args and rng.random() < 0.3:
        value = example.args[argument.name]
        if domain.accepts(value, everything):
            return value
    name = odd.named(domain, rng) if spelling.framework == "keras" else None
    return domain.sample(rng, everything) if name is None else name


def _shapes(example: Example, spelling: Spelling, rng: random.Random) -> list[Shape]:
    """The example's shapes with other sizes; as many spatial axes as the spelling has.

    Only Keras states shapes with open sizes besides the batch; elsewhere all are drawn.
    """
    open_ = spelling.framework == "keras"
    extra = 0
    rank = spelling.fixed.get("rank")
    if rank is not None and isinstance(example.args.get("rank"), int):
        extra = rank - example.args["rank"]
    sizes: dict[Any, int] = {}
    shapes = []
    small = rng.random() < 0.5
    for given in example.inputs:
        shape = list(given or (None, 3))
        for _ in range(extra):
            shape.insert(min(2, len(shape)), rng.randint(1, 6))
        for _ in range(-extra):
            del shape[min(2, len(shape) - 1)]
        for axis, size in enumerate(shape):
            if axis == 0 and size is None and open_:
                continue
            if size is None:
                shape[axis] = None if open_ and rng.random() < 0.3 else rng.randint(1, 8)
            elif size not in (0, 1) or rng.random() < 0.3:
                shape[axis] = sizes.setdefault(size, rng.randint(1, 5 if small else 9))
        shapes.append(tuple(shape))
    return shapes


def _one_step_off(configuration: Configuration, rng: random.Random) -> Configuration:
    """Change one size, one axis, one argument or the number of inputs; in Keras a value's form or the rank, too."""
    inputs, args = list(configuration.inputs), dict(configuration.args)
    keras = configuration.spelling.framework == "keras"
    if keras and args and configuration.spelling.form == "layer" and rng.random() < odd.FORM:
        name = rng.choice(sorted(args))
        capacity = next(a.role for a in configuration.declaration.arguments if a.name == name) == "capacity"
        value = odd.rewritten(args[name], rng)
        return replace(configuration, args={**args, name: args[name] if capacity and value is None else value})
    if keras and inputs and rng.random() < odd.RANK:
        index = rng.randrange(len(inputs))
        inputs[index] = odd.reshaped(inputs[index], rng)
        return replace(configuration, inputs=tuple(inputs))
    choice = rng.random()
    if choice < 0.35 and args:
        name = rng.choice(sorted(args))
        argument = next(a for a in configuration.declaration.arguments if a.name == name)
        everything = {**configuration.spelling.fixed, **args}
        domain = argument.domain_in(configuration.spelling.framework, configuration.spelling)
        outside = list(domain.outside(everything))
        value = rng.choice(outside) if outside and rng.random() < 0.6 else domain.sample(rng, everything)
        if value is not None or configuration.spelling.framework == "keras":
            args[name] = value
    elif choice < 0.4 and inputs and configuration.declaration.inputs[1] != 1:
        inputs = inputs[:-1] if len(inputs) > 1 and rng.random() < 0.5 else [*inputs, inputs[-1]]
    elif inputs:
        index = rng.randrange(len(inputs))
        inputs[index] = _other_shape(inputs[index], rng, configuration.spelling.framework == "keras")
    return Configuration(configuration.declaration, configuration.spelling, args, tuple(inputs))


def _other_shape(shape: Shape, rng: random.Random, open_: bool) -> Shape:
    axes = range(1, len(shape))
    choice = rng.random()
    if not axes or choice < 0.15:
        return (*shape, rng.randint(1, 4))
    axis = rng.choice(list(axes))
    size = shape[axis]
    if choice < 0.3:
        return (*shape[:axis], *shape[axis + 1 :])
    if open_ and choice < 0.4:
        return (*shape[:axis], None, *shape[axis + 1 :])
    if not open_ and rng.random() < 0.1:
        axis = rng.randrange(len(shape))
        return (*shape[:axis], 0, *shape[axis + 1 :])
    step = rng.choice((-1, 1, 1, -size + 1 if size else 1)) if size else rng.randint(1, 4)
    return (*shape[:axis], max(1, (size or 0) + step), *shape[axis + 1 :])
