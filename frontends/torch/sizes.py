"""Sizes of tensors that are numbers and remember where they come from, while a module is run to be read."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


class Size(int):
    """One size of a tensor, or what is computed from sizes; ``step`` is the step of a graph that gives it."""

    _make: Callable[[], Any]
    _combine: Callable[[Any, Any, Any], Any]

    def __new__(cls, value: int, make: Callable[[], Any], combine: Callable[[Any, Any, Any], Any]) -> Size:
        """``make`` notes the step when it is first asked for, ``combine(function, left, right)`` that of a result."""
        size = super().__new__(cls, value)
        size._make, size._combine = make, combine
        return size

    @property
    def step(self) -> Any:
        """The step that gives this size."""
        if "_step" not in vars(self):
            self._step = self._make()
        return self._step

    def _computed(self, function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        value = function(int(left), int(right))
        return Size(value, lambda: self._combine(function, _step(left), _step(right)), self._combine)


def _operator(name: str, function: Callable[[Any, Any], Any], turned: bool) -> Callable[[Size, Any], Any]:
    def apply(self: Size, other: Any) -> Any:
        if not isinstance(other, int) or isinstance(other, bool):
            return getattr(int, name)(int(self), other)
        left, right = (other, self) if turned else (self, other)
        return self._computed(function, left, right)

    return apply


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    setattr(Size, f"__{_name}__", _operator(f"__{_name}__", getattr(operator, _name), False))
    setattr(Size, f"__r{_name}__", _operator(f"__r{_name}__", getattr(operator, _name), True))


class Sizes(tuple[Any, ...]):
    """The shape of a tensor."""

    def numel(self) -> Any:
        """How many cells there are."""
        total: Any = 1
        for size in self:
            total = size * total
        return total


def plain_numbers(value: Any) -> Any:
    """A value with plain numbers in place of sizes, as PyTorch takes it."""
    if isinstance(value, Size):
        return int(value)
    if isinstance(value, dict):
        return {key: plain_numbers(part) for key, part in value.items()}
    if type(value) is list:
        return [plain_numbers(part) for part in value]
    if type(value) in (tuple, Sizes):
        return tuple(plain_numbers(part) for part in value)
    if isinstance(value, slice):
        return slice(*(plain_numbers(part) for part in (value.start, value.stop, value.step)))
    return value


def _step(value: Any) -> Any:
    return value.step if isinstance(value, Size) else value
