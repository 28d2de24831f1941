"""The pages behind ``repairnn explain`` and ``repairnn layers``: all of it read from the layer declarations."""

from __future__ import annotations

import textwrap
from typing import Any

from repairnn.semantics.checker import GENERAL_RULES, Context
from repairnn.semantics.declaration import Declaration, Example, bind_arguments
from repairnn.semantics.faults import Rule, show
from repairnn.semantics.registry import declarations, spellings

FRAMEWORKS = ("keras", "torch", "onnx")
WIDTH = 100


def rule_page(rule_id: str) -> str | None:
    """What a rule demands, why, which layers have it, and an example; ``None`` for an unknown id."""
    rule = _rules().get(rule_id)
    if rule is None:
        return None
    owners = [declaration for declaration in declarations() if rule in declaration.rules]
    blocks = [f"{rule.id} ({rule.severity})", _filled(rule.summary + "."), _filled(rule.why)]
    if owners:
        names = sorted({s.name for owner in owners for s in owner.spellings} or {owner.kind for owner in owners})
        blocks.append(_filled("Layers: " + ", ".join(names)))
    else:
        blocks.append("Layers: all")
    for owner in owners[:1]:
        blocks += [_example(owner, example) for example in owner.examples if example.breaks == rule_id][:1]
    return "\n\n".join(block for block in blocks if block) + "\n"


def rule_list() -> str:
    """Every rule on a line."""
    rules = _rules()
    width = max(map(len, rules))
    return "".join(f"{rule_id.ljust(width)}  {rules[rule_id].summary}\n" for rule_id in sorted(rules))


def similar_rules(rule_id: str) -> list[str]:
    """Rules with a similar id, for a user who mistyped."""
    from difflib import get_close_matches

    return get_close_matches(rule_id, list(_rules()), n=3, cutoff=0.5)


def layer_table(framework: str | None = None) -> dict[str, dict[str, list[str]]]:
    """For each framework and kind of layer, the names it is known by."""
    table: dict[str, dict[str, list[str]]] = {}
    for name in FRAMEWORKS if framework is None else (framework,):
        kinds: dict[str, set[str]] = {}
        for (form, spelled_name), (declaration, _) in spellings(name).items():
            shown = {"layer": spelled_name, "function": f"{spelled_name}()", "method": f".{spelled_name}()"}[form]
            kinds.setdefault(declaration.kind, set()).add(shown)
        table[name] = {kind: sorted(kinds[kind]) for kind in sorted(kinds)}
    return table


def layer_list(framework: str | None = None) -> str:
    """The same as text."""
    blocks = []
    for name, kinds in layer_table(framework).items():
        count = sum(map(len, kinds.values()))
        lines = [f"{name}: {count} names of {len(kinds)} kinds"]
        width = max(map(len, kinds), default=0)
        for kind, names in kinds.items():
            indent = " " * (width + 4)
            lines += textwrap.wrap(
                f"  {kind.ljust(width)}  {', '.join(names)}", WIDTH, subsequent_indent=indent, break_on_hyphens=False
            )
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _rules() -> dict[str, Rule]:
    found = {rule.id: rule for rule in GENERAL_RULES}
    for declaration in declarations():
        found.update({rule.id: rule for rule in declaration.rules})
    return found


def _example(owner: type[Declaration], example: Example) -> str:
    """The declaration's own example of a broken rule, told with the rule's sentences."""
    args: dict[str, Any] = dict(example.args)
    context = Context(example.framework, owner.kind, example.inputs)
    owner.shapes(context, list(example.inputs), bind_arguments(owner, args))
    fault = next((fault for fault in context.faults if fault.rule.id == example.breaks), None)
    told = ", ".join(f"{name}={value!r}" for name, value in args.items())
    shapes = ", ".join(map(show, example.inputs))
    lines = [f"Example: {owner.kind}({told}) on {shapes}"]
    if fault is not None:
        lines.append(f"  receives {fault.received}")
        lines.append(f"  needs {fault.expected}")
    return "\n".join(lines)


def _filled(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, break_on_hyphens=False))
