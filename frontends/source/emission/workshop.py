"""What every kind of edit needs at hand: the text, its outline, its imports, the networks before and after."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from repairnn.frontends.source.emission.document import Document
from repairnn.frontends.source.emission.outline import Imports, Outline
from repairnn.frontends.source.emission.values import preferred_quote
from repairnn.frontends.source.reading import Source
from repairnn.semantics.ir import Network


@dataclass
class Workshop:
    """One emission: ``before`` is the network as lowered, ``after`` the one with all edits applied.

    ``rewritten`` are inputs whose new shape is written already, because their declaration moved.
    """

    document: Document
    outline: Outline
    imports: Imports
    before: Network
    after: Network
    quote: str
    wanted_imports: dict[tuple[str, str], ast.ImportFrom | None]
    rewritten: set[str]

    @staticmethod
    def open(source: Source, before: Network, after: Network) -> Workshop:
        """Lay out what lowering read."""
        document = Document(source.original.removeprefix("\ufeff"), source.label)
        outline = Outline(source, document)
        return Workshop(
            document, outline, Imports.of(source.tree), before, after, preferred_quote(source.original), {}, set()
        )
