"""The Python API: ``check`` and ``fix`` for anything that holds a model."""

from __future__ import annotations

import time
from typing import Any, Literal

from repairnn.results import Result

Profile = Literal["human", "unit"]


def check(given: Any, *, input_shape: Any = None, example_inputs: Any = None) -> Result:
    """The faults of every model in ``given``; nothing is run and nothing is changed.

    ``given`` is a path (``.py``, ``.keras``, ``.h5``, ``.json``; a string is always a path), a live ``keras.Model``, a
    function without arguments that builds one, though it be invalid, a PyTorch module, or a dict (Keras' ``get_config``
    JSON or the ExAIS JSON). ``input_shape`` answers for entries whose shape is not known: one full shape with the
    batch axis, a list of them in order, or a dict from input name to shape. ``example_inputs`` says more of what a
    PyTorch module is called with: a tensor, a sequence of what ``forward`` takes in order, or a dict by its parameters.
    Raises :class:`repairnn.BadInput` for what cannot be read at all.
    """
    from repairnn.pipeline import check_subject
    from repairnn.subjects import open_subject

    start = time.perf_counter()
    subject = open_subject(given, input_shape, example_inputs)
    return check_subject(subject, time.perf_counter() - start)


def fix(
    given: Any,
    *,
    input_shape: Any = None,
    example_inputs: Any = None,
    cost: Profile = "human",
    budget: float = 10.0,
    top: int = 3,
    validate: bool = True,
    device: str = "auto",
) -> Result:
    """The cheapest repair of every model in ``given``, with its proof. ``given`` itself is never changed.

    ``given``, ``input_shape`` and ``example_inputs`` are those of :func:`check`.

    ``cost``      ``human`` prefers what people do, ``unit`` counts edits
    ``budget``    seconds of search a model
    ``top``       how many repairs to return, the chosen one included
    ``validate``  whether to run the repaired model in its framework (in another process) on ``device``:
                  ``cpu``, ``cuda``, ``cuda:N``, ``mps`` or ``auto``

    ``result.model`` is the repaired input in the form that was given (text, model, dict), ``result.patch`` the diff.
    Raises :class:`repairnn.BadInput` for what cannot be read at all, and ``ValueError`` for an option out of range.
    """
    from repairnn.subjects import open_subject

    start = time.perf_counter()
    subject = open_subject(given, input_shape, example_inputs)
    return _fix(subject, time.perf_counter() - start, cost, budget, top, validate, device)


def check_source(text: str, *, path: str = "<text>", input_shape: Any = None) -> Result:
    """:func:`check` for Python source given as text; ``path`` is what messages call it."""
    from repairnn.files import source_of
    from repairnn.pipeline import check_subject
    from repairnn.subjects import open_source

    start = time.perf_counter()
    subject = open_source(source_of(text, path), input_shape)
    return check_subject(subject, time.perf_counter() - start)


def fix_source(
    text: str,
    *,
    path: str = "<text>",
    input_shape: Any = None,
    cost: Profile = "human",
    budget: float = 10.0,
    top: int = 3,
    validate: bool = True,
    device: str = "auto",
) -> Result:
    """:func:`fix` for Python source given as text; ``result.model`` is the repaired text."""
    from repairnn.files import source_of
    from repairnn.subjects import open_source

    start = time.perf_counter()
    subject = open_source(source_of(text, path), input_shape)
    return _fix(subject, time.perf_counter() - start, cost, budget, top, validate, device)


def _fix(
    subject: Any, lower_seconds: float, cost: Profile, budget: float, top: int, validate: bool, device: str
) -> Result:
    from repairnn.pipeline import Options, fix_subject

    if cost not in ("human", "unit"):
        raise ValueError(f"cost is human or unit, not {cost!r}")
    if budget <= 0 or top < 1:
        raise ValueError("budget is a positive number of seconds, and top at least 1")
    if not validate:
        return fix_subject(subject, Options(cost, budget, top), lower_seconds)
    from repairnn.validation import Validator

    with Validator(device) as validator:
        return fix_subject(subject, Options(cost, budget, top, validator), lower_seconds)


__all__ = ["check", "check_source", "fix", "fix_source"]
