"""Sizes that a program reads from a tensor, read from another axis of it: ``x.size(1)`` becomes ``x.size(0)``."""

from __future__ import annotations

import ast

from repairnn.frontends.source.emission.origins import assigned_value
from repairnn.frontends.source.emission.outline import Outline


def other_axis(outline: Outline, old: ast.expr | None, axis: int) -> str | None:
    """How the program would read another axis of the tensor of which ``old`` is a size; ``None`` when it does not say.

    ``old`` is the reading itself, a name for it, or one of the names that all sizes are unpacked to.
    """
    if isinstance(old, ast.Name):
        scope = outline.scope(old)
        unpacked = _unpacked(outline, scope, old.id)
        if unpacked is not None:
            return unpacked[axis] if axis < len(unpacked) else None
        old = assigned_value(outline, scope, old.id)
    match old:
        case ast.Call(func=ast.Attribute(value=tensor, attr="size"), args=[_]):
            return f"{outline.text(tensor)}.size({axis})"
        case ast.Subscript(value=sizes) if _are_sizes(sizes):
            return f"{outline.text(sizes)}[{axis}]"
        case ast.Call(func=ast.Name(id="len"), args=[tensor]):
            return f"{outline.text(tensor)}.size({axis})"
    return None


def _are_sizes(expression: ast.expr) -> bool:
    match expression:
        case ast.Attribute(attr="shape") | ast.Call(func=ast.Attribute(attr="size"), args=[]):
            return True
    return False


def _unpacked(outline: Outline, scope: ast.AST, name: str) -> list[str] | None:
    """All names of ``batch, steps, features = x.shape`` of which this is one."""
    for statement in outline.statements_in(scope):
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value) if _are_sizes(value):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                if name in names and len(names) == len(targets):
                    return names
    return None
