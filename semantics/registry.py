"""All declarations, by kind and by what the frameworks call them. The only global state."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TypeVar

from repairnn.semantics.declaration import Declaration
from repairnn.semantics.spelling import Spelling

_KINDS: dict[str, type[Declaration]] = {}
_NAMES: dict[tuple[str, str, str], tuple[type[Declaration], Spelling]] = {}
_loaded = False
_loading = False

D = TypeVar("D", bound=type[Declaration])


def layer(declaration: D) -> D:
    """Class decorator: put a declaration into the registry. Raises ``ValueError`` when a name is taken."""
    if declaration.kind in _KINDS:
        raise ValueError(f"two declarations are of kind {declaration.kind!r}")
    _KINDS[declaration.kind] = declaration
    for spelling in declaration.spellings:
        for name in (spelling.name, *spelling.aliases):
            key = (spelling.framework, spelling.form, name)
            if key in _NAMES:
                raise ValueError(f"{key} is declared by {_NAMES[key][0].kind} and by {declaration.kind}")
            _NAMES[key] = (declaration, spelling)
    return declaration


def declaration_of(kind: str) -> type[Declaration] | None:
    """The declaration of a kind, or ``None`` when there is none (an opaque node)."""
    if not _loaded:  # asked very often
        _load()
    return _KINDS.get(kind)


def spelled(framework: str, name: str, form: str = "layer") -> tuple[type[Declaration], Spelling] | None:
    """The declaration and spelling behind a framework's name, or ``None`` when nobody declared it."""
    if not _loaded:
        _load()
    return _NAMES.get((framework, form, name))


def declarations() -> tuple[type[Declaration], ...]:
    """Every declaration, by kind."""
    _load()
    return tuple(_KINDS[kind] for kind in sorted(_KINDS))


def spellings(framework: str, form: str | None = None) -> dict[tuple[str, str], tuple[type[Declaration], Spelling]]:
    """All names of a framework: (form, name) to declaration and spelling."""
    _load()
    return {
        (f, name): found for (fw, f, name), found in _NAMES.items() if fw == framework and (form is None or f == form)
    }


def _load() -> None:
    """Import every module with declarations. A failed import is raised, and tried again at the next call."""
    global _loaded, _loading
    if _loaded or _loading:  # a module that asks for declarations while it is imported sees those there are
        return
    from repairnn.semantics import layers

    _loading = True
    try:
        for module in pkgutil.iter_modules(layers.__path__, layers.__name__ + "."):
            importlib.import_module(module.name)
        _loaded = True
    finally:
        _loading = False
