"""Pages for people, made from the declarations: one for each rule, all layers, and what is covered.

``python -m repairnn.semantics.pages docs`` writes ``rules/*.md``, ``layers.md`` and ``coverage.md`` into that folder; a
test says when they are out of date. Nothing on them is written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from repairnn.semantics.checker import GENERAL_RULES, evaluate
from repairnn.semantics.declaration import Declaration, Example
from repairnn.semantics.faults import (
    Fault,
    Need,
    NeedAgree,
    NeedArgument,
    NeedAtLeast,
    NeedDim,
    NeedMultiple,
    NeedRank,
    NeedShape,
    NeedSize,
    NeedWeight,
    Rule,
    show,
)
from repairnn.semantics.ir import Node
from repairnn.semantics.registry import declarations
from repairnn.semantics.spelling import Spelling

MADE = "<!-- Made by `python -m repairnn.semantics.pages docs`; do not edit. -->"
FRAMEWORKS = ("keras", "torch", "onnx")


def pages() -> dict[str, str]:
    """Every page: its path within the documentation's folder, and its text."""
    made = {f"rules/{rule.id}.md": rule_page(rule, owners) for rule, owners in rules()}
    made["rules/README.md"] = _rules_index()
    made["layers.md"] = layers_page()
    made["coverage.md"] = coverage_page()
    return made


def rules() -> list[tuple[Rule, list[type[Declaration]]]]:
    """Every rule with the declarations that can break it (none: a rule about all layers), by id."""
    found: dict[str, tuple[Rule, list[type[Declaration]]]] = {rule.id: (rule, []) for rule in GENERAL_RULES}
    for declaration in declarations():
        for rule in declaration.rules:
            found.setdefault(rule.id, (rule, []))[1].append(declaration)
    return [found[rule_id] for rule_id in sorted(found)]


def rule_page(rule: Rule, owners: Sequence[type[Declaration]]) -> str:
    """The page of one rule: what it says, why, who can break it, and examples from the declarations."""
    lines = [MADE, f"# {rule.id}", "", f"{rule.summary}.", ""]
    if rule.severity == "suspicious":
        lines += ["Suspicious: frameworks accept it, but hardly anyone means it. It makes no network invalid.", ""]
    lines += ["## What it says", "", f"> {_template(rule.message)}; expected {_template(rule.expected)}", ""]
    lines += ["## Why", "", rule.why, "", "## Who can break it", ""]
    lines += [f"- {_names(owner)}" for owner in owners] or ["- every layer"]
    lines += [""]
    for declaration, example in _breaking(rule, owners):
        lines += _broken(declaration, example, rule)
    return "\n".join(lines).rstrip() + "\n"


def layers_page() -> str:
    """All kinds of layers: what the frameworks call them, their arguments, and their rules."""
    lines = [MADE, "# Layers", "", "Every kind of layer or operation that is known, by its canonical name.", ""]
    for declaration in declarations():
        lines += [f"## {declaration.kind}", "", _first_paragraph(declaration), ""]
        for framework in FRAMEWORKS:
            names = [_call(s) for s in declaration.spellings if s.framework == framework]
            if names:
                lines.append(f"- {framework}: {', '.join(dict.fromkeys(names))}")
        if declaration.rules:
            links = (f"[{rule.id}](rules/{rule.id}.md)" for rule in declaration.rules)
            lines.append(f"- rules: {', '.join(links)}")
        lines += ["", *_argument_table(declaration)]
    return "\n".join(lines).rstrip() + "\n"


