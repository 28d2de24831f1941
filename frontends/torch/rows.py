"""Edits that need no other ``forward``: to modules themselves, and to rows of modules (``nn.Sequential``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from repairnn.frontends.torch.build import layer_spelling
from repairnn.frontends.torch.lower import Origin
from repairnn.semantics.edits import ChangeArgument, Edit, InsertLayer, RemoveLayer, ReplaceLayer, Swap
from repairnn.semantics.ir import Network, Node


class Rows:
    """Which modules of a copy stand in a row, by the ids of their nodes: (path of the row, name in it)."""

    def __init__(self, root: Any, network: Network, origin: Origin) -> None:
        self.root = root
        self.network = network
        self.places: dict[str, tuple[str, str]] = {}
        often = Counter(step.target for step in origin.graph.nodes if step.op == "call_module")
        rows = Counter(id(module) for _, module in root.named_modules(remove_duplicate=False))
        for step in origin.graph.nodes:
            if step.op != "call_module" or often[step.target] > 1:
                continue
            path, _, name = step.target.rpartition(".")
            row = root.get_submodule(path)
            if step.target and _is_row(row) and rows[id(row)] == 1 and rows[id(row._modules[name])] == 1:
                self.places[step.name] = (path, name)

    def take(self, edits: Sequence[Edit]) -> bool:
        """Whether all edits can be made without another ``forward``."""
        import torch

        network, places = self.network, dict(self.places)
        inserted: set[str] = set()
        for edit in edits:
            after = edit.apply(network)
            new = isinstance(edit, ChangeArgument) and edit.node in inserted  # it is made as it is in the end
            if not new and not self._takes(torch, edit, network, after, places):
                return False
            if isinstance(edit, InsertLayer):
                places[edit.identifier] = (places[edit.consumer][0], edit.identifier)
                inserted.add(edit.identifier)
            network = after
        return True

    def _takes(self, torch: Any, edit: Edit, network: Network, after: Network, places: dict[str, Any]) -> bool:
        match edit:
            case ChangeArgument():
                changed = [node for node, _ in edit.affected(network)]
                return all(self._is_part(node) for node in changed)
            case ReplaceLayer():
                return self._is_part(network[edit.node])
            case InsertLayer():
                new, source = after[edit.identifier], network[edit.consumer].inputs[edit.index]
                alone = not edit.others and (not edit.fan_out or len(network.consumers()[source.node]) == 1)
                single = edit.index == 0 and len(network[edit.consumer].inputs) == 1
                said = layer_spelling(torch, new) is not None
                return alone and single and said and edit.consumer in places and len(after) == len(network) + 1
            case RemoveLayer():
                return edit.node in places and len(after) == len(network) - 1
            case Swap():
                first, second = places.get(edit.first), places.get(edit.second)
                return first is not None and second is not None and first[0] == second[0]
        return False

    def _is_part(self, node: Node) -> bool:
        return (bool(node.layer) and node.kind != "input") or node.kind == "data"

    def insert(self, edit: InsertLayer, module: Any) -> None:
        """Put a module in front of another one of its row."""
        path, name = self.places[edit.consumer]
        row = self.root.get_submodule(path)
        kind = type(module).__name__.lower()
        new = next(n for n in (kind, *(f"{kind}_{i}" for i in range(1, len(row) + 2))) if n not in row._modules)
        self._order(row, [(n, m) for key, part in row._modules.items()
                          for n, m in (((new, module), (key, part)) if key == name else ((key, part),))])  # fmt: skip
        self.places[edit.identifier] = (path, new)

    def remove(self, node: str) -> None:
        """Take a module out of its row; the others keep their names."""
        path, name = self.places.pop(node)
        del self.root.get_submodule(path)._modules[name]

    def swap(self, edit: Swap) -> None:
        """Exchange two modules of a row; each keeps its name."""
        path, first = self.places[edit.first]
        second = self.places[edit.second][1]
        row = self.root.get_submodule(path)
        names = {first: second, second: first}
        self._order(row, [(names.get(n, n), row._modules[names.get(n, n)]) for n in list(row._modules)])

    def _order(self, row: Any, parts: Sequence[tuple[str, Any]]) -> None:
        row._modules.clear()
        row._modules.update(parts)


def _is_row(module: Any) -> bool:
    import torch

    return isinstance(module, torch.nn.Sequential) and type(module).forward is torch.nn.Sequential.forward
