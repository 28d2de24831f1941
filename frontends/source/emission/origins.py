"""Where a number comes from: the literal behind a name that serves one layer only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from repairnn.frontends.source.emission.outline import Outline

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
#: How many names are followed: a constant given to a constructor, kept there and read again.
HOPS = 6


def origin_of(outline: Outline, expression: ast.expr | None) -> ast.Constant | None:
    """The integer literal that a name stands for, where nothing else depends on it.

    ``Net(10, 32)`` with ``nn.Linear(inputs, hidden)`` in the class: a person changes the 10, not the name. Every name
    on the way must have one value and one reader, and the class or function that it is a parameter of one call.
    ``None`` where that is not so, and for what is a literal already.
    """
    current = expression
    for _ in range(HOPS):
        match current:
            case ast.Name():
                current = _named(outline, current)
            case ast.Attribute(value=ast.Name(id="self")):
                current = _kept(outline, current)
            case ast.Constant(value=int() as value) if current is not expression and not isinstance(value, bool):
                return current
            case _:
                return None
    return None


def _named(outline: Outline, name: ast.Name) -> ast.expr | None:
    scope = outline.scope(name)
    if isinstance(scope, Function):
        if name.id in parameters(scope):
            return given_value(outline, scope, name.id) if len(_uses(scope, name.id)) == 1 else None
        if any(one.id == name.id for one in _names(scope) if isinstance(one.ctx, ast.Store)):
            scope_tree: ast.AST = scope
        else:
            scope_tree = outline.source.tree
    else:
        scope_tree = outline.source.tree
    return assigned_value(outline, scope_tree, name.id) if len(_uses(scope_tree, name.id)) == 2 else None


def assigned_value(outline: Outline, scope: ast.AST, name: str) -> ast.expr | None:
    """The value of ``name = value`` where a function or the module has no other, outside of loops and conditions."""
    if sum(isinstance(one.ctx, ast.Store) for one in _uses(scope, name)) != 1:
        return None
    for statement in outline.statements_in(scope):
        if not isinstance(outline.parent(statement), (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return value
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for one, value in zip(targets, values, strict=False):
                    if isinstance(one, ast.Name) and one.id == name and len(targets) == len(values):
                        return value
    return None


def _kept(outline: Outline, attribute: ast.Attribute) -> ast.expr | None:
    """The value of ``self.name = value``, where nothing else reads it."""
    return kept_value(outline, attribute) if len(_attributes(outline, attribute.attr)) == 2 else None


def kept_value(outline: Outline, attribute: ast.Attribute) -> ast.expr | None:
    """The value of ``self.name = value``, where the program sets that attribute once."""
    stores = [node for node in _attributes(outline, attribute.attr) if isinstance(node.ctx, ast.Store)]
    statement = outline.parent(stores[0]) if len(stores) == 1 else None
    owned = statement is not None and outline.owner(statement) is outline.owner(attribute)
    return statement.value if owned and isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None


def _attributes(outline: Outline, name: str) -> list[ast.Attribute]:
    tree = outline.source.tree
    return [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == name]


def given_value(outline: Outline, function: Function, name: str) -> ast.expr | None:
    """What the one call of a function, or of the class whose constructor it is, gives for a parameter."""
    owner = outline.owner(function)
    if function.decorator_list or (owner is not None and function.name != "__init__"):
        return None
    called = function.name if owner is None else owner.name
    reads = [one for one in _uses(outline.source.tree, called) if not _says_its_class(outline, one)]
    call = outline.parent(reads[0]) if len(reads) == 1 else None
    if not isinstance(call, ast.Call) or call.func is not reads[0]:
        return None
    if any(isinstance(argument, ast.Starred) for argument in call.args) or any(k.arg is None for k in call.keywords):
        return None
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = [*function.args.posonlyargs, *function.args.args][0 if owner is None else 1 :]
    given = dict(zip((parameter.arg for parameter in positional), call.args, strict=False))
    return given[name] if name in given else _default(function, name)


def _default(function: Function, name: str) -> ast.expr | None:
    positional = [*function.args.posonlyargs, *function.args.args]
    with_default = positional[len(positional) - len(function.args.defaults) :]
    for parameter, value in zip(with_default, function.args.defaults, strict=True):
        if parameter.arg == name:
            return value
    for parameter, given in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if parameter.arg == name:
            return given
    return None


def _says_its_class(outline: Outline, name: ast.Name) -> bool:
    """``super(Net, self)`` names the class without making an object of it."""
    call = outline.parent(name)
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "super"


def parameters(function: Function) -> set[str]:
    """The names of a function's parameters."""
    arguments = function.args
    return {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _names(tree: ast.AST) -> Iterator[ast.Name]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Name))


def _uses(tree: ast.AST, name: str) -> list[ast.Name]:
    return [one for one in _names(tree) if one.id == name]
