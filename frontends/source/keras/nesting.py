"""Models as parts of other models: what their declared inputs refuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.models import Record
from repairnn.frontends.source.values import Array
from repairnn.semantics.ir import Ref, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


def join(machine: Machine, record: Record, inputs: Sequence[Ref], span: Span | None) -> None:
    """A model becomes a part of another one. Tensors that its inputs refuse are fed to it as arrays of their shapes.

    Sizes that differ count where the number of axes is the same; Keras compares no others before it runs the layers.
    """
    from repairnn.frontends.source.keras.training import feed

    for ref, entry in zip(inputs, record.inputs, strict=False):
        have, declared = machine.graph.shape(ref), machine.graph.shape(entry)
        if have is None or declared is None or len(have) != len(declared):
            continue
        pairs = zip(have[1:], declared[1:], strict=True)
        if any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs):
            feed(machine, record, Argument(Array(have, label="tensor")), entry, Call(span=span, callee="keras.apply"))
    record.nested = True
