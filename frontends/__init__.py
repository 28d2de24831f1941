"""Read models into networks and write edits back: one package a front end, each with `lower` and `emit`.

A front end lowers source text, a live model or a model file into a `Network`, faults included, and emits edits in the
form it read. It imports `repairnn.semantics`, and its own framework only inside the functions that need it.
"""
