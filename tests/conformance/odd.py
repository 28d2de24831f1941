"""Configurations that hardly anybody writes: values in other forms, inputs of other ranks, sizes of 0."""

from __future__ import annotations

import random
from typing import Any

from repairnn.semantics.domains import Name
from repairnn.semantics.ir import Shape

#: How often a step away from a valid configuration is another form of a value, and another kind of input.
FORM, RANK = 0.12, 0.12
#: How often an argument that takes a name gets any name that it takes, not only a likely one.
ANY_NAME = 0.3


def named(domain: Any, rng: random.Random) -> str | None:
    """Any of the names that an argument takes, now and then; mostly ``None``, for what is likely."""
    return rng.choice(domain.names) if isinstance(domain, Name) and rng.random() < ANY_NAME else None


def rewritten(value: Any, rng: random.Random) -> Any:
    """The same value in another form, which the framework may read as the same or refuse."""
    forms: list[Any] = [value]
    if isinstance(value, bool):
        forms = [int(value)]
    elif isinstance(value, str):
        forms = [value.upper(), value.capitalize(), None]
    elif isinstance(value, int):
        forms = [float(value), (value,), [value, value], None]
        forms += [bool(value)] if value in (0, 1) else []
    elif isinstance(value, (tuple, list)):
        forms = [list(value), tuple(value), value[:1], None]
        forms += [value[0]] if value and len(set(map(str, value))) == 1 else []
    return rng.choice(forms)


def reshaped(shape: Shape, rng: random.Random) -> Shape:
    """An input of any rank, one with an empty axis, or one with a batch of a fixed size."""
    choice = rng.random()
    if choice < 0.5:
        batch = rng.choice((None, None, 1, 2))
        return (batch, *(rng.choice((1, 2, 3, 4, 6)) for _ in range(rng.randint(0, 4))))
    if choice < 0.75 or len(shape) < 2:
        return (rng.choice((1, 2, 3)), *shape[1:])
    axis = rng.randrange(1, len(shape))
    return (*shape[:axis], 0, *shape[axis + 1 :])
