"""What values an argument may take: to check it, to describe it, to draw samples and to propose repairs."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Domain(Protocol):
    """The values an argument may take. ``args`` are the other arguments of the same layer, defaults included."""

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        """Whether the framework accepts the value. Unknown (``None`` inside a tuple) is accepted."""
        ...

    def describe(self, args: Mapping[str, Any]) -> str:
        """The domain as a noun phrase for a message: ``a positive integer``."""
        ...

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        """A random small value inside the domain."""
        ...

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        """Values one step outside the domain; none when everything is accepted."""
        ...


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_unknown(value: Any) -> bool:
    """Whether a value is no plain Python value: not known, or a solver's term."""
    return not isinstance(value, (int, float, str, tuple, list))


@dataclass(frozen=True, slots=True)
class Int:
    """An integer between ``minimum`` and ``maximum``, both inclusive; ``likely`` bounds what sampling draws.

    With ``strict``, the framework tells truth values from integers.
    """

    minimum: int | None = 1
    maximum: int | None = None
    likely: int = 6
    strict: bool = False

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if not _is_int(value):
            return not isinstance(value, (int, float, str, tuple, list))
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    def describe(self, args: Mapping[str, Any]) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"an integer from {self.minimum} to {self.maximum}"
        if self.minimum is not None:
            return {0: "a non-negative integer", 1: "a positive integer"}.get(
                self.minimum, f"an integer of at least {self.minimum}"
            )
        return "an integer"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> int:
        low = -self.likely if self.minimum is None else self.minimum
        return rng.randint(low, self.maximum if self.maximum is not None else max(low, self.likely))

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        if self.minimum is not None:
            yield self.minimum - 1
        if self.maximum is not None:
            yield self.maximum + 1


