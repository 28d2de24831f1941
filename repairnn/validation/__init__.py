"""The last word is the framework's: the repaired network is built and run forward in a process of its own."""

from repairnn.validation.validator import Validator

__all__ = ["Validator"]
