"""Find the cheapest set of edits that leaves a network without faults, and prove that none is cheaper.

This room holds the cost of an edit, the moves that a fault calls for, the best-first search and the part that asks a
solver. It imports `repairnn.semantics` and no framework; z3 is imported inside the functions that need it.
"""

from repairnn.search.outcome import Outcome, Repair, Step
from repairnn.search.repair import repair

__all__ = ["Outcome", "Repair", "Step", "repair"]
