"""Comparing the semantics with a framework on one configuration, and making a disagreement small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from repairnn.semantics.checker import arguments_of, fits
from repairnn.semantics.declaration import Declaration
from repairnn.semantics.ir import Shape
from tests.conformance.draw import Configuration
from tests.conformance.outcome import Ran

RELATIVE, ABSOLUTE = 1e-4, 1e-5
STAND_INS = (1, 2, 3, 4, 12)
Runner = Callable[..., Ran]


@dataclass(frozen=True)
class Disagreement:
    """A configuration on which the semantics and the framework differ in ``aspect``."""

    configuration: Configuration
    aspect: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.aspect}: {self.configuration}\n    ours:   {self.ours}\n    theirs: {self.theirs}"


def compare(
    configuration: Configuration, run: Runner, seed: int, in_double: Runner | None = None
) -> Disagreement | None:
    """Verdict, output shapes, weights and values, in this order; the first difference found.

    Values that differ are compared again in double precision, where the framework has a run ``in_double``.
    """
    judged = configuration.judged()
    faults = [fault for fault in judged.faults if fault.rule.severity == "fault"]
    ran = run(configuration.declaration, configuration.spelling, configuration.args, configuration.inputs, seed)
    if faults and ran.accepted and not ran.outputs and _refused_for_all_sizes(configuration, run, seed):
        return None
    if bool(faults) == ran.accepted:
        ours = "; ".join(f"{f.rule.id}: {f.received}" for f in faults) or f"valid, {judged.outputs}"
        return Disagreement(configuration, "verdict", ours, ran.message or f"accepts, {ran.shapes}")
    if faults:
        return None
    if not _shapes_agree(judged.outputs, ran):
        theirs = f"{ran.shapes}, computed {tuple(np.shape(o) for o in ran.outputs)}"
        return Disagreement(configuration, "shape", str(judged.outputs), theirs)
    found = _weights(configuration, ran) or _values(configuration, ran)
    if found is None or found.aspect != "values" or in_double is None:
        return found
    given = configuration.declaration, configuration.spelling, configuration.args, configuration.inputs
    return _values(configuration, in_double(*given, seed))


def _refused_for_all_sizes(configuration: Configuration, run: Runner, seed: int) -> bool:
    """Whether the framework, which accepts open sizes, refuses all sizes that they may stand for (a few are tried)."""
    for size in STAND_INS:
        inputs = tuple((*shape[:1], *(size if s is None else s for s in shape[1:])) for shape in configuration.inputs)
        if run(configuration.declaration, configuration.spelling, configuration.args, inputs, seed).accepted:
            return False
    return True


def _shapes_agree(ours: tuple[Shape | None, ...], ran: Ran) -> bool:
    """Our shapes must be what was computed; where nothing was, what the framework states, open sizes included."""
    if len(ours) != len(ran.shapes):
        return False
    if not ran.outputs:
        return ours == ran.shapes
    computed = [np.shape(output) for output in ran.outputs]
    if not all(shape is not None and fits(shape, real) for shape, real in zip(ours, computed, strict=True)):
        return False
    stated_rightly = all(fits(stated, real) for stated, real in zip(ran.shapes, computed, strict=True))
    return ours == ran.shapes or not stated_rightly


def _weights(configuration: Configuration, ran: Ran) -> Disagreement | None:
    args = _bound(configuration)
    ours = configuration.declaration.weights(configuration.inputs, args)
    theirs = {name: tuple(array.shape) for name, array in ran.weights.items()}
    if ours == theirs:
        return None
    return Disagreement(configuration, "weights", str(ours), str(theirs))


def _values(configuration: Configuration, ran: Ran) -> Disagreement | None:
    declaration = configuration.declaration
    if not ran.outputs or declaration.compute is Declaration.compute or not all(map(np.size, ran.inputs)):
        return None
    inputs = [np.asarray(x, dtype=np.float64) if np.asarray(x).dtype.kind == "f" else np.asarray(x) for x in ran.inputs]
    weights = {name: np.asarray(array, dtype=np.float64) for name, array in ran.weights.items()}
    try:
        with np.errstate(all="ignore"):
            result = declaration.compute(inputs, weights, _bound(configuration))
    except NotImplementedError:
        return None  # the reference says so where it leaves a setting out
    for ours, theirs in zip(result if isinstance(result, (list, tuple)) else [result], ran.outputs, strict=False):
        if np.shape(ours) != np.shape(theirs):
            return Disagreement(configuration, "values", f"shape {np.shape(ours)}", f"shape {np.shape(theirs)}")
        if not np.allclose(ours, theirs, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True):
            worst = float(np.max(np.abs(np.asarray(ours, float) - np.asarray(theirs, float))))
            return Disagreement(configuration, "values", f"differs by {worst:.3g}", str(np.ravel(theirs)[:4]))
    return None


def _bound(configuration: Configuration) -> Any:
    return arguments_of(configuration.node(), configuration.spelling.framework)


def minimised(
    disagreement: Disagreement, run: Runner, seed: int, in_double: Runner | None = None, budget: int = 60
) -> Disagreement:
    """A smaller configuration that disagrees in the same aspect: fewer arguments, smaller sizes. Greedy."""
    tried = 0
    improved = True
    while improved and tried < budget:
        improved = False
        for smaller in _smaller(disagreement.configuration):
            tried += 1
            found = compare(smaller, run, seed, in_double)
            if found is not None and found.aspect == disagreement.aspect:
                disagreement, improved = found, True
                break
            if tried >= budget:
                break
    return disagreement


def _smaller(configuration: Configuration) -> Iterator[Configuration]:
    required = {a.name for a in configuration.declaration.arguments if a.required}
    for name, value in configuration.args.items():
        rest = {other: v for other, v in configuration.args.items() if other != name}
        if name not in required:
            yield replace(configuration, args=rest)
        if isinstance(value, tuple) and len(value) > 1 and len(set(value)) == 1 and isinstance(value[0], int):
            yield replace(configuration, args={**configuration.args, name: value[0]})
        if isinstance(value, int) and not isinstance(value, bool) and value > 1:
            yield replace(configuration, args={**configuration.args, name: value - 1})
    for index, shape in enumerate(configuration.inputs):
        for axis in range(1, len(shape)):
            size = shape[axis]
            if size is not None and size > 1:
                smaller = (*shape[:axis], size - 1, *shape[axis + 1 :])
                inputs = (*configuration.inputs[:index], smaller, *configuration.inputs[index + 1 :])
                yield replace(configuration, inputs=inputs)
