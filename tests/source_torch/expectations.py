"""Programs with what is expected of them in their first lines, and how far a lowered program meets it.

``# expect: valid`` or ``# expect: fault NAME RULE`` (a prefix of the rule's id is enough); ``# assumes: 28`` asks for a
note with that number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from repairnn.frontends.source import Program, lower
from repairnn.semantics.checker import check
from repairnn.semantics.faults import Fault

PROGRAMS = Path(__file__).parent / "programs"
EXPECT = re.compile(r"^# expect: (valid|fault (\S+) (\S+))", re.MULTILINE)


@dataclass(frozen=True)
class Judged:
    """A lowered program with all its faults, each with the name of its node."""

    program: Program
    faults: tuple[tuple[str, Fault], ...]
    incomplete: tuple[str, ...]


def judge(text: str, path: str = "<script>") -> Judged:
    """Lower and check a program."""
    program = lower(text, path, strict=True)
    faults: list[tuple[str, Fault]] = []
    for network in program.networks:
        found = check(network).faults
        faults.extend((network[f.node].name, f) for f in found if f.rule.severity == "fault")
    return Judged(program, tuple(faults), tuple(text for n in program.networks for text, _ in n.incomplete))


def disagreement(text: str, judged: Judged) -> str:
    """What differs from the expectation that the program states; empty when nothing does."""
    match = EXPECT.search(text)
    assert match is not None, "the program states no expectation"
    found = [f"{name} {fault.rule.id}: {fault.received}" for name, fault in judged.faults]
    if not judged.program.networks:
        return "no network was found"
    if match[1] == "valid":
        return f"flagged: {found}" if found else ""
    if not found:
        return "no fault was found"
    name, fault = judged.faults[0]
    if not (name == match[2] or name.endswith(f".{match[2]}")) or not fault.rule.id.startswith(match[3]):
        return f"expected {match[2]} {match[3]}, found {found}"
    assumed = re.search(r"^# assumes: (\S+)", text, re.MULTILINE)
    if assumed and not any(assumed[1] in note for note, _ in judged.program.notes):
        return f"no assumption of {assumed[1]} in {judged.program.notes}"
    return ""
