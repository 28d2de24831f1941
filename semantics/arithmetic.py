"""Arithmetic on dimensions: plain integers, unknown (``None``) or z3 integer terms.

The shape rules are written once with these functions and read two ways. Any unknown operand makes the
result unknown. Division follows Python (rounds towards minus infinity); z3's integer division by a positive
constant agrees with it, and the rules divide by positive constants only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Term = Any  # int | None | z3.ArithRef
Truth = Any  # bool | None | z3.BoolRef


def is_concrete(value: Term) -> bool:
    """Whether a term is a plain integer (neither unknown nor symbolic)."""
    return isinstance(value, int)


def add(*terms: Term) -> Term:
    """Sum, or unknown."""
    total: Term = 0
    for term in terms:
        if term is None:
            return None
        total = total + term
    return total


def sub(a: Term, b: Term) -> Term:
    """Difference, or unknown."""
    return None if a is None or b is None else a - b


def mul(*terms: Term) -> Term:
    """Product, or unknown. A known zero makes the product zero whatever the rest is."""
    total: Term = 1
    unknown = False
    for term in terms:
        if term is None:
            unknown = True
        elif isinstance(term, int) and term == 0:
            return 0
        else:
            total = total * term
    return None if unknown else total


def floordiv(a: Term, b: Term) -> Term:
    """Floor of ``a / b`` for positive ``b``; unknown when a part is unknown or ``b`` is zero."""
    if a is None or b is None:
        return None
    if isinstance(b, int) and b == 0:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    return a / b  # z3's Int division rounds like Python's for a positive divisor


def ceildiv(a: Term, b: Term) -> Term:
    """Ceiling of ``a / b`` for positive ``b``."""
    return None if a is None or b is None else floordiv(a + b - 1, b)


def mod(a: Term, b: Term) -> Term:
    """Remainder for positive ``b``; unknown when a part is unknown or ``b`` is zero."""
    if a is None or b is None or (isinstance(b, int) and b == 0):
        return None
    return a % b


def maximum(a: Term, b: Term) -> Term:
    """The larger of two terms."""
    if a is None or b is None:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    import z3

    return z3.If(a >= b, a, b)


def minimum(a: Term, b: Term) -> Term:
    """The smaller of two terms."""
    if a is None or b is None:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    import z3

    return z3.If(a <= b, a, b)


def broadcast(a: Term, b: Term) -> Term:
    """The size that two sizes broadcast to, given that they do (they are equal, or one of them is 1)."""
    if a is None or b is None:
        return None
    if isinstance(a, int):
        return b if a == 1 else a
    if isinstance(b, int):
        return a if b == 1 else b
    import z3

    return z3.If(a == 1, b, a)


def broadcasts(a: Term, b: Term) -> Truth:
    """Whether two sizes broadcast: they are equal, or one of them is 1."""
    return any_of(eq(a, b), eq(a, 1), eq(b, 1))


def eq(a: Term, b: Term) -> Truth:
    """Equality; ``None`` (cannot say) when a side is unknown."""
    return None if a is None or b is None else a == b


def at_least(a: Term, b: Term) -> Truth:
    """``a >= b``; ``None`` (cannot say) when a side is unknown."""
    return None if a is None or b is None else a >= b


def any_of(*truths: Truth) -> Truth:
    """Disjunction in three-valued logic."""
    if any(truth is True for truth in truths):
        return True
    symbolic = [t for t in truths if t is not None and not isinstance(t, bool)]
    if any(t is None for t in truths):
        return None
    if not symbolic:
        return False
    import z3

    return z3.Or(*symbolic)


def all_of(*truths: Truth) -> Truth:
    """Conjunction in three-valued logic."""
    if any(truth is False for truth in truths):
        return False
    symbolic = [t for t in truths if t is not None and not isinstance(t, bool)]
    if symbolic:
        import z3

        return z3.And(*symbolic)
    return None if any(t is None for t in truths) else True


def product(terms: Iterable[Term]) -> Term:
    """Product of a shape; 1 for the empty shape."""
    return mul(*terms)


def window_output(size: Term, kernel: Term, stride: int, padding: str, dilation: int = 1) -> Term:
    """Positions of a sliding window over ``size`` cells for ``padding`` in ``valid``, ``same``, ``causal``.

    Source: TensorFlow's convolution documentation (``tf.nn.convolution``), which Keras' convolution and pooling
    layers follow: ``same`` and ``causal`` give ``ceil(size / stride)``, ``valid`` gives
    ``ceil((size - (kernel - 1) * dilation) / stride)``.
    """
    if padding in ("same", "causal"):
        return ceildiv(size, stride)
    return ceildiv(sub(size, mul(sub(kernel, 1), dilation)), stride)
