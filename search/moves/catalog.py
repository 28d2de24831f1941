"""All moves: which generator answers which fault, and the least its moves can cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from repairnn.search.costs import SURPRISE
from repairnn.search.moves import (
    arguments,
    carried,
    decoder,
    edges,
    enlarged,
    entrances,
    factors,
    fixed_pool,
    made,
    origins,
    program,
    structure,
    targets,
    tuples,
    upstream,
    weights,
)
from repairnn.search.moves.case import Case, Generator, Move

#: Groups for weights that do not fit because a layer was put in or lost upstream, when edits are counted.
LOST = ("removals", "swaps", "origins", "revisions")
#: Slack of groups that are asked last of all among equally many edits.
LATE = -40.0


@dataclass(frozen=True, slots=True)
class Group:
    """A generator, the rows of the cost table that its moves can have, and how far below them a move can come.

    Moves of a ``free`` group take the place of earlier ones and add no cost.
    """

    name: str
    generate: Generator
    prefixes: tuple[str, ...]
    slack: float = 0.0
    free: bool = False

    def floor(self, case: Case) -> float:
        """No move of the group costs less, in bits."""
        key = (self.name, case.family)
        floor = case.profile.floors.get(key)
        if floor is None:
            floor = max(0.0, min(case.price(way) for way in self.ways()) - self.slack)
            case.profile.floors[key] = floor
        return floor

    @cache  # noqa: B019 - groups are few and live as long as the program
    def ways(self) -> tuple[str, ...]:
        """The rows of the cost table that moves of the group can have."""
        return tuple(way for way in SURPRISE if way.startswith(self.prefixes))


GROUPS = (
    Group("entries", program.entries, ("input.",)),
    Group("data", program.on_the_data, ("data.", "insert.")),
    Group("labels", program.at_the_labels, ("label.", "insert.", "argument.units"), 0.8),
    Group("targets", targets.of_classes, ("label.encoding",)),
    Group("made", made.made, ("made.",)),
    Group("entrances", entrances.at_the_entrances, ("data.batch", "data.add-axis", "data.permute", "data.repeat")),
    Group("tuples", tuples.first_of_tuple, ("tuple.",)),
    Group("weights", weights.at_the_weights, ("weight.",)),
    Group("layer", arguments.at_the_layer, ("argument.",)),
    Group("carried", carried.carried, ("argument.carried",)),
    Group("upstream", upstream.upstream, ("argument.",)),
    Group("first-maps", decoder.first_maps, ("argument.first-maps",)),
    Group("edges", edges.on_the_edges, ("insert.",), 0.4),
    Group("fixed-pool", fixed_pool.pooled_to_size, ("insert.fixed-pool",)),
    Group("head", program.before_the_head, ("insert.",), 0.4),
    Group("first", program.before_the_first, ("insert.permute",)),
    Group("siblings", structure.siblings, ("replace.",)),
    Group("pooled", structure.pooled_instead, ("replace.pool",)),
    Group("flattened", edges.flattened, ("insert.flatten",)),
    Group("removals", structure.removals, ("remove",), structure.NEEDLESS),
    Group("swaps", structure.swaps, ("swap",)),
    Group("rewires", structure.rewires, ("rewire",)),
    Group("origins", origins.origins, ("input.", "argument.", "insert."), LATE),
    Group("revisions", origins.revisions, ("argument.",), LATE, free=True),
    Group("factors", factors.factored_targets, ("argument.target",), LATE),
    Group("doubled", enlarged.doubled, ("argument.padding",)),
    Group("habits", upstream.habits, ("argument.padding", "argument.stride"), 2.0),
)


def groups_for(case: Case) -> list[tuple[float, Group]]:
    """The groups that could answer a fault, with their floors, cheapest first."""
    kind = case.node.kind
    special = {
        "tuple": ("tuples",),
        "feed": ("entries", "data"),
        "loss": ("entries", "labels", "upstream", "first-maps", "head", "pooled", "removals"),
    }
    if case.family == "weight":
        names: tuple[str, ...] | None = ("weights", "layer", "upstream", "edges", "entries", *LOST * case.profile.unit)
    else:
        names = special.get(kind)
    chosen = [group for group in GROUPS if names is None or group.name in names]
    if names is None:
        chosen = [group for group in chosen if group.name not in ("data", "labels", "weights")]
    chosen = [group for group in chosen if any(case.profile.allows(way) for way in group.ways())]
    return sorted(((group.floor(case), group) for group in chosen), key=lambda pair: pair[0])


def moves_for(case: Case) -> Iterator[Move]:
    """Every move that the grammar has for a fault: the edit grammar, one step deep."""
    for _, group in groups_for(case):
        yield from generate(case, group)


def generate(case: Case, group: Group) -> Iterator[Move]:
    """The moves of a group that the profile allows."""
    for move in group.generate(case):
        if case.profile.allows(move.way):
            yield move
