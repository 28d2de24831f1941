"""The JSON of the ExAIS and SOCRATES tools: read into a network, and written back with the repair in it."""

from repairnn.frontends.exais.emit import emit
from repairnn.frontends.exais.lower import lower
from repairnn.frontends.exais.parse import parse, read

__all__ = ["emit", "lower", "parse", "read"]
