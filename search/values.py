"""Which values to try for an argument: near the present one, or read off the shapes that came in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from repairnn.semantics.declaration import Argument
from repairnn.semantics.domains import Anything, Bool, Choice, Domain, Int, Ints, Maybe
from repairnn.semantics.ir import Dim, Shape

Passes = Callable[[Any], bool]

#: How far a scan over integers goes before it jumps.
SCAN = 8


def candidates(argument: Argument, current: Any, passes: Passes, dims: Sequence[int] = ()) -> Iterator[Any]:
    """Values of an argument that pass, nearest first. ``dims`` are sizes that occur in the inputs."""
    seen: list[Any] = [current]
    for value in _raw(_inner(argument.domain), argument, current, passes, dims):
        if not any(value == other and type(value) is type(other) for other in seen):
            seen.append(value)
            yield value


def _inner(domain: Domain) -> Domain:
    return _inner(domain.domain) if isinstance(domain, Maybe) else domain


def _raw(domain: Domain, argument: Argument, current: Any, passes: Passes, dims: Sequence[int]) -> Iterator[Any]:
    if argument.role == "derived":
        yield from (dim for dim in dims if passes(dim))
        return
    if argument.name == "padding" and isinstance(current, str):
        yield from (value for value in ("same", "valid") if value != current and passes(value))
    elif isinstance(domain, Bool):
        yield from (value for value in (not current,) if passes(value))
    elif isinstance(domain, Choice):
        yield from (value for value in domain.values if value is not None and passes(value))
    elif isinstance(domain, Anything) and not is_int(current) and not _is_ints(current):
        yield from (value for value in domain.examples if value is not None and passes(value))
    elif argument.role == "order" and is_int(current):
        yield from (axis for axis in _axes(current) if passes(axis))
    elif argument.role == "order" and _is_ints(current) and len(current) <= 5:
        yield from (order for order in itertools.permutations(current) if passes(order))
    elif is_int(current):
        yield from _integers(current, _minimum(domain), passes)
    elif _is_ints(current):
        yield from tuples(tuple(current), _minimum(domain), passes)
    if argument.name == "ceil_mode" and not current and passes(True):
        yield True


def _minimum(domain: Domain) -> int:
    if isinstance(domain, (Int, Ints)) and domain.minimum is not None:
        return domain.minimum
    return 0 if isinstance(domain, Anything) else 1


def _axes(current: int) -> list[int]:
    return [axis for axis in (-1, 1, 2, 3, 4, -2, -3) if axis != current]


def _integers(current: int, minimum: int, passes: Passes) -> Iterator[int]:
    down = next((value for value in _steps_down(current, minimum) if passes(value)), None)
    if down is not None:
        yield best_between(down, current, passes)
    up = next((value for value in _steps_up(current) if passes(value)), None)
    if up is not None:
        yield best_between(up, current, passes)
    if minimum <= 1 < current and down != 1 and passes(1):
        yield 1


def _steps_down(current: int, minimum: int) -> Iterator[int]:
    yield from range(current - 1, max(current - SCAN, minimum) - 1, -1)
    value = (current - SCAN) // 2
    while value > max(minimum, 0):  # halving a negative number ends at -1, which never gets below a negative minimum
        yield value
        value //= 2
    if current - SCAN > minimum:
        yield minimum


def _steps_up(current: int) -> Iterator[int]:
    yield from range(current + 1, current + SCAN + 1)
    value = (current + SCAN) * 2
    while value <= 512:
        yield value
        value *= 2


def best_between(good: int, bad: int, passes: Passes) -> int:
    """The passing value nearest to ``bad``, supposing that what passes is one side of it."""
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        if passes(middle):
            good = middle
        else:
            bad = middle
    return good


def tuples(current: tuple[int, ...], minimum: int, passes: Passes) -> Iterator[tuple[int, ...]]:
    """Tuples near the present one: equal entries stay equal if they can, else each goes as far as it must."""
    if len(set(current)) == 1 and len(current) > 1:
        length = len(current)
        yield from ((v,) * length for v in _integers(current[0], minimum, lambda v: passes((v,) * length)))
    lowest = (minimum,) * len(current)
    if current != lowest and passes(lowest):
        yield _raised(lowest, current, passes)
        yield lowest
    turned = tuple(reversed(current))
    if turned != current and passes(turned):
        yield turned


def _raised(good: tuple[int, ...], wish: tuple[int, ...], passes: Passes) -> tuple[int, ...]:
    """Raise each entry of a passing tuple towards the wished one as far as it still passes."""
    for index, wanted in enumerate(wish):
        if good[index] == wanted:
            continue

        def trial(value: int, at: int = index, base: tuple[int, ...] = good) -> bool:
            return passes((*base[:at], value, *base[at + 1 :]))

        value = wanted if trial(wanted) else best_between(good[index], wanted, trial)
        good = (*good[:index], value, *good[index + 1 :])
    return good


def is_int(value: Any) -> bool:
    """A plain integer, not a truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_ints(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) > 0 and all(is_int(item) for item in value)


def known_product(shape: Sequence[Dim]) -> int | None:
    """Elements of a shape, ``None`` when a dimension is unknown."""
    total = 1
    for dim in shape:
        if dim is None:
            return None
        total *= dim
    return total


def dims_of(shapes: Sequence[Shape | None]) -> list[int]:
    """The sizes that occur in some shapes, batch left out, last axis first."""
    found: list[int] = []
    for shape in shapes:
        if shape:
            found.extend(dim for dim in (shape[-1], *reversed(shape[1:-1])) if dim is not None and dim not in found)
    return found


def factored(total: int) -> list[tuple[int, ...]]:
    """Picture shapes of so many elements: square with one, three or four channels, last or first."""
    found: list[tuple[int, ...]] = []
    for channels in (1, 3, 4):
        side = round((total / channels) ** 0.5)
        if side > 1 and side * side * channels == total:
            found.append((side, side, channels))
            found.append((channels, side, side))
    return found
