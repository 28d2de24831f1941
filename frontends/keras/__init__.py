"""Keras models and files, read without running their code, and written back.

Nothing is imported here but what needs no framework: every function imports Keras when it is called.
"""

from repairnn.frontends.keras.build import build
from repairnn.frontends.keras.emit import emit, to_bytes
from repairnn.frontends.keras.lower import lower
from repairnn.frontends.keras.record import record, recorded_model

__all__ = ["build", "emit", "lower", "record", "recorded_model", "to_bytes"]