@dataclass(frozen=True, slots=True)
class Ints:
    """A tuple of integers, each at least ``minimum``; ``length`` is a number or the name of an argument that holds it.

    With ``scalar``, one integer stands for a tuple of equal ones.
    """

    length: int | str | None
    minimum: int | None = 1
    scalar: bool = True
    likely: int = 3

    def _length(self, args: Mapping[str, Any]) -> int | None:
        return args.get(self.length) if isinstance(self.length, str) else self.length

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if _is_int(value):
            return self.scalar and (self.minimum is None or value >= self.minimum)
        if not isinstance(value, (tuple, list)):
            return not isinstance(value, (float, str))
        length = self._length(args)
        return (length is None or len(value) == length) and all(
            (_is_int(v) and (self.minimum is None or v >= self.minimum)) or _is_unknown(v) for v in value
        )

    def describe(self, args: Mapping[str, Any]) -> str:
        length = self._length(args)
        each = {None: "integers", 0: "non-negative integers", 1: "positive integers"}.get(
            self.minimum, f"integers of at least {self.minimum}"
        )
        many = f"{length} " if length is not None else ""
        return f"one or {many}{each}" if self.scalar else f"{many}{each}"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        low = -self.likely if self.minimum is None else self.minimum
        length = self._length(args) or rng.randint(1, 3)
        if self.scalar and rng.random() < 0.3:
            return rng.randint(low, max(low, self.likely))
        return tuple(rng.randint(low, max(low, self.likely)) for _ in range(length))

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        length = self._length(args)
        ok = 1 if self.minimum is None else max(self.minimum, 1)
        if self.minimum is not None:
            yield tuple([self.minimum - 1] + [ok] * ((length or 1) - 1))
        if length is not None:
            yield (ok,) * (length + 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values. With ``exact``, capitals matter where Keras mostly does not look at them (data formats)."""

    values: tuple[Any, ...]
    exact: bool = False

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        return any(value == v and type(value) is type(v) for v in self.values)

    def describe(self, args: Mapping[str, Any]) -> str:
        return "one of " + ", ".join(repr(v) for v in self.values)

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        return rng.choice(self.values)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        if all(isinstance(v, str) for v in self.values):
            yield "no-such-" + "-".join(self.values)[:12]


@dataclass(frozen=True, slots=True)
class Bool:
    """True or false."""

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        return True

    def describe(self, args: Mapping[str, Any]) -> str:
        return "true or false"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> bool:
        return rng.random() < 0.5

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Float:
    """A number between ``minimum`` and ``maximum``, both inclusive."""

    minimum: float | None = None
    maximum: float | None = None

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return not isinstance(value, (str, tuple, list))
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    def describe(self, args: Mapping[str, Any]) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"a number from {self.minimum:g} to {self.maximum:g}"
        return "a number" if self.minimum is None else f"a number of at least {self.minimum:g}"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> float:
        low = 0.0 if self.minimum is None else self.minimum
        return round(rng.uniform(low, self.maximum if self.maximum is not None else low + 1.0), 3)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        if self.minimum is not None:
            yield self.minimum - 0.5
        if self.maximum is not None:
            yield self.maximum + 0.5


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number, or a sequence of numbers for the cells of the last axis."""

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if isinstance(value, (tuple, list)):
            return all(self.accepts(part, args) for part in value)
        return not isinstance(value, str)

    def describe(self, args: Mapping[str, Any]) -> str:
        return "a number, or a number for each cell of the last axis"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        if rng.random() < 0.7:
            return round(rng.uniform(-1.0, 1.0), 3)
        return tuple(round(rng.uniform(-1.0, 1.0), 3) for _ in range(rng.randint(1, 3)))

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        yield "no-number"


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value at all; ``examples`` are what sampling draws from."""

    examples: tuple[Any, ...] = (None,)

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        return True

    def describe(self, args: Mapping[str, Any]) -> str:
        return "anything"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        return rng.choice(self.examples)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Maybe:
    """``None`` or a value of another domain."""

    domain: Domain
    chance: float = 0.5

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        return value is None or self.domain.accepts(value, args)

    def describe(self, args: Mapping[str, Any]) -> str:
        return f"None or {self.domain.describe(args)}"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        return self.domain.sample(rng, args) if rng.random() < self.chance else None

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        return self.domain.outside(args)


@dataclass(frozen=True, slots=True)
class Name:
    """One of the names a framework knows, or an object that is no name at all (a function, ``None``).

    With ``any_case``, capitals do not matter.
    """

    names: tuple[str, ...]
    likely: tuple[Any, ...] = (None,)
    any_case: bool = False

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if isinstance(value, str):
            return (value.lower() if self.any_case else value) in self.names
        return not isinstance(value, (int, float, tuple, list))

    def describe(self, args: Mapping[str, Any]) -> str:
        return "one of " + ", ".join(self.names)

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        return rng.choice(self.likely)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        yield "no_such_name"


@dataclass(frozen=True, slots=True)
class Padding:
    """Padding of a sliding window: a mode by name, or (for frameworks that take them) numbers of cells.

    ``line_only`` are modes for one spatial axis (argument ``rank``) only. Unless ``exact``, case does not matter.
    With ``named``, numbers of cells are no padding at all.
    """

    modes: tuple[str, ...] = ("valid", "same")
    line_only: tuple[str, ...] = ()
    exact: bool = False
    named: bool = False

    def _modes(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        return self.modes + (self.line_only if args.get("rank") == 1 else ())

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        rank = args.get("rank")
        if isinstance(value, (tuple, list)):
            return not self.named and (rank is None or len(value) == rank)
        if not isinstance(value, str):
            return not (self.named and isinstance(value, (int, float)))
        return (value if self.exact else value.lower()) in self._modes(args)

    def describe(self, args: Mapping[str, Any]) -> str:
        return "one of " + ", ".join(repr(mode) for mode in self._modes(args))

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> str:
        return rng.choice(self._modes(args))

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        if self.line_only and args.get("rank") != 1:
            yield self.line_only[0]
        else:
            yield "full"


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells at both ends of each axis: one number, one for each axis, or a pair for each; for one axis, a pair."""

    length: int | str

    def _length(self, args: Mapping[str, Any]) -> int | None:
        return args.get(self.length) if isinstance(self.length, str) else self.length

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        length = self._length(args)
        if _is_int(value):
            return value >= 0
        if not isinstance(value, (tuple, list)):
            return not isinstance(value, (float, str))
        if length == 1:
            return len(value) == 2 and all(_is_cells(v) for v in value)
        return (length is None or len(value) == length) and all(
            _is_cells(v) or (isinstance(v, (tuple, list)) and len(v) == 2 and all(map(_is_cells, v))) for v in value
        )

    def describe(self, args: Mapping[str, Any]) -> str:
        length = self._length(args)
        if length == 1:
            return "a non-negative integer, or a pair of them"
        return f"a non-negative integer, {length} of them, or {length} pairs of them"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        length = self._length(args) or 2
        if rng.random() < 0.3:
            return rng.randint(0, 2)
        if length == 1:
            return (rng.randint(0, 2), rng.randint(0, 2))
        if rng.random() < 0.3:
            return tuple(rng.randint(0, 2) for _ in range(length))
        return tuple((rng.randint(0, 2), rng.randint(0, 2)) for _ in range(length))

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        length = self._length(args) or 2
        yield -1
        yield (1,) * ((2 if length == 1 else length) + 1)


def _is_cells(value: Any) -> bool:
    return value is None or (_is_int(value) and value >= 0)
