"""Moves upstream: the layers that decide the offending dimension, found by trying what a change of each would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from repairnn.search import values
from repairnn.search.costs import PENALTY
from repairnn.search.moves.arguments import way_of
from repairnn.search.moves.case import Case, Move, argument_of, declared, sayable
from repairnn.search.moves.seen import given_sizes
from repairnn.search.progress import helps
from repairnn.search.state import probe
from repairnn.semantics.declaration import Argument
from repairnn.semantics.domains import Bool, Choice
from repairnn.semantics.edits import ChangeArgument, tied_nodes
from repairnn.semantics.faults import NeedAgree, NeedDim, NeedMultiple, NeedRank, NeedShape, NeedSize
from repairnn.semantics.ir import Node, Shape, is_symbolic

#: How many layers upstream are looked at.
REACH = 24
#: After so many values that change nothing for the faulty layer, an argument is taken not to matter.
MISSES = 4
#: Families of faults that are about the number of axes.
RANKS = frozenset({"rank-low", "rank-high", "join-rank"})


def upstream(case: Case) -> Iterator[Move]:
    """Other arguments for layers before the faulty one, where that changes what comes in."""
    for node, distance in case.ancestors(REACH):
        if node.kind in ("input", "data") or not case.own(node) or node.hidden:
            continue
        declaration = declared(node)
        if declaration is None:
            continue
        for argument in declaration.arguments:
            if argument.role in ("free", "capacity", "order") and sayable(node, argument.name, case.network.framework):
                yield from _changes(case, node, argument, distance)


def _changes(case: Case, node: Node, argument: Argument, distance: int) -> Iterator[Move]:
    current = getattr(case.args(node), argument.name, None)
    if is_symbolic(node.args.get(argument.name)) or (case.family in RANKS and _keeps_rank(argument, current)):
        return
    missed = 0
    everything = vars(case.args(node))

    def passes(value: Any) -> bool:
        nonlocal missed
        if missed > MISSES or not argument.domain.accepts(value, everything):
            return False
        now = probe(case.frame, ChangeArgument(node.id, argument.name, current, value), case.fault.node)
        if now is None:
            missed += MISSES if argument.role == "capacity" else 1
            return False
        return helps(case.fault, now)

    extra = PENALTY["distance"] * distance
    for rank, value in enumerate(_proposals(case, node, argument, current, passes)):
        move = case.change(node, argument.name, value, way_of(node, argument), extra + 0.2 * rank)
        if move is not None:
            yield move


def _keeps_rank(argument: Argument, current: Any) -> bool:
    """Numbers of a layer (sizes, strides, widths, paddings) decide how long axes are, not how many there are."""
    if argument.name == "target_shape" or isinstance(current, bool):
        return False
    return argument.role == "capacity" or (argument.role == "free" and not isinstance(argument.domain, (Bool, Choice)))


def _proposals(case: Case, node: Node, argument: Argument, current: Any, passes: values.Passes) -> Iterator[Any]:
    if argument.role == "capacity":
        yield from (value for value in widths(case) if values.is_int(current) and value != current and passes(value))
    elif argument.name == "target_shape":
        yield from (value for value in _targets(case, current) if passes(value))
    elif argument.name == "pool_size" and (whole := _whole(case, node, current)) is not None and passes(whole):
        yield whole
    elif argument.name == "strides":
        ones = 1 if values.is_int(current) else (1,) * len(current) if current is not None else None
        if ones is not None and ones != current and passes(ones):
            yield ones
        yield from (value for value in values.candidates(argument, current, passes) if value != ones)
    else:
        yield from values.candidates(argument, current, passes)


def widths(case: Case) -> list[int]:
    """Sizes that the fault's needs ask for, on the axes they ask for them."""
    found: list[int] = []
    inputs = case.inputs
    for need in case.fault.needs:
        wanted: list[int | None] = []
        match need:
            case NeedDim(_, _, value):
                wanted = [value]
            case NeedShape(_, shape):
                wanted = list(shape[1:])
            case NeedSize(index, total, skip):
                wanted = list(_sizes_of(inputs[index] if index < len(inputs) else None, total, skip))
            case NeedMultiple(index, axis, divisor):
                wanted = list(_multiples(inputs[index], axis, divisor))
            case NeedAgree(among, axes):
                known = [one for index in among if index < len(inputs) and (one := inputs[index])]
                wanted = [
                    dim
                    for shape in known
                    for axis, dim in enumerate(shape)
                    if axis > 0 and (axes is None or axis in {a % len(shape) for a in axes})
                ]
        found.extend(dim for dim in wanted if dim is not None and dim not in found)
    found.extend(size for size in given_sizes(case) if size not in found)
    return found


def _sizes_of(shape: Shape | None, total: int, skip: int) -> Iterator[int]:
    """The sizes of single axes with which a tensor has so many elements."""
    if shape is None or (not skip and shape[:1] in ((), (None,), (0,))):
        return
    sample = total if skip else total // (shape[0] or 1)
    have = values.known_product(shape[1:])
    for dim in shape[1:] if have else ():
        if dim and (sample * dim) % (have or 1) == 0:
            yield sample * dim // (have or 1)


