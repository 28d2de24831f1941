"""Frames of names, and the limits that keep lowering bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from repairnn.frontends.source.values import Pending, Value


@dataclass(eq=False)
class Frame:
    """The names of a module, a running function, a class body or a comprehension.

    ``parent`` is where free names are looked up; class bodies are skipped there, as in Python.
    """

    names: dict[str, Value] = field(default_factory=dict)
    parent: Frame | None = None
    kind: str = "function"  # or "module", "class", "comprehension"
    outer: dict[str, str] = field(default_factory=dict)  # names declared "global" or "nonlocal"
    receiver: Value | None = None
    owner: Value | None = None
    yielded: list[Value] | None = None
    stars: list[Callable[[str], Value | None]] = field(default_factory=list)  # of a module: "from project import *"

    def lookup(self, name: str) -> Value | None:
        """The value of a name, or ``None`` when no frame has it."""
        frame: Frame | None = self.module if self.outer.get(name) == "global" else self
        while frame is not None:
            if name in frame.names and (frame is self or frame.kind != "class"):
                found = frame.names[name]
                if isinstance(found, Pending):
                    found = frame.names[name] = found.settle()
                return found
            if frame.stars:
                brought = next((value for star in reversed(frame.stars) if (value := star(name)) is not None), None)
                if brought is not None:
                    frame.names[name] = brought
                    return brought
            frame = frame.parent
        return None

    def brings(self, name: str) -> bool:
        """Whether a name was imported from a file of the project and nobody has looked into that yet."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return isinstance(frame.names[name], Pending)
            frame = frame.parent
        return False

    def assign(self, name: str, value: Value) -> None:
        """Bind a name where an assignment in this frame binds it."""
        declared = self.outer.get(name)
        if declared == "global":
            self.module.names[name] = value
            return
        if declared == "nonlocal":
            frame = self.parent
            while frame is not None:
                if name in frame.names and frame.kind != "module":
                    frame.names[name] = value
                    return
                frame = frame.parent
        self.names[name] = value

    def numbers(self) -> dict[str, int]:
        """The positive whole numbers that can be read here by a name, an attribute of ``self`` or an element of a list.

        What a running function sees of the module around it is left out.
        """
        values: dict[str, Value] = {}
        frame: Frame | None = self
        while frame is not None and (frame.kind in ("function", "comprehension") or frame is self):
            for name, value in frame.names.items():
                values.setdefault(name, value)
            for name, value in getattr(frame.receiver, "attributes", {}).items():
                values.setdefault(f"self.{name}", value)
            frame = frame.parent
        numbers = {name: number for name, value in values.items() if (number := _number(value)) is not None}
        found = {name: number for name, number in numbers.items() if number > 0}
        for name, value in values.items():
            found.update(_elements(name, value, numbers))
        return found

    @property
    def module(self) -> Frame:
        """The outermost frame."""
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame


#: The longest list whose elements are read by names of numbers, and how many such readings are kept.
LONGEST, READINGS = 32, 60


def _number(value: Value) -> int | None:
    number = getattr(value, "value", None)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _elements(name: str, value: Value, numbers: dict[str, int]) -> dict[str, int]:
    """``sizes[i]``, ``sizes[i + 1]``, ``sizes[i - 1]`` and ``sizes[-1]`` of a list of numbers."""
    items = [_number(item) for item in getattr(value, "items", ())] if type(value).__name__ == "Listing" else []
    if not 1 < len(items) <= LONGEST or any(item is None or item < 1 for item in items):
        return {}
    sizes = [item for item in items if item is not None]
    found = {f"{name}[-1]": sizes[-1], f"{name}[0]": sizes[0]}
    for index, number in numbers.items():
        for text, place in ((index, number), (f"{index} + 1", number + 1), (f"{index} - 1", number - 1)):
            if 0 <= place < len(sizes) and len(found) < READINGS and "." not in index:
                found[f"{name}[{text}]"] = sizes[place]
    return found


class ProgramRaises(Exception):
    """The program raises an exception that we are sure of, here."""


class ProgramEnds(Exception):
    """The program calls ``exit()``."""


class GeneratorFull(Exception):
    """A generator of the program has yielded as often as we want to know."""


class OutOfBudget(Exception):
    """The program runs longer than it is followed."""


@dataclass
class Budget:
    """How much interpretation one program may take: evaluated expressions, call depth, CPU seconds.

    ``share`` is what one statement of the module may take, so that an endless one does not hide the rest.
    """

    steps: int = 300_000
    share: int = 100_000
    seconds: float = 2.5
    depth: int = 50
    used: int = 0
    level: int = 0
    limit: int = 100_000
    granted: int = 0  # steps added for modules of the project
    started: float = field(default_factory=time.process_time)

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left for the whole program."""
        return self.used >= self.steps or time.process_time() - self.started > self.seconds

    def next_statement(self) -> None:
        """Give the next statement of the module its share."""
        self.limit = min(self.steps, self.used + self.share)
        self.level = 0

    def spend(self) -> None:
        """Count one step. Raises :class:`OutOfBudget`."""
        self.used += 1
        if self.used > self.limit:
            raise OutOfBudget
        if self.used % 512 == 0 and time.process_time() - self.started > self.seconds:
            raise OutOfBudget
