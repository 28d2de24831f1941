"""JSON written again in the style in which it was read, so that a diff shows the edit and nothing else."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from itertools import product
from typing import Any

from repairnn.frontends.errors import BadInput

INDENTS: tuple[int | str | None, ...] = (None, 2, 4, 1, 3, "\t")
SEPARATORS = (None, (",", ":"))


@dataclass(frozen=True, slots=True)
class JsonText:
    """A text and what was read from it; ``raw`` is empty for data that was never text."""

    raw: str
    data: Any

    def original(self) -> str:
        """The text that diffs start from."""
        return self.raw or self.dump(self.data)

    def dump(self, data: Any) -> str:
        """Data in the style of the text; indented by 2 where its style cannot be told."""
        settings = self._settings()
        end = "\n" if not self.raw or self.raw.endswith("\n") else ""
        return json.dumps(data, **settings) + end

    def _settings(self) -> dict[str, Any]:
        wanted = self.raw.strip()
        for indent, separators, ascii_ in product(INDENTS, SEPARATORS, (False, True)):
            settings: dict[str, Any] = {"indent": indent, "separators": separators, "ensure_ascii": ascii_}
            if wanted and json.dumps(self.data, **settings) == wanted:
                return settings
        return {"indent": 2, "ensure_ascii": False}


def read_json(data: bytes, path: str) -> tuple[JsonText, tuple[str, ...]]:
    """The object in JSON text, mended where hand-written descriptions commonly break, and what was mended.

    Raises ``BadInput`` with the line where it is no JSON.
    """
    try:
        raw = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("is not JSON: not text in UTF-8", path) from error
    try:
        return JsonText(raw, json.loads(raw)), ()
    except (ValueError, RecursionError):
        from repairnn.frontends.exais import read

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = read(raw, path)
        return JsonText(raw, found), tuple(str(warning.message) for warning in caught)
