"""What an edit costs: how surprised one is to see a person make it.

The unit of the ``human`` profile is a bit of surprise: ``log2(fixes / fixes of that way)`` over 221 published fixes of
shape bugs (162 in the network, 59 in the data and labels), so that a way seen once in eight fixes costs 3. The second
table sharpens that where the broken rule says more: after a rule of the same family people do other things.
The ``unit`` profile counts edits; the human cost only orders repairs of equal number.

Counts: input shape 43, insert Flatten 23, in_features 13, units 11, pooling size 10, insert Reshape 10,
return_sequences 9, stride 6, change a reshape 4, and three or fewer each of pooling inserted, concat axis, padding,
in_channels, RNN input_size, data_format, kernel, BatchNorm width, flatten's start axis, remove or replace a layer,
rewire; label encoding 15, add a channel axis 10, permute 10, add a batch axis 9.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

#: Bits of surprise of each way to edit, whatever was broken.
SURPRISE: Mapping[str, float] = MappingProxyType(
    {
        # the entry of the network
        "input.from-data": 2.4,
        "input.permute": 3.4,
        "input.drop-batch": 3.2,
        "input.add-axis": 3.8,
        "input.drop-axis": 4.2,
        "input.channels": 5.6,
        "input.size": 6.2,
        "input.unbatched": 7.5,
        # the data and the labels
        "data.add-axis": 4.2,
        "data.permute": 4.4,
        "data.batch": 4.5,
        "data.reshape": 5.2,
        "data.resize": 8.0,
        "data.repeat": 2.0,
        "label.encoding": 3.9,
        "label.loss": 5.0,
        "label.reshape": 5.5,
        "label.reduce": 7.0,
        # tensors that the program makes: initial states, masks
        "made.shape": 3.0,
        # tuples where a tensor is needed
        "tuple.first": 0.4,
        # layers put in
        "insert.flatten": 3.3,
        "insert.reshape": 4.5,
        "insert.permute": 6.0,
        "insert.global-pool": 5.8,
        "insert.pool": 6.2,
        "insert.fixed-pool": 5.0,
        "insert.pad": 6.4,
        "insert.crop": 6.6,
        "insert.upsample": 7.2,
        "insert.match": 6.0,
        "insert.repeat": 6.6,
        "insert.project": 6.6,
        "insert.conv": 7.4,
        "insert.projection": 2.6,
        "insert.other": 8.0,
        # arguments
        "argument.derived": 3.3,
        "argument.carried": 2.4,
        "argument.units": 4.3,
        "argument.capacity": 7.0,
        "argument.pool": 4.5,
        "argument.kernel": 6.0,
        "argument.padding": 5.4,
        "argument.stride": 5.0,
        "argument.sequences": 4.6,
        "argument.target": 4.6,
        "argument.first-maps": 4.6,
        "argument.axis": 5.4,
        "argument.format": 5.8,
        "argument.order": 6.0,
        "argument.groups": 6.5,
        "argument.flag": 6.0,
        "argument.other": 6.0,
        "argument.domain": 3.5,
        "argument.far": 8.0,
        # the graph
        "replace.sibling": 6.4,
        "replace.pool": 6.0,
        "replace.merge": 6.5,
        "remove": 6.6,
        "swap": 8.0,
        "rewire": 7.2,
        # weights
        "weight.resize-layer": 4.0,
        "weight.transpose": 3.2,
        "weight.reshape": 4.5,
        "weight.swap": 4.0,
        "weight.pad": 5.0,
        "weight.slice": 5.2,
        "weight.reinitialise": 12.0,
    }
)

#: The same, sharpened by the family of the broken rule.
AFTER: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "rank-high": {
            "insert.flatten": 2.2,
            "input.drop-batch": 1.2,
            "argument.sequences": 2.8,
            "insert.global-pool": 4.4,
            "insert.reshape": 4.6,
            "argument.target": 2.6,
            "remove": 5.8,
        },
        "rank-low": {
            "argument.sequences": 0.6,
            "argument.target": 1.4,
            "input.add-axis": 2.2,
            "insert.reshape": 2.9,
            "insert.repeat": 4.4,
            "remove": 4.2,
            "replace.pool": 4.4,
            "data.batch": 0.8,
            "data.add-axis": 1.2,
        },
        "join-rank": {
            "argument.sequences": 1.6,
            "insert.reshape": 2.4,
            "insert.flatten": 2.6,
            "input.add-axis": 3.0,
            "argument.target": 3.0,
            "insert.global-pool": 3.4,
            "insert.repeat": 4.4,
            "data.add-axis": 4.2,
        },
        "window": {
            "input.permute": 1.4,
            "argument.padding": 2.8,
            "argument.pool": 3.6,
            "argument.stride": 3.4,
            "argument.kernel": 3.8,
            "remove": 4.6,
            "input.size": 4.8,
            "replace.pool": 4.0,
            "argument.format": 4.2,
            "data.batch": 2.0,
            "data.add-axis": 2.4,
        },
        "declared": {
            "insert.permute": 3.0,
            "argument.derived": 0.6,
            "input.size": 4.0,
            "argument.pool": 3.4,
            "input.permute": 3.4,
            "insert.flatten": 1.8,
            "input.channels": 4.4,
            "argument.target": 3.0,
            "data.batch": 0.6,
            "data.add-axis": 0.8,
            "data.permute": 2.4,
        },
        "agree": {
            "insert.permute": 3.4,
            "argument.axis": 2.4,
            "argument.padding": 3.2,
            "argument.pool": 3.6,
            "argument.stride": 3.6,
            "insert.reshape": 3.4,
            "insert.flatten": 3.2,
            "insert.pad": 4.0,
            "insert.match": 3.7,
            "insert.crop": 4.2,
            "insert.project": 4.2,
            "insert.conv": 4.0,
            "argument.capacity": 4.4,
            "argument.units": 4.4,
            "input.size": 4.4,
            "replace.merge": 5.0,
            "argument.flag": 4.0,
        },
        "size": {
            "argument.target": 0.8,
            "input.size": 4.5,
            "insert.project": 6.0,
            "data.batch": 1.6,
            "data.add-axis": 1.8,
        },
        "fed": {
            "input.from-data": 1.0,
            "data.add-axis": 1.6,
            "data.batch": 0.6,
            "data.permute": 2.4,
            "data.reshape": 2.6,
        },
        "label-rank": {
            "insert.permute": 3.0,
            "insert.flatten": 1.4,
            "argument.sequences": 1.0,
            "label.encoding": 1.0,
            "insert.global-pool": 3.4,
        },
        "label-units": {
            "argument.units": 0.6,
            "argument.capacity": 1.6,
            "label.encoding": 3.0,
            "label.reshape": 2.0,
            "insert.project": 4.6,
            "replace.pool": 5.0,
        },
        "label-format": {"label.encoding": 0.8, "label.loss": 1.2, "label.reshape": 1.6, "argument.units": 3.2},
        "weight": {"weight.transpose": 1.0, "weight.resize-layer": 2.0},
        "argument": {"argument.domain": 1.0, "argument.axis": 1.6, "argument.groups": 3.0},
    }
)  # fmt: skip

#: Added for what is lost or risked, on top of the surprise.
PENALTY: Mapping[str, float] = MappingProxyType(
    {
        "tied node": 0.3,  # every further node that the same written place changes
        "distance": 0.12,  # every layer between the fault and the layer that changes
        "doubling": 0.5,  # the size of a change of a number, in powers of two
        "parameters": 0.05,  # each doubling of added weights
        "further edit": 0.4,  # the same change made once more elsewhere, as part of one thought
        "behind the output": 1.5,  # a layer after the one that was made to answer
        "labels made up": 3.0,  # a layer that changes the values of labels
        "contradicts data": 4.0,  # a declared input that is no longer what the program feeds
        "undeclared entry": 1.5,  # PyTorch declares no input shape: changing it means feeding something else
        "weights lost": 6.0,
        "layer lost": 12.0,
    }
)


@dataclass(frozen=True, slots=True)
class Profile:
    """How edits are priced. ``unit`` makes each edit count one; ``overrides`` replace rows of :data:`SURPRISE`.

    ``floors`` remembers the least cost of groups of moves under this profile.
    """

    name: str = "human"
    unit: bool = False
    overrides: Mapping[str, float] = field(default_factory=dict)
    floors: dict[tuple[str, str], float] = field(default_factory=dict, repr=False, compare=False)

    def surprise(self, way: str, family: str) -> float:
        """Bits of surprise of a way to edit after a rule of a family was broken."""
        if self.overrides and way in self.overrides:
            return self.overrides[way]
        bits = AFTER.get(family, {}).get(way, SURPRISE[way])
        return bits + PENALTY["layer lost"] if self.unit and way in LOSING else bits

    def allows(self, way: str) -> bool:
        """Whether the profile's edit grammar has this way."""
        return not (self.unit and way in REDRAWN)


#: Ways that lose a layer or its place; counting edits, only where that saves one.
LOSING = frozenset({"remove", "swap"})
#: Ways that draw the network anew rather than undo a slip; not in the grammar that counts edits.
REDRAWN = frozenset({"rewire", "replace.merge", "replace.pool"})

PROFILES: Mapping[str, Profile] = MappingProxyType({"human": Profile(), "unit": Profile("unit", unit=True)})


def change_size(before: object, after: object) -> float:
    """How much a number (or a tuple of numbers) changed, in doublings; 0 for what is no number."""
    if isinstance(before, bool) or isinstance(after, bool):
        return 0.0
    if isinstance(before, int) and isinstance(after, int):
        return abs(math.log2((abs(after) + 1) / (abs(before) + 1)))
    if isinstance(before, int) and isinstance(after, (tuple, list)):
        before = (before,) * len(after)
    if isinstance(before, (tuple, list)) and isinstance(after, int):
        after = (after,) * len(before)
    if isinstance(before, (tuple, list)) and isinstance(after, (tuple, list)) and len(before) == len(after):
        return sum(change_size(b, a) for b, a in zip(before, after, strict=True))
    return 0.0