def coverage_page() -> str:
    """A table of what is declared for each kind: names, rules, examples, weights, reference semantics."""
    lines = [MADE, "# Coverage", "",
             "For each kind: how many names it has in each framework, how many rules and examples it declares, whether "
             "it has weights, and whether its values are defined by a NumPy reference.", "",
             "| kind | Keras | PyTorch | ONNX | rules | examples | weights | values |",
             "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for declaration in declarations():
        counts = [sum(1 + len(s.aliases) for s in declaration.spellings if s.framework == f) for f in FRAMEWORKS]
        weights = "yes" if declaration.weights is not Declaration.weights else ""
        values = "yes" if declaration.compute is not Declaration.compute else ""
        cells = [declaration.kind, *(count or "" for count in counts), len(declaration.rules) or "",
                 len(declaration.examples), weights, values]  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    kinds = declarations()
    names = {f: sum(1 + len(s.aliases) for d in kinds for s in d.spellings if s.framework == f) for f in FRAMEWORKS}
    lines += ["", f"{len(kinds)} kinds, {len(rules())} rules; names: {names['keras']} in Keras, {names['torch']} in "
              f"PyTorch, {names['onnx']} in ONNX."]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"


def write(folder: Path) -> None:
    """Write all pages into a folder and remove pages of rules that are gone."""
    made = pages()
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    for old in (folder / "rules").glob("*.md"):
        if f"rules/{old.name}" not in made:
            old.unlink()
    for path, text in made.items():
        (folder / path).write_text(text, encoding="utf-8")


def describe(need: Need) -> str:
    """What would remove a fault, as a clause."""
    match need:
        case NeedRank(index, minimum, maximum):
            amount = f"{minimum}" if minimum == maximum else f"at least {minimum}"
            return f"give input {index} {amount} axes"
        case NeedDim(index, axis, value, argument):
            other = f", or change `{argument}`" if argument else ""
            return f"make axis {axis} of input {index} equal to {value}{other}"
        case NeedAtLeast(index, axis, minimum):
            return f"make axis {axis} of input {index} at least {minimum}"
        case NeedMultiple(index, axis, divisor):
            return f"make axis {axis} of input {index} a multiple of {divisor}"
        case NeedSize(index, total, skip):
            return f"give input {index} {total} elements" + (" for each sample" if skip else "")
        case NeedAgree(inputs, _, _):
            return f"make inputs {', '.join(map(str, inputs))} agree"
        case NeedShape(index, shape):
            return f"give input {index} the shape `{show(shape)}`"
        case NeedArgument(argument, values):
            return f"change `{argument}`" + (f" to `{values[0]!r}`" if values else "")
        case NeedWeight(weight, shape):
            return f"give `{weight}` the shape `{show(shape)}`"
    raise TypeError(f"not a need: {need!r}")


def _rules_index() -> str:
    lines = [MADE, "# Rules", "", "| rule | severity | summary |", "|---|---|---|"]
    lines += [f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.summary} |" for rule, _ in rules()]
    return "\n".join(lines) + "\n"


def _breaking(rule: Rule, owners: Sequence[type[Declaration]]) -> Iterator[tuple[type[Declaration], Example]]:
    """The first example of each declaration (at most three) that breaks the rule."""
    for declaration in (owners or declarations())[: None if not owners else 3]:
        found = next((example for example in declaration.examples if example.breaks == rule.id), None)
        if found is not None:
            yield declaration, found
            if not owners:
                return


def _broken(declaration: type[Declaration], example: Example, rule: Rule) -> list[str]:
    evaluation = evaluate(Node("n", declaration.kind, dict(example.args)), example.inputs, example.framework)
    fault = next(fault for fault in evaluation.faults if fault.rule.id == rule.id)
    lines = [f"## Example: {declaration.kind}", "", f"- broken by {_configuration(example)}",
             f"- the message: {_plain(fault)}"]  # fmt: skip
    near = _nearest_valid(declaration, example)
    if near is not None:
        lines.append(f"- accepted: {_configuration(near)}")
    if fault.needs:
        lines += ["- any of these removes the fault:", *(f"    - {describe(need)}" for need in fault.needs)]
    return [*lines, ""]


def _nearest_valid(declaration: type[Declaration], example: Example) -> Example | None:
    """The valid example most like a broken one: the same framework, as many equal arguments as possible."""
    valid = [other for other in declaration.examples if other.breaks is None and other.framework == example.framework]
    if not valid:
        return None
    return max(valid, key=lambda other: sum(other.args.get(name) == value for name, value in example.args.items()))


def _plain(fault: Fault) -> str:
    return f"{fault.received}; expected {fault.expected}"


def _configuration(example: Example) -> str:
    inputs = ", ".join(show(shape) for shape in example.inputs) or "no input"
    args = ", ".join(f"{name}={value!r}" for name, value in example.args.items())
    return f"`{inputs}`" + (f" with `{args}`" if args else "") + f" ({example.framework})"


def _template(text: str) -> str:
    return text.replace("{", "*").replace("!r}", "*").replace("}", "*")


def _names(declaration: type[Declaration]) -> str:
    names = dict.fromkeys(_call(spelling) for spelling in declaration.spellings)
    shown = ", ".join(list(names)[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"{declaration.kind}: {shown}{more}" if names else declaration.kind


def _call(spelling: Spelling) -> str:
    prefix = {"layer": "", "function": "", "method": "."}[spelling.form]
    return f"`{prefix}{spelling.name}" + ("()`" if spelling.form != "layer" else "`")


def _first_paragraph(declaration: type[Declaration]) -> str:
    text = (declaration.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(text.split())


def _argument_table(declaration: type[Declaration]) -> list[str]:
    if not declaration.arguments:
        return []
    lines = ["| argument | takes | default | a repair may change it | |", "|---|---|---|---|---|"]
    # Where a domain asks how many numbers there must be, the name of the argument that says so stands for the number.
    names = {argument.name: argument.name for argument in declaration.arguments}
    for argument in declaration.arguments:
        default = "required" if argument.required else f"`{argument.default!r}`"
        takes = argument.domain.describe(names).replace("|", "\\|")
        lines.append(f"| `{argument.name}` | {takes} | {default} | {argument.role} | {argument.doc} |")
    return [*lines, ""]


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
