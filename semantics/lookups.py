"""Which inputs of a network hold whole numbers: those that tables are read with, and classes."""

from __future__ import annotations

from repairnn.semantics.ir import Network

#: Inputs that are numbers of cells or of classes: (kind, which input).
LOOKUPS = frozenset({
    ("embedding", 0), ("embedding_bag", 0), ("embedding_bag", 1), ("embedding_function", 0), ("gather", 1),
    ("index_select", 1), ("scatter", 1), ("take", 1), ("torch_one_hot", 0), ("linear_class_loss", 1),
    ("margin_loss", 1), ("ctc_loss", 1), ("ctc_loss", 2), ("ctc_loss", 3),
})  # fmt: skip
REARRANGING = frozenset(
    {"reshape", "flatten", "permute", "transpose", "squeeze", "expand_dims", "unsqueeze", "slice", "identity"}
)


def whole_numbers(network: Network) -> frozenset[str]:
    """The ids of the inputs that hold whole numbers: every reader of such an input takes nothing else."""
    readers = network.consumers()
    known: dict[str, bool] = {}

    def looked_up(node_id: str) -> bool:
        if node_id not in known:
            known[node_id] = False
            known[node_id] = bool(readers[node_id]) and all(
                (network[reader].kind, index) in LOOKUPS
                or _is_class(network, reader, index)
                or (network[reader].kind in REARRANGING and looked_up(reader))
                for reader, index in readers[node_id]
            )
        return known[node_id]

    return frozenset(node.id for node in network if node.kind == "input" and looked_up(node.id))


def _is_class(network: Network, reader: str, index: int) -> bool:
    """Whether an input of a loss holds one class for each sample, and not a number for each class."""
    node = network[reader]
    if node.args.get("name") == "multilabel_margin_loss":
        return index == 1
    if node.kind != "class_loss" or index != 1:
        return False
    shape = network[node.inputs[1].node].args.get("shape")
    return not (node.args.get("name") == "cross_entropy" and shape is not None and len(shape) > 1)
