"""What a project sets for repairnn in its ``pyproject.toml``: rows of the cost table.

::

    [tool.repairnn.costs]
    "argument.padding" = 1.0     # bits of surprise; the rows are those of repairnn.search.costs.SURPRISE
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from repairnn.frontends.errors import BadInput

FILE = "pyproject.toml"


def costs_for(path: Path) -> dict[str, float]:
    """The rows that the nearest ``pyproject.toml`` above ``path`` sets; none when there is no such file or table.

    Raises ``BadInput`` for a file that is no TOML, a row that does not exist, or a cost that is no positive number.
    """
    for folder in [path.absolute(), *path.absolute().parents]:
        found = folder / FILE
        if found.is_file():
            return _costs(_table(found), str(found))
    return {}


def _table(path: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"is not TOML: {error}", str(path)) from error
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", str(path)) from error
    table = data.get("tool", {}).get("repairnn", {}).get("costs", {})
    return table if isinstance(table, Mapping) else {}


def _costs(table: Mapping[str, Any], path: str) -> dict[str, float]:
    if not table:
        return {}
    from repairnn.search.costs import SURPRISE

    for row, cost in table.items():
        if row not in SURPRISE:
            raise BadInput(f"[tool.repairnn.costs] has no row {row!r}", path, advice=f"rows: {', '.join(SURPRISE)}")
        if isinstance(cost, bool) or not isinstance(cost, (int, float)) or cost <= 0:
            raise BadInput(f"[tool.repairnn.costs] {row} is {cost!r}", path, advice="a cost is a positive number")
    return {row: float(cost) for row, cost in table.items()}
