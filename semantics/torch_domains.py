"""What values arguments take in PyTorch, where Keras' domains (:mod:`repairnn.semantics.domains`) do not say it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sizes:
    """One integer for all axes, or a sequence with one for each; ``modes`` are names that may stand there instead.

    ``length`` is a number or the name of an argument that holds it. With ``single``, a sequence of one stands for all.
    ``open`` says that ``None`` has a meaning where there are several axes, ``longer`` that the rest of a longer
    sequence is not looked at.
    """

    length: int | str
    minimum: int | None = 1
    likely: int = 3
    single: bool = True
    modes: tuple[str, ...] = ()
    open: bool = False
    longer: bool = False

    def _length(self, args: Mapping[str, Any]) -> int | None:
        return args.get(self.length) if isinstance(self.length, str) else self.length

    def _fits(self, value: Any) -> bool:
        if isinstance(value, (float, str, tuple, list)):
            return False
        return not isinstance(value, int) or self.minimum is None or value >= self.minimum

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if isinstance(value, str):
            return value in self.modes
        if not isinstance(value, (tuple, list)):
            return self._fits(value)
        length = self._length(args)
        counted = length is None or len(value) == length or (self.single and len(value) == 1)
        counted = counted or (self.longer and length is not None and len(value) > length)
        return counted and all(map(self._fits, value))

    def describe(self, args: Mapping[str, Any]) -> str:
        each = {None: "integers", 0: "non-negative integers", 1: "positive integers"}.get(
            self.minimum, f"integers of at least {self.minimum}"
        )
        names = "".join(f"{mode!r}, " for mode in self.modes)
        return f"{names}one or {self._length(args)} {each}"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        if self.modes and rng.random() < 0.2:
            return rng.choice(self.modes)
        low = -self.likely if self.minimum is None else self.minimum
        form = rng.random()
        if form < 0.4:
            return rng.randint(low, max(low, self.likely))
        length = 1 if self.single and form < 0.5 else self._length(args) or rng.randint(1, 3)
        sizes = tuple(rng.randint(low, max(low, self.likely)) for _ in range(length))
        if self.open and length > 1 and form > 0.8:
            place = rng.randrange(length)
            return (*sizes[:place], None, *sizes[place + 1 :])
        return sizes

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        length = self._length(args)
        usual = 1 if self.minimum is None else max(self.minimum, 1)
        if self.minimum is not None:
            yield self.minimum - 1
            yield (self.minimum - 1,) + (usual,) * ((length or 1) - 1)
        if length is not None and not self.longer:
            yield (usual,) * (length + 1)
        yield "no-such-mode"


@dataclass(frozen=True, slots=True)
class Number:
    """A number; with ``zero`` false any but 0, with ``whole`` an integer. ``usual`` ones are drawn where there are."""

    minimum: float | None = None
    maximum: float | None = None
    zero: bool = True
    whole: bool = False
    usual: tuple[float, ...] = ()

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if not isinstance(value, int if self.whole else (int, float)):
            return not isinstance(value, (str, float, tuple, list))
        low = self.minimum is None or value >= self.minimum
        return low and (self.maximum is None or value <= self.maximum) and (self.zero or value != 0)

    def describe(self, args: Mapping[str, Any]) -> str:
        if not self.zero:
            return f"{'an integer' if self.whole else 'a number'} other than 0"
        if self.minimum is not None and self.maximum is not None:
            return f"a number from {self.minimum:g} to {self.maximum:g}"
        return "a number" if self.minimum is None else f"a number of at least {self.minimum:g}"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> float:
        low = -1.0 if self.minimum is None else self.minimum
        if self.usual:
            return rng.choice(self.usual)
        if self.whole:
            return rng.choice((-2, 1, 2, 3, 4))
        value = round(rng.uniform(low, 1.0 if self.maximum is None else self.maximum), 3)
        return value if value or self.zero else 0.5

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        if self.minimum is not None:
            yield self.minimum - 0.5
        if self.maximum is not None:
            yield self.maximum + 0.5
        if not self.zero:
            yield 0.0


@dataclass(frozen=True, slots=True)
class Shares:
    """A sequence of numbers between 0 and 1, as many as ``length`` says; with ``scalar`` one number stands for all.

    Beside the argument ``unless`` the value is not looked at.
    """

    length: int
    scalar: bool = True
    unless: str = ""

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        if self.unless and args.get(self.unless) is not None:
            return True
        return isinstance(value, (tuple, list)) or (self.scalar and not isinstance(value, str)) or value is None

    def describe(self, args: Mapping[str, Any]) -> str:
        return f"{'one or ' if self.scalar else ''}{self.length} numbers between 0 and 1"

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> Any:
        if self.scalar and rng.random() < 0.5:
            return round(rng.uniform(0.1, 0.9), 2)
        return tuple(round(rng.uniform(0.1, 0.9), 2) for _ in range(self.length))

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        if not self.scalar and args.get(self.unless) is None:
            yield 0.5


@dataclass(frozen=True, slots=True)
class FunctionName:
    """The name of a function, or a function itself (read from a live module, it is its description: ``<...>``)."""

    names: tuple[str, ...]

    def accepts(self, value: Any, args: Mapping[str, Any]) -> bool:
        return not isinstance(value, str) or value in self.names or value.startswith("<")

    def describe(self, args: Mapping[str, Any]) -> str:
        return "one of " + ", ".join(self.names)

    def sample(self, rng: random.Random, args: Mapping[str, Any]) -> str:
        return rng.choice(self.names)

    def outside(self, args: Mapping[str, Any]) -> Iterator[Any]:
        yield "no_such_function"
