"""The moves that a fault calls for, one module a place where they act.

A move is one or more edits that belong together. All generators are functions from a :class:`Case` (a fault in its
network) to moves; they come with a floor, the least that any of their moves can cost, so that the search asks for them
only when nothing cheaper is left.
"""
