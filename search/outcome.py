"""What a search returns: a repair with its proof, in data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from repairnn.semantics.checker import Report
from repairnn.semantics.edits import Applicability, Edit
from repairnn.semantics.ir import Network

Status: TypeAlias = Literal["valid", "repaired", "unrepairable", "gave-up"]


@dataclass(frozen=True, slots=True)
class Step:
    """One edit of a repair: what it costs, why it helps (one line), and whether it is safe to apply unseen.

    ``way`` is the row of the cost table (:mod:`repairnn.search.costs`) that it was priced by.
    """

    edit: Edit
    cost: float
    reason: str
    applicability: Applicability
    way: str = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """A set of edits and the network they lead to. ``cost`` is in the units of the profile it was found under."""

    steps: tuple[Step, ...]
    cost: float
    network: Network

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits alone, in the order in which they apply."""
        return tuple(step.edit for step in self.steps)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a search.

    ``status``       ``valid`` (nothing to do), ``repaired``, ``unrepairable`` (every derivation of the edit grammar was
                     tried) or ``gave-up`` (the budget was spent first)
    ``cost``         of the best repair found, ``None`` when there is none
    ``lower_bound``  no repair within the edit grammar costs less
    ``optimal``      ``cost`` is that bound
    ``alternatives`` the best repairs, cheapest first, each another way than those before it
    ``report``       the check of the network that came in
    ``expanded``     states that the search looked at
    """

    status: Status
    report: Report
    cost: float | None = None
    lower_bound: float = 0.0
    optimal: bool = False
    alternatives: tuple[Repair, ...] = ()
    seconds: float = 0.0
    expanded: int = 0

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of the best repair; empty when there is none."""
        return self.alternatives[0].edits if self.alternatives else ()

    @property
    def network(self) -> Network:
        """The repaired network; the one that came in when there is no repair."""
        return self.alternatives[0].network if self.alternatives else self.report.network
