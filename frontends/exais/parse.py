"""Reading the JSON that these tools write by hand and by program: not always valid, so mended with a warning."""

from __future__ import annotations

import ast
import json
import warnings
from typing import Any

from repairnn.frontends.errors import BadInput

MENDS_ALLOWED = 50
LARGEST_TEXT = 64 * 1024 * 1024


def parse(text: str, path: str = "<json>") -> dict[str, Any]:
    """The model in ``text``, mended as :func:`read` does. Raises :class:`BadInput` when there is none."""
    return _model(read(text, path), path)


def read(text: str, path: str = "<json>") -> Any:
    """What the JSON ``text`` holds; missing and trailing commas are mended, each with a ``UserWarning``.

    Raises :class:`BadInput` when the text is not JSON even so.
    """
    if len(text) > LARGEST_TEXT:
        raise BadInput(f"{len(text)} characters are more than a model description has", path)
    for _ in range(MENDS_ALLOWED):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            text = _mended(text, error, path)
        except RecursionError:
            raise BadInput("the JSON is nested too deeply", path) from None
    raise BadInput("too many mistakes in the JSON", path, advice="check it with a JSON validator")


def _model(found: Any, path: str) -> dict[str, Any]:
    model = found.get("model", found) if isinstance(found, dict) else None
    if not isinstance(model, dict) or not isinstance(model.get("layers"), list):
        raise BadInput("no list of layers in the JSON", path, advice='expected {"model": {"layers": [...]}}')
    return model


def _mended(text: str, error: json.JSONDecodeError, path: str) -> str:
    before = text[: error.pos].rstrip()
    if error.msg.startswith("Expecting ',' delimiter") and text[error.pos : error.pos + 1] in tuple('{["'):
        warnings.warn(f"{path}:{error.lineno}: a missing comma was put in", stacklevel=4)
        return before + "," + text[len(before) :]
    closing = text[error.pos :].lstrip()[:1]
    if before.endswith(",") and closing in ("}", "]"):
        warnings.warn(f"{path}:{error.lineno}: a trailing comma was taken out", stacklevel=4)
        return before[:-1] + text[len(before) :]
    trailing = text[error.pos :].lstrip()
    if trailing.startswith(",") and trailing[1:].lstrip()[:1] in ("}", "]"):
        position = text.index(",", error.pos)
        warnings.warn(f"{path}:{error.lineno}: a trailing comma was taken out", stacklevel=4)
        return text[:position] + text[position + 1 :]
    raise BadInput(f"not valid JSON: {error.msg}", path, error.lineno) from error


def literal(value: Any) -> Any:
    """A value of the format: numbers, tuples, lists and booleans are written inside strings.

    ``"(2, 1)"`` is a tuple, ``"true"`` a boolean, ``"[[0.5]]"`` a nested list, ``""`` nothing.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.startswith("["):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def nested_shape(value: Any) -> tuple[int, ...]:
    """The shape of a nested list of numbers, read along its first elements."""
    shape = []
    while isinstance(value, (list, tuple)):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)
