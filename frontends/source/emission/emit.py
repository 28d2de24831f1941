"""From edits to a new text: each edit finds its place, everything is spliced at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.arguments import change_argument
from repairnn.frontends.source.emission.carrying import carry_size
from repairnn.frontends.source.emission.conditions import widen_condition
from repairnn.frontends.source.emission.insertion import insert_before
from repairnn.frontends.source.emission.names import write_imports
from repairnn.frontends.source.emission.structure import remove_layer, replace_layer, rewire_input, swap_layers
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.frontends.source.program import Program
from repairnn.semantics.edits import (
    CarrySize,
    ChangeArgument,
    ChangeWeight,
    ChangeWeights,
    Edit,
    InsertLayer,
    ReadName,
    RemoveLayer,
    ReplaceLayer,
    Rewire,
    Swap,
    apply_all,
)
from repairnn.semantics.ir import Network, Node, Ref


def emit(program: Program, network: Network, edits: Iterable[Edit]) -> str:
    """The program's text with the edits in it: touched spans change, nothing else.

    ``network`` is one of ``program.networks``. Raises :class:`CannotEmit` when an edit has no place in the
    text. The caller lowers the result again and compares: this function is not trusted.
    """
    texts = emit_files(program, network, edits)
    others = sorted(path for path in texts if path)
    if others:
        raise CannotEmit(f"the repair belongs into {', '.join(others)}")
    return texts.get("", program.source.original)


def emit_files(program: Program, network: Network, edits: Iterable[Edit]) -> dict[str, str]:
    """The new texts of all files that the edits change, by the path of their spans: "" is the program itself."""
    if any(line.startswith(">>> ") for line in program.source.original.splitlines()):
        raise CannotEmit("the text is a pasted interactive session")
    edits = tuple(edits)
    after = apply_all(network, edits)
    shops: dict[str, Workshop] = {}

    def shop(path: str) -> Workshop:
        if path not in shops:
            source = program.siblings.get(path) if path else program.source
            if source is None:
                raise CannotEmit(f"it is written in {path}, which was not read")
            shops[path] = Workshop.open(source, network, after)
        return shops[path]

    for consumer, index, chain in _insertions(network, after, edits):
        insert_before(shop(_home(consumer)), consumer, index, chain)
    for edit in edits:
        alone = isinstance(edit, InsertLayer) and edit.alone
        if (alone or not isinstance(edit, InsertLayer)) and edit_target(edit) in network.nodes:
            _write(shop(_home_of(network, edit)), edit)
    for one in shops.values():
        write_imports(one)
    return {path: _bom(one.outline.source.original) + one.document.result() for path, one in shops.items()}


def edit_target(edit: Edit) -> str:
    """The id of the node that an edit is about."""
    return edit.first if isinstance(edit, Swap) else edit.consumer if isinstance(edit, InsertLayer) else edit.node


def _home_of(network: Network, edit: Edit) -> str:
    """The path of the file that an edit of a node changes."""
    node = network[edit_target(edit)]
    if isinstance(edit, ReadName):
        return node.written.sites[edit.argument].path
    return _home(node, getattr(edit, "argument", ""))


def _home(node: Node, argument: str = "") -> str:
    """The path of the file in which a node, or an argument of it, is written."""
    written = node.written
    span = written.arguments.get(argument) or (written.call if argument else None) or written.apply or written.call
    return span.path if span is not None else ""


def _bom(text: str) -> str:
    return "\ufeff" if text.startswith("\ufeff") else ""


def _write(shop: Workshop, edit: Edit) -> None:
    match edit:
        case ChangeArgument():
            if edit.node in shop.before.nodes and edit.node not in shop.rewritten:
                change_argument(shop, edit)
        case CarrySize():
            carry_size(shop, edit)
        case InsertLayer() if edit.alone:
            widen_condition(shop, edit)
        case RemoveLayer():
            remove_layer(shop, edit)
        case ReplaceLayer():
            replace_layer(shop, edit)
        case Swap():
            swap_layers(shop, edit)
        case Rewire():
            rewire_input(shop, edit)
        case ChangeWeight() | ChangeWeights():
            raise CannotEmit("the weights are not in the text")
        case InsertLayer():
            pass  # read off the repaired network, where chains of new layers are whole


def _insertions(before: Network, after: Network, edits: Iterable[Edit]) -> Iterator[tuple[Node, int, list[Node]]]:
    """Every edge of an original node that now leads through new nodes: (consumer, input index, new nodes in order)."""
    fanned = {edit.identifier for edit in edits if isinstance(edit, InsertLayer) and (edit.fan_out or edit.others)}
    alone = {edit.identifier for edit in edits if isinstance(edit, InsertLayer) and edit.alone}
    seen: set[str] = set()
    for node in after:
        if node.id not in before.nodes:
            continue
        for index, ref in enumerate(node.inputs):
            chain = _new_nodes(before, after, ref)
            made = {new.id for new in chain}
            if chain and not made & alone and not (chain[-1].id in seen and chain[-1].id in fanned):
                seen.update(made)
                yield before[node.id], index, chain


def _new_nodes(before: Network, after: Network, ref: Ref) -> list[Node]:
    chain: list[Node] = []
    while ref.node not in before.nodes:
        node = after[ref.node]
        chain.append(node)
        ref = node.inputs[0]
    return chain[::-1]
