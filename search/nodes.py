"""Nodes with something changed, each made once, so that what was found out about it is remembered.

The same change of the same node gives the same object in every state of a search. What a node makes of shapes is kept
with it, and shared by nodes that differ only in which tensors they read.
"""

from __future__ import annotations

from typing import Any, cast

from repairnn.semantics.edits import ChangeWeight, InsertLayer, placed
from repairnn.semantics.ir import Node, Ref, is_symbolic

#: Types of values that no tensor's shape is needed for.
PLAIN = frozenset({int, str, bool, float, type(None)})


def reading(node: Node, inputs: tuple[Ref, ...]) -> Node:
    """The node with other inputs; what it makes of shapes stays, and stays remembered."""
    cache: dict[Any, Any] = node.cache
    found = cache.get(inputs)
    if found is None:
        found = cache[inputs] = node.with_(inputs=inputs)
        _remember_alike(node, found)
    return cast("Node", found)


def variant(node: Node, argument: str, value: Any) -> Node:
    """The node with another value for an argument."""
    cache: dict[Any, Any] = node.cache
    key = (argument, value, type(value))
    try:
        found = cache.get(key)
    except TypeError:  # a list among the values
        return node.with_(args={**node.args, argument: value})
    if found is None:
        found = cache[key] = node.with_(args={**node.args, argument: value})
        _remember_alike(cache.setdefault("variants", {}).setdefault(key, found), found)
    return cast("Node", found)


def weighed(node: Node, edit: ChangeWeight) -> Node:
    """The node with a given weight changed."""
    cache: dict[Any, Any] = node.cache
    key = (edit.weight, edit.after)
    found = cache.get(key)
    if found is None:
        found = cache[key] = node.with_(weights={**node.weights, edit.weight: edit.after})
    return cast("Node", found)


def put_before(consumer: Node, edit: InsertLayer) -> tuple[Node, Node]:
    """The layer that an edit puts before an input of a node, and the node reading it."""
    cache: dict[Any, Any] = consumer.cache
    key = (edit.identifier, edit.index, edit.spelling, repr(sorted(edit.args.items())))
    found = cache.get(key)
    if found is None:
        args = placed(edit.args, consumer)
        source = consumer.inputs[edit.index]
        new = Node(edit.identifier, edit.layer_kind, args, (source,), edit.spelling, edit.identifier)
        inputs = (*consumer.inputs[: edit.index], Ref(new.id), *consumer.inputs[edit.index + 1 :])
        found = cache[key] = (new, reading(consumer, inputs))
    return cast("tuple[Node, Node]", found)


def reads_dims(node: Node) -> bool:
    """Whether an argument of the node is read from another tensor's shape."""
    cache: dict[Any, Any] = node.cache
    found = cache.get("reads dims")
    if found is None:
        found = False
        for value in node.args.values():
            if type(value) not in PLAIN and is_symbolic(value):
                found = True
        cache["reads dims"] = found
    return cast("bool", found)


def _remember_alike(node: Node, other: Node) -> None:
    """Let two nodes that differ in what they read only share what is known of them."""
    if node is not other:
        for name in ("judged", "variants"):
            other.cache[name] = node.cache.setdefault(name, {})
        for name in ("arguments", "reads dims"):
            if name in node.cache:
                other.cache[name] = node.cache[name]
