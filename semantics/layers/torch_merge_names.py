"""What PyTorch calls the operations that combine tensors cell by cell. No declaration lives here."""

from __future__ import annotations

from typing import Any

from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_domains import Number
from repairnn.semantics.torch_rules import spell

#: PyTorch's names to the operation, with the names that mean the same.
ARITHMETIC: dict[str, tuple[str, tuple[str, ...]]] = {
    "add": ("add", ("__add__", "__radd__", "__iadd__")),
    "sub": ("subtract", ("subtract", "__sub__", "__isub__")),
    "mul": ("multiply", ("multiply", "__mul__", "__rmul__", "__imul__")),
    "div": ("divide", ("divide", "true_divide", "__truediv__", "__itruediv__")),
    "floor_divide": ("floor_divide", ("__floordiv__",)),
    "pow": ("power", ("float_power", "__pow__", "__ipow__")),
    "remainder": ("remainder", ("__mod__",)),
    "fmod": ("fmod", ()),
    "maximum": ("maximum", ("fmax",)),
    "minimum": ("minimum", ("fmin",)),
    "atan2": ("arctan2", ("arctan2",)),
    "hypot": ("hypot", ()),
    "copysign": ("copysign", ()),
    "logaddexp": ("logaddexp", ()),
    "logaddexp2": ("logaddexp2", ()),
    "xlogy": ("xlogy", ()),
    "eq": ("equal", ("__eq__",)),
    "ne": ("not_equal", ("not_equal", "__ne__")),
    "lt": ("less", ("less", "__lt__")),
    "le": ("less_equal", ("less_equal", "__le__")),
    "gt": ("greater", ("greater", "__gt__")),
    "ge": ("greater_equal", ("greater_equal", "__ge__")),
    "isclose": ("isclose", ()),
    "logical_and": ("logical_and", ()),
    "logical_or": ("logical_or", ()),
    "logical_xor": ("logical_xor", ()),
    "bitwise_and": ("bitwise_and", ("__and__",)),
    "bitwise_or": ("bitwise_or", ("__or__",)),
    "bitwise_xor": ("bitwise_xor", ("__xor__",)),
}
WITHOUT_PLACE = ("maximum", "minimum", "fmax", "fmin", "float_power", "isclose", "logaddexp", "logaddexp2")
#: Operations whose second operand is a tensor, never a number.
TENSORS_ONLY = ("maximum", "minimum", "atan2", "hypot", "logaddexp", "logaddexp2", "isclose", "logical_and",
                "logical_or", "logical_xor")  # fmt: skip
#: Operations on three tensors: what the operation is called and how its tensors are.
TERNARY = {"lerp": "input end weight", "addcmul": "input tensor1 tensor2", "addcdiv": "input tensor1 tensor2"}
LAST, FIRST = {"align": "last"}, {"align": "first"}


def _in_place(name: str) -> tuple[str, ...]:
    return () if name in WITHOUT_PLACE else (f"{name}_",)


def _binary() -> tuple[Spelling, ...]:
    found = []
    for name, (op, others) in ARITHMETIC.items():
        plain = tuple(other for other in others if not other.startswith("__"))
        written = tuple(other for other in others if other.startswith("__") and not other.startswith("__i"))
        in_place = (
            *(p for each in (name, *plain) for p in _in_place(each)),
            *(o for o in others if o.startswith("__i")),
        )
        second = "exponent" if op == "power" else "other"
        given: dict[str, Any] = {
            "tensors": f"input {second}",
            "keywords": {"add": "alpha", "subtract": "alpha", "divide": "rounding_mode"}.get(op, ""),
            "renames": {second: "other"},
        }
        parameter = "" if name in TENSORS_ONLY else second
        if op.startswith("bitwise"):
            given["domains"] = {"other": Number(whole=True)}
        fixed = {"op": op, **LAST}
        found.append(spell("function", name, parameter, fixed=fixed, aliases=plain, **given))
        found.append(spell("method", name, parameter, fixed=fixed, aliases=(*plain, *written), **given))
        if in_place:
            onto = {"op": op, **FIRST}
            found.append(spell("method", in_place[0], parameter, fixed=onto, aliases=in_place[1:], **given))
    return tuple(found)


def _ternary(name: str, tensors: str) -> tuple[Spelling, ...]:
    given: dict[str, Any] = {"tensors": tensors, "keywords": "value", "renames": {"weight": "other"}}
    parameters = "weight" if name == "lerp" else ""
    return (
        spell("function", name, parameters, fixed={"op": name, **LAST}, **given),
        spell("method", name, parameters, fixed={"op": name, **LAST}, **given),
        spell("method", f"{name}_", parameters, fixed={"op": name, **FIRST}, **given),
    )


MASKED: dict[str, Any] = {"tensors": "input mask value", "renames": {"value": "other"}}
MERGE = (
    *_binary(),
    spell("function", "rsub", "other", tensors="input other", keywords="alpha", fixed={"op": "subtract_from", **LAST}),
    spell("method", "__rsub__", "other", tensors="input other", fixed={"op": "subtract_from", **LAST}),
    spell("method", "__rtruediv__", "other", tensors="input other", fixed={"op": "divide_into", **LAST}),
    spell("method", "__rpow__", "other", tensors="input other", fixed={"op": "power_of", **LAST}),
    *(spelling for name, tensors in TERNARY.items() for spelling in _ternary(name, tensors)),
    spell("function", "where", tensors="condition input other", fixed={"op": "where", **LAST}),
    spell("method", "where", tensors="input condition other", fixed={"op": "where_method", **LAST}),
    spell("function", "masked_fill", "value", fixed={"op": "masked_fill", **LAST}, **MASKED),
    spell("method", "masked_fill", "value", fixed={"op": "masked_fill", **LAST}, **MASKED),
    spell("method", "masked_fill_", "value", fixed={"op": "masked_fill", **FIRST}, **MASKED),
)
