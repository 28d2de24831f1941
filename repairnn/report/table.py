"""A summary table in the manner of Keras' ``summary`` and torchinfo, through and past every fault."""

from __future__ import annotations

from collections.abc import Sequence

from repairnn.report.paint import Paint
from repairnn.report.sentences import line_of, shapes_of
from repairnn.results import Layer

HEADER = ("Layer (type)", "Line", "Input", "Output", "Params", "Verdict")
RIGHT = frozenset({1, 4})
#: Columns that may lose characters when the terminal is narrow, and how few each may keep.
FLEXIBLE = {0: 10, 2: 8, 3: 8}
GAP = "  "
COLOURS = {"fault": "red", "suspicious": "yellow"}


def summary_table(layers: Sequence[Layer], width: int, paint: Paint) -> list[str]:
    """The lines of the table, none wider than ``width`` where that can be."""
    rows = [_row(layer) for layer in layers]
    widths = _fitted([HEADER, *rows], width)
    head = _line(HEADER, widths)
    lines = [paint(head, "bold"), "─" * len(head)]
    for layer, row in zip(layers, rows, strict=True):
        lines.append(paint(_line(row, widths), COLOURS.get(_verdict(layer), "")))
    total = sum(layer.parameters or 0 for layer in layers)
    known = all(layer.parameters is not None for layer in layers)
    lines.append("─" * len(head))
    lines.append(f"Parameters: {total:,}" + ("" if known else " and what is not known"))
    return lines


def _row(layer: Layer) -> tuple[str, ...]:
    name = layer.type if layer.name == layer.type else f"{layer.name} ({layer.type})"
    parameters = "?" if layer.parameters is None else f"{layer.parameters:,}"
    return (
        name,
        line_of(layer.span),
        shapes_of(layer, "input"),
        shapes_of(layer, "output"),
        parameters,
        _verdict(layer),
    )


def _verdict(layer: Layer) -> str:
    if layer.severity is not None:
        return layer.severity
    return "unknown" if any(shape is None for shape in layer.outputs) else "ok"


def _fitted(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while excess > 0:
        column = max(FLEXIBLE, key=lambda c: widths[c] - FLEXIBLE[c])
        spare = widths[column] - FLEXIBLE[column]
        if spare <= 0:
            break
        others = max((widths[c] - FLEXIBLE[c] for c in FLEXIBLE if c != column), default=0)
        step = max(1, min(excess, spare - max(others, 0)))
        widths[column] -= min(step, spare)
        excess -= min(step, spare)
    return widths


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = []
    for column, (cell, size) in enumerate(zip(cells, widths, strict=True)):
        shown = cell if len(cell) <= size else cell[: size - 1] + "…"
        parts.append(shown.rjust(size) if column in RIGHT else shown.ljust(size))
    return GAP.join(parts).rstrip()
