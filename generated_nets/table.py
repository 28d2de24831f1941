"""Figures as a plain table of Markdown, so that it can be read in a terminal and kept in a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def table(result: Mapping[str, Any]) -> str:
    """All figures of a run of the benchmark."""
    parts = [lines(("figure", "value"), _facts(result)), _times(result)]
    sizes = [
        (band["layers"], band["networks"], *(band[stage][name] for stage in ("check", "search") for name in _SHORT))
        for band in result["by_size"]
    ]
    head = ("layers", "networks", *(f"{stage} {name} ms" for stage in ("check", "search") for name in _SHORT))
    parts.append(lines(head, sizes))
    for title, key in _LISTS:
        if result[key]:
            parts.append(f"{title}: " + ", ".join(map(str, result[key])))
    parts.extend(f"{row[1]}: {row[0]}: {row[2]}" for row in result.get("validation", {}).get("not", ()))
    return "\n\n".join(parts)


_SHORT = ("median", "p99")
_STATISTICS = ("mean", "median", "p95", "p99", "max")
_LISTS = (
    ("more edits than known to be enough (network, edits, known)", "more_edits"),
    ("valid and edited", "valid_edited"),
    ("broken and not noticed", "broken_passed"),
    ("no repair", "without_repair"),
)


def _facts(result: Mapping[str, Any]) -> list[tuple[str, Any]]:
    repaired = result["status"].get("repaired", 0)
    facts = [
        ("networks", f"{result['networks']} ({result['broken']} broken)"),
        ("profile, repairs wanted", f"{result['profile']}, {result['top']}"),
        ("broken and repaired", f"{result['broken_repaired']} of {result['broken']}"),
        ("valid and untouched", f"{result['valid_untouched']} of {result['networks'] - result['broken']}"),
        ("status", ", ".join(f"{name} {count}" for name, count in result["status"].items())),
        ("edits a repaired network", result["edits_mean"]),
        ("known to be enough", result["known_mean"]),
        ("fewer / as many edits", f"{result['fewer_edits']} / {result['as_many_edits']}"),
        ("more edits", len(result["more_edits"])),
        ("proven optimal", f"{result['optimal']} of {repaired}"),
        ("peak memory", f"{result['peak_memory_mb']} MB"),
    ]
    if result["undone"] is not None:
        facts.insert(9, ("just as before the mutations", f"{result['undone']} of {result['broken']}"))
    if "validation" in result:
        counts = result["validation"]["counts"]
        facts.append(("run in the framework", ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))))
        facts.append(("of these with layers that stood in", result["validation"]["stood_in"]))
    if "keras" in result:
        keras = result["keras"]
        facts.append(("built by Keras", f"{keras['built']} (Keras {keras['version']})"))
        facts.append(("our search / Keras' building, in total", keras["search_share_of_total"]))
        facts.append(("search at most half of building", f"{keras['search_at_most_half']} of {keras['built']}"))
    return facts


def _times(result: Mapping[str, Any]) -> str:
    rows = [(stage, *(result["milliseconds"][stage][name] for name in _STATISTICS)) for stage in result["milliseconds"]]
    if "keras" in result:
        for name, key in (("search, of those Keras builds", "search_milliseconds"), ("Keras builds", "milliseconds")):
            rows.append((name, *(result["keras"][key][statistic] for statistic in _STATISTICS)))
    return lines(("stage, ms", *_STATISTICS), rows)


def lines(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table of Markdown: a head, and rows of cells."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in (head, *texts)) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
                     for row in (head, rule, *texts))  # fmt: skip


def _text(cell: Any) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