def _multiples(shape: Shape | None, axis: int, divisor: int) -> Iterator[int]:
    """The nearest multiples of a number to the size of an axis, the larger first."""
    have = shape[axis] if shape else None
    if have is not None:
        yield -(-have // divisor) * divisor
        if have > divisor:
            yield have // divisor * divisor


def _whole(case: Case, node: Node, current: Any) -> Any:
    """The window that covers the whole map that a pooling layer gets: one number where it is square."""
    shape = case.frame.shape(node.inputs[0])
    args = case.args(node)
    if shape is None or args is None or len(shape) != args.rank + 2:
        return None
    first = getattr(args, "data_format", None) == "channels_first"
    sizes = shape[2:] if first else shape[1:-1]
    if any(size is None for size in sizes):
        return None
    return sizes[0] if values.is_int(current) and len(set(sizes)) == 1 else tuple(sizes)


def _targets(case: Case, current: Any) -> Iterator[tuple[int, ...]]:
    """Targets of a reshape upstream that change the rank: an axis of one added, or axes of one dropped and merged."""
    if not isinstance(current, (tuple, list)):
        return
    target = tuple(current)
    for need in case.fault.needs:
        if isinstance(need, NeedRank):
            shape = case.inputs[need.input] if need.input < len(case.inputs) else None
            low = shape is not None and len(shape) < need.minimum
            if low:
                yield (*target, 1)
                yield (1, *target)
            else:
                for index, dim in enumerate(target):
                    if dim == 1 and len(target) > 1:
                        yield (*target[:index], *target[index + 1 :])
                for index in range(len(target) - 1):
                    merged = target[index] * target[index + 1] if min(target[index : index + 2]) > 0 else -1
                    yield (*target[:index], merged, *target[index + 2 :])


def habits(case: Case) -> Iterator[Move]:
    """The same change made on every layer where the same thing was written: ``padding='same'`` or strides of one.

    Only under profiles that do not count edits: as a thought it is one, as edits it is many.
    """
    if case.profile.unit or case.family not in ("window", "agree", "declared"):
        return
    for name, value in (("padding", "same"), ("strides", 1)):
        chain = [(node, d) for node, d in [(case.node, 0), *case.ancestors(REACH)] if node.kind in _SLIDING]
        for kinds in (("conv",), ("pool",), _SLIDING):
            group = [(node, d) for node, d in chain if node.kind in kinds and _habit(case, node, name, value)]
            if len(group) > 1:
                yield from _together(case, group, name, value)


_SLIDING = ("conv", "pool")


def _habit(case: Case, node: Node, name: str, value: Any) -> bool:
    declaration = declared(node)
    argument = argument_of(declaration, name) if declaration is not None else None
    args = case.args(node)
    if argument is None or args is None or name in node.written.fixed or not case.own(node):
        return False
    current = getattr(args, name, None)
    if name == "padding":
        return _unpadded(case, node, current)
    kernel = getattr(args, "kernel_size", None)
    spread = tuple(current) if isinstance(current, (tuple, list)) else (current,)
    kernels = tuple(kernel) if isinstance(kernel, (tuple, list)) else (kernel,)
    return node.kind == "conv" and set(spread) == set(kernels) and spread[0] not in (1, None)


def _unpadded(case: Case, node: Node, padding: Any) -> bool:
    """Whether maps shrink for want of padding alone: PyTorch pads convolutions with strides of 1 only to their size."""
    if case.network.framework != "torch":
        return bool(padding == "valid")
    args = case.args(node)
    if node.kind != "conv" or args is None:
        return False
    return _only(padding, 0) and _only(args.strides, 1) and not _only(args.kernel_size, 1)


def _only(sizes: Any, size: int) -> bool:
    return bool(sizes == size or (isinstance(sizes, (tuple, list)) and set(sizes) == {size}))


def _filling(case: Case, node: Node) -> Any:
    """The padding that keeps sizes: a number of cells in PyTorch, where it is one for all that share the text."""
    if case.network.framework != "torch":
        return "same"
    found: set[Any] = set()
    for tied in tied_nodes(case.network, node):
        args = case.args(tied)
        kernel, spread = getattr(args, "kernel_size", None), getattr(args, "dilation_rate", 1)
        kernels = {kernel} if isinstance(kernel, int) else set(kernel or ())
        spreads = {spread} if isinstance(spread, int) else set(spread or ())
        cells = {(size - 1) * by for size in kernels for by in spreads}
        found |= {cell // 2 if cell % 2 == 0 else None for cell in cells}
    (cells_of_all,) = found if len(found) == 1 else (None,)
    return "same" if cells_of_all is None else cells_of_all


def _together(case: Case, group: list[tuple[Node, int]], name: str, value: Any) -> Iterator[Move]:
    """One move that changes an argument of several nodes alike."""
    moves: list[Move] = []
    changed: set[str] = set()
    for node, _ in group:
        if node.id in changed:
            continue
        changed |= {tied.id for tied in tied_nodes(case.network, node)}
        current = getattr(case.args(node), name)
        if name == "padding":
            after = _filling(case, node)
        else:
            after = (value,) * len(current) if isinstance(current, (tuple, list)) else value
        move = case.change(node, name, after, f"argument.{'padding' if name == 'padding' else 'stride'}")
        if move is not None:
            moves.append(move)
    if len(moves) < 2:
        return
    # Strides as long as the kernel on every convolution are a slip (positional arguments of an older version).
    slip = -2.0 if name == "strides" else 0.0
    human = case.price(moves[0].way) + PENALTY["further edit"] * (len(moves) - 1) + slip
    yield Move(
        tuple(edit for move in moves for edit in move.edits),
        moves[0].way,
        human,
        tuple(key for move in moves for key in move.key),
    )


__all__ = ["habits", "upstream", "widths"]
