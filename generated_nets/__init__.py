"""Synthetic networks: random valid ones guided by the semantics, broken ones at a known distance, and the benchmark."""
