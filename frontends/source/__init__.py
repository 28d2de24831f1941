"""Lower Python source to networks by abstract interpretation of its syntax tree, and write edits back as text.

The program is never run and no framework is imported. How the rooms fit:

``reading``       text to syntax tree, with tolerance for notebooks, snippets and Python 2
``values``        what the interpreter computes with
``interpreter``   the machine: module, functions nobody calls, conditions, notes
``statements`` ``loops`` ``imports`` ``classes`` ``calls`` ``expressions`` ``operators``    the language
``library``       how names of libraries get their meaning: a registry that library models fill
``builtins`` ``methods`` ``libraries/``    Python's own and data libraries
``models`` ``graph``    tensors, nodes and models, whatever the framework
``keras/`` ``torch/``   the frameworks
``program``       from a finished run to networks
``emission/``     edits back into the text
"""

from __future__ import annotations

from repairnn.frontends.errors import BadInput
from repairnn.frontends.source.emission import emit
from repairnn.frontends.source.lowering import lower
from repairnn.frontends.source.program import Origin, Program

__all__ = ["BadInput", "Origin", "Program", "emit", "lower"]
