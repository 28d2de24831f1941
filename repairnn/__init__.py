"""Find the shape faults of a neural network and repair them at the lowest cost.

This package is what a user touches: the Python API, the command line, reports, validation on a device, hooks for
AutoML tools and fuzzers, and batches. It is the top floor: it may import `repairnn.semantics`, `repairnn.search` and
`repairnn.frontends`, and none of them imports it.
"""
