"""Live PyTorch modules, read by symbolic tracing, repaired, and built from networks to be run by PyTorch itself.

Nothing is imported here but what needs no framework: every function imports PyTorch when it is called.
"""

from repairnn.frontends.torch.build import build
from repairnn.frontends.torch.emit import emit
from repairnn.frontends.torch.lower import lower

__all__ = ["build", "emit", "lower"]
