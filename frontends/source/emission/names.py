"""How a program would say a library name: as it says its siblings, with an import added only when needed."""

from __future__ import annotations

import ast
import builtins

from repairnn.frontends.source.emission.workshop import Workshop

KERAS_ROOTS = ("tensorflow.keras", "keras", "tf_keras", "tensorflow.python.keras")


def layer_name(shop: Workshop, name: str, sibling: ast.expr | None) -> str:
    """A layer class the way ``sibling`` (a constructor call nearby) is written: ``layers.Flatten``, ``nn.Flatten``."""
    callee = sibling.func if isinstance(sibling, ast.Call) else None
    if isinstance(callee, ast.Attribute) and not _is_instance(callee.value):
        return f"{shop.outline.text(callee.value)}.{name}"
    if shop.before.framework == "torch":
        return _torch_name(shop, name)
    return _bare_keras_name(shop, name, callee)


def _is_instance(value: ast.expr) -> bool:
    """``model.add`` or ``self.block``: an attribute of an object, not of a module."""
    return isinstance(value, ast.Name) and value.id in ("self", "model")


def _torch_name(shop: Workshop, name: str) -> str:
    alias = shop.imports.alias("torch.nn")
    if alias is not None:
        return f"{alias}.{name}"
    if name in shop.imports.names or "torch.nn" in shop.imports.stars:
        return name
    torch = shop.imports.alias("torch")
    if torch is not None:
        return f"{torch}.nn.{name}"
    imported = [f for f in shop.imports.froms if f.module == "torch.nn"]
    if imported:
        shop.wanted_imports["torch.nn", name] = imported[-1]
        return name
    return f"nn.{name}"


def _bare_keras_name(shop: Workshop, name: str, callee: ast.expr | None) -> str:
    for local, (module, original) in shop.imports.names.items():
        if original == name and "layers" in module:
            return local
    if any("layers" in star or star in KERAS_ROOTS for star in shop.imports.stars) or _defined(shop, name):
        return name
    for statement in shop.imports.froms:
        if statement.module and statement.module.split(".")[-1] == "layers":
            shop.wanted_imports[statement.module, name] = statement
            return name
    for root in KERAS_ROOTS:
        alias = shop.imports.alias(f"{root}.layers")
        if alias is not None:
            return f"{alias}.{name}"
    family = [m for m in shop.imports.froms if m.module and ".layers" in m.module]
    if family and family[0].module:
        root = family[0].module.split(".layers")[0]
        shop.wanted_imports[f"{root}.layers", name] = None
        return name
    for root in KERAS_ROOTS:
        alias = shop.imports.alias(root)
        if alias is not None:
            return f"{alias}.layers.{name}"
    tensorflow = shop.imports.alias("tensorflow")
    return f"{tensorflow}.keras.layers.{name}" if tensorflow is not None else name


def _defined(shop: Workshop, name: str) -> bool:
    return hasattr(builtins, name) or any(
        isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name
        for node in ast.walk(shop.outline.source.tree)
    )


def module_name(shop: Workshop, module: str, usual: str) -> str:
    """The local name of a module such as ``numpy``; imported as people usually do when the program does not."""
    alias = shop.imports.alias(module)
    if alias is not None:
        return alias
    if shop.imports.last is None:
        return usual  # a snippet without imports: its author takes them for granted
    shop.wanted_imports[module, f"as {usual}"] = None
    return usual


def function_name(shop: Workshop, module: str, name: str) -> str:
    """A library function: under its imported name, through its module's alias, or imported for the purpose.

    ``module`` is Keras' dotted path (``keras.utils``); programs that say ``tensorflow.keras`` keep saying so.
    """
    for local, (_, original) in shop.imports.names.items():
        if original == name:
            return local
    tail = module.removeprefix("keras")
    for root in KERAS_ROOTS:
        alias = shop.imports.alias(root + tail)
        if alias is not None:
            return f"{alias}.{name}"
        alias = shop.imports.alias(root)
        if alias is not None:
            return f"{alias}{tail}.{name}"
    tensorflow = shop.imports.alias("tensorflow")
    if tensorflow is not None:
        return f"{tensorflow}.keras{tail}.{name}"
    root = next((r for r in KERAS_ROOTS for f in shop.imports.froms if (f.module or "").startswith(r)), "keras")
    if shop.imports.last is not None:
        shop.wanted_imports[root + tail, name] = None
    return name


def write_imports(shop: Workshop) -> None:
    """Put the wanted imports into the text: into an existing ``from`` import, or on a line after the last one."""
    for (module, name), statement in shop.wanted_imports.items():
        if statement is not None and statement.names:
            last = statement.names[-1]
            end = shop.document.bounds(shop.outline.source.span(last))[1]
            shop.document.replace(end, end, f", {name}")
        elif shop.imports.last is not None:
            end = shop.outline.bounds(shop.imports.last)[1]
            line = f"import {module} {name}" if name.startswith("as ") else f"from {module} import {name}"
            shop.document.replace(end, end, shop.document.newline + line)
