"""Helpers: a script in, the networks it builds out, as lines that a reader can check by eye."""

from __future__ import annotations

import textwrap
from typing import Any

from repairnn.frontends.source import lower
from repairnn.semantics.checker import check
from repairnn.semantics.faults import show
from repairnn.semantics.ir import Network


def networks(script: str, **options: Any) -> tuple[Network, ...]:
    """The networks of a script; an internal error raises."""
    return lower(textwrap.dedent(script), "script.py", strict=True, **options).networks


def network(script: str, **options: Any) -> Network:
    """The one network of a script."""
    (found,) = networks(script, **options)
    return found


def outline(net: Network) -> list[str]:
    """One line a visible node: name, kind, output shape."""
    report = check(net)
    return [
        f"{node.name} {node.kind} " + " ".join(show(shape) for shape in report.shapes[node.id])
        for node in net
        if not node.hidden
    ]


def reads_as(script: str, expected: str, **options: Any) -> Network:
    """Assert that a script builds one complete network with these lines (parts around it included)."""
    net = network(script, **options)
    assert outline(net) == [line.strip() for line in expected.strip().splitlines()]
    assert net.incomplete == ()
    return net


def faults(script: str, **options: Any) -> list[tuple[str, int | None]]:
    """Rules broken by the networks of a script, each with the line it points at."""
    found = []
    for net in networks(script, **options):
        for fault in check(net).faults:
            span = net[fault.node].written.call
            found.append((fault.rule.id, span.line if span else None))
    return found


def written(script: str, net: Network, node: str, argument: str) -> str:
    """The text behind an argument."""
    span = net[node].written.arguments[argument]
    lines = textwrap.dedent(script).split("\n")
    assert span.line == span.end_line
    return lines[span.line - 1][span.column : span.end_column]
