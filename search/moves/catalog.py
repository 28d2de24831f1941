"""All moves: which generator answers which fault, and the least its moves can cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from repairnn.search import sizes
from repairnn.search.costs import SURPRISE, Profile
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
    names,
    origins,
    program,
    projected,
    resized,
    structure,
    targets,
    tuples,
    upstream,
    weights,
)
from repairnn.search.moves.case import Case, Generator, Move

#: Groups for weights that do not fit because a layer was put in or lost upstream, when edits are counted.
LOST = ("removals", "swaps", "origins", "revisions", "factors")
#: Slack of groups that are asked last of all among equally many edits.
LATE = -40.0


#: What the moves of a group depend on besides the fault: the faulty layer with what comes in; the layers before it as
#: well; everything upstream; or the whole network. Where that is the same in another state, so are the moves.
Sight: TypeAlias = Literal["layer", "edges", "upstream", "network"]


@dataclass(frozen=True, slots=True)
class Group:
    """A generator, the rows of the cost table that its moves can have, and how far below them a move can come.

    Moves of a ``free`` group take the place of earlier ones and add no cost. Groups that are ``late`` are asked last
    where edits are counted. ``framework`` is set where only that one's
    networks have such moves, ``thought`` where only profiles have them that do not count edits; ``counted`` is the
    sight of a group for those that do, where it is another.
    """

    name: str
    generate: Generator
    prefixes: tuple[str, ...]
    slack: float = 0.0
    free: bool = False
    late: bool = False
    sight: Sight = "network"
    counted: Sight | None = None
    framework: str = ""
    thought: bool = False

    def key(self, case: Case) -> tuple[Any, ...] | None:
        """Equal for cases in which the group has the same moves; ``None`` where nobody can tell."""
        fault, node = case.fault, case.node
        sight = self.counted if self.counted is not None and case.profile.unit else self.sight
        if sight == "network" or node.layer in case.frame.groups or fault.rule.id == "argument-out-of-domain":
            return None
        if sight == "layer":
            return (self.name, id(fault), node)
        if sight == "edges":
            tied = node.written.tie is not None
            return None if tied else (self.name, id(fault), node, case.channels_first, *case.before)
        return None if case.fed else (self.name, id(fault), *case.upstream)

    def floor(self, case: Case) -> float:
        """No move of the group costs less, in bits."""
        key = (self.name, case.family)
        floor = case.profile.floors.get(key)
        if floor is None:
            slack = self.slack + LATE * (self.late and case.profile.unit)
            floor = max(0.0, min(case.price(way) for way in self.ways()) - slack)
            case.profile.floors[key] = floor
        return floor

    @cache  # noqa: B019 - groups are few and live as long as the program
    def ways(self) -> tuple[str, ...]:
        """The rows of the cost table that moves of the group can have."""
        return tuple(way for way in SURPRISE if way.startswith(self.prefixes))


GROUPS = (
    Group("entries", program.entries, ("input.",), sight="upstream"),
    Group("axes", program.lost_axes, ("input.add-axis",), -3.0),
    Group("data", program.on_the_data, ("data.", "insert.")),
    Group("labels", program.at_the_labels, ("label.", "insert.", "argument.units"), 0.8),
    Group("targets", targets.of_classes, ("label.encoding", "label.loss")),
    Group("made", made.made, ("made.",), made.EXCHANGED),
    Group("entrances", entrances.at_the_entrances, entrances.WAYS, framework="torch"),
    Group("tuples", tuples.first_of_tuple, ("tuple.",)),
    Group("weights", weights.at_the_weights, ("weight.",), sight="layer"),
    Group("layer", arguments.at_the_layer, ("argument.",), sight="layer", counted="network"),
    Group("names", names.by_name, ("argument.derived", "argument.capacity", "argument.units")),
    Group("resized", resized.other_sizes, ("input.size",), framework="torch", thought=True),
    Group("carried", carried.carried, ("argument.carried",)),
    Group("upstream", upstream.upstream, ("argument.",), sight="upstream"),
    Group("first-maps", decoder.first_maps, ("argument.first-maps",)),
    Group("projected", projected.projected, ("insert.projection",)),
    Group("edges", edges.on_the_edges, ("insert.", "label.reshape"), 0.4, sight="edges"),
    Group("fixed-pool", fixed_pool.pooled_to_size, ("insert.fixed-pool",), sight="upstream", framework="torch"),
    Group("head", program.before_the_head, ("insert.",), 0.4, sight="upstream"),
    Group("first", program.before_the_first, ("insert.permute",), thought=True),
    Group("siblings", structure.siblings, ("replace.",), sight="upstream"),
    Group("pooled", structure.pooled_instead, ("replace.pool",), sight="upstream"),
    Group("flattened", edges.flattened, ("insert.flatten",), sight="layer"),
    Group("removals", structure.removals, ("remove",), structure.NEEDLESS, sight="upstream", counted="network"),
    Group("swaps", structure.swaps, ("swap",)),
    Group("rewires", structure.rewires, ("rewire",), sight="upstream"),
    Group("origins", origins.origins, ("input.", "argument.", "insert."), LATE),
    Group("revisions", origins.revisions, ("argument.",), LATE, free=True),
    Group("solved", sizes.solved_entries, ("input.size",), -sizes.COMPUTED, late=True),
    Group("factors", factors.factored_targets, ("argument.target",), LATE),
    Group("parted", factors.parted_on_the_edge, ("insert.reshape",), LATE),
    Group("doubled", enlarged.doubled, ("argument.padding",), framework="torch", thought=True),
    Group("habits", upstream.habits, ("argument.padding", "argument.stride"), 2.0, sight="upstream", thought=True),
)


#: What can be done where the data meet the network, and where weights do not fit.
SPECIAL = {
    "tuple": ("tuples",),
    "feed": ("entries", "axes", "data"),
    "loss": ("entries", "axes", "labels", "upstream", "first-maps", "head", "pooled", "removals"),
}
FOR_WEIGHTS = ("weights", "layer", "upstream", "edges", "entries", "axes", "solved")
NOT_FOR_LAYERS = ("data", "labels", "weights")


#: Groups for one edit behind several faults: not where the layers are kept as they are given.
FREE = frozenset({"origins", "revisions", "factors", "parted"})


def groups_for(case: Case) -> list[tuple[float, Group]]:
    """The groups that could answer a fault, with their floors, cheapest first."""
    kind = "weight" if case.family == "weight" else case.node.kind if case.node.kind in SPECIAL else "layer"
    groups = _groups(kind, case.network.framework, case.profile.unit)
    if case.node.written.kept:
        groups = tuple(group for group in groups if group.name not in FREE)
    return sorted([(group.floor(case), group) for group in groups], key=lambda pair: pair[0])


@cache
def _groups(kind: str, framework: str, unit: bool) -> tuple[Group, ...]:
    """The groups for a kind of node that a framework and a profile have."""
    names = (*FOR_WEIGHTS, *LOST * unit) if kind == "weight" else SPECIAL.get(kind)
    profile = Profile(unit=unit)
    return tuple(
        group
        for group in GROUPS
        if (group.name not in NOT_FOR_LAYERS if names is None else group.name in names)
        and any(profile.allows(way) for way in group.ways())
        and group.framework in ("", framework)
        and not (unit and group.thought)
    )


def moves_for(case: Case) -> Iterator[Move]:
    """Every move that the grammar has for a fault: the edit grammar, one step deep."""
    for _, group in groups_for(case):
        yield from generate(case, group)


def generate(case: Case, group: Group) -> Iterator[Move]:
    """The moves of a group that the profile allows."""
    for move in group.generate(case):
        if case.profile.allows(move.way):
            yield move
