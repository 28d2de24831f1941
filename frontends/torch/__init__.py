"""PyTorch modules: networks are built as modules, to be run by PyTorch itself.

Nothing is imported here but what needs no framework: every function imports PyTorch when it is called.
"""

from repairnn.frontends.torch.build import build

__all__ = ["build"]
